"""The event types that VOVE ID documents, our aliases, what others report; their provenance."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.errors import Category, VoveError
from vovecli.core.names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

EventFamily = str  # kyb, kyc, aml, svix, or one's own
# documented: the provider prints the name. alias: it documents the status, the name is ours.
# reported: a third party's copy of a page that the provider does not publish today.
# svix: the word of Svix's documentation. own: declared in the settings.
Provenance = Literal["documented", "alias", "reported", "svix", "own"]

KYB_PAGE = "VOVE ID documentation, KYB Webhooks"
KYC_PAGE = "VOVE ID documentation, Webhooks"
AML_COPY = "a third party's copy (2026-03) of the provider's AML page; no second source"
SVIX_PAGE = "Svix documentation, Receiving webhooks: testing"

PROVENANCES: Mapping[Provenance, str] = {
    "documented": "VOVE ID prints this name",
    "alias": "VOVE ID documents the status but no event name for it; the name is ours",
    "reported": AML_COPY,
    "svix": "Svix itself sends it; VOVE ID does not document it",
    "own": "declared in your settings",
}
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
        "reason": "optional, on a rejection only; DOCUMENT_MISMATCH is the one documented example",
    },
    "kyc": {
        "status": "lower case",
        "refId": "your id for the user, any non-empty string",
        "userId": "deprecated copy of refId; will be removed",
    },
    "aml": {
        "refId": "your id for the user, any non-empty string",
        "status": "upper case; deduplicate on refId and status",
    },
    "svix": {"success": "always true"},
}
# Payload fields that hold the refId of whom the event is about.
REF_FIELDS = ("refId", "userId")
# Not in every payload: one is deprecated, the other "may come with" a rejection.
OPTIONAL_FIELDS = ("userId", "reason")
# Only as previousStatus: no event announces it.
KYB_INITIAL_STATUS = "NOT_STARTED"
KYB_STATUSES = (KYB_INITIAL_STATUS, "IN_PROGRESS", "IN_REVIEW", "COMPLETED", "REJECTED")
KYC_SUSPICION_REASONS = ("DOCUMENT_INFO_MISMATCHED", "AML_CHECK")
SAMPLE_REASON = "DOCUMENT_MISMATCH"  # the one example of the KYB page
SDK_STATUSES = ("success", "canceled", "failed")
# In older copies of the provider's pages; their payloads are unknown, so they are never offered.
LEGACY_EVENTS = ("kyb.case.status.changed", "kyb.ubo.invited", "kyb.ubo.completed")


class Learned(NamedTuple):
    """What genuine deliveries of an event had in common; shapes, never a refId or a name.

    Attributes:
        deliveries: How many there were.
        headers: Families of header names: `svix`, `webhook`.
        fields: Paths such as `data.score`, each with the kinds of its values.
        sometimes: Those of the fields that were not in every delivery.
        values: Of fields that hold one word out of a few.
    """

    deliveries: int
    headers: tuple[str, ...]
    fields: Mapping[str, tuple[str, ...]]
    sometimes: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]]


class EventType(NamedTuple):
    """One kind of event.

    Attributes:
        payload: A sample, its fields in order; `refId` and `userId` hold whatever is sent.
        next: Event types that may follow; empty when final, None where nothing says so.
        advice: What a handler should do.
        endpoint: Where it goes if nothing else says so; None: to the provider's sample path.
        learned: What real deliveries of it look like, where that was learned.
    """

    type: str
    family: EventFamily
    provenance: Provenance
    payload: Mapping[str, object]
    meaning: str
    next: tuple[str, ...] | None
    advice: str
    source: str
    endpoint: str | None = None
    learned: Learned | None = None

    @property
    def documented(self) -> bool:
        """Whether the provider prints the name."""
        return self.provenance == "documented"

    @property
    def status(self) -> str | None:
        """The status in its payload; None where there is none."""
        status = self.payload.get("status")
        return status if isinstance(status, str) else None

    @property
    def previous(self) -> str | None:
        """The status before it in the documented chain; None where there is no such field."""
        previous = self.payload.get("previousStatus")
        return previous if isinstance(previous, str) else None

    @property
    def fields(self) -> Mapping[str, str]:
        """The fields of its payload and those that were learned, each with its meaning."""
        learned = self.learned.fields if self.learned else ()
        meanings = FIELDS.get(self.family, {})
        return {name: meanings.get(name, "") for name in (*self.payload, *learned)}

    @property
    def sample_ref_id(self) -> str:
        """The refId of the documented sample of its family."""
        return SAMPLE_REF_IDS.get(self.family, SAMPLE_REF_IDS["kyc"])


def sample_path(family: EventFamily) -> str:
    """The path of the provider's sample handler; that of KYB where the provider shows none."""
    return SAMPLE_PATHS.get(family, SAMPLE_PATHS["kyb"])


def _kyb(
    name: str, previous: str, meaning: str, next_: tuple[str, ...], advice: str, **more: str
) -> EventType:
    payload = {"refId": "", "status": name.upper(), "previousStatus": previous, **more}
    return EventType(
        f"kyb.case.{name}", "kyb", "documented", payload, meaning, next_, advice, KYB_PAGE
    )


def _kyc(name: str, meaning: str, next_: tuple[str, ...], advice: str) -> EventType:
    payload = {"status": name, "refId": "", "userId": ""}
    return EventType(f"kyc.{name}", "kyc", "alias", payload, meaning, next_, advice, KYC_PAGE)


