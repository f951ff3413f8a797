"""A small HTTP/1.1 client with exact control of the wire: for load, forwarding and probing.

The request head is written here, byte for byte as asked (h11 would refuse what a probe needs and
change the spelling of the rest); h11 parses the answer. Never follows redirects, never decodes
content, knows no proxies.
"""

from __future__ import annotations

import asyncio
import os
from time import perf_counter
from typing import TYPE_CHECKING

from vovecli.adapters.addresses import resolve
from vovecli.adapters.wire_connection import WireAnswer, WireConnection
from vovecli.core.headers import header_value, message_head, with_missing
from vovecli.core.outcomes.answers import Answer, NoAnswer

if TYPE_CHECKING:
    import ssl

    from vovecli.core.endpoints import Endpoint
    from vovecli.core.messages import Headers

_MAX_BODY_BYTES = 65_536
# A silent address gives way to the next one after that: a lost SYN is sent again after one second.
CONNECT_STEP_S = 2.0
# The event loop looks for a close that has arrived in one turn, and closes our end in the next.
_TURNS_TO_NOTICE = 2


class WireClient:
    """Sends requests to one endpoint over as many connections as requests run at once.

    Args:
        endpoint: Where to; its target is not used, each request names its own.
        timeout_s: Seconds for a whole request: connecting, sending, the last byte of the answer.
        max_body: Bytes of an answer's body that are kept; what is longer is cut and not read on.
        ssl_context: For https; by default certificates are held against the system's authorities.
        keep_alive: False opens a connection for each request.
        address: Connect to this IP address instead of resolving the endpoint's host.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeout_s: float,
        max_body: int = _MAX_BODY_BYTES,
        ssl_context: ssl.SSLContext | None = None,
        keep_alive: bool = True,
        address: str | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._max_body = max_body
        self._ssl = _ssl_context(ssl_context) if endpoint.scheme == "https" else None
        self._keep_alive = keep_alive
        self._pinned = address
        self._addresses: list[str] = []
        self._idle: list[WireConnection] = []

    async def request(
        self,
        method: str,
        target: str,
        headers: Headers,
        body: bytes,
        *,
        held_bytes: int = 0,
        hold_s: float = 0.0,
    ) -> Answer:
        """Send one request and read its answer.

        Args:
            method: Written as it is.
            target: Written as it is.
            headers: Written in this order and spelling; `Host` comes first where it is absent, and
                nothing else is added (no `Content-Length` either) but the endpoint's credentials.
            body: Written as it is.
            held_bytes: So many bytes at the end of the body follow `hold_s` later, in a segment
                of their own; not at all once the answer has come.
            hold_s: Seconds.

        Raises:
            NoAnswer: No complete head of an answer, or no end of its body, within the timeout.
        """
        headers = with_missing(headers, self._endpoint.headers)
        content = _head(method, target, headers, self._endpoint.host_header) + body
        end = len(content) - held_bytes
        connection = None
        started = perf_counter()
        try:
            async with asyncio.timeout(self._timeout_s):
                # Sent once and never again: what the server read, it may have acted on.
                connection = await self._kept() or await self._connect()
                answer = await self._run(connection, method, content[:end], content[end:], hold_s)
        except TimeoutError:
            text = f"{_progress(connection)} within {self._timeout_s:g} s"
            raise NoAnswer("timeout", text) from None
        return answer.finish((perf_counter() - started) * 1000)

    async def aclose(self) -> None:
        """Close every connection that is kept."""
        for connection in self._idle:
            connection.drop()
        self._idle.clear()
        await asyncio.sleep(0)  # the transports close their sockets in the loop's next turn

    async def _kept(self) -> WireConnection | None:
        """A connection that the server has left open, as far as this end can know."""
        if self._idle:
            for _ in range(_TURNS_TO_NOTICE):
                await asyncio.sleep(0)
        while self._idle:
            connection = self._idle.pop()
            if connection.is_reusable:
                return connection
            connection.drop()
        return None

    async def _run(
        self, connection: WireConnection, method: str, content: bytes, held: bytes, hold_s: float
    ) -> WireAnswer:
        try:
            answering = connection.exchange(method, content)
            if held:
                await asyncio.wait([answering], timeout=hold_s)
                if not answering.done():
                    connection.go_on(held)
            answer = await answering
        except BaseException:
            connection.drop()
            raise
        if self._keep_alive and connection.is_reusable:
            self._idle.append(connection)
        else:
            connection.drop()
        return answer

    async def _connect(self) -> WireConnection:
        addresses = [self._pinned] if self._pinned else self._addresses
        addresses = addresses or await resolve(self._endpoint)
        failures: list[tuple[str, OSError]] = []
        for address in addresses:
            is_last = address == addresses[-1]
            try:
                async with asyncio.timeout(None if is_last else CONNECT_STEP_S):
                    connection = await self._open(address)
            except OSError as error:
                failures.append((address, error))
            else:
                # The one that answered is the first to be tried from now on.
                self._addresses = [address, *(other for other in addresses if other != address)]
                return connection
        self._addresses = []
        raise _no_connection(self._endpoint, failures)

    async def _open(self, address: str) -> WireConnection:
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: WireConnection(self._max_body),
            address,
            self._endpoint.port,
            ssl=self._ssl,
            server_hostname=self._endpoint.host if self._ssl else None,
        )
        return connection


def _progress(connection: WireConnection | None) -> str:
    """How far a request has come whose time is up."""
    if connection is None:
        return "no connection"
    if connection.has_answered:
        return "the answer began but did not finish"
    return "connected, but no answer"


def _head(method: str, target: str, headers: Headers, host: str) -> bytes:
    if header_value(headers, "host") is None:
        headers = [("Host", host), *headers]
    head = message_head(f"{method} {target} HTTP/1.1", headers)
    line_ends = len(headers) + 2
    # A line break inside a value would smuggle in a header of its own.
    if head.count(b"\n") != line_ends or head.count(b"\r") != line_ends or b"\0" in head:
        raise NoAnswer("protocol", "a header holds a line break or a zero byte: it cannot be sent")
    return head


def _ssl_context(given: ssl.SSLContext | None) -> ssl.SSLContext:
    if given:
        return given
    import ssl

    return ssl.create_default_context()


def _no_connection(endpoint: Endpoint, failures: list[tuple[str, OSError]]) -> NoAnswer:
    where = f"{endpoint.host}:{endpoint.port}"
    tried = " and ".join(address for address, _ in failures)
    others = [error for _, error in failures if not isinstance(error, ConnectionRefusedError)]
    if not others:
        return NoAnswer("refused", f"nothing listens on {where} (tried {tried})")
    if endpoint.scheme == "https" and _is_tls(others[0]):
        return NoAnswer("tls", f"no TLS connection to {where}: {_reason(others[0])}")
    return NoAnswer("refused", f"no connection to {where} (tried {tried}): {_reason(others[0])}")


def _is_tls(error: OSError) -> bool:
    import ssl

    # A server that hangs up during the handshake is a ConnectionError.
    return isinstance(error, ssl.SSLError | ConnectionError)


def _reason(error: OSError) -> str:
    """Why, in the words of the certificate check, of OpenSSL, or of the system."""
    words = getattr(error, "verify_message", "") or getattr(error, "reason", "")
    if not words and error.errno:
        words = os.strerror(error.errno)
    return words or str(error) or "no answer in time"
