"""Where the requests of one run of `listen` are kept: the history, and a folder of files."""

from __future__ import annotations

import itertools
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters import files
from vovecli.commands.recording import record_arrival
from vovecli.core.errors import VoveError
from vovecli.core.formats import to_raw_http
from vovecli.core.outcomes.arrivals import KeepingChange
from vovecli.core.outcomes.records import Settlement
from vovecli.core.outside import cut
from vovecli.core.retries import ANSWER_WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.adapters.history_writer import HistoryWriter
    from vovecli.core.outcomes.arrivals import Arrival
    from vovecli.core.requests import CapturedRequest

NOT_KEPT = 503
# Of what strangers send in one run; beyond that their requests are in the history alone.
_MOST_OF_STRANGERS_BYTES = 16 * 1024 * 1024


class Keeping:
    """Keeps each request before it is answered; says once when it cannot, and when it can again.

    Args:
        history: Where requests are recorded; None numbers them within this run.
        folder: Where each request is written as a byte-exact `.http` file.
        tell: Gets what changes.
    """

    def __init__(
        self,
        history: HistoryWriter | None,
        folder: str | None,
        tell: Callable[[KeepingChange], None],
    ) -> None:
        self._history = history
        self._folder = Path(folder) if folder else None
        self._tell = tell
        self._numbers = itertools.count(1)
        self._is_failing = False
        self._strangers_bytes = 0

    async def keep(self, arrival: Arrival) -> int | None:
        """Record and save a request; its number, or None where that failed."""
        try:
            number = await self._record(arrival)
            self._save(arrival, number)
        except VoveError as error:
            if not self._is_failing:
                self._is_failing = True
                self._tell(KeepingChange(error.message))
            return None
        if self._is_failing:
            self._is_failing = False
            self._tell(KeepingChange(""))
        return number

    async def _record(self, arrival: Arrival) -> int:
        if not self._history:
            return next(self._numbers)
        return await self._history.commit(
            record_arrival(arrival),
            within_s=ANSWER_WITHIN_S,
            late=partial(self._not_acknowledged, arrival),
        )

    def _not_acknowledged(self, arrival: Arrival, number: int) -> None:
        """It is recorded as answered, but was refused or will be."""
        if self._history:
            self._history.settle(
                Settlement(number, arrival.at, None, NOT_KEPT, None, arrival.cause is None, None)
            )

    def _save(self, arrival: Arrival, number: int) -> None:
        request = arrival.request
        if not self._folder or not request:
            return
        if arrival.stranger:
            request = cut(request)[0]
            if self._strangers_bytes > _MOST_OF_STRANGERS_BYTES:
                return
            self._strangers_bytes += len(to_raw_http(request))
        try:
            _write(self._folder, arrival, request, number)
        except VoveError:
            self._not_acknowledged(arrival, number)
            raise


def _write(folder: Path, arrival: Arrival, request: CapturedRequest, number: int) -> None:
    """Write the request under a name that no other file has."""
    event = arrival.verdict.event if arrival.verdict else None
    what = (event.type if event else None) or "request"  # nothing of theirs in the name
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(arrival.at))
    for attempt in itertools.count():
        suffix = f"-{attempt}" if attempt else ""
        name = f"{stamp}-{number:04}-{what}{suffix}.http"
        if files.create_private(folder / name, to_raw_http(request)):
            return
