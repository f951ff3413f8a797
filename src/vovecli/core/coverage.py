"""Coverage: which events of the catalogue an app has seen, and what it answered last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.outcomes.records import is_forged

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vovecli.core.catalogue import Catalogue, EventType
    from vovecli.core.outcomes.records import Direction

# acknowledged, refused: by the app. unanswered: it was sent or forwarded, and no answer came.
# received: `listen` alone has seen it, for nothing was forwarded.
AppReach = Literal["acknowledged", "refused", "unanswered", "received"]
_BY_APP = ("acknowledged", "refused", "unanswered")


class Tally(NamedTuple):
    """How many records of one kind there are.

    Attributes:
        is_sent_on: Whether an endpoint is known: it was sent, or forwarded to an app.
        has_answer: Whether the app's own answer was kept.
        newest: The number of the newest of them.
    """

    event: str
    direction: Direction
    outcome: str
    is_sent_on: bool
    has_answer: bool
    status: int | None
    faults: tuple[str, ...]
    records: int
    newest: int


class Covered(NamedTuple):
    """What is known of one event.

    Attributes:
        state: What became of the newest genuine delivery, an app's before `listen`'s own; None
            where there was none.
        counts: Of genuine deliveries.
    """

    event: EventType
    state: AppReach | None
    counts: dict[AppReach, int]


def coverage(tallies: Iterable[Tally], catalogue: Catalogue) -> list[Covered]:
    """Every event of the catalogue; forgeries and what was invalid count for nothing."""
    by_event: dict[str, list[tuple[AppReach, Tally]]] = {}
    for tally in tallies:
        if reach := _reach(tally):
            by_event.setdefault(tally.event, []).append((reach, tally))
    return [_covered(event, by_event.get(name, [])) for name, event in catalogue.events.items()]


def _reach(tally: Tally) -> AppReach | None:
    if is_forged(tally.faults) or tally.outcome == "invalid":
        return None
    if not tally.is_sent_on:
        return "received"
    if tally.direction == "sent" and tally.outcome in ("timeout", "unreachable"):
        return "unanswered"
    # 502 and 504 are `listen`'s own where the app gave no answer.
    if tally.direction == "received" and not tally.has_answer:
        return "unanswered"
    return "acknowledged" if is_acknowledged(tally.status) else "refused"


def _covered(event: EventType, found: list[tuple[AppReach, Tally]]) -> Covered:
    counts: dict[AppReach, int] = {}
    for reach, tally in found:
        counts[reach] = counts.get(reach, 0) + tally.records
    newest = max(found, key=lambda each: (each[0] in _BY_APP, each[1].newest), default=None)
    return Covered(event, newest[0] if newest else None, counts)
