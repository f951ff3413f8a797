"""What is odd about a received event: schema, vocabulary, transitions. Notes, never a verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.catalogue import (
    EVENTS,
    FIELDS,
    KYB_INITIAL_STATUS,
    KYC_SUSPICION_REASONS,
    LEGACY_EVENTS,
    SDK_STATUSES,
)
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.payloads import SAMPLE_REASON, sample_payload

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vovecli.core.catalogue import EventIdentity, EventType

    Payload = dict[str, object]

MAX_SHOWN_CHARS, MAX_SHOWN_FIELDS = 40, 5
_STATUSES = {event.status: event for event in EVENTS.values()}
_KYB_STATUSES = (
    KYB_INITIAL_STATUS,
    *(s for s, event in _STATUSES.items() if event.family == "kyb"),
)
_REQUIRED = {"kyb": ("refId", "status", "previousStatus"), "kyc": ("status", "refId")}
_EVENT_NAME_FIELDS = ("type", "event", "eventType", "event_type")

LINTS: Mapping[str, str] = {
    "body-not-json": "The body cannot be parsed as JSON; VOVE ID sends JSON only",
    "body-not-an-object": "The JSON is no object; every documented payload is one",
    "duplicate-key": "A key occurs twice; parsers keep the last one or the first",
    "missing-field": "A documented field is not there",
    "unknown-field": "A field that is not documented; handlers should ignore it",
    "mistyped-field": "A documented field is no text",
    "empty-ref-id": "refId is empty, so the event belongs to nobody",
    "user-id-differs": "The deprecated userId is not the copy of refId that it should be",
    "unknown-status": "A status that is not documented; handlers should keep it and answer 2xx",
    "wrong-case-status": "A documented status spelt otherwise; KYB is upper case, KYC lower case",
    "sdk-status": "A status of the client SDK; webhooks have a vocabulary of their own",
    "legacy-event": "An event name of older documentation, or one that is never sent",
    "impossible-transition": "previousStatus and status do not follow each other as documented",
    "repeated-status": "The status of this refId is the one that was seen last",
    "late-event": "A status that comes before the one already seen: deliveries are not ordered",
    "skipped-status": "A status between the last one seen and this one was not received",
    "final-status-changed": "A status after a final one",
    "unknown-reason": "A reason that is not documented; the list is open",
    "unexpected-reason": "A reason on an event that is no rejection",
    "undocumented-reason-field": "A KYC reason: its values are documented, a field for it is not",
}


def lint(body: bytes, event: EventIdentity | None, last_status: str | None = None) -> list[Finding]:
    """Say what is odd about a payload against the provider's documentation.

    Args:
        body: As received.
        event: What `catalogue.identify` made of the body.
        last_status: The status that the same refId was last seen with, where there is one.

    Returns:
        Findings whose codes are keys of `LINTS`, the schema's first.
    """
    duplicates: list[str] = []
    if event and len(event.payload) == body.count(b'":') == body.count(b":"):
        payload = event.payload  # as many names as fields: nothing is nested, nothing twice
    else:
        try:
            payload = json.loads(body, object_pairs_hook=lambda pairs: _unique(pairs, duplicates))
        except (ValueError, RecursionError):
            return [Finding("body-not-json", "the body is not JSON")]
    if not isinstance(payload, dict):
        return [Finding("body-not-an-object", "the JSON of the body is no object")]
    known = _STATUSES.get(event.status) if event else None
    if event and known and event.ref_id and not duplicates:
        usual = sample_payload(known, ref_id=event.ref_id)
        if payload == usual:  # as nearly every one is
            return list(_since(known, last_status))
    findings = [
        Finding("duplicate-key", f"{_shown(key)} occurs twice; parsers disagree about which counts")
        for key in dict.fromkeys(duplicates[:MAX_SHOWN_FIELDS])
    ]
    findings += _legacy_names(payload)
    family = event.family if event else ("kyb" if "previousStatus" in payload else "kyc")
    findings += _schema(payload, family)
    if event:
        findings += _vocabulary(payload, event)
        findings += _reasons(payload, event)
        if known:
            findings += _transition(known, event.previous_status)
            findings += _since(known, last_status)
    return findings


def _unique(pairs: list[tuple[str, object]], duplicates: list[str]) -> Payload:
    payload = dict(pairs)
    if len(payload) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                duplicates.append(key)
            seen.add(key)
    return payload


def _legacy_names(payload: Payload) -> Iterator[Finding]:
    for field in _EVENT_NAME_FIELDS:
        name = payload.get(field)
        if name == "kyb.case.created":
            yield Finding("legacy-event", "kyb.case.created is not sent: cases begin IN_PROGRESS")
        elif name in LEGACY_EVENTS:
            yield Finding("legacy-event", f"{name} stood in older copies of the documentation")


def _schema(payload: Payload, family: str) -> Iterator[Finding]:
    fields = FIELDS[family]  # type: ignore[index]  # a family's name by construction
    for field in _REQUIRED[family]:
        if field not in payload:
            yield Finding("missing-field", f"{field} is missing; it is documented for {family}")
    for field in fields:
        if field in payload and not isinstance(payload[field], str):
            kind = type(payload[field]).__name__
            yield Finding("mistyped-field", f"{field} is documented as text, this one is {kind}")
    unknown = [field for field in payload if field not in fields and not _is_reason(payload, field)]
    if unknown:
        names = ", ".join(map(_shown, unknown[:MAX_SHOWN_FIELDS]))
        more = " and more" if len(unknown) > MAX_SHOWN_FIELDS else ""
        yield Finding("unknown-field", f"not documented for {family}: {names}{more}")
    if payload.get("refId") == "":
        yield Finding("empty-ref-id", "refId is empty")
    if "userId" in payload and "refId" in payload and payload["userId"] != payload["refId"]:
        yield Finding(
            "user-id-differs", "the deprecated userId is not the same as refId; use refId"
        )


def _vocabulary(payload: Payload, event: EventIdentity) -> Iterator[Finding]:
    if event.type is None:
        yield _misspelt("status", event.status, event.family)
    elif event.family == "kyc" and "previousStatus" in payload:
        yield Finding("wrong-case-status", f"KYB statuses are upper case, {event.status} is KYC's")
    if event.previous_status is not None and event.previous_status not in _KYB_STATUSES:
        yield _misspelt("previousStatus", event.previous_status, "kyb")


def _misspelt(field: str, status: str, family: str) -> Finding:
    """Why a status is not one of the documented ones."""
    if status == KYB_INITIAL_STATUS:
        return Finding("unknown-status", f"{status} is documented as previousStatus only")
    if status.lower() in SDK_STATUSES:
        return Finding(
            "sdk-status", f"{field} {_shown(status)} is one of the client SDK's, not of webhooks"
        )
    for known in (*_KYB_STATUSES, *_STATUSES):
        is_family = (known in _KYB_STATUSES) == (family == "kyb")
        if is_family and _letters(known) == _letters(status):
            return Finding(
                "wrong-case-status", f"{field} {_shown(status)} is documented as {known}"
            )
    return Finding("unknown-status", f"{field} {_shown(status)} is not documented for {family}")


def _letters(status: str) -> str:
    return "".join(char for char in status.casefold() if char.isalnum())


def _reasons(payload: Payload, event: EventIdentity) -> Iterator[Finding]:
    if event.family == "kyc":
        for field in payload:
            if _is_reason(payload, field):
                yield Finding(
                    "undocumented-reason-field",
                    f"{_shown(field)} holds a reason, and no field for one is documented for KYC",
                )
    elif "reason" in payload and event.status != "REJECTED":
        yield Finding("unexpected-reason", "a reason is documented on kyb.case.rejected only")
    elif isinstance(reason := payload.get("reason"), str) and reason != SAMPLE_REASON:
        yield Finding(
            "unknown-reason",
            f"reason {_shown(reason)} is not documented; the one example is {SAMPLE_REASON}",
        )


def _is_reason(payload: Payload, field: str) -> bool:
    value = payload[field]
    values = value if isinstance(value, list) else [value]
    return "previousStatus" not in payload and (
        field.lower() in ("reason", "reasons")
        or any(each == reason for each in values for reason in KYC_SUSPICION_REASONS)
    )


def _transition(event: EventType, previous: str | None) -> Iterator[Finding]:
    """The payload's own word against the documented chain."""
    if previous in _KYB_STATUSES and event.previous and previous != event.previous:
        yield Finding(
            "impossible-transition",
            f"{previous} -> {event.status} is not documented; "
            f"{event.status} follows {event.previous}",
        )


def _since(event: EventType, last_status: str | None) -> Iterator[Finding]:
    """This status against the one seen last for the same refId, in the order of the chain."""
    last = _STATUSES.get(last_status or "")
    if not last or last.family != event.family:
        return
    change = f"{last.status} -> {event.status}"
    if event.status == last.status:
        yield Finding("repeated-status", f"the last event of this refId was {event.status} too")
    elif not last.next:
        code = "late-event" if event.next else "final-status-changed"
        yield Finding(code, f"{change}: {last.status} is final")
    elif event.type not in last.next:
        is_late = last.type in event.next or last.type in _after(event)
        code = "late-event" if is_late else "skipped-status"
        yield Finding(code, f"{change}: other events are expected in between or before")


def _after(event: EventType) -> set[str]:
    """Every event type that may follow sooner or later."""
    return set(event.next).union(*(_after(EVENTS[name]) for name in event.next))


def _shown(text: str) -> str:
    """Untrusted text, short and with its control characters escaped."""
    return repr(text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "...")
