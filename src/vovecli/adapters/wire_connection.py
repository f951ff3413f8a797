"""One connection of the wire client: a request goes out as it is, its answer is parsed.

h11 parses, but for the plain answers that nearly every handler gives: whole in one piece, with a
Content-Length. Those are read here, which doubles the rate of a load run; a test holds both equal.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import h11

from vovecli.core.outcomes.answers import Answer, NoAnswer
from vovecli.core.signing import header_text

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.answers import NoAnswerKind

MAX_HEAD_BYTES = 65_536
_QUOTED_CHARACTERS = 200
_PLAIN_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5][0-9][0-9]) ([!-~][ -~]*)?\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ -~]*\r\n)+)\r\n"
)
_NO_BODY = (204, 304)


@dataclass(slots=True)
class WireAnswer:
    """An answer as it comes in."""

    status: int
    reason: str
    headers: Headers
    body: bytearray | bytes
    body_truncated: bool = False

    def finish(self, latency_ms: float) -> Answer:
        """The whole answer."""
        return Answer(
            self.status,
            self.reason,
            self.headers,
            bytes(self.body),
            latency_ms,
            self.body_truncated,
        )


def read_plain(data: bytes) -> WireAnswer | None:
    """The answer that the data is, where it is a plain one: h11 would say the same.

    Anything out of the ordinary is None: another framing, a body that goes on, other bytes than
    ASCII, a `WireConnection` header that says anything but keep-alive.
    """
    match = _PLAIN_HEAD.match(data)
    if not match:
        return None
    headers: Headers = []
    length = None
    for line in match[3].decode("ascii").split("\r\n")[:-1]:
        name, _, value = line.partition(":")
        value = value.strip(" ")
        headers.append((name, value))
        lower = name.lower()
        if lower == "content-length":
            if length is not None or not value.isdigit():
                return None
            length = int(value)
        elif lower == "transfer-encoding" or (
            lower == "connection" and value.lower() != "keep-alive"
        ):
            return None
    status = int(match[1])
    if length != len(data) - match.end() or status in _NO_BODY:
        return None
    return WireAnswer(status, (match[2] or b"").decode("ascii"), headers, data[match.end() :])


class WireConnection(asyncio.Protocol):
    """One connection. asyncio has set TCP_NODELAY on its socket.

    Args:
        max_body: Bytes of a body that are kept; the connection of a longer one is closed.

    Attributes:
        has_answered: Whether a byte of an answer to the last request has come.
    """

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._method = ""
        self._parser: h11.Connection | None = None
        self._reply: WireAnswer | None = None
        self._done: asyncio.Future[WireAnswer] | None = None
        self.has_answered = False

    def exchange(self, method: str, content: bytes) -> asyncio.Future[WireAnswer]:
        """Write a request; the future holds its answer, or a `NoAnswer`."""
        self._method, self._parser, self._reply = method, None, None
        self.has_answered = False
        self._done = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            self._fail("closed", "the connection was closed before the request was sent")
        else:
            self._transport.write(content)
        return self._done

    def go_on(self, rest: bytes) -> None:
        """Write what was held back of the request."""
        self._transport.write(rest)

    @property
    def is_reusable(self) -> bool:
        """Whether another request can follow the last one."""
        if self._transport.is_closing():
            return False
        parser = self._parser
        # Not DONE: the answer said, or meant, that it ends with the connection.
        return not parser or (parser.their_state is h11.DONE and not parser.trailing_data[0])

    def drop(self) -> None:
        """Close at once: nobody waits for what is still on its way."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if self._done is None or self._done.done():
            self.drop()  # bytes that belong to no request
        elif not self.has_answered and self._method != "HEAD" and (plain := self._plain(data)):
            self._done.set_result(plain)
        else:
            self._parse(data)
        self.has_answered = True

    def eof_received(self) -> None:
        """Called by asyncio; where the body ends with the connection, this completes it."""
        if self.has_answered and self._done and not self._done.done():
            self._parse(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        if self._done and not self._done.done():
            self._fail("closed", _closed_text(exc, has_answered=self.has_answered))

    def _plain(self, data: bytes) -> WireAnswer | None:
        plain = read_plain(data)
        return plain if plain and len(plain.body) <= self._max_body else None

    def _parse(self, data: bytes) -> None:
        if not self._parser:
            self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
            # h11 must know the method to know whether a body follows; what it writes is dropped.
            self._parser.send(_HEAD_REQUEST if self._method == "HEAD" else _POST_REQUEST)
        try:
            self._parser.receive_data(data)
            while self._take(self._parser.next_event()):
                pass
        except h11.RemoteProtocolError as error:
            if data:
                self._fail(
                    "protocol", f"the answer is not HTTP/1.1: {str(error)[:_QUOTED_CHARACTERS]}"
                )
            else:
                self._fail("closed", _closed_text(None, has_answered=True))

    def _take(self, event: h11.Event | type[h11.NEED_DATA | h11.PAUSED]) -> bool:
        """Work one event in; False when nothing more is to be parsed now."""
        assert self._done is not None
        if isinstance(event, h11.Response):
            raw = event.headers.raw_items()
            headers = [(header_text(name), header_text(value)) for name, value in raw]
            reason = header_text(event.reason)
            self._reply = WireAnswer(event.status_code, reason, headers, bytearray())
        elif isinstance(event, h11.Data):
            assert self._reply is not None
            self._reply.body += event.data
            if len(self._reply.body) > self._max_body:
                self._reply.body = self._reply.body[: self._max_body]
                self._reply.body_truncated = True
                self._done.set_result(self._reply)
                self.drop()
                return False
        elif isinstance(event, h11.EndOfMessage):
            assert self._reply is not None
            self._done.set_result(self._reply)
            return False
        return isinstance(event, h11.Event)

    def _fail(self, kind: NoAnswerKind, message: str) -> None:
        assert self._done is not None
        self._done.set_exception(NoAnswer(kind, message))
        self.drop()


_POST_REQUEST = h11.Request(method="POST", target="/", headers=[("Host", "-")])
_HEAD_REQUEST = h11.Request(method="HEAD", target="/", headers=[("Host", "-")])


def _closed_text(reason: Exception | None, *, has_answered: bool) -> str:
    when = "in the middle of its answer" if has_answered else "before it answered"
    return f"the endpoint closed the connection {when}" + (f" ({reason})" if reason else "")
