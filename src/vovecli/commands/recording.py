"""What the history keeps of a request that came in, and of its way to an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.outcomes.records import Record, Settlement
from vovecli.core.outside import cut

if TYPE_CHECKING:
    from vovecli.core.outcomes.arrivals import Arrival, Forward


def record_arrival(arrival: Arrival) -> Record:
    """The record of a request; while an app has not answered it, it counts as not acknowledged."""
    request, verdict = arrival.request, arrival.verdict
    assert request is not None
    body_len, body_sha256 = None, None
    if arrival.stranger:
        request, body_len, body_sha256 = cut(request)
    event = verdict.event if verdict else None
    return Record(
        direction="received",
        at=arrival.at,
        event=event.type if event else None,
        ref_id=event.ref_id if event else None,
        message_id=verdict.message_id if verdict else None,
        endpoint=None,
        method=request.method or "",
        target=request.target,
        outcome="invalid" if arrival.cause else "valid",
        failed=arrival.cause is None and not is_acknowledged(arrival.answered),
        status=arrival.answered,
        latency_ms=None,
        headers=request.headers,
        body=request.body,
        cause=arrival.cause.code if arrival.cause else None,
        body_len=body_len,
        body_sha256=body_sha256,
    )


def settlement(record: int, at: float, forward: Forward) -> Settlement:
    """What to add to the record once the app has answered, or has not."""
    return Settlement(
        number=record,
        at=at,
        endpoint=forward.endpoint,
        status=forward.answered,
        latency_ms=forward.latency_ms,
        failed=forward.verified and not is_acknowledged(forward.answered),
        answer=forward.answer,
    )
