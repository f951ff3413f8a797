"""The request that the capture tests write in every format, and short names for what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures import read_captures
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.requests import CapturedRequest

BODY = b'{"refId":"r-1","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
SIGNATURE = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
WEBHOOK = [
    ("Svix-Id", "msg_2if9qqkVjQDrS738JZOnax9T7MO"),
    ("Svix-Signature", SIGNATURE),
    ("Svix-Timestamp", "1719870957"),
]
HEADERS = [("Content-Type", "application/json"), *WEBHOOK]
SIZED = [("Content-Length", str(len(BODY))), *HEADERS]


def head(
    headers: list[tuple[str, str]] = SIZED,
    *,
    start: str = "POST /hooks HTTP/1.1",
    line_end: str = "\r\n",
) -> bytes:
    """The head of a raw message with the blank line after it."""
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    return "".join(line + line_end for line in [*lines, ""]).encode()


def read_one(
    data: bytes | str,
    *,
    name: str | None = None,
    read_file: Callable[[str], bytes] | None = None,
) -> CapturedRequest:
    """The only request of a source."""
    source = data.encode() if isinstance(data, str) else data
    (request,) = read_captures(source, format=name, read_file=read_file)
    return request


def facts(request: CapturedRequest) -> list[str]:
    """The codes of its facts."""
    return [fact.code for fact in request.facts]


def refusal(data: bytes | str, *, name: str | None = None) -> str:
    """The code of the error that a source is refused with."""
    source = data.encode() if isinstance(data, str) else data
    try:
        requests = read_captures(source, format=name)
    except VoveError as error:
        return error.code
    msg = f"read as {requests}"
    raise AssertionError(msg)
