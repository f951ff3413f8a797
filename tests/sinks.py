"""A fast endpoint that keeps its connections, in a thread: what load is aimed at."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSWER = b"HTTP/1.1 %d X\r\nContent-Length: 2\r\n\r\nok"


class Sink:
    """Answers every POST, each status of the list in turn, the last one for ever.

    Args:
        statuses: 0 closes the connection instead of answering.
        delay_s: Before each answer.
        port: 0 takes any free one.
    """

    def __init__(self, *statuses: int, delay_s: float = 0, port: int = 0) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.arrived = threading.Event()
        self._statuses, self._delay_s = statuses or (200,), delay_s
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = port

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/hook"

    @contextmanager
    def running(self) -> Iterator[Sink]:
        """Serve until the block ends."""
        thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),))
        thread.start()
        self._ready.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._stop.set)
            thread.join(10)
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await self._loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()
        for connection in list(_Connection.alive):
            connection.drop()
        await asyncio.sleep(0)

    def take(self, request: bytes, transport: asyncio.Transport) -> None:
        """Keep a request and answer it."""
        status = self._statuses[min(len(self.requests), len(self._statuses) - 1)]
        self.requests.append(request)
        self.arrived.set()
        self._loop.call_later(self._delay_s, _answer, transport, status)


def _answer(transport: asyncio.Transport, status: int) -> None:
    if status:
        transport.write(ANSWER % status)
    else:
        transport.abort()


class _Connection(asyncio.Protocol):
    alive: set[_Connection] = set()  # noqa: RUF012 - shared by all, closed by the sink

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sink.connections += 1
        self.alive.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.alive.discard(self)

    def drop(self) -> None:
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            head, end, rest = self._data.partition(b"\r\n\r\n")
            if not end:
                return
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            if len(rest) < length:
                return
            self._data = rest[length:]
            self._sink.take(head + end + rest[:length], self._transport)
