"""Work that blocks, off the event loop."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


async def in_thread(
    function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs
) -> _Result:
    """Run a function in a thread of its own; unlike `asyncio.to_thread` the end does not wait.

    An app may take 15 s to answer, and whoever pressed Ctrl-C has waited long enough.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[_Result] = loop.create_future()

    def run() -> None:
        try:
            result = function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            _tell(loop, future, error, None)
        else:
            _tell(loop, future, None, result)

    threading.Thread(target=run, daemon=True).start()
    return await future


def _tell(
    loop: asyncio.AbstractEventLoop,
    future: asyncio.Future[_Result],
    error: Exception | None,
    result: _Result | None,
) -> None:
    def settle() -> None:
        if future.done():  # nobody waits any more
            return
        if error:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]  # None is a result, too

    with suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(settle)
