"""How much time may go into what can be left out."""

from __future__ import annotations

from vovecli.core.allowance import Allowance


def test_a_burst_then_a_share() -> None:
    """A burst at once; afterwards as much per second as the share says."""
    allowance = Allowance(share=0.25, burst_s=0.5)
    done = []
    for tick in range(200):
        now_s = 1000 + tick * 0.0625
        if allowance.allows(now_s):
            allowance.spend(0.125)
            done.append(now_s - 1000)

    assert [moment < 0.5 for moment in done[:5]] == [True, True, True, True, True]
    assert len(done) == 4 + 12.5 * 0.25 / 0.125


def test_rest_is_not_saved_up() -> None:
    """However long it was quiet, no more than the burst is done at once."""
    allowance = Allowance(share=0.5, burst_s=1)
    allowance.spend(1)

    assert not allowance.allows(0)
    assert allowance.allows(1_000_000)
    allowance.spend(1)
    assert not allowance.allows(1_000_000)
