"""Which event may follow which: a payload's own word and what came before, against the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.catalogue import KYB_STATUSES
from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.catalogue import Catalogue, EventType


def contradiction(event: EventType, previous: str | None) -> Iterator[Finding]:
    """The payload's own word about the status before against the documented chain."""
    if event.documented and event.previous != previous and previous in KYB_STATUSES:
        yield Finding(
            "impossible-transition",
            f"{previous} -> {event.status} is not documented; "
            f"{event.status} follows {event.previous}",
        )


def since(event: EventType, last_status: str | None, catalogue: Catalogue) -> Iterator[Finding]:
    """This status against the one seen last for the same refId, in the order of the chain."""
    last = catalogue.statuses(event.family).get(last_status or "")
    if not last:
        return
    change = f"{last.status} -> {event.status}"
    if event.status == last.status:
        yield Finding("repeated-status", f"the last event of this refId was {event.status} too")
    elif last.next is None or event.next is None:
        return  # no source says what may follow
    elif not last.next:
        code = "late-event" if event.next else "final-status-changed"
        yield Finding(code, f"{change}: {last.status} is final")
    elif event.type not in last.next:
        code = "late-event" if last.type in _after(event, catalogue) else "skipped-status"
        yield Finding(code, f"{change}: other events are expected before or in between")


def _after(event: EventType, catalogue: Catalogue) -> set[str]:
    """Every event type that may follow sooner or later; own transitions may run in circles."""
    following: set[str] = set()
    waiting = [event]
    while waiting:
        for name in waiting.pop().next or ():
            if name not in following and name in catalogue.events:
                following.add(name)
                waiting.append(catalogue.events[name])
    return following
