"""What a capture itself shows to be wrong with a request, told as facts beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

BODY_PARSED = Finding(
    "body-parsed",
    "the capture holds the body as parsed JSON, not as the bytes that were sent; "
    "its bytes were written again from that",
)
_BODYLESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "CONNECT"})
_JSON_IN_BASE64 = ("ey", "ew")  # an opening brace, and a quote or white space
_BASE64 = re.compile(r"[\w+/-]+={0,2}", re.ASCII)
_MAX_LENGTH_DIGITS = 18


def announced_length(headers: Headers) -> int | None:
    """What `Content-Length` says, in bytes; None when it is absent or no number."""
    for name, value in headers:
        if name.lower() == "content-length":
            return parse_length(value)
    return None


def parse_length(value: str) -> int | None:
    """A length as RFC 9110 8.6 allows it: digits, or a list of the same digits."""
    if value.isascii() and value.isdigit() and len(value) <= _MAX_LENGTH_DIGITS:
        return int(value)
    lengths = {item.strip() for item in value.split(",")}
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()) or len(length) > _MAX_LENGTH_DIGITS:
        return None
    return int(length)


def may_be_base64(body: str) -> bool:
    """Whether a body may be JSON in base64: so Go, Java, .NET and protobuf write bytes as JSON."""
    return body.startswith(_JSON_IN_BASE64) and _BASE64.fullmatch(body) is not None


def body_facts(method: str | None, announced: int | None, body: bytes) -> tuple[Finding, ...]:
    """What the announced length and the end of a body show; nothing where they agree."""
    if announced == len(body):
        return ()
    if not body:
        return missing_body(method, announced)
    if announced is None or len(body) < announced:
        if is_cut_json(body):
            return (truncated_body(len(body), announced),)
        if announced is None:
            return ()
    return (length_mismatch(len(body), announced),)


def missing_body(method: str | None, announced: int | None) -> tuple[Finding, ...]:
    """The fact that there is no body where one must have been."""
    if announced:
        return (Finding("body-missing", f"the capture lacks the body of {announced} bytes"),)
    if announced is None and method not in _BODYLESS_METHODS:
        return (Finding("body-missing", "the capture holds no body"),)
    return ()


def truncated_body(held: int, announced: int | None) -> Finding:
    """The fact that a body was cut off."""
    of = "" if announced is None else f" of {announced}"
    return Finding("truncated-body", f"the body ends in the middle, after {held}{of} bytes")


def length_mismatch(held: int, announced: int) -> Finding:
    """The fact that the body is longer or shorter than announced."""
    return Finding(
        "content-length-mismatch",
        f"Content-Length says {announced} bytes, the capture holds {held}",
    )


def is_cut_json(body: bytes) -> bool:
    """Whether a body starts as a JSON object or array and does not end as one."""
    first, last = body[:1], body.rstrip()[-1:]
    return (first == b"{" and last != b"}") or (first == b"[" and last != b"]")
