"""An allowance of time for work that can be left out when there is too much of it."""

from __future__ import annotations


class Allowance:
    """Lets work begin while no more than a share of the time that went by was spent on it.

    Args:
        share: Seconds of work per second.
        burst_s: Seconds of work that may be done at once after a rest.
    """

    def __init__(self, share: float, burst_s: float) -> None:
        self._share = share
        self._burst_s = burst_s
        self._spent_s = 0.0
        self._since_s = 0.0

    def allows(self, now_s: float) -> bool:
        """Whether there is time left, at a moment of any steady clock."""
        self._spent_s = max(self._spent_s - self._share * (now_s - self._since_s), 0.0)
        self._since_s = now_s
        return self._spent_s < self._burst_s

    def spend(self, work_s: float) -> None:
        """Note work that was done."""
        self._spent_s += work_s
