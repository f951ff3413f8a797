"""A captured request as the raw HTTP/1.1 message that it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.headers import message_head

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest


def to_raw_http(request: CapturedRequest) -> bytes:
    """The message with its headers and body exact; a chunked body is one chunk."""
    start_line = f"{request.method or 'POST'} {request.target or '/'} HTTP/1.1"
    body = request.body
    if request.values("transfer-encoding"):
        body = (b"%x\r\n%b\r\n" % (len(body), body) if body else b"") + b"0\r\n\r\n"
    return message_head(start_line, request.headers) + body
