"""Signals that ask a long-running command to stop, turned into a callback."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

# SIGHUP: the terminal was closed. Windows has no such signal.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def on_interrupt(stop: Callable[[str], None]) -> Iterator[None]:
    """Call back with the signal's name when the process is asked to end; main thread only.

    The second time the signal does what it did before: nobody has to wait for an orderly end.
    """
    previous: dict[int, Any] = {}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def handle(number: int, _frame: object) -> None:
        restore()
        stop(signal.Signals(number).name)

    for name in _NAMES:
        if number := getattr(signal, name, None):
            previous[number] = signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
