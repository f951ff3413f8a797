"""Outcomes as JSON-able objects: one `vove.<kind>/1` each, fields in a stable order."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.catalogue import EventType
    from vovecli.core.errors import VoveError
    from vovecli.core.faults import Fault
    from vovecli.core.flows import Flow
    from vovecli.core.identification import EventIdentity
    from vovecli.core.learning import Lesson
    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.outcomes.deliveries import Attempt, Delivery, SignedRequest
    from vovecli.core.outcomes.loads import LoadSummary
    from vovecli.core.outcomes.records import Record
    from vovecli.core.outcomes.verdicts import Cause, Finding, Verified
    from vovecli.core.pseudonyms import Exported
    from vovecli.core.secrets import SigningSecret

Json = dict[str, object]

EXCERPT = 1024  # characters of a handler's answer that a delivery reports


def error_json(error: VoveError) -> Json:
    """`vove.error/1`."""
    found: Json = {
        "schema": "vove.error/1",
        "code": error.code,
        "message": error.message,
        "hint": error.hint,
    }
    found |= {"source": error.source} if error.source else {}
    return found | ({"index": error.index} if error.index is not None else {})


def event_json(event: EventType, *, sample: Json) -> Json:
    """`vove.event/1`."""
    return {
        "schema": "vove.event/1",
        "type": event.type,
        "family": event.family,
        "status": event.status,
        "documented": event.documented,
        "provenance": event.provenance,
        "meaning": event.meaning,
        "fields": dict(event.fields),
        "sample": sample,
        "transitions": {"from": event.previous, "to": list(event.next or ())},
        "final": None if event.next is None else not event.next,
        "source": event.source,
        "endpoint": event.endpoint,
        "learned": event.learned and event.learned._asdict(),
    }


def flow_json(flow: Flow) -> Json:
    """`vove.flow/1`."""
    return {
        "schema": "vove.flow/1",
        "name": flow.name,
        "meaning": flow.meaning,
        "events": list(flow.events),
        "handler": flow.handler,
        "adversarial": flow.adversarial,
    }


def fault_json(fault: Fault) -> Json:
    """`vove.fault/1`."""
    return {
        "schema": "vove.fault/1",
        "name": fault.name,
        "sent": fault.broken,
        "handler": fault.kind.handler,
        "accepted": fault.kind.accepted or None,
        "amount": fault.kind.amount,
    }


def export_json(exported: Exported) -> Json:
    """`vove.export/1`."""
    return {"schema": "vove.export/1", **exported._asdict()}


def lesson_json(lesson: Lesson) -> Json:
    """`vove.lesson/1`."""
    return {
        "schema": "vove.lesson/1",
        "type": lesson.type,
        "family": lesson.family,
        "payload": lesson.payload,
        **lesson.learned._asdict(),
    }


def signed_json(signed: SignedRequest) -> Json:
    """`vove.signed/1`."""
    from vovecli.core.signing import signatures

    return {
        "schema": "vove.signed/1",
        "event": signed.event,
        "message_id": signed.message.id,
        "timestamp": signed.message.timestamp,
        "headers": [list(pair) for pair in signed.headers],
        **body_json(signed.message.body),
        "signatures": signatures(signed.secrets, signed.message),
        "secrets": [secret.fingerprint for secret in signed.secrets],
    }


def delivery_json(delivery: Delivery) -> Json:
    """`vove.delivery/1`."""
    return {
        "schema": "vove.delivery/1",
        "event": delivery.event,
        "message_id": delivery.message_id,
        "ref_id": delivery.ref_id,
        "endpoint": delivery.endpoint,
        "outcome": delivery.outcome,
        "faults": list(delivery.faults),
        "expected": delivery.expected,
        "ok": delivery.ok,
        "attempts": [attempt_json(attempt) for attempt in delivery.attempts],
        "response": delivery.answer and delivery.answer.body.decode("utf-8", "replace")[:EXCERPT],
    }


def attempt_json(attempt: Attempt) -> Json:
    """One of the `attempts` of `vove.delivery/1`."""
    return {
        "n": attempt.n,
        "at": attempt.at,
        "timestamp": attempt.timestamp,
        "status": attempt.status,
        "latency_ms": attempt.latency_ms and round(attempt.latency_ms, 3),
        "error": attempt.error,
    }


def load_json(load: LoadSummary) -> Json:
    """`vove.load/1`."""
    latencies = load.latencies
    return {
        "schema": "vove.load/1",
        "requests": load.requests,
        "delivered": load.delivered,
        "refused": load.refused,
        "failed": load.failed,
        "elapsed_s": round(load.elapsed_s, 3),
        "rate_per_s": round(load.rate_per_s, 1),
        "latency_ms": {
            "p50": latencies.p50_ms and round(latencies.p50_ms, 3),
            "p90": latencies.p90_ms and round(latencies.p90_ms, 3),
            "p99": latencies.p99_ms and round(latencies.p99_ms, 3),
            "max": latencies.max_ms and round(latencies.max_ms, 3),
        },
    }


def record_json(record: Record) -> Json:
    """`vove.record/1`."""
    whole = body_digest_json(record.body)
    if record.body_len is not None:
        whole = {"body_len": record.body_len, "body_sha256": record.body_sha256}
    return {
        "schema": "vove.record/1",
        "record": record.number,
        "direction": record.direction,
        "at": int(record.at),
        "event": record.event,
        "ref_id": record.ref_id,
        "message_id": record.message_id,
        "endpoint": record.endpoint,
        "method": record.method,
        "path": record.target,
        "outcome": record.outcome,
        "status": record.status,
        "latency_ms": record.latency_ms and round(record.latency_ms, 3),
        "faults": list(record.faults),
        "cause": record.cause,
        "attempts": list(record.attempts),
        "headers": [list(pair) for pair in record.headers],
        **body_json(record.body),
        **whole,
        "body_truncated": record.body_len is not None,
        "answer": answer_json(record.answer),
    }


def answer_json(answer: Answer | None) -> Json | None:
    """The `answer` of `vove.record/1` and `vove.forward/1`; null where the app gave none."""
    return answer and {
        "status": answer.status,
        "headers": [list(pair) for pair in answer.headers],
        **body_json(answer.body),
        "body_truncated": answer.body_truncated,
    }


def verify_json(verified: Verified) -> Json:
    """`vove.verify/1`."""
    from vovecli.core.times import iso

    verdict, body = verified.verdict, verified.request.body
    return {
        "schema": "vove.verify/1",
        "source": verified.source,
        "index": verified.place,
        "format": verified.request.format,
        "reading": verified.request.reading,
        "verdict": "valid" if verdict.valid else "invalid",
        "cause": cause_json(verdict.cause),
        "findings": findings_json(verdict.findings),
        "message_id": verdict.message_id,
        "timestamp": verdict.timestamp,
        "signed_at": None if verdict.timestamp is None else iso(verdict.timestamp),
        **body_digest_json(body),
        "age_s": verdict.age_s,
        "age_verdict": verdict.age_verdict,
        "secret": secret_json(verdict.secret),
        "event": identity_json(verdict.event),
        "against": verified.against and verified.against._asdict(),
    }


def cause_json(cause: Cause | None) -> Json | None:
    """`{code, message, fix, certainty}`."""
    return cause and {
        "code": cause.code,
        "message": cause.message,
        "fix": cause.fix,
        "certainty": cause.certainty,
    }


def findings_json(findings: Sequence[Finding]) -> list[Json]:
    """A list of `{code, message}`."""
    return [finding._asdict() for finding in findings]


def secret_json(secret: SigningSecret | None) -> Json | None:
    """`{fingerprint, origin}`: never the value."""
    return None if secret is None else {"fingerprint": secret.fingerprint, "origin": secret.origin}


def identity_json(event: EventIdentity | None) -> Json | None:
    """`{type, documented, provenance, candidates, ref_id, status}`."""
    if event is None:
        return None
    return {
        "type": event.type,
        "documented": event.documented,
        "provenance": event.provenance,
        "candidates": [
            {"type": each.type, "provenance": each.provenance} for each in event.candidates
        ],
        "ref_id": event.ref_id,
        "status": event.status,
    }


def body_json(body: bytes) -> Json:
    """`body` where it is UTF-8 text, else `body_base64`."""
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode("ascii")}


def body_digest_json(body: bytes) -> Json:
    """`body_len` in bytes and `body_sha256` in hex."""
    return {"body_len": len(body), "body_sha256": hashlib.sha256(body).hexdigest()}
