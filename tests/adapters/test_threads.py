"""Work off the event loop: what becomes of its result, and of nobody waiting for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING

import pytest

from vovecli.adapters.threads import in_background, off_loop

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_result_and_an_error_come_back() -> None:
    """Where they are waited for, with or without a loop."""

    async def both() -> int:
        with pytest.raises(ZeroDivisionError):
            await off_loop(lambda: 1 // 0)
        return await off_loop(max, 1, 2)

    assert asyncio.run(both()) == 2
    assert in_background(max, 3, 4).result(5) == 4
    with pytest.raises(ZeroDivisionError):
        in_background(lambda: 1 // 0).result(5)


@pytest.mark.parametrize(
    "leave", [lambda awaited: awaited.cancel(), lambda _: None], ids=["cancelled", "left"]
)
def test_nobody_waits_any_more(
    leave: Callable[[asyncio.Future[None]], object], caplog: pytest.LogCaptureFixture
) -> None:
    """The loop ends at once, and what comes later is neither awaited nor reported."""
    may_end, is_over = threading.Event(), threading.Event()

    def work() -> None:
        may_end.wait(10)
        is_over.set()
        raise ValueError("too late")

    async def begin() -> None:
        leave(off_loop(work))

    with caplog.at_level(logging.DEBUG):
        asyncio.run(begin())
        may_end.set()

        assert is_over.wait(10)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_it_may_end_after_nobody_waits() -> None:
    """While the loop goes on."""

    async def begin() -> None:
        may_end = threading.Event()
        abandoned = off_loop(may_end.wait, 10)
        abandoned.cancel()
        may_end.set()
        await off_loop(max, 1, 2)

    asyncio.run(begin())
