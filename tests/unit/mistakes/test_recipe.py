"""To add a cause touches one row: here one is added, and named at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from tests.unit.diagnosis.forging import BODY, SECRET, explain, proved, signature_over

from vovecli.core import codes
from vovecli.core.codes.text import CauseText
from vovecli.core.mistakes import Scheme, bodies, keys
from vovecli.core.mistakes.bodies import WrongBody
from vovecli.core.mistakes.keys import WrongKey
from vovecli.core.mistakes.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

SHOUTED = CauseText("body", "Shouted", "the body was shouted", "somebody was loud", "speak softly")


def shouted(body: bytes) -> Iterator[tuple[str, bytes]]:
    """What was signed before somebody shouted."""
    yield "in other letters", body.swapcase()


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> WrongBody:
    """One row in its table, and the texts of its new code."""
    row = WrongBody("body-shouted", shouted)
    monkeypatch.setitem(cast("dict[str, WrongBody]", bodies.BODIES), "shouted", row)
    monkeypatch.setitem(cast("dict[str, CauseText]", codes.CAUSES), "body-shouted", SHOUTED)
    return row


@pytest.mark.usefixtures("row")
def test_verify_names_it() -> None:
    """With its words, its fix, and together with a mistake of form."""
    explained = explain(BODY.swapcase(), signature_over(BODY).replace("v1,", ""))

    assert proved(explained) == ["body-shouted", "signature-version-missing"]
    assert explained.cause.message == "the body was shouted (in other letters): somebody was loud"
    assert explained.cause.fix == "speak softly"


def test_a_probe_can_be_signed_with_it(row: WrongBody) -> None:
    """And none where the row makes no difference."""
    assert Scheme(body=row).header(SECRET, "msg_1", "1750052120", b"1") is None
    assert Scheme(body=row).header(SECRET, "msg_1", "1750052120", BODY)
    assert Scheme(body=row).handler_code == "body-shouted"


def test_a_key_is_as_easy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of a code that is known needs no text."""
    row = WrongKey((Mistake("undecoded-secret", "backwards"),), lambda s: s.text[::-1].encode())
    monkeypatch.setitem(cast("dict[str, WrongKey]", keys.KEYS), "backwards", row)
    header = Scheme(key=row).header(SECRET, "msg_2yZpo2jVVB5Zb2UIiAtkAJ9TOTQ", "1750052120", BODY)
    assert header

    explained = explain(BODY, header)

    assert proved(explained) == ["undecoded-secret"]
    assert "(backwards)" in explained.cause.message
