"""Plain deliveries over httpx: one request, one answer, bounded in size and time."""

from __future__ import annotations

import socket
import ssl
from time import perf_counter
from typing import TYPE_CHECKING

import h11
import httpx

from vovecli.adapters.threads import in_background
from vovecli.adapters.tls import client_context
from vovecli.core.headers import with_missing
from vovecli.core.outcomes.answers import Answer, NoAnswer
from vovecli.core.signing import header_bytes, header_text

if TYPE_CHECKING:
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.messages import Headers

MAX_ANSWER_BYTES = 64 * 1024
_HEADERS = "vove_headers"
# h11's own: httpx takes it for its own kind in a head alone, not in a body.
_UNWRITABLE = (httpx.LocalProtocolError, h11.LocalProtocolError, httpx.InvalidURL, UnicodeError)
_LONGEST_WAIT_S = 1e6  # of a socket: the system counts in milliseconds, in 31 bits


class Sender:
    """Posts requests to one endpoint over a connection that is kept.

    Args:
        endpoint: Where to.
        timeout_s: Seconds from the first step of a request to the last byte of its answer.
        verify: For https: False takes any certificate, a path adds an authority.
    """

    def __init__(self, endpoint: Endpoint, *, timeout_s: float, verify: bool | str = True) -> None:
        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._timeouts = httpx.Timeout(min(timeout_s, _LONGEST_WAIT_S)).as_dict()
        # Other names are left to httpx: behind a proxy only that can resolve them.
        self._addresses = endpoint.local_addresses or (endpoint.host,)
        secure = endpoint.scheme == "https"
        self._client = httpx.Client(
            # Reading the CA bundle costs 30 ms: not for plain http.
            verify=client_context(verify=verify) if secure else False,
            # A proxy cannot reach this machine's own loopback.
            trust_env=not endpoint.is_loopback,
            follow_redirects=False,
            event_hooks={"response": [_keep_headers]},
        )

    def post(self, headers: Headers, body: bytes) -> Answer:
        """Send one request; headers go out in this order and spelling, `Host` first.

        The endpoint's credentials go with them.

        Raises:
            NoAnswer: No complete answer came back in time.
        """
        headers = with_missing(headers, self._endpoint.headers)
        # httpx bounds each read but not their sum: a server that drips bytes would never end.
        outcome = in_background(self._exchange, headers, body)
        try:
            return outcome.result(self._timeout_s)
        except TimeoutError:
            text = f"no complete answer within {self._timeout_s:g} s"
            raise NoAnswer("timeout", text) from None

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _exchange(self, headers: Headers, body: bytes) -> Answer:
        """Try each address until something listens there."""
        for address in self._addresses:
            try:
                return self._answer(self._request(address, headers, body))
            except _UNWRITABLE as error:
                raise NoAnswer("protocol", f"the request cannot be written: {error}") from None
            except httpx.HTTPError as error:
                reason = _no_answer(error)
                if reason.kind != "refused":
                    break
        raise reason

    def _request(self, address: str, headers: Headers, body: bytes) -> httpx.Request:
        return httpx.Request(
            "POST",
            httpx.URL(self._endpoint.url).copy_with(host=address),
            headers=[
                (name.encode("ascii"), header_bytes(value))
                for name, value in [("Host", self._endpoint.host_header), *headers]
            ],
            content=body,
            extensions={"sni_hostname": self._endpoint.host, "timeout": self._timeouts},
        )

    def _answer(self, request: httpx.Request) -> Answer:
        started = perf_counter()
        response = self._client.send(request, stream=True)
        try:
            body, truncated = _bounded(response)
        finally:
            response.close()
        return Answer(
            status=response.status_code,
            reason=response.reason_phrase,
            headers=[
                (header_text(name), header_text(value))
                for name, value in response.extensions[_HEADERS]
            ],
            body=body,
            latency_ms=(perf_counter() - started) * 1000,
            body_truncated=truncated,
        )


def _keep_headers(response: httpx.Response) -> None:
    """Set the headers aside: httpx refuses an odd Location even where it does not follow it."""
    response.extensions[_HEADERS] = list(response.headers.raw)
    response.headers.pop("location", None)


def _bounded(response: httpx.Response) -> tuple[bytes, bool]:
    """The body as it came, and whether there was more than we keep."""
    body = b""
    for chunk in response.iter_raw():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            return body[:MAX_ANSWER_BYTES], True
    return body, False


def _no_answer(error: httpx.HTTPError) -> NoAnswer:
    """Our kind for an error of httpx, by what lies at its bottom."""
    cause: BaseException = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]  # just tested
    if isinstance(cause, ssl.SSLError):
        reason = getattr(cause, "verify_message", "") or cause.reason or str(cause)
        return NoAnswer("tls", f"the TLS handshake failed: {reason}")
    if isinstance(cause, socket.gaierror):
        return NoAnswer("dns", f"the host name is not known ({cause.strerror})")
    if isinstance(error, httpx.TimeoutException):
        return NoAnswer("timeout", "no answer in time")
    if isinstance(error, httpx.ConnectError):
        return NoAnswer("refused", str(getattr(cause, "strerror", None) or error).lower())
    if isinstance(error, httpx.RemoteProtocolError) and "without sending" not in str(error):
        return NoAnswer("protocol", "the answer is not HTTP")
    return NoAnswer("closed", "the connection was closed before the answer was complete")
