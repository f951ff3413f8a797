"""Following the history: whoever waits is woken when something was written."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vovecli.adapters.history_view import HistoryPulse

_INTERVAL_S = 0.04  # a delivery is to be seen within 0.2 s of its answer


class Follower:
    """Looks for changes as long as somebody waits; all within one event loop.

    Attributes:
        generation: Counts the changes that were seen.
    """

    def __init__(self, pulse: HistoryPulse) -> None:
        self._pulse = pulse
        self._looked_at_s = 0.0
        self.generation = 0
        self._end = asyncio.Event()

    @property
    def ended(self) -> bool:
        """Whether nobody shall wait any more."""
        return self._end.is_set()

    def look(self) -> int:
        """The generation of now, to be taken before the history is read.

        Raises:
            VoveError: `history-unusable`.
        """
        now_s = asyncio.get_running_loop().time()
        if now_s - self._looked_at_s >= _INTERVAL_S:
            self._looked_at_s = now_s
            self.generation += self._pulse.beats()
        return self.generation

    async def wait(self, seen: int, until_s: float) -> None:
        """Return once the history is no longer what it was, or at that time of the loop.

        Raises:
            VoveError: `history-unusable`.
        """
        loop = asyncio.get_running_loop()
        while self.look() == seen and not self.ended and loop.time() < until_s:
            with suppress(TimeoutError):
                async with asyncio.timeout(_INTERVAL_S):
                    await self._end.wait()

    def end(self) -> None:
        """Let everybody go on who waits."""
        self._end.set()
        self._pulse.close()
