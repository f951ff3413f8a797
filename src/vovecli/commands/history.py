"""`vove history`: what was sent and received, and the way records get there."""

from __future__ import annotations

import time
from collections import deque
from itertools import takewhile
from typing import TYPE_CHECKING

from vovecli.adapters.history import History, history_path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.envelope import attempt_json
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.records import Direction, Record, RecordFilter, parse_status
from vovecli.core.sizes import parse_size
from vovecli.core.times import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vovecli.adapters.settings import Settings
    from vovecli.core.outcomes.deliveries import Delivery


LAST = "last"  # as people name the newest record
FOLLOW_INTERVAL_S = 0.3
_REMEMBERED = 1000  # of what `history --follow` has seen: the newest of them may be deleted


def open_writer(settings: Settings) -> HistoryWriter | None:
    """The history as the settings want it; None where they switch it off.

    Raises:
        VoveError: `history-unusable`, or for settings that make no sense.
    """
    if not settings.get("history.enabled").value:
        return None
    return HistoryWriter(
        history_path(),
        keep=int(settings.get("history.keep").value or 0),
        max_age_s=parse_duration(str(settings.get("history.max_age").value)),
        max_bytes=parse_size(str(settings.get("history.max_size").value)),
        max_answer=parse_size(str(settings.get("history.max_answer").value)),
    )


def record_delivery(delivery: Delivery) -> Record:
    """The record of a delivery that was sent."""
    last = delivery.attempts[-1]
    return Record(
        direction="sent",
        at=delivery.attempts[0].at,
        event=delivery.event,
        ref_id=delivery.ref_id,
        message_id=delivery.message_id,
        endpoint=delivery.endpoint,
        method="POST",
        target=parse_endpoint(delivery.endpoint).target,
        outcome=delivery.outcome,
        failed=delivery.expected == "accept" and not delivery.ok,
        status=last.status,
        latency_ms=last.latency_ms,
        headers=delivery.request.headers,
        body=delivery.request.message.body,
        faults=delivery.faults,
        attempts=tuple(attempt_json(attempt) for attempt in delivery.attempts),
        answer=delivery.answer,
    )


def find_records(
    *,
    event: str | None = None,
    status: str | None = None,
    since: int | None = None,
    direction: Direction | None = None,
    limit: int | None = None,
) -> Iterator[Record]:
    """Records, newest first.

    Args:
        event: An event type, `*` standing for anything.
        status: An outcome, an HTTP status or a class such as `5xx`.
        since: Unix seconds.
        direction: `sent` or `received`.
        limit: At most so many.

    Raises:
        VoveError: `unknown-status`, `history-unusable`.
    """
    outcome, statuses = parse_status(status) if status else (None, None)
    return History(history_path()).find(
        RecordFilter(event, outcome, statuses, since, direction, limit)
    )


def find_named(name: str) -> Record:
    """The record with a number, or `last` for the newest.

    Raises:
        VoveError: `no-record`, `history-unusable`.
    """
    if name != LAST:
        return History(history_path()).get(int(name))
    for record in find_records(limit=1):
        return record
    raise VoveError(
        "no-record", "the history has no record yet", hint="make one: vove send kyb.case.completed"
    )


def follow_records(
    find: Callable[[int | None], Iterable[Record]],
    limit: int | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Record]:
    """Records as they are added, oldest first, beginning with the newest ones; does not end.

    Args:
        find: Gives records newest first, at most so many.
        limit: How many of those that there are.
        sleep: Waits between two looks.
    """
    seen: deque[tuple[object, ...]] = deque(maxlen=_REMEMBERED)
    found = list(find(limit and max(limit, _REMEMBERED)))
    shown = found[:limit]
    while True:
        seen.extend(map(_identity, reversed(found)))
        yield from reversed(shown)
        sleep(FOLLOW_INTERVAL_S)
        found = list(takewhile(lambda record: _identity(record) not in seen, find(None)))
        shown = found


def _identity(record: Record) -> tuple[object, ...]:
    """What no other record has: after `vove history clear` numbers begin again."""
    return record.number, record.at, record.message_id


def find_failed(*, since: int) -> Iterator[Record]:
    """Genuine deliveries that were never acknowledged, oldest first.

    Raises:
        VoveError: `history-unusable`.
    """
    return History(history_path()).failed(since=since)


def clear() -> int:
    """Remove all records; how many they were.

    Raises:
        VoveError: `history-unusable`.
    """
    return History(history_path()).clear()
