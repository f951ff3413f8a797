from __future__ import annotations

import pytest
from tests.conftest import SECRET

import vovecli


def test_everything_in_all_can_be_imported_and_is_sorted() -> None:
    """The lazy facade hides nothing and promises nothing that is not there."""
    assert sorted(vovecli.__all__) == vovecli.__all__
    assert all(hasattr(vovecli, name) for name in vovecli.__all__)


def test_other_names_are_attribute_errors() -> None:
    """As in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vovecli.nothing  # noqa: B018 - the access is the test


def test_signs_and_verifies() -> None:
    """The example of the package's docstring, both ways."""
    headers, body = vovecli.sign(vovecli.sample("kyb.case.completed"), SECRET)

    assert vovecli.verify(headers=headers, body=body, secret=SECRET).valid


def test_says_why_not() -> None:
    """With several secrets and header pairs, at a moment of the caller's."""
    headers, body = vovecli.sign(b"{}", SECRET, message_id="msg_1", timestamp=1_750_000_000)

    verdict = vovecli.verify(
        headers=list(headers.items()), body=body, secret=[SECRET], at=1_750_009_999
    )

    assert verdict.cause is not None
    assert verdict.cause.code == "stale-timestamp"
    assert verdict.message_id == "msg_1"


def test_payloads_with_lone_surrogates_can_be_signed() -> None:
    """JSON may hold them; UTF-8 cannot."""
    headers, body = vovecli.sign({"status": "\ud800"}, SECRET)

    assert body == b'{"status":"\\ud800"}'
    assert vovecli.verify(headers=headers, body=body, secret=SECRET).valid
