"""Header lists: looking a value up, reading a date, writing the head of a message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from vovecli.core.messages import Headers


# They say where a body ends, so whoever writes the body writes them (RFC 9112, 6).
FRAMING = ("content-length", "transfer-encoding")
# They belong to one connection (RFC 9110, 7.6.1). `Expect` has been answered by the receiver.
HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "expect")
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def is_header(name: str, value: str) -> bool:
    """Whether both can be sent: RFC 9110, 5.1 and 5.5."""
    is_value = all(char == "\t" or (char >= " " and char != "\x7f") for char in value)
    return is_value and bool(_TOKEN.fullmatch(name))


def header_values(headers: Headers, name: str) -> list[str]:
    """All values of a header, its name in any case (RFC 9110, 5.1)."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


def header_value(headers: Headers, name: str) -> str | None:
    """The first value of a header, its name in any case."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def with_headers(headers: Headers, extra: Headers) -> Headers:
    """The headers and extra ones, which replace those of the same name."""
    if not extra:
        return headers
    replaced = {name.lower() for name, _ in extra}
    return [(name, value) for name, value in headers if name.lower() not in replaced] + extra


def with_missing(headers: Headers, extra: Headers) -> Headers:
    """The headers, and the extra ones whose names are not among them."""
    if not extra:
        return headers
    present = {name.lower() for name, _ in headers}
    return headers + [pair for pair in extra if pair[0].lower() not in present]


def message_head(start_line: str, headers: Headers) -> bytes:
    """The head of an HTTP/1.1 message as it goes over the wire, the empty line included."""
    lines = [start_line, *(f"{name}: {value}" for name, value in headers)]
    return header_bytes("\r\n".join(lines) + "\r\n\r\n")


def parse_http_date(text: str | None) -> float | None:
    """Unix seconds of an HTTP date (RFC 9110, 5.6.7); None where it is none."""
    from datetime import UTC  # only where there is a date
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text or "")
        # Without a zone it is GMT like every HTTP date.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def retry_after_s(headers: Headers, moment: float) -> float | None:
    """Seconds that a `Retry-After` asks for (RFC 9110, 10.2.3): a number or a date.

    Args:
        headers: Of the answer.
        moment: Unix seconds of the answer.

    Returns:
        None where there is none that can be understood.
    """
    text = (header_value(headers, "retry-after") or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _FOR_EVER_S)
    date = parse_http_date(text)
    return None if date is None else max(0.0, date - moment)


_FOR_EVER_S = 1e9
