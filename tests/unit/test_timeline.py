"""The attempts of one message."""

from __future__ import annotations

from typing import Any

from vovecli.core.messages import new_message_id
from vovecli.core.outcomes.record_lines import payload_statuses
from vovecli.core.outcomes.records import Record
from vovecli.core.timeline import timeline

MADE_AT = 1_700_000_000
MESSAGE = new_message_id(MADE_AT, bytes(16))


def record(number: int, at: float, **fields: Any) -> Record:
    """A record of the message."""
    known: dict[str, Any] = {
        "direction": "received", "event": None, "ref_id": None, "message_id": MESSAGE,
        "endpoint": None, "method": "POST", "target": "/", "outcome": "valid", "failed": False,
        "status": 200, "latency_ms": None, "headers": [], "body": b"{}",
    }  # fmt: skip
    return Record(**known | fields, at=at, number=number)


def test_records_are_steps_with_the_time_between_them() -> None:
    """Oldest first, whatever the order they come in."""
    steps = timeline([record(2, MADE_AT + 5.5), record(1, MADE_AT)])

    assert [(step.record, step.gap_s, step.note) for step in steps] == [(1, None, ""), (2, 5.5, "")]


def test_attempts_of_one_record_are_steps_of_their_own() -> None:
    """`send --retry` writes one record with several attempts."""
    attempts = (
        {"n": 1, "at": MADE_AT, "status": None, "latency_ms": None, "error": "connection refused"},
        {"n": 2, "at": MADE_AT + 5, "status": 200, "latency_ms": 3.5, "error": None},
    )

    first, second = timeline([record(1, MADE_AT, attempts=attempts, direction="sent")])

    assert (first.error, first.status, first.latency_ms) == ("connection refused", None, None)
    assert (second.error, second.status, second.latency_ms, second.gap_s) == (None, 200, 3.5, 5)


def test_a_likely_retry_is_said() -> None:
    """The id says when the message was made, the timestamp when this attempt was."""
    headers = [("Svix-Id", MESSAGE), ("Svix-Timestamp", str(MADE_AT + 5))]

    (step,) = timeline([record(1, MADE_AT + 5, headers=headers)])

    assert "probably attempt 2" in step.note


def test_nothing_is_said_without_an_id_or_a_first_attempt() -> None:
    """Neither is a retry that could be seen."""
    headers = [("webhook-timestamp", str(MADE_AT))]

    (nameless,) = timeline([record(1, MADE_AT, headers=headers, message_id=None)])
    (first,) = timeline([record(1, MADE_AT, headers=headers)])

    assert (nameless.note, first.note) == ("", "")


def test_statuses_of_what_is_no_payload() -> None:
    """Anybody may send anything."""
    for body in (b"", b"[1]", b"\xff", b'{"status":1,"previousStatus":[]}', b"[" * 100_000):
        assert payload_statuses(body) == (None, None)
