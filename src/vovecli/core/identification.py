"""Which event a received payload is, by its shape: neither it nor the headers name it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.catalogue import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.catalogue import Catalogue, EventFamily, EventType, Provenance

# Svix's models of its operational webhooks: about endpoints and messages of the sender's account.
OPERATIONAL_EVENTS = (
    "endpoint.created",
    "endpoint.deleted",
    "endpoint.disabled",
    "endpoint.enabled",
    "endpoint.updated",
    "message.attempt.exhausted",
    "message.attempt.failing",
    "message.attempt.recovered",
)


class EventIdentity(NamedTuple):
    """Which event a received payload is, by its shape.

    Attributes:
        type: Its name; None when the shape does not decide, or no event type has the status.
        family: None when the shape does not decide.
        provenance: Of the name; None without one.
        candidates: Where there is no name: event types that it may be.
        payload: The parsed body.
    """

    type: str | None
    family: EventFamily | None
    provenance: Provenance | None
    candidates: tuple[EventType, ...]
    ref_id: str | None
    status: str | None
    previous_status: str | None
    payload: Mapping[str, object]

    @property
    def documented(self) -> bool:
        """Whether the provider prints the name."""
        return self.provenance == "documented"

    @property
    def names(self) -> tuple[str, ...]:
        """What patterns such as `kyb.*` are held against: every name that it may have."""
        if self.type:
            return (self.type,)
        if self.candidates:
            return tuple(event.type for event in self.candidates)
        # A status that nobody knows is still an event of its family.
        return (f"{self.family}.unknown",) if self.family else ("kyb.unknown", "user.aml.unknown")


def identify(body: bytes, catalogue: Catalogue = BUILT_IN) -> EventIdentity | None:
    """Which event a payload is, by its shape; None where it is not an event.

    KYB payloads have an upper-case status and a `previousStatus`, KYC ones a lower-case status.
    An upper-case status without `previousStatus` may be one of several events: they are named, and
    none of them is chosen on the word of a single report.
    """
    try:
        # These two bytes can only be UTF-8: no need for `loads` to look for the encoding.
        text = body.decode("utf-8", "surrogatepass") if body[:2] == b'{"' else body
        payload = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    status = payload.get("status")
    if not isinstance(status, str):
        return _without_status(payload, catalogue)
    candidates = catalogue.with_status(status)
    if event := _decide(candidates, payload):
        return _identity(payload, event, status=status)
    return _identity(
        payload, None, _family(payload, status, candidates), tuple(candidates), status=status
    )


def _without_status(payload: Mapping[str, object], catalogue: Catalogue) -> EventIdentity | None:
    """Svix's own events, and one's own that have no status: known by the set of their fields."""
    name = payload.get("type")
    if name in OPERATIONAL_EVENTS and "data" in payload:
        return _identity(payload, None, "svix")._replace(type=str(name), provenance="svix")
    for event in catalogue.with_status(None):
        if payload.keys() == event.payload.keys() and (
            event.family != "svix" or payload == event.payload
        ):
            return _identity(payload, event)
    return None


def _decide(candidates: Sequence[EventType], payload: Mapping[str, object]) -> EventType | None:
    """The one event type of this status that fits; of several, one's own or the documented one."""
    has_previous = "previousStatus" in payload
    fitting = [event for event in candidates if ("previousStatus" in event.payload) == has_previous]
    if len(fitting) > 1:
        fitting = [event for event in fitting if event.provenance == "own"]
    if len(fitting) != 1:
        return None
    event = fitting[0]
    is_certain = len(candidates) == 1 or event.provenance != "reported"
    return event if is_certain else None


def _family(
    payload: Mapping[str, object], status: str, candidates: Sequence[EventType]
) -> EventFamily | None:
    """The family of an event without a name: what the candidates agree on, or the shape says."""
    if candidates:
        families = {event.family for event in candidates}
        return families.pop() if len(families) == 1 else None
    if "previousStatus" in payload:
        return "kyb"
    return None if status.isupper() else "kyc"


def _identity(
    payload: Mapping[str, object],
    event: EventType | None,
    family: EventFamily | None = None,
    candidates: tuple[EventType, ...] = (),
    *,
    status: str | None = None,
) -> EventIdentity:
    previous = payload.get("previousStatus")
    ref_id = payload.get("refId")
    return EventIdentity(
        type=event.type if event else None,
        family=event.family if event else family,
        provenance=event.provenance if event else None,
        candidates=candidates,
        ref_id=ref_id if isinstance(ref_id, str) else None,
        status=status,
        previous_status=previous if isinstance(previous, str) else None,
        payload=payload,
    )
