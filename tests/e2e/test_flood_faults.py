"""An exposed listener in the middle of a flood of unsigned requests."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import pytest
from bench import flood

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_flood_of_twenty_thousand_holds_no_genuine_delivery_up(tmp_path: Path) -> None:
    """Each is answered in time, recorded and forwarded; memory and disk are bounded.

    Time counts in the best of three runs: a machine that is busy with others is no fault.
    """
    slowest_ms = []
    for number in range(3):
        (folder := tmp_path / str(number)).mkdir()
        found = asyncio.run(flood.run(folder, 20_000))
        print(found)  # noqa: T201 - the figures are what it is for
        assert found["genuine deliveries, all recorded and forwarded"] > 100
        slowest_ms.append(found[flood.SLOWEST])
        if slowest_ms[-1] < flood.GOALS[flood.SLOWEST]:
            break
    assert min(slowest_ms) < flood.GOALS[flood.SLOWEST]
    assert {name for name, goal in flood.GOALS.items() if found[name] >= goal} == set()
