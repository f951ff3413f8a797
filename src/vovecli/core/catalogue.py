"""The event types that VOVE ID documents, our aliases where it names none, and their provenance."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Mapping

EventFamily = Literal["kyb", "kyc"]

KYB_PAGE = "VOVE ID documentation, KYB Webhooks"
KYC_PAGE = "VOVE ID documentation, Webhooks"

SAMPLE_REF_IDS: Mapping[EventFamily, str] = {
    "kyb": "unique-business-ref-12345",
    "kyc": "2e96ebd0-c1b8-11ee-b56a-a345411e245d",
}
SAMPLE_PATHS: Mapping[EventFamily, str] = {
    "kyb": "/webhooks/vove-kyb",
    "kyc": "/webhook-endpoint",
}
FIELDS: Mapping[EventFamily, Mapping[str, str]] = {
    "kyb": {
        "refId": "your id for the business, any non-empty string",
        "status": "upper case",
        "previousStatus": "the status before",
        "reason": "on kyb.case.rejected only; DOCUMENT_MISMATCH is the one documented example",
    },
    "kyc": {
        "status": "lower case",
        "refId": "your id for the user, any non-empty string",
        "userId": "deprecated copy of refId; will be removed",
    },
}
# Only as previousStatus: no event announces it.
KYB_INITIAL_STATUS = "NOT_STARTED"
KYC_SUSPICION_REASONS = ("DOCUMENT_INFO_MISMATCHED", "AML_CHECK")
SDK_STATUSES = ("success", "canceled", "failed")
# In older copies of the provider's pages; their payloads are unknown, so they are never offered.
LEGACY_EVENTS = ("kyb.case.status.changed", "kyb.ubo.invited", "kyb.ubo.completed")


class EventType(NamedTuple):
    """One kind of event.

    Attributes:
        documented: True when the provider prints the name; False when it is our alias for a status.
        previous: The status before it in the documented chain; None where there is no such field.
        next: Event types that the documented chain allows after it; empty when final.
        advice: What a handler should do.
    """

    type: str
    family: EventFamily
    status: str
    documented: bool
    meaning: str
    previous: str | None
    next: tuple[str, ...]
    advice: str
    source: str


class EventIdentity(NamedTuple):
    """Which event a received payload is, told by its shape.

    Attributes:
        type: Name in the catalogue, or None when the status is not known.
        payload: The parsed body.
    """

    type: str | None
    family: EventFamily
    documented: bool
    ref_id: str | None
    status: str
    previous_status: str | None
    payload: Mapping[str, object]


EVENTS: Mapping[str, EventType] = {
    event.type: event
    for event in (
        EventType(
            type="kyb.case.in_progress",
            family="kyb",
            status="IN_PROGRESS",
            documented=True,
            meaning="The KYB case has started",
            previous=KYB_INITIAL_STATUS,
            next=("kyb.case.in_review",),
            advice="Record that the business started; nothing is decided yet",
            source=KYB_PAGE,
        ),
        EventType(
            type="kyb.case.in_review",
            family="kyb",
            status="IN_REVIEW",
            documented=True,
            meaning="The case waits for a reviewer",
            previous="IN_PROGRESS",
            next=("kyb.case.completed", "kyb.case.rejected"),
            advice="Show the business that its case is under review",
            source=KYB_PAGE,
        ),
        EventType(
            type="kyb.case.completed",
            family="kyb",
            status="COMPLETED",
            documented=True,
            meaning="The case is approved",
            previous="IN_REVIEW",
            next=(),
            advice="Enable the business account, once per refId",
            source=KYB_PAGE,
        ),
        EventType(
            type="kyb.case.rejected",
            family="kyb",
            status="REJECTED",
            documented=True,
            meaning="The case is rejected; a reason may come with it",
            previous="IN_REVIEW",
            next=(),
            advice="Keep the account closed and say why; expect reasons you do not know",
            source=KYB_PAGE,
        ),
        EventType(
            type="kyc.in_progress",
            family="kyc",
            status="in_progress",
            documented=False,
            meaning="Verification has started and at least one step is finished",
            previous=None,
            next=("kyc.pending", "kyc.successful", "kyc.suspected"),
            advice="Record that the user started; nothing is decided yet",
            source=KYC_PAGE,
        ),
        EventType(
            type="kyc.pending",
            family="kyc",
            status="pending",
            documented=False,
            meaning="Verification waits for a manual review",
            previous=None,
            next=("kyc.successful", "kyc.suspected"),
            advice="Tell the user that a review is under way",
            source=KYC_PAGE,
        ),
        EventType(
            type="kyc.successful",
            family="kyc",
            status="successful",
            documented=False,
            meaning="All checks passed",
            previous=None,
            next=(),
            advice="Onboard the user, once per refId",
            source=KYC_PAGE,
        ),
        EventType(
            type="kyc.suspected",
            family="kyc",
            status="suspected",
            documented=False,
            meaning="Verification failed: data mismatch or AML check",
            previous=None,
            next=(),
            advice="Hold the user back for a review; do not delete what was submitted",
            source=KYC_PAGE,
        ),
    )
}
_BY_STATUS = {event.status: event for event in EVENTS.values()}


def find_event(name: str) -> EventType:
    """Look an event type up by its name.

    Raises:
        VoveError: `event-not-sent` for `kyb.case.created`, `event-legacy`, or `unknown-event` with
            the nearest names.
    """
    if event := EVENTS.get(name):
        return event
    if name == "kyb.case.created":
        raise VoveError(
            "event-not-sent",
            "VOVE ID does not send kyb.case.created: webhooks begin once a case leaves NOT_STARTED",
            hint="the first event of a case is kyb.case.in_progress",
            category=Category.USAGE,
        )
    if name in LEGACY_EVENTS:
        raise VoveError(
            "event-legacy",
            f"{name} stood in older copies of the documentation; its payload was never documented",
            hint="see what is sent today: vove events",
            category=Category.USAGE,
        )
    raise unknown_name("event", name, EVENTS, see="vove events")


def unknown_name(kind: str, name: str, known: Mapping[str, object], *, see: str) -> VoveError:
    """The error for a name that is not known, with the nearest ones that are."""
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return VoveError(
        f"unknown-{kind}",
        f"unknown {kind} {name!r}",
        hint=f"did you mean {' or '.join(near)}?" if near else f"see the list: {see}",
        category=Category.USAGE,
    )


def identify(body: bytes) -> EventIdentity | None:
    """Tell which event a payload is by its shape, or None when it is no event at all.

    KYB payloads have an upper-case status or a `previousStatus`, KYC ones a lower-case status.
    """
    try:
        # These two bytes can only be UTF-8: no need for `loads` to look for the encoding.
        text = body.decode("utf-8", "surrogatepass") if body[:2] == b'{"' else body
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict) or not isinstance(status := payload.get("status"), str):
        return None
    previous = payload.get("previousStatus")
    ref_id = payload.get("refId")
    event = _BY_STATUS.get(status)
    if event:
        family = event.family
    else:
        family = "kyb" if "previousStatus" in payload or status.isupper() else "kyc"
    return EventIdentity(
        type=event.type if event else None,
        family=family,
        documented=bool(event and event.documented),
        ref_id=ref_id if isinstance(ref_id, str) else None,
        status=status,
        previous_status=previous if isinstance(previous, str) else None,
        payload=payload,
    )
