"""Work that blocks, in threads whose end nobody has to wait for."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def in_background(
    function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs
) -> Future[_Result]:
    """Run a function in a thread of its own; the end of the process does not wait for it."""
    outcome: Future[_Result] = Future()

    def run() -> None:
        try:
            result = function(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    threading.Thread(target=run, daemon=True).start()
    return outcome


def off_loop(
    function: Callable[_Given, _Result], *args: _Given.args, **kwargs: _Given.kwargs
) -> asyncio.Future[_Result]:
    """The same for an event loop, whose end does not wait either, unlike with `to_thread`.

    An app may take 15 s to answer, and whoever pressed Ctrl-C has waited long enough.
    """
    import asyncio  # `send` runs without it

    loop = asyncio.get_running_loop()
    awaited: asyncio.Future[_Result] = loop.create_future()
    # Not to await it any more is no accident: keep asyncio from reporting it.
    awaited.add_done_callback(lambda future: future.cancelled() or future.exception())

    def settle(outcome: Future[_Result]) -> None:
        if awaited.done():
            return
        if error := outcome.exception():
            awaited.set_exception(error)
        else:
            awaited.set_result(outcome.result())

    def pass_on(outcome: Future[_Result]) -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(settle, outcome)

    in_background(function, *args, **kwargs).add_done_callback(pass_on)
    return awaited
