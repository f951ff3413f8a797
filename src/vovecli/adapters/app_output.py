"""The lines that a running app prints, read as they come and bounded."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PRINTED_LINE = 500
MAX_LINES = 60  # of one probe: half from the beginning, half from the end
MAX_KEPT_BYTES = 256 * 1024  # of a whole run; what comes later is counted
TAIL_LINES = 12
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # ECMA-48, 5.4: colours and cursors
_CHUNK_BYTES = 65_536


class AppOutput:
    """Reads a pipe in a thread of its own, whatever comes: an app must never wait for its reader.

    Args:
        descriptor: The pipe's end to read from; closed at its end.
        mask: Takes the secrets out of a line.

    Attributes:
        heard_at: The moment of `time.monotonic` at which something came last; 0: nothing yet.
    """

    def __init__(self, descriptor: int, mask: Callable[[str], str]) -> None:
        self._descriptor, self._mask = descriptor, mask
        self._lock = threading.Lock()
        self._head: list[str] = []
        self._rest: deque[str] = deque(maxlen=MAX_LINES // 2)
        self._since_take = self._kept_bytes = 0
        self._tail: deque[str] = deque(maxlen=TAIL_LINES)
        self._partial = bytearray()
        self.heard_at = 0.0
        self._thread = threading.Thread(target=self._read, name="app-output", daemon=True)
        self._thread.start()

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines of all."""
        with self._lock:
            return tuple(self._tail)

    @property
    def has_lines(self) -> bool:
        """Whether `take` would give any."""
        return self._since_take > 0

    def take(self) -> tuple[str, ...]:
        """The lines since the last call, the middle of many left out and counted."""
        with self._lock:
            left_out = self._since_take - len(self._head) - len(self._rest)
            middle = [f"... {left_out} lines left out"] if left_out else []
            lines = (*self._head, *middle, *self._rest)
            self._head, self._since_take = [], 0
            self._rest.clear()
        return lines

    def join(self, timeout_s: float) -> None:
        """Wait for the end of the pipe: what holds it may outlive the app."""
        self._thread.join(timeout_s)

    def _read(self) -> None:
        try:
            while chunk := os.read(self._descriptor, _CHUNK_BYTES):
                self._feed(chunk)
        except OSError:
            pass  # the other end of a terminal went away
        finally:
            os.close(self._descriptor)
        if self._partial:
            self._feed(b"\n")

    def _feed(self, chunk: bytes) -> None:
        *whole, rest = chunk.split(b"\n")
        with self._lock:
            for piece in whole:
                self._append(piece)
                self._keep(bytes(self._partial))
                self._partial.clear()
            self._append(rest)
        self.heard_at = time.monotonic()

    def _append(self, piece: bytes) -> None:
        """A line that never ends costs no more than one that is as long as may be."""
        self._partial += piece[: MAX_PRINTED_LINE - len(self._partial)]

    def _keep(self, raw: bytes) -> None:
        line = self._mask(_ESCAPE.sub("", raw.decode("utf-8", "replace")).rstrip("\r"))
        if not line.strip():
            return
        self._tail.append(line)
        self._since_take += 1
        if self._kept_bytes > MAX_KEPT_BYTES:
            return
        self._kept_bytes += len(line)
        kept = self._head if len(self._head) < MAX_LINES // 2 else self._rest
        kept.append(line)
