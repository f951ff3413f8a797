"""The one constructor of captured requests, with what a capture itself shows to be wrong."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.requests import CapturedRequest

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

BODY_PARSED = Finding(
    "body-parsed",
    "the capture holds the body as parsed JSON, not as the bytes that were sent; "
    "its bytes were written again from that",
)
LOST_CHARACTERS = Finding(
    "lossy-utf8", "the capture holds replacement characters where bytes of the body were not text"
)
_SAYS_ALL = ("body-missing", "truncated-body")
_REPLACEMENT = "\ufffd".encode()
_BODYLESS_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "CONNECT"})
_JSON_IN_BASE64 = ("ey", "ew", "77u/ey")  # an opening brace, and a quote or white space; a BOM
_LITERALS = ("b'", 'b"', "'")
_BASE64 = re.compile(r"[\w+/-]+={0,2}", re.ASCII)
_MAX_LENGTH_DIGITS = 18
_CUT_TOKEN = 6  # characters of a literal or an escape of which the rest may be missing


def captured(  # noqa: PLR0913 - all that a capture may say of a request
    format_name: str,
    headers: Headers,
    body: bytes = b"",
    *,
    method: object = None,
    target: object = "",
    received_at: int | None = None,
    answered: object = None,
    facts: tuple[Finding, ...] = (),
) -> CapturedRequest:
    """A request out of a capture, with what its announced length and its end show of the body.

    Args:
        format_name: Of the capture.
        headers: In order.
        body: Empty where the capture has none.
        method: In any case; what is no text is not known. The same goes for the target.
        target: Path or URL.
        received_at: Unix seconds.
        answered: Status of the response; what is no status is not known.
        facts: What the reader saw besides.
    """
    verb = method.upper() if isinstance(method, str) and method else None
    is_known = any(fact.code in _SAYS_ALL for fact in facts)
    seen = () if is_known else _body_facts(verb, announced_length(headers), body)
    if seen and _REPLACEMENT in body and LOST_CHARACTERS not in facts:
        seen = (LOST_CHARACTERS, *seen)
    return CapturedRequest(
        verb,
        target if isinstance(target, str) else "",
        headers,
        body,
        received_at,
        format_name,
        (*facts, *seen),
        answered=answered if isinstance(answered, int) else None,
    )


def is_open(request: CapturedRequest) -> bool:
    """Whether the source may show the body in another place than where its format has it."""
    return request.reading == "printed" or any(
        fact.code == "body-missing" for fact in request.facts
    )


def announced_length(headers: Headers) -> int | None:
    """What `Content-Length` says, in bytes; None when it is absent, no number, or overridden.

    A message in chunks has no other length (RFC 9112 6.3).
    """
    length = None
    for name, value in headers:
        lower = name.lower()
        if lower == "content-length" and length is None:
            length = parse_length(value)
        elif lower == "transfer-encoding" and value.lower().endswith("chunked"):
            return None
    return length


def parse_length(value: str) -> int | None:
    """A length as RFC 9110 8.6 allows it: digits, or a list of the same digits."""
    if value.isascii() and value.isdigit() and len(value) <= _MAX_LENGTH_DIGITS:
        return int(value)
    lengths = {item.strip() for item in value.split(",")}
    length = lengths.pop()
    if lengths or not (length.isascii() and length.isdigit()) or len(length) > _MAX_LENGTH_DIGITS:
        return None
    return int(length)


def may_be_written_otherwise(body: str) -> bool:
    """Whether the text of a body may be how a program wrote its bytes as JSON.

    Go, Java, .NET and protobuf do it in base64, Python loggers with `repr`.
    """
    is_base64 = body.startswith(_JSON_IN_BASE64) and _BASE64.fullmatch(body) is not None
    return is_base64 or body.startswith(_LITERALS)


def truncated_body(held: int, announced: int | None) -> Finding:
    """The fact that a body was cut off."""
    of = "" if announced is None else f" of {announced}"
    return Finding("truncated-body", f"the body ends in the middle, after {held}{of} bytes")


def _body_facts(method: str | None, announced: int | None, body: bytes) -> tuple[Finding, ...]:
    """What the announced length and the end of a body show; nothing where they agree."""
    held = len(body)
    if announced == held:
        return ()
    if not body:
        return _missing_body(method, announced)
    if (announced is None or held < announced) and _is_cut_json(body):
        return (truncated_body(held, announced),)
    if announced is None:
        return ()
    text = f"Content-Length says {announced} bytes, the capture holds {held}"
    return (Finding("content-length-mismatch", text),)


def _missing_body(method: str | None, announced: int | None) -> tuple[Finding, ...]:
    if announced:
        return (Finding("body-missing", f"the capture lacks the body of {announced} bytes"),)
    if announced is None and method not in _BODYLESS_METHODS:
        return (Finding("body-missing", "the capture holds no body"),)
    return ()


def _is_cut_json(body: bytes) -> bool:
    """Whether a body is JSON as far as it goes, and its end is missing."""
    first, last = body[:1], body.rstrip()[-1:]
    if (first, last) in ((b"{", b"}"), (b"[", b"]")) or first not in (b"{", b"["):
        return False
    text = body.decode("utf-8", "replace").rstrip()
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        at_end = error.pos >= len(text) - _CUT_TOKEN and error.msg != "Extra data"
        return at_end or error.msg.startswith("Unterminated")
    except RecursionError:
        pass
    return False
