"""Output that may have no reader for a while: flushing it never waits.

A stopped terminal (Ctrl-S), a pager or a pipe that is not read would otherwise hold the event loop
up in the middle of a delivery.
"""

from __future__ import annotations

import io
import os
import select
import tempfile
import threading
import time
from collections import deque
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_MEMORY_BYTES = 256 * 1024
_FILE_BYTES = 64 * 1024 * 1024


class UnreadOutput(io.TextIOBase):
    """Passes on what was written when it is flushed; a thread does it if the stream takes no more.

    Args:
        stream: Has a file descriptor that `select.poll` knows.
        dropped: The text that says how many lines were lost, where there was no room.
        spill: Keeps what waits in a private temporary file (64 MiB), not in 256 KiB of memory.
    """

    def __init__(
        self, stream: TextIO, dropped: Callable[[int], str], *, spill: bool = False
    ) -> None:
        self._written: list[str] = []  # first: an object that is not finished is flushed, too
        stream.flush()
        self._stream = stream
        self._descriptor = stream.fileno()
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLOUT)
        self._dropped_text = dropped
        self._room = _FILE_BYTES if spill else _MEMORY_BYTES
        self._spills, self._file = spill, cast("IO[bytes] | None", None)
        self._file_read = self._file_written = 0
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = self._dropped = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None

    @property
    def encoding(self) -> str:  # type: ignore[override]  # read-only here
        """That of the stream."""
        return self._stream.encoding or "utf-8"

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def write(self, text: str) -> int:
        """Keep until it is flushed."""
        self._written.append(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what was written, or keep it for later.

        Raises:
            OSError: The stream cannot be written to, now or earlier.
        """
        if not self._written:
            return
        data = "".join(self._written).encode(self.encoding, "backslashreplace")
        self._written.clear()
        with self._changed:
            if self._error:
                raise self._error
            if not self._thread:
                data = self._write_at_once(data)
            if data:
                self._keep(data)

    def finish(self, *, within_s: float) -> None:
        """Give the reader a little time for what waits; what is left then is lost.

        Raises:
            OSError: As `flush`.
        """
        self.flush()
        deadline = time.monotonic() + within_s
        with self._changed:
            while self._thread and not self._error and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            if self._file and not self._thread:
                self._file.close()
                self._file, self._file_read, self._file_written = None, 0, 0
            if self._error:
                raise self._error

    def _write_at_once(self, data: bytes) -> bytes:
        """Write what the stream takes without waiting; gives the rest.

        A pipe that is reported writable has room for `PIPE_BUF` bytes (POSIX, `poll`).
        """
        while data and self._poll.poll(0):
            data = data[os.write(self._descriptor, data[: select.PIPE_BUF]) :]
        return data

    def _keep(self, data: bytes) -> None:
        try:
            # One gap until all that waits is written: then it is said where the gap is.
            if self._dropped or self._waiting_bytes + len(data) > self._room:
                raise BlockingIOError
            self._put(data)
        except OSError:  # no room, here or on the disk
            self._dropped += data.count(b"\n")
            return
        self._waiting_bytes += len(data)
        if not self._thread:
            self._thread = threading.Thread(target=self._drain, name="unread-output", daemon=True)
            self._thread.start()

    def _put(self, data: bytes) -> None:
        if not self._spills:
            self._waiting.append(data)
            return
        self._file = self._file or tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - until the end
        self._file.seek(self._file_written)
        self._file_written += self._file.write(data)

    def _drain(self) -> None:
        """Write what waits until nothing does."""
        while data := self._next():
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except OSError as error:
                with self._changed:
                    self._error, self._thread = error, None
                break
        with self._changed:
            self._changed.notify_all()

    def _next(self) -> bytes:
        with self._changed:
            data = self._take()
            self._waiting_bytes -= len(data)
            if not data and self._dropped:
                data = self._dropped_text(self._dropped).encode(self.encoding)
                self._dropped = 0
            if not data:
                self._thread = None  # within the lock: the next write is at once again
            return data

    def _take(self) -> bytes:
        if not self._file:
            return self._waiting.popleft() if self._waiting else b""
        self._file.seek(self._file_read)
        data = self._file.read(min(_MEMORY_BYTES, self._file_written - self._file_read))
        self._file_read += len(data)
        if not data and self._file_written:
            self._file.truncate(0)
            self._file_read = self._file_written = 0
        return data


def unread_output(stream: TextIO, dropped: Callable[[int], str], *, spill: bool = False) -> TextIO:
    """The stream so that writing never waits; as it is where the system cannot tell (Windows)."""
    try:
        return UnreadOutput(stream, dropped, spill=spill)  # type: ignore[return-value]  # is one
    except (AttributeError, OSError):  # no `poll`, no descriptor
        return stream
