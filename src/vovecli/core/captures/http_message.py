"""Raw HTTP/1.x messages: their heads, and all that stand in one file (RFC 9112)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import captured
from vovecli.core.captures.framing import frame, next_message
from vovecli.core.captures.header_names import wire_name
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

METHODS = frozenset(
    {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "CONNECT"}
)
_BLANK_LINES = re.compile(rb"(?:[ \t]*\r?\n)*")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FOLD = re.compile(r"\r?\n[ \t]+")
_UNUSUAL_START = re.compile(r"[A-Za-z]+ \S+ HTTP/[0-9.]+")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.6.2
_FIELD = re.compile(rf"({_TOKEN.pattern}):[ \t\r]*(.*)", re.DOTALL)
_SPACE = " \t\r"


def read_messages(
    data: bytes, *, received_at: int | None = None, format_name: str = "http"
) -> list[CapturedRequest]:
    """Every request of a stream of HTTP messages in order; responses between them are skipped.

    A missing start line, a bare path in its place (the provider's printed sample) and HTTP/2 pseudo
    header fields are tolerated in the first message.

    Raises:
        VoveError: `malformed-header`, `malformed-chunked`.
    """
    requests: list[CapturedRequest] = []
    position = skip_blank_lines(data)
    while position < len(data):
        start_line, lines, body_start = split_head(data, position)
        if start_line.startswith("HTTP/"):
            position = next_message(data, body_start)
            continue
        method, target = split_start_line(start_line)
        headers = read_header_lines(lines, strict=" HTTP/" in start_line)
        if not start_line:
            method, target = take_pseudo_headers(headers)
        body, position, facts = frame(data, body_start, headers)
        if not headers and not body:
            continue  # a line of an access log, or of prose
        request = captured(
            format_name, headers, body,
            method=method, target=target, received_at=received_at, facts=facts,
        )  # fmt: skip
        # Without a start line it may be any text with header lines in it.
        requests.append(request if start_line else request._replace(reading="printed"))
    return requests


def skip_blank_lines(data: bytes) -> int:
    """The offset of the first line that is not blank; its indentation is kept."""
    match = _BLANK_LINES.match(data)
    return match.end() if match else 0


def split_head(data: bytes, position: int) -> tuple[str, list[str], int]:
    """The start line (empty where there is none), the header lines, and where the body starts."""
    blank = _BLANK_LINE.search(data, position)
    end, body_start = blank.span() if blank else (len(data), len(data))
    head = data[position:end].decode("utf-8", "surrogateescape")
    first, _, fields = head.partition("\n")
    start_line = first.rstrip(_SPACE)
    if is_start_line(start_line):
        return start_line, unfold(fields).split("\n"), body_start
    return "", unfold(head).split("\n"), body_start


def unfold(head: str) -> str:
    """Join folded header lines with a space (RFC 9112 5.2)."""
    return _FOLD.sub(" ", head) if "\n " in head or "\n\t" in head else head


def is_start_line(line: str) -> bool:
    """Whether a line starts a message: a request line, a status line, or a bare path."""
    if line.startswith(("/", "HTTP/")):
        return not line.startswith("//")  # a comment
    method, space, _ = line.partition(" ")
    if method in METHODS:
        return bool(space)
    return _UNUSUAL_START.fullmatch(line) is not None


def split_start_line(line: str) -> tuple[str | None, str]:
    """Method and target of a request line; no method where the line is a bare path."""
    rest, _, version = line.rpartition(" ")
    if not version.startswith("HTTP/"):
        rest = line
    if rest.startswith("/"):
        return None, rest
    method, _, target = rest.partition(" ")
    return method.upper() or None, target.strip()


def read_header_lines(lines: list[str], *, strict: bool) -> Headers:
    """Header fields in order.

    Args:
        lines: Unfolded text with surrogate-escaped bytes; a CR at the end does not matter.
        strict: Whether space before the colon is refused, as a server does (RFC 9112 5.1).

    Raises:
        VoveError: `malformed-header`.
    """
    headers: Headers = []
    for line in lines:
        if field := _FIELD.match(line):
            name, value = field.groups()
            headers.append((wire_name(name) if "_" in name else name, value.rstrip(_SPACE)))
        else:
            _read_odd_line(line, headers, strict=strict)
    return headers


def take_pseudo_headers(headers: Headers) -> tuple[str | None, str]:
    """Take the pseudo headers of an HTTP/2 dump out; gives method and path."""
    pseudo = {name: value for name, value in headers if name.startswith(":")}
    if pseudo:
        headers[:] = [header for header in headers if not header[0].startswith(":")]
    return pseudo.get(":method", "").upper() or None, pseudo.get(":path", "")


def _read_odd_line(line: str, headers: Headers, *, strict: bool) -> None:
    """A header line that is no plain `name: value`: empty, a pseudo header, or wrong."""
    text = line.strip(_SPACE)
    name, colon, value = text.partition(":")
    if not text:
        return
    if text.startswith(":") and ":" in text[1:]:
        pseudo, _, value = text[1:].partition(":")
        headers.append((f":{pseudo}", value.strip()))
    elif colon and not strict and _TOKEN.fullmatch(name.rstrip()):
        headers.append((wire_name(name.rstrip()), value.strip(_SPACE)))
    else:
        raise VoveError(
            "malformed-header",
            f"this line of the head is not a header: {text[:80]!r}",
            hint="write each header as `Name: value` and leave an empty line before the body",
        )
