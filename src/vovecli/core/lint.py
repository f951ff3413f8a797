"""What is odd about a received event: schema, vocabulary, transitions. Notes, never a verdict."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.catalogue import (
    BUILT_IN,
    FIELDS,
    KYB_INITIAL_STATUS,
    KYB_STATUSES,
    KYC_SUSPICION_REASONS,
    LEGACY_EVENTS,
    OPTIONAL_FIELDS,
    SAMPLE_REASON,
    SDK_STATUSES,
)
from vovecli.core.json_fields import kind
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.transitions import contradiction, since

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vovecli.core.catalogue import Catalogue, EventType
    from vovecli.core.identification import EventIdentity
    from vovecli.core.payloads import Payload

MAX_SHOWN_CHARS, MAX_SHOWN_FIELDS = 40, 5
_EVENT_NAME_FIELDS = ("type", "event", "eventType", "event_type")
# How sure it is that a family has a field or a status.
_WORDS = {"kyb": "documented", "kyc": "documented", "aml": "reported"}


def lint(
    body: bytes,
    event: EventIdentity | None,
    last_status: str | None = None,
    catalogue: Catalogue = BUILT_IN,
) -> list[Finding]:
    """Say what is odd about a payload against what is known of its event.

    Args:
        body: As received.
        event: What `identify` made of the body with the same catalogue.
        last_status: The status that the same refId was last seen with, where there is one.
        catalogue: The event types that are known.

    Returns:
        Findings whose codes are keys of `codes.FINDINGS`, the schema's first.
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
        return [_no_object(payload)]
    known = catalogue.events.get(event.type or "") if event else None
    findings = [
        Finding("duplicate-key", f"{shown(key)} occurs twice; parsers disagree about which counts")
        for key in dict.fromkeys(duplicates[:MAX_SHOWN_FIELDS])
    ]
    if event and event.family == "svix":
        return findings
    findings += _legacy_names(payload)
    if event:
        model = known or _model(event, catalogue)
        findings += _schema(payload, event.family, model and model.type, catalogue)
        findings += _vocabulary(payload, event, catalogue)
        findings += _reasons(payload, event, known)
        if known:
            findings += contradiction(known, event.previous_status)
            findings += since(known, last_status, catalogue)
    else:
        family = "kyb" if "previousStatus" in payload else "kyc"
        model = next(iter(catalogue.statuses(family).values()))
        findings += _schema(payload, family, model.type, catalogue)
    return findings


def _no_object(payload: object) -> Finding:
    if isinstance(payload, list) and payload and all(isinstance(each, dict) for each in payload):
        return Finding(
            "batch",
            f"a list of {len(payload)} objects: a FIFO endpoint of Svix gets several messages in "
            "one body; VOVE ID's pages show one object per delivery",
        )
    return Finding("body-not-an-object", "the JSON of the body is not an object")


def _model(event: EventIdentity, catalogue: Catalogue) -> EventType | None:
    """An event type that shows the fields of an event whose own type is not known."""
    of_family = catalogue.statuses(event.family or "").values()
    return next(iter((*(each for each in event.candidates if event.family), *of_family)), None)


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
            yield Finding("legacy-event", f"{name} appeared in older copies of the documentation")


class _Fields(NamedTuple):
    """What is known of the fields of an event.

    Attributes:
        kinds: Of each field that may be there; None where it was learned: drift reports on these.
        required: The fields that are in every payload.
    """

    kinds: Mapping[str, str | None]
    required: Sequence[str]


@lru_cache(maxsize=64)
def _fields(catalogue: Catalogue, name: str | None) -> _Fields:
    """The fields of an event type; without one, those of any event."""
    model = catalogue.events[name] if name else None
    sample = model.payload if model else {"refId": "", "status": ""}
    learned = model.learned.fields if model and model.learned else {}
    families = [model.family] if model else _WORDS
    names = [name for each in families for name in FIELDS.get(each, ())]
    names += model.fields if model else ()
    return _Fields(
        {name: None if name in learned else kind(sample.get(name, "")) for name in names},
        [name for name in sample if name not in (*OPTIONAL_FIELDS, *learned)],
    )


