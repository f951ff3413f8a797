"""What a listener reports as JSON-able objects, fields in a stable order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.envelope import (
    Json,
    answer_json,
    body_digest_json,
    cause_json,
    findings_json,
    identity_json,
    secret_json,
)
from vovecli.core.outcomes.arrivals import Arrival, Forward, Ready
from vovecli.core.tunnels import TunnelEvent

EXCERPT_BYTES = 64 * 1024  # of an app's answer that a forward reports

if TYPE_CHECKING:
    from vovecli.core.outcomes.arrivals import Summary


def listener_event_json(event: Ready | Arrival | Forward | Summary | TunnelEvent) -> Json:
    """The object for any event of a listener."""
    if isinstance(event, Arrival):
        return arrival_json(event)
    if isinstance(event, Forward):
        return forward_json(event)
    if isinstance(event, TunnelEvent):
        return tunnel_json(event)
    return ready_json(event) if isinstance(event, Ready) else summary_json(event)


def ready_json(ready: Ready) -> Json:
    """`vove.ready/1`."""
    return {
        "schema": "vove.ready/1",
        "url": ready.url,
        "public_url": ready.public_url,
        "pid": ready.pid,
        "secrets": [secret_json(secret) for secret in ready.secrets],
    }


def tunnel_json(event: TunnelEvent) -> Json:
    """`vove.tunnel/1`."""
    return {
        "schema": "vove.tunnel/1",
        "state": event.state.value,
        "public_url": event.public_url or None,
        "message": event.message,
    }


def arrival_json(arrival: Arrival) -> Json:
    """`vove.request/1`; broken HTTP has no body to report."""
    verdict, request = arrival.verdict, arrival.request
    return {
        "schema": "vove.request/1",
        "record": arrival.record,
        "at": arrival.at,
        "method": arrival.method,
        "path": arrival.target,
        "message_id": verdict and verdict.message_id,
        "timestamp": verdict and verdict.timestamp,
        "verdict": "invalid" if arrival.cause else "valid",
        "cause": cause_json(arrival.cause),
        "secret": secret_json(verdict.secret if verdict else None),
        "event": identity_json(verdict.event if verdict else None),
        "findings": findings_json(arrival.findings),
        **body_digest_json(request.body if request else b""),
        "answered": arrival.answered,
        "duplicate_of": arrival.duplicate_of,
    }


def forward_json(forward: Forward) -> Json:
    """`vove.forward/1`."""
    latency_ms = forward.latency_ms
    return {
        "schema": "vove.forward/1",
        "record": forward.record,
        "message_id": forward.message_id,
        "endpoint": forward.endpoint,
        "status": forward.status,
        "latency_ms": None if latency_ms is None else round(latency_ms, 3),
        "error": forward.error,
        "answer": answer_json(forward.answer and forward.answer.cut(EXCERPT_BYTES)),
    }


def summary_json(summary: Summary) -> Json:
    """`vove.summary/1`."""
    return {
        "schema": "vove.summary/1",
        "requests": summary.requests,
        "valid": summary.valid,
        "invalid": summary.invalid,
        "duplicates": summary.duplicates,
        "forwarded": summary.forwarded,
        "failed": summary.failed,
        "unseen": summary.unseen,
        "elapsed_s": round(summary.elapsed_s, 3),
    }
