"""The receiver: listening sockets, the connections that are open, their limits and their end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from vovecli.adapters.receiver.connection import Connection
from vovecli.adapters.receiver.exchange import Exchange, Limits, Refusal
from vovecli.core.endpoints import is_loopback
from vovecli.core.outcomes.arrivals import BrokenRequest, Reply

if TYPE_CHECKING:
    import socket
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from vovecli.core.requests import CapturedRequest

_SWEEP_S = 0.25
_SMALL_BYTES = 16 * 1024  # of a request, many times what the provider sends
_BACKLOG = 128  # accepted in one go
_QUEUE = 1024  # that the system holds for us: beyond it a client waits a second and tries again
# Descriptors besides connections: two backlogs that asyncio accepts in one go, files, the history.
_OTHER_FILES = 512


class Receiver:
    """An HTTP/1.1 server that hands whole requests to a callback and sends back what it answers.

    Args:
        answer: Called per request with the request and the peer's address, several at a time; the
            order within one connection is kept.
        broken: Called after bytes that are no usable request were refused.
        now: Unix seconds.

    Attributes:
        failure: Gets the exception of a callback that failed: a bug, so stop and raise it.
        draining: No further request is taken.
    """

    def __init__(
        self,
        answer: Callable[[CapturedRequest, str], Awaitable[Reply]],
        broken: Callable[[BrokenRequest], None],
        *,
        limits: Limits | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.answer = answer
        self.now = now
        self.limits = limits or Limits()
        self.draining = False
        self._broken = broken
        self._most_connections = self.limits.connections
        self._servers: list[asyncio.Server] = []
        # In the order of last use: the first that is not busy is the one to do without.
        self._connections: dict[Connection, None] = {}
        self._arrived = 0  # bytes since it was last looked at how many are held
        self._date = (0, "")

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Serve on bound sockets (`adapters.ports.bind`) within the running event loop."""
        loop = asyncio.get_running_loop()
        self.clock = loop.time
        self.failure: asyncio.Future[None] = loop.create_future()
        self._empty = asyncio.Event()
        self._most_connections = _room_for(self.limits.connections)
        loop.set_exception_handler(self._on_loop_error)
        for sock in sockets:
            self._servers.append(
                await loop.create_server(lambda: Connection(self), sock=sock, backlog=_BACKLOG)
            )
            sock.listen(_QUEUE)
        self._sweeper = loop.create_task(self._sweep())

    async def close(self, *, within_s: float = 1.0) -> None:
        """Accept nothing more, finish the answers under way, and cut off what takes longer."""
        self.draining = True
        self._sweeper.cancel()
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.finish()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while self._connections:
                    self._empty.clear()
                    await self._empty.wait()
        for connection in list(self._connections):
            connection.abort()

    def admit(self, connection: Connection) -> None:
        """Count a new connection in; where there are too many, the longest unused one goes."""
        self._admit_of_peer(connection.peer)
        if len(self._connections) >= self._most_connections:
            # Not the idle ones first: of a crowd with half a request each, only newcomers are idle.
            unused = next((other for other in self._connections if not other.is_busy), None)
            if unused:
                self.forget(unused)
                unused.shed()
            else:
                connection.turn_away()
        self._connections[connection] = None

    def make_room(self, connection: Connection, size: int) -> None:
        """Hold so many more bytes; where that is too much, who holds most and is not busy goes.

        Deliveries are small, so whoever fills the memory is not the one who is served: where it is
        full of what is being answered, small requests are still taken.
        """
        self._arrived += size
        if self._arrived < self.limits.buffered_bytes // 16:
            return
        held = {other: other.buffered_bytes for other in self._connections}
        self._arrived = 0
        total = sum(held.values()) + size
        for other in sorted(held, key=lambda other: held[other], reverse=True):
            if total <= self.limits.buffered_bytes * 7 // 8:
                return
            if other is not connection and not other.is_busy:
                self.forget(other)
                other.shed()
                total -= held[other]
        own = held.get(connection, 0) + size
        if total > self.limits.buffered_bytes and own > _SMALL_BYTES and not connection.is_busy:
            connection.refuse_for_memory()

    def _admit_of_peer(self, peer: str) -> None:
        if is_loopback(peer):
            return
        of_peer = [other for other in self._connections if other.peer == peer]
        idle = (other for other in of_peer if not other.is_busy)
        if len(of_peer) >= self.limits.peer_connections and (unused := next(idle, None)):
            self.forget(unused)
            unused.shed()

    def used(self, connection: Connection) -> None:
        """Note that a connection has just answered a request."""
        if connection in self._connections:
            del self._connections[connection]
            self._connections[connection] = None

    def forget(self, connection: Connection) -> None:
        """Count a connection out."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._empty.set()

    def fail(self, error: BaseException) -> None:
        """Hand a bug to whoever waits for `failure`; the first one counts."""
        if not self.failure.done():
            self.failure.set_exception(error)

    def report(self, refusal: Refusal, exchange: Exchange) -> None:
        """Tell the listener of bytes that were refused."""
        self._broken(
            BrokenRequest(
                status=refusal.status,
                code=refusal.code,
                message=refusal.message,
                method=exchange.method,
                target=exchange.target,
                at=int(self.now()),
            )
        )

    def date(self) -> str:
        """The value of the `Date` header, made once a second."""
        second = int(self.now())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            now = self.clock()
            for connection in list(self._connections):
                connection.expire(now)

    def _on_loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # Out of descriptors or a peer gone within accept(): asyncio tries again by itself. Out of
        # memory: it has closed the connection in question.
        if isinstance(error, OSError | MemoryError):
            return
        self.fail(error or RuntimeError(context["message"]))


def _room_for(connections: int) -> int:
    """How many connections the process may hold; raises its soft limit of open files if need be."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return min(connections, max(soft - _OTHER_FILES, soft // 2))
