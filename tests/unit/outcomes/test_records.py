"""Records: how one asks for some of them."""

from __future__ import annotations

import pytest

from vovecli.core.envelope import record_json
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.records import Record, parse_status


@pytest.mark.parametrize(
    ("text", "outcome", "statuses"),
    [
        ("refused", "refused", None),
        ("invalid", "invalid", None),
        ("500", None, (500, 500)),
        ("5xx", None, (500, 599)),
    ],
)
def test_statuses(text: str, outcome: str | None, statuses: tuple[int, int] | None) -> None:
    """An outcome by name, an HTTP status, or a class of them."""
    assert parse_status(text) == (outcome, statuses)


@pytest.mark.parametrize("text", ["", "9xx", "50", "5x0", "COMPLETED", "\u0665\u0660\u0660"])
def test_unknown_statuses(text: str) -> None:
    """What is neither is a usage error that lists what is possible."""
    with pytest.raises(VoveError) as caught:
        parse_status(text)

    assert caught.value.hint == (
        "write delivered, refused, unreachable, timeout, valid, invalid, 500 or 5xx"
    )


def test_a_record_of_a_part_says_what_the_whole_was() -> None:
    """Of strangers' requests only the beginning is kept."""
    record = Record(
        direction="received", at=0, event=None, ref_id=None, message_id=None, endpoint=None,
        method="POST", target="/", outcome="invalid", failed=False, status=401, latency_ms=None,
        headers=[], body=b"a", body_len=9_000, body_sha256="ab" * 32,
    )  # fmt: skip

    shown = record_json(record)

    assert (shown["body_len"], shown["body_sha256"]) == (9_000, "ab" * 32)
    assert record_json(record._replace(body_len=None, body_sha256=None))["body_len"] == 1
