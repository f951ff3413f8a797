"""The timeline of a message: its attempts in order, the time between them, what looks retried."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.headers import header_value
from vovecli.core.retries import likely_retry
from vovecli.core.verification import parse_timestamp
from vovecli.core.webhook_headers import HEADER_FAMILIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vovecli.core.outcomes.records import Direction, Record


class TimelineStep(NamedTuple):
    """One attempt.

    Attributes:
        at: Unix seconds.
        error: Why no answer came; None where one came.
        gap_s: Seconds since the attempt before it; None for the first.
        note: What the id and the timestamp say of it, such as a retry; may be empty.
    """

    record: int
    direction: Direction
    at: float
    status: int | None
    latency_ms: float | None
    error: str | None
    outcome: str
    gap_s: float | None
    note: str


def timeline(records: Iterable[Record]) -> list[TimelineStep]:
    """All attempts of the records of one message, oldest first."""
    steps = [step for record in records for step in _steps(record)]
    steps.sort(key=lambda step: (step.at, step.record))
    return [
        step._replace(gap_s=step.at - before.at if before else None)
        for before, step in zip([None, *steps], steps, strict=False)
    ]


def _steps(record: Record) -> Iterator[TimelineStep]:
    note = _note(record)
    plain = TimelineStep(
        record.number,
        record.direction,
        record.at,
        record.status,
        record.latency_ms,
        None,
        record.outcome,
        None,
        note,
    )
    if len(record.attempts) <= 1:
        yield plain
        return
    for attempt in record.attempts:
        status, latency_ms, error = (
            attempt.get(name) for name in ("status", "latency_ms", "error")
        )
        yield plain._replace(
            at=float(str(attempt["at"])),
            status=status if isinstance(status, int) else None,
            latency_ms=latency_ms if isinstance(latency_ms, int | float) else None,
            error=None if error is None else str(error),
        )


def _note(record: Record) -> str:
    stamps = (header_value(record.headers, f"{family}-timestamp") for family in HEADER_FAMILIES)
    timestamp = parse_timestamp(next(filter(None, stamps), ""))
    if not record.message_id or timestamp is None:
        return ""
    found = likely_retry(record.message_id, timestamp)
    return found.message if found else ""
