"""One TCP connection of the receiver: exchanges in sequence, each under a deadline."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import TYPE_CHECKING

from vovecli.adapters.receiver.exchange import Exchange, Refusal, encode, refuse
from vovecli.core.outcomes.arrivals import Reply

if TYPE_CHECKING:
    from vovecli.adapters.receiver.server import Receiver
    from vovecli.core.requests import CapturedRequest

_LINGER_S = 1.0
_NO_MEMORY = "there is no memory left for the request"
OUT_OF_MEMORY = Reply(503, f"{_NO_MEMORY}\n".encode())
_MOST_PIPELINED_BYTES = 64 * 1024


class _Phase(Enum):
    IDLE = auto()  # nothing of a request has come
    READING = auto()
    ANSWERING = auto()
    LINGERING = auto()  # refused: what still comes is thrown away


class Connection(asyncio.Protocol):
    """Reads requests, has them answered one after the other, refuses what is broken."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._exchange = Exchange(receiver.limits)
        self._phase = _Phase.IDLE
        self._deadline = receiver.clock() + receiver.limits.idle_s
        self._pipelined = b""
        self._ended = False
        self._stalled = False
        self._answering: asyncio.Task[None] | None = None

    @property
    def peer(self) -> str:
        """The peer's address."""
        return self._peer

    @property
    def buffered_bytes(self) -> int:
        """How much is held of requests that are not answered."""
        return self._exchange.buffered_bytes + len(self._pipelined)

    @property
    def is_busy(self) -> bool:
        """Whether a request is being answered."""
        return self._phase is _Phase.ANSWERING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the connection is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if peer else ""
        self._receiver.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the connection is gone; an answer under way runs to its end, and counts."""
        if self._phase is _Phase.READING and exc:
            self._report(self._exchange.end_of_input())
        if not self.is_busy:
            self._receiver.forget(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes have come."""
        self._receiver.make_room(self, len(data))
        if self._phase is _Phase.ANSWERING or self._stalled:
            self._pipelined += data
            if len(self._pipelined) > _MOST_PIPELINED_BYTES:
                self._transport.pause_reading()
        elif self._phase is not _Phase.LINGERING:
            self._read(data)

    def eof_received(self) -> bool:
        """asyncio: the peer sends no more; true keeps the connection open for an answer."""
        self._ended = True
        if self._phase is _Phase.READING:
            self._cut_off()
        return self._phase is _Phase.ANSWERING or self._stalled

    def pause_writing(self) -> None:
        """asyncio: the peer does not read its answers; no further request is taken."""
        self._stalled = True
        self._deadline = self._receiver.clock() + self._receiver.limits.stalled_s

    def resume_writing(self) -> None:
        """asyncio: the peer reads again."""
        self._stalled = False
        if self._phase is _Phase.IDLE:
            self._next()

    def expire(self, now: float) -> None:
        """End the connection if its time is up."""
        if now < self._deadline:
            return
        if self._phase is _Phase.READING:
            limit_s = self._receiver.limits.request_s
            self._refuse(
                Refusal(
                    408, "request-timeout", f"the request was not complete within {limit_s:g} s"
                )
            )
        elif self._phase is not _Phase.ANSWERING:
            self._transport.abort()

    def turn_away(self) -> None:
        """Refuse a connection for which there is no room."""
        self._refuse(Refusal(503, "too-many-connections", "every connection is busy"))

    def refuse_for_memory(self) -> None:
        """Refuse a request that there is no room for, and let go of it."""
        self._refuse(Refusal(503, "out-of-memory", _NO_MEMORY))
        self._exchange = Exchange(self._receiver.limits)

    def shed(self) -> None:
        """Make room for others."""
        if self._phase is _Phase.READING:
            self._report(Refusal(503, "too-many-connections", "dropped to make room for others"))
        self._exchange = Exchange(self._receiver.limits)
        self._phase = _Phase.LINGERING
        self._transport.abort()

    def finish(self) -> None:
        """Close after the answer under way, or now if there is none."""
        if not self.is_busy:
            self._transport.close()

    def abort(self) -> None:
        """Close at once and give the answer under way up."""
        if self._answering:
            self._answering.cancel()
        self._transport.abort()

    def _read(self, data: bytes) -> None:
        if self._phase is _Phase.IDLE:
            self._phase = _Phase.READING
            self._deadline = self._receiver.clock() + self._receiver.limits.request_s
        try:
            reply = self._exchange.feed(data)
        except Refusal as refusal:
            self._refuse(refusal)
            return
        except MemoryError:
            self._exchange = Exchange(self._receiver.limits)  # first: the refusal needs memory, too
            self.refuse_for_memory()
            return
        if reply:
            self._transport.write(reply)
        if self._exchange.complete:
            self._phase = _Phase.ANSWERING
            request = self._exchange.captured(int(self._receiver.now()))
            self._answering = asyncio.create_task(self._answer(request))

    def _cut_off(self) -> None:
        self._refuse(self._exchange.end_of_input())
        self._transport.close()

    async def _answer(self, request: CapturedRequest) -> None:
        try:
            reply = await self._receiver.answer(request, self._peer)
        except MemoryError:
            reply = OUT_OF_MEMORY
        except Exception as error:  # noqa: BLE001 - a bug of the callback ends the listener, loudly
            self._receiver.fail(error)
            self._transport.abort()
            self._receiver.forget(self)
            return
        if self._transport.is_closing():
            self._receiver.forget(self)
            return
        self._pipelined = self._exchange.leftover + self._pipelined
        exchange = self._exchange
        nothing_follows = self._ended and not self._pipelined
        close = exchange.is_last or self._receiver.draining or nothing_follows
        self._phase = _Phase.IDLE
        date = self._receiver.date()
        head_only = exchange.method == "HEAD"
        self._transport.write(encode(reply, date=date, close=close, head_only=head_only))
        if close:
            self._transport.close()
            return
        self._exchange = Exchange(self._receiver.limits)
        self._receiver.used(self)
        if not self._stalled:
            self._next()

    def _next(self) -> None:
        """Turn to what has come meanwhile."""
        self._deadline = self._receiver.clock() + self._receiver.limits.idle_s
        if self._pipelined and not self._transport.is_closing():
            data, self._pipelined = self._pipelined, b""
            self._transport.resume_reading()
            self._read(data)
            if self._ended and self._phase is _Phase.READING:
                self._cut_off()

    def _refuse(self, refusal: Refusal) -> None:
        """Answer with an error, then close; lingering, so that the peer gets to read it.

        Closing with unread input resets the connection, and the answer is lost with it (RFC 9112,
        9.6).
        """
        self._report(refusal)
        self._phase = _Phase.LINGERING
        self._deadline = self._receiver.clock() + _LINGER_S
        self._transport.write(refuse(refusal, date=self._receiver.date()))
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def _report(self, refusal: Refusal) -> None:
        self._receiver.report(refusal, self._exchange)