def _schema(
    payload: Payload, family: str | None, model: str | None, catalogue: Catalogue
) -> Iterator[Finding]:
    """Fields against those of the event type; where that is open, against those of any event."""
    fields = _fields(catalogue, model)
    word, of_family = _WORDS.get(family or "", "declared"), f" for {family}" if family else ""
    for field in fields.required:
        if field not in payload:
            yield Finding("missing-field", f"{field} is missing; it is {word}{of_family}")
    for field, wanted in fields.kinds.items():
        if wanted and field in payload and (found := kind(payload[field])) != wanted:
            yield Finding("mistyped-field", f"{field} is {word} as {wanted}, but is {found} here")
    unknown = [
        field
        for field in payload
        if field not in fields.kinds and not (family == "kyc" and _is_reason(payload, field))
    ]
    if unknown:
        names = ", ".join(map(shown, unknown[:MAX_SHOWN_FIELDS]))
        more = " and more" if len(unknown) > MAX_SHOWN_FIELDS else ""
        yield Finding("unknown-field", f"not {word}{of_family}: {names}{more}")
    if payload.get("refId") == "":
        yield Finding("empty-ref-id", "refId is empty")
    ref_id, user_id = payload.get("refId"), payload.get("userId")
    if isinstance(ref_id, str) and isinstance(user_id, str) and ref_id != user_id:
        yield Finding(
            "user-id-differs", "the deprecated userId is not the same as refId; use refId"
        )


def _vocabulary(payload: Payload, event: EventIdentity, catalogue: Catalogue) -> Iterator[Finding]:
    if len(event.candidates) > 1:
        yield Finding("ambiguous-event", _ambiguity(event))
    elif event.status and not event.type and not event.candidates:
        yield _misspelt("status", event.status, event.family, catalogue)
    elif event.family == "kyc" and "previousStatus" in payload:
        yield Finding(
            "wrong-case-status", f"KYB statuses are upper case; {event.status} is a KYC status"
        )
    previous = event.previous_status
    if event.family in ("kyb", "kyc") and previous and previous not in KYB_STATUSES:
        yield _misspelt("previousStatus", previous, "kyb", catalogue)


def _ambiguity(event: EventIdentity) -> str:
    """Every event that the payload may be, with what speaks against it."""
    parts = []
    for each in event.candidates:
        lacks = "previousStatus" in each.payload and "previousStatus" not in event.payload
        but = ", though always with previousStatus" if lacks else ""
        parts.append(f"{each.type} ({each.provenance}{but})")
    return f"this may be {' or '.join(parts)}: nothing in the payload says which"


def _misspelt(field: str, status: str, family: str | None, catalogue: Catalogue) -> Finding:
    """Why a status is not one of the known ones."""
    if status == KYB_INITIAL_STATUS:
        return Finding("unknown-status", f"{status} is documented only as a previousStatus")
    if status.lower() in SDK_STATUSES:
        return Finding(
            "sdk-status", f"{field} {shown(status)} belongs to the client SDK, not to webhooks"
        )
    initial = (KYB_INITIAL_STATUS,) if family == "kyb" else ()
    families = [family] if family else ["kyb", "aml"]
    for known in (*initial, *(known for each in families for known in catalogue.statuses(each))):
        if _letters(known) == _letters(status):
            return Finding(
                "wrong-case-status",
                f"{field} {shown(status)} is {_WORDS.get(family or '', 'known')} as {known}",
            )
    for_family = f"{_WORDS.get(family, 'declared')} for {family}" if family else "known"
    return Finding("unknown-status", f"{field} {shown(status)} is not {for_family}")


def _letters(status: str) -> str:
    return "".join(char for char in status.casefold() if char.isalnum())


def _reasons(payload: Payload, event: EventIdentity, known: EventType | None) -> Iterator[Finding]:
    if event.family == "kyc":
        for field in payload:
            if _is_reason(payload, field):
                yield Finding(
                    "undocumented-reason-field",
                    f"{shown(field)} holds a reason, but the documentation has no such field for "
                    "KYC",
                )
    elif event.family != "kyb":
        return
    elif "reason" in payload and event.status != "REJECTED":
        yield Finding("unexpected-reason", "a reason is documented only on kyb.case.rejected")
    elif isinstance(reason := payload.get("reason"), str) and reason not in (
        SAMPLE_REASON,
        *(known.learned.values.get("reason", ()) if known and known.learned else ()),
    ):
        yield Finding(
            "unknown-reason",
            f"reason {shown(reason)} is not documented; the one example is {SAMPLE_REASON}",
        )


def _is_reason(payload: Payload, field: str) -> bool:
    value = payload[field]
    values = value if isinstance(value, list) else [value]
    return "previousStatus" not in payload and (
        field.lower() in ("reason", "reasons")
        or any(each == reason for each in values for reason in KYC_SUSPICION_REASONS)
    )


def shown(text: str) -> str:
    """Untrusted text, short and with its control characters escaped."""
    return repr(text if len(text) <= MAX_SHOWN_CHARS else text[:MAX_SHOWN_CHARS] + "...")
