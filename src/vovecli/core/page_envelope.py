"""What the inspector's page is given, as JSON-able objects, fields in a stable order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.comparison import invisible
from vovecli.core.signing import header_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vovecli.core.comparison import ComparedText
    from vovecli.core.coverage import Covered
    from vovecli.core.envelope import Json
    from vovecli.core.outcomes.record_lines import RecordLine
    from vovecli.core.timeline import TimelineStep


# Characters: anybody may have written a refId of a mebibyte, and a list has thousands of lines.
MOST_OF_A_FIELD = 256


def line_json(line: RecordLine) -> Json:
    """One of the `lines` of `vove.records/1`."""
    record = line.record
    return {
        "record": record.number,
        "direction": record.direction,
        "at": round(record.at, 3),
        "event": record.event,
        "new_status": line.new_status,
        "previous_status": line.previous_status,
        "ref_id": record.ref_id and record.ref_id[:MOST_OF_A_FIELD],
        "message_id": record.message_id and record.message_id[:MOST_OF_A_FIELD],
        "endpoint": record.endpoint,
        "method": record.method,
        "path": record.target[:MOST_OF_A_FIELD],
        "outcome": record.outcome,
        "ok": record.ok,
        "status": record.status,
        "latency_ms": record.latency_ms and round(record.latency_ms, 3),
        "faults": list(record.faults),
        "cause": record.cause,
        "body_len": record.body_len,
    }


def step_json(step: TimelineStep) -> Json:
    """One of the steps of a `timeline`."""
    return step._asdict() | {
        "at": round(step.at, 3),
        "latency_ms": step.latency_ms and round(step.latency_ms, 3),
        "gap_s": step.gap_s and round(step.gap_s, 3),
    }


def comparison_json(left: str, right: str, pieces: Sequence[ComparedText]) -> Json:
    """`vove.comparison/1`; odd bytes are lone surrogates.

    Args:
        left: What the left body is, in words.
        right: The same of the right one.
        pieces: Of both bodies.
    """
    differing = "".join(piece.text for piece in pieces if piece.side != "same")
    return {
        "schema": "vove.comparison/1",
        "left": left,
        "right": right,
        "equal": not differing,
        "pieces": [piece._asdict() for piece in pieces],
        "names": invisible(differing),
    }


def names_json(bodies: Iterable[bytes]) -> dict[str, str]:
    """The characters of bodies that cannot be seen, with their names."""
    return invisible("".join(header_text(body) for body in bodies))


def covered_json(covered: Covered) -> Json:
    """One of the events of a `coverage`."""
    event = covered.event
    return {
        "type": event.type,
        "family": event.family,
        "status": event.status,
        "provenance": event.provenance,
        "meaning": event.meaning,
        "state": covered.state,
        "counts": dict(covered.counts),
    }
