"""One HTTP exchange without a socket: bytes in, a captured request or a refusal out.

h11 parses heads and chunks; what it leaves to its user is checked here: folded lines, bare line
feeds, both framings at once, the sizes. Each exchange has an h11 connection of its own (about
1 µs), so the bytes of a pipelined request are looked at before h11 sees them. Bodies of a known
length are counted here and answers written here: h11 takes 8 µs and 18 µs for that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import h11

from vovecli.core.headers import header_values, message_head
from vovecli.core.outcomes.arrivals import Reply
from vovecli.core.requests import CapturedRequest
from vovecli.core.signing import header_text

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

# A line feed without its carriage return, or a line that continues the one before (obs-fold).
# RFC 9112, 2.2 and 5.2, lets a server refuse both: two parsers seldom agree about them.
_MISSHAPEN = re.compile(rb"\n(?:[ \t]|(?<!\r\n))")
_TLS_HANDSHAKE = 0x16
# Chunk sizes and extensions may take this much more than the data: a byte a chunk costs h11 3 µs,
# a mebibyte of them three seconds. Go (net/http/internal/chunked.go) counts such an excess, too.
_MOST_CHUNK_OVERHEAD_BYTES = 1024
_LEAST_CHUNK_OVERHEAD_BYTES = 5  # `1`, and two line ends
_SPACE = 0x20  # and what is below: control characters
_BAD_REQUEST = 400
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_BODILESS = (204, 304)  # RFC 9110, 15.3.5 and 15.4.5


@dataclass(frozen=True, slots=True)
class Limits:
    """What one peer may cost, and all together.

    Attributes:
        buffered_bytes: Of requests that are not answered yet, over all connections.
        connections: Over all peers.
        peer_connections: Of one peer, unless it is on this machine as a tunnel's agent is.
        request_s: From the first byte of a request to its last.
        idle_s: Between two requests of a connection, and before its first.
        stalled_s: How long a peer may leave an answer unread.
    """

    head_bytes: int = 32 * 1024
    body_bytes: int = 1024 * 1024
    buffered_bytes: int = 16 * 1024 * 1024
    connections: int = 1000
    peer_connections: int = 100
    request_s: float = 20.0
    idle_s: float = 60.0
    stalled_s: float = 10.0


class Refusal(Exception):  # noqa: N818 - not a failure of ours but an answer
    """The bytes are no request that may be answered with anything but an error.

    Attributes:
        status: What to answer before the connection is closed.
        code: Kebab-case name of the reason.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class Exchange:
    """A request as it comes in, and the bytes of its answer.

    Attributes:
        complete: Whether the whole request is here.
        is_last: Whether the connection ends with it, because of the version or as asked.
        leftover: Bytes after the request: the start of a pipelined one.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._head = bytearray()
        self._seen = 0
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head_bytes)
        self._request: h11.Request | None = None
        self._headers: Headers = []
        self._body = bytearray()
        self._length: int | None = None  # of the body; None while it is chunked
        self._handed_over = 0  # bytes of the body that whoever answers holds
        self._chunk_bytes = self._chunks = 0  # of a chunked body, as they came; how many
        self.complete = False
        self.is_last = False
        self.leftover = b""

    @property
    def method(self) -> str | None:
        """The method, once the head is whole."""
        return self._request.method.decode("ascii") if self._request else None

    @property
    def target(self) -> str:
        """What stands between method and version, once the head is whole."""
        return self._request.target.decode("ascii") if self._request else ""

    @property
    def buffered_bytes(self) -> int:
        """How much of the request is held."""
        return len(self._head) + len(self._body) + len(self.leftover) + self._handed_over

    def feed(self, data: bytes) -> bytes:
        """Take bytes in; gives the bytes to send back at once (`100 Continue`), mostly none.

        Raises:
            Refusal: The request is broken or too large.
        """
        try:
            if self._request is None:
                self._head += data
                end = self._read_head()
                if not end:
                    return b""
                data = bytes(self._head[end:])
                self._head.clear()
            return self._read_body(data)
        except h11.RemoteProtocolError as error:
            raise self._refusal(error) from None

    def end_of_input(self) -> Refusal:
        """The refusal of a request whose connection ended in the middle of it."""
        if self._request is None:
            return Refusal(_BAD_REQUEST, "not-a-request", "the connection ended within the headers")
        return Refusal(
            _BAD_REQUEST,
            "truncated-body",
            f"the connection ended after {len(self._body)} bytes of the body",
        )

    def captured(self, received_at: int) -> CapturedRequest:
        """The whole request; header names as they were spelt, in their order."""
        assert self._request is not None
        body = bytes(self._body)
        self._handed_over = len(body)
        self._body.clear()
        return CapturedRequest(
            method=self._request.method.decode("ascii"),
            target=self._request.target.decode("ascii"),
            headers=self._headers,
            body=body,
            received_at=received_at,
        )

    def _read_head(self) -> int:
        """Find the end of the head, 0 while it has not come; let h11 read it."""
        while self._head.startswith(b"\r\n"):  # RFC 9112, 2.2: ignore empty lines before a request
            del self._head[:2]
        end = self._head.find(b"\r\n\r\n", max(self._seen - 3, 0))
        length = end + 4 if end >= 0 else len(self._head)
        if length > self._limits.head_bytes:
            raise Refusal(
                431, "headers-too-large", f"the headers exceed {self._limits.head_bytes} bytes"
            )
        self._check_shape(length)
        self._seen = length
        if end < 0:
            return 0
        self._http.receive_data(bytes(self._head[:length]))
        event = self._http.next_event()
        assert isinstance(event, h11.Request)
        self._request = event
        self._headers = [
            (name.decode("ascii"), header_text(value)) for name, value in event.headers.raw_items()
        ]
        self._check_framing(event.http_version)
        return length

    def _check_shape(self, length: int) -> None:
        if self._head and self._head[0] == _TLS_HANDSHAKE:
            raise Refusal(
                _BAD_REQUEST,
                "tls-on-http",
                "a TLS handshake: this listener speaks plain HTTP, so the URL starts with http://",
            )
        if self._head and self._head[0] <= _SPACE and self._head != b"\r":
            raise Refusal(_BAD_REQUEST, "not-a-request", "it does not begin with a method")
        if odd := _MISSHAPEN.search(self._head, max(self._seen - 1, 0), length):
            raise Refusal(
                _BAD_REQUEST,
                "malformed-header",
                "a header is folded onto a second line"
                if odd[0] != b"\n"
                else "a line ends with a line feed alone, not with CR LF",
            )

    def _check_framing(self, version: bytes) -> None:
        values = {name.lower(): value for name, value in self._headers}
        length = values.get("content-length")
        self.is_last = version == b"1.0" or (
            "connection" in values
            and any("close" in each.lower() for each in header_values(self._headers, "connection"))
        )
        if version not in (b"1.1", b"1.0"):
            raise Refusal(505, "not-a-request", "only HTTP/1.1 and HTTP/1.0 are supported")
        if "transfer-encoding" in values:
            # RFC 9112, 6.1 and 6.3: either is how requests are smuggled past a proxy.
            if length is not None:
                raise Refusal(
                    _BAD_REQUEST, "malformed-header", "both Content-Length and Transfer-Encoding"
                )
            if version == b"1.0":
                raise Refusal(_BAD_REQUEST, "malformed-header", "Transfer-Encoding with HTTP/1.0")
            return
        self._length = int(length or 0)
        self._check_body_size(self._length)

    def _check_body_size(self, size: int) -> None:
        if size > self._limits.body_bytes:
            raise Refusal(
                413, "body-too-large", f"the body exceeds {self._limits.body_bytes} bytes"
            )

    def _read_body(self, data: bytes) -> bytes:
        if self._length is None:
            self._read_chunks(data)
        else:
            self._body += data
            self.complete = len(self._body) >= self._length
            self.leftover = bytes(self._body[self._length :])
            del self._body[self._length :]
        if not self.complete and not self._body and self._http.they_are_waiting_for_100_continue:
            return self._http.send(h11.InformationalResponse(status_code=100, headers=[])) or b""
        return b""

    def _read_chunks(self, data: bytes) -> None:
        if data:
            self._http.receive_data(data)
        self._chunk_bytes += len(data)
        while isinstance(event := self._http.next_event(), h11.Data):
            self._check_body_size(len(self._body) + len(event.data))
            self._body += event.data
            self._chunks += event.chunk_end
            self._check_overhead(self._chunks * _LEAST_CHUNK_OVERHEAD_BYTES)
        self._check_overhead(self._chunk_bytes - len(self._body) - self._limits.head_bytes)
        if isinstance(event, h11.EndOfMessage):
            self.complete = True
            self.leftover = self._http.trailing_data[0]

    def _check_overhead(self, overhead: int) -> None:
        if overhead > len(self._body) + _MOST_CHUNK_OVERHEAD_BYTES:
            raise Refusal(_BAD_REQUEST, "malformed-chunked", "the chunks hold too little data")

    def _refusal(self, error: h11.RemoteProtocolError) -> Refusal:
        if self._request is None:
            line = str(error).startswith("illegal request line")
            code = "not-a-request" if line else "malformed-header"
        else:
            code = "malformed-chunked"
        # What h11 quotes of the input can be as long as the input.
        return Refusal(error.error_status_hint, code, str(error).partition(": bytearray")[0][:200])


def encode(reply: Reply, *, date: str, close: bool, head_only: bool = False) -> bytes:
    """The bytes of an answer.

    Args:
        reply: Its headers hold no line breaks: they are our own or were parsed by h11.
        date: Value of the `Date` header.
        close: Announces that the connection ends with it.
        head_only: Leaves the body out, as the answer to HEAD.
    """
    headers = [*reply.headers, ("Date", date)]
    body = reply.body
    if reply.status in _BODILESS:
        body = b""
    else:
        headers.append(("Content-Length", str(len(body))))
    if close:
        headers.append(("Connection", "close"))
    start_line = f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"
    return message_head(start_line, headers) + (b"" if head_only else body)


def refuse(refusal: Refusal, *, date: str) -> bytes:
    """The bytes that answer a broken request; the connection ends with them."""
    reply = Reply(
        refusal.status, f"{refusal.message}\n".encode(), (("Content-Type", "text/plain"),)
    )
    return encode(reply, date=date, close=True)
