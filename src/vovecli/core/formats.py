"""A request written down: a raw HTTP message, a curl command, header lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.errors import Category, VoveError
from vovecli.core.headers import message_head
from vovecli.core.times import iso

if TYPE_CHECKING:
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.outcomes.deliveries import SignedRequest
    from vovecli.core.requests import CapturedRequest

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def as_http(signed: SignedRequest, endpoint: Endpoint) -> bytes:
    """A raw HTTP/1.1 message, byte-exact, CRLF."""
    headers = [("Host", endpoint.host_header), *signed.headers]
    return message_head(f"POST {endpoint.target} HTTP/1.1", headers) + signed.message.body


def to_raw_http(request: CapturedRequest) -> bytes:
    """The message with its headers and body exact; a chunked body is one chunk."""
    start_line = f"{request.method or 'POST'} {request.target or '/'} HTTP/1.1"
    body = request.body
    if request.values("transfer-encoding"):
        body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return message_head(start_line, request.headers) + body


def as_headers(signed: SignedRequest) -> str:
    """One `Name: value` line per header."""
    return "".join(f"{name}: {value}\n" for name, value in signed.headers)


def as_curl(signed: SignedRequest, endpoint: Endpoint) -> str:
    """A curl command for a POSIX shell that sends the same bytes.

    Raises:
        VoveError: `body-not-text` where the body cannot be part of a command line.
    """
    try:
        body = signed.message.body.decode("utf-8")
    except UnicodeDecodeError:
        body = "\0"
    if "\0" in body:
        raise VoveError(
            "body-not-text",
            "a body that is not UTF-8 text, or holds NUL, cannot be put on a command line",
            hint="use --format http and send the file, or vove send --body FILE",
            category=Category.USAGE,
        )
    parts = [f"curl -X POST {shell_quote(endpoint.url)}"]
    # curl computes Content-Length itself.
    parts += [
        f"-H {shell_quote(f'{name}: {value}')}"
        for name, value in signed.headers
        if name.lower() != "content-length"
    ]
    parts.append(f"--data-raw {shell_quote(body)}")
    return " \\\n  ".join(parts) + "\n"


def as_har(signed: SignedRequest, endpoint: Endpoint, *, at: float, answer: Answer | None) -> str:
    """HAR 1.2 with one entry, as browsers and proxies save it.

    Args:
        signed: The request.
        endpoint: Where it went.
        at: Unix seconds.
        answer: What came back, if anything did.
    """
    body = signed.message.body.decode("utf-8", "replace")
    request = {
        "method": "POST",
        "url": endpoint.url,
        "httpVersion": "HTTP/1.1",
        "headers": _har_headers([("Host", endpoint.host_header), *signed.headers]),
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(signed.message.body),
        "postData": {"mimeType": "application/json", "text": body},
    }
    took_ms = answer.latency_ms if answer else 0
    entry = {
        "startedDateTime": iso(at),
        "time": took_ms,
        "request": request,
        "response": _har_response(answer),
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
    }
    creator = {"name": "vove", "version": "1"}
    log = {"version": "1.2", "creator": creator, "entries": [entry]}
    return json.dumps({"log": log}, indent=2) + "\n"


def _har_response(answer: Answer | None) -> dict[str, object]:
    text = answer.body.decode("utf-8", "replace") if answer else ""
    content_type = (answer.header("content-type") if answer else None) or "text/plain"
    return {
        "status": answer.status if answer else 0,
        "statusText": answer.reason if answer else "",
        "httpVersion": "HTTP/1.1",
        "headers": _har_headers(answer.headers if answer else []),
        "cookies": [],
        "content": {"size": len(text), "mimeType": content_type, "text": text},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _har_headers(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def shell_quote(text: str) -> str:
    """Quote for a POSIX shell.

    Control characters other than tabs and line feeds take `$'...'`, which bash, zsh and ksh know.
    """
    if not any(character < " " and character not in "\n\t" for character in text):
        return "'" + text.replace("'", "'\\''") + "'"
    return (
        "$'" + "".join(_ESCAPES.get(c, c if c >= " " else f"\\x{ord(c):02x}") for c in text) + "'"
    )