def _aml(name: str, meaning: str, advice: str) -> EventType:
    """The copy shows no lifecycle, so what follows is not known."""
    payload = {"refId": "", "status": name.upper()}
    return EventType(
        f"user.aml.{name}", "aml", "reported", payload, meaning, None, advice, AML_COPY
    )


EVENTS: Mapping[str, EventType] = {
    event.type: event
    for event in (
        _kyb(
            "in_progress",
            KYB_INITIAL_STATUS,
            "The KYB case has started",
            ("kyb.case.in_review",),
            "Record that the business started; nothing is decided yet",
        ),
        _kyb(
            "in_review",
            "IN_PROGRESS",
            "The case waits for a reviewer",
            ("kyb.case.completed", "kyb.case.rejected"),
            "Show the business that its case is under review",
        ),
        _kyb(
            "completed",
            "IN_REVIEW",
            "The case is approved",
            (),
            "Enable the business account, once per refId",
        ),
        _kyb(
            "rejected",
            "IN_REVIEW",
            "The case is rejected; a reason may come with it",
            (),
            "Keep the account closed and say why; expect reasons you do not know",
            reason=SAMPLE_REASON,
        ),
        _kyc(
            "in_progress",
            "Verification has started and at least one step is finished",
            ("kyc.pending", "kyc.successful", "kyc.suspected"),
            "Record that the user started; nothing is decided yet",
        ),
        _kyc(
            "pending",
            "Verification waits for a manual review",
            ("kyc.successful", "kyc.suspected"),
            "Tell the user that a review is under way",
        ),
        _kyc("successful", "All checks passed", (), "Onboard the user, once per refId"),
        _kyc(
            "suspected",
            "Verification failed: data mismatch or AML check",
            (),
            "Hold the user back for a review; do not delete what was submitted",
        ),
        _aml(
            "no_match",
            "AML screening found nothing",
            "Record it; expect a later event about the same user",
        ),
        _aml(
            "in_review",
            "An AML match waits for a reviewer",
            "Hold the user back until the review is over",
        ),
        _aml("cleared", "The AML match was cleared", "Let the user go on, once per refId"),
        _aml("rejected", "The AML match was confirmed", "Block the user and keep the record"),
        EventType(
            type="svix.ping",
            family="svix",
            provenance="svix",
            payload={"success": True},
            meaning="Svix's test event: what the dashboard's “send example” sends",
            next=None,
            advice="Answer 2xx: it has no refId and no status",
            source=SVIX_PAGE,
        ),
    )
}
# What people call a status that has another name here.
_APPROVALS = ("kyb.case.completed", "kyc.successful")
_REFUSALS = ("kyb.case.rejected", "kyc.suspected")
_MEANT: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("approved", "passed", "verified", "success", "done"), _APPROVALS),
    **dict.fromkeys(("failed", "declined", "refused", "denied", "canceled"), _REFUSALS),
}


class Catalogue:
    """Event types by name and by status.

    Args:
        own: Further event types, and built-in ones with what was learned of them.

    Attributes:
        events: By name, the built-in ones first.
        learned_families: Families of which something was learned, with from how many deliveries.
    """

    def __init__(self, own: Iterable[EventType] = ()) -> None:
        self.events: Mapping[str, EventType] = {**EVENTS, **{event.type: event for event in own}}
        self._by_status: dict[str | None, list[EventType]] = {}
        self._families: dict[EventFamily, dict[str, EventType]] = {}
        self.learned_families: Counter[EventFamily] = Counter()
        for event in self.events.values():
            self._by_status.setdefault(event.status, []).append(event)
            if event.learned:
                self.learned_families[event.family] += event.learned.deliveries
            if event.status is not None:
                self._families.setdefault(event.family, {})[event.status] = event

    def find(self, name: str) -> EventType:
        """Look an event type up by its name, in any case of letters.

        Raises:
            VoveError: `event-not-sent` for `kyb.case.created`, `event-legacy`, or `unknown-event`
                with the nearest names.
        """
        if event := self.events.get(name) or self.events.get(name.lower()):
            return event
        if name == "kyb.case.created":
            raise VoveError(
                "event-not-sent",
                "VOVE ID does not send kyb.case.created: "
                "webhooks begin once a case leaves NOT_STARTED",
                hint="send the first event of a case: vove send kyb.case.in_progress",
                category=Category.USAGE,
            )
        if name in LEGACY_EVENTS:
            raise VoveError(
                "event-legacy",
                f"{name} appeared in older copies of the documentation; its payload was never "
                "documented",
                hint="see what is sent today: vove events",
                category=Category.USAGE,
            )
        family, _, word = name.lower().rpartition(".")
        meant = [each for each in _MEANT.get(word, ()) if each.startswith(family)]
        raise unknown_name("event", name, self.events, see="vove events", meant=meant)

    def with_status(self, status: str | None) -> Sequence[EventType]:
        """The event types that announce a status; with None, those that have none."""
        return self._by_status.get(status, ())

    def statuses(self, family: EventFamily) -> Mapping[str, EventType]:
        """The statuses of a family with the event type that announces each."""
        return self._families.get(family, {})


BUILT_IN = Catalogue()
find_event = BUILT_IN.find
