"""Named sequences of events that share one refId: the documented lifecycles, and unkind ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.errors import VoveError
from vovecli.core.names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.catalogue import Catalogue, EventType

MAX_FLOW_EVENTS = 1000


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence of events.

    Attributes:
        meaning: What it plays.
        handler: What a right handler does with it, besides acknowledging every event with 2xx.
        adversarial: Whether it leaves the documented chain on purpose.
    """

    name: str
    events: tuple[str, ...]
    meaning: str
    handler: str = "each status is stored once"
    adversarial: bool = False


FLOWS: Mapping[str, Flow] = {
    flow.name: flow
    for flow in (
        Flow(
            "kyb-approved",
            ("kyb.case.in_progress", "kyb.case.in_review", "kyb.case.completed"),
            "a business is reviewed and approved",
            "enables the account once, at kyb.case.completed",
        ),
        Flow(
            "kyb-rejected",
            ("kyb.case.in_progress", "kyb.case.in_review", "kyb.case.rejected"),
            "a business is reviewed and rejected",
            "keeps the account closed and stores the reason, whatever it is",
        ),
        Flow(
            "kyc-approved",
            ("kyc.in_progress", "kyc.successful"),
            "a person passes all checks",
            "onboards the user once, at kyc.successful",
        ),
        Flow(
            "kyc-review",
            ("kyc.in_progress", "kyc.pending", "kyc.successful"),
            "a person passes after a manual review",
            "shows that a review is under way, then onboards the user once",
        ),
        Flow(
            "kyc-suspected",
            ("kyc.in_progress", "kyc.suspected"),
            "a person's data do not match, or the AML check fails",
            "holds the user back for a review and deletes nothing",
        ),
        Flow(
            "out-of-order",
            ("kyb.case.completed", "kyb.case.in_review"),
            "the review event arrives late",
            "leaves the case completed",
            adversarial=True,
        ),
        Flow(
            "terminal-flip",
            ("kyc.successful", "kyc.suspected"),
            "ongoing AML screening overturns a success",
            "holds a user back who was onboarded before",
            adversarial=True,
        ),
    )
}


def find_flow(name: str, own: Mapping[str, Sequence[str]], catalogue: Catalogue = BUILT_IN) -> Flow:
    """Look a flow up by its name; one's own wins over ours of the same name.

    Args:
        name: What was asked for.
        own: Flows of the settings: name to event types.
        catalogue: The event types that own flows may name.

    Raises:
        VoveError: `unknown-flow` with the nearest names, or `bad-flow`.
    """
    if name in own:
        return _own_flow(name, own[name], catalogue)
    if flow := FLOWS.get(name):
        return flow
    raise unknown_name("flow", name, {**FLOWS, **own}, see="vove flows")


def oddities(events: Sequence[EventType]) -> list[str]:
    """Of each event, why the documented chain does not allow it there; empty where it does."""
    return [_oddity(before, event) for before, event in zip([None, *events], events, strict=False)]


def _own_flow(name: str, events: Sequence[str], catalogue: Catalogue) -> Flow:
    if not 0 < len(events) <= MAX_FLOW_EVENTS:
        raise VoveError(
            "bad-flow",
            f"the flow {name!r} has {len(events)} events; 1 to {MAX_FLOW_EVENTS} are possible",
            hint=f'write {name} = ["kyb.case.in_progress", "kyb.case.in_review"]',
        )
    return Flow(name, tuple(catalogue.find(event).type for event in events), "from the settings")


def _oddity(before: EventType | None, event: EventType) -> str:
    if before is None or before.next is None or event.next is None or event.type in before.next:
        return ""
    if before.family != event.family:
        return f"{event.family.upper()} follows {before.family.upper()}"
    if not before.next:
        return f"{before.status} is final in the documented chain"
    return f"{event.status} does not follow {before.status} in the documented chain"
