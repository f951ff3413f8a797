"""What requests that come from beyond this machine and are not verified may cost a listener."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vovecli.core.allowance import Allowance
from vovecli.core.inbox import Recent
from vovecli.core.outcomes.arrivals import Overflow

if TYPE_CHECKING:
    from collections.abc import Callable

_PER_SECOND, _AT_ONCE = 20, 100  # of one peer; all of a tunnel are one
_PEERS = 1_000
_SAY_AGAIN_S = 10.0


class Strangers:
    """Counts them, and says so where there are too many: genuine deliveries never pass here.

    Args:
        tell: Gets an `Overflow` now and then.

    Attributes:
        explaining: Time for finding out why one is not valid.
        unseen: How many were refused without being kept or shown.
    """

    def __init__(self, tell: Callable[[Overflow], None]) -> None:
        self._tell = tell
        self._peers: Recent[Allowance] = Recent(_PEERS)
        self._said_at = 0.0
        self.explaining = Allowance(share=0.05, burst_s=0.05)
        self.unseen = 0

    def admits(self, peer: str) -> bool:
        """Whether one more of a peer is kept and shown."""
        now = time.monotonic()
        allowance = self._peers.get(peer) or Allowance(1.0, _AT_ONCE / _PER_SECOND)
        self._peers.put(peer, allowance)
        if allowance.allows(now):
            allowance.spend(1 / _PER_SECOND)
            return True
        self.unseen += 1
        if now - self._said_at > _SAY_AGAIN_S or not self._said_at:
            self._said_at = now
            self._tell(Overflow(self.unseen))
        return False
