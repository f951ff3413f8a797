"""Text that holds HTTP requests: raw messages, request files, and what tools print of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures import http_message
from vovecli.core.captures.header_names import wire_name
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

# Quick signs of a request file: without any of them no more is looked at, nor loaded.
_FILE_SIGNS = (b"{{", b"\n#", b"\n//", b"\n<", b"\n>", b" http")
_HEADER_LINE = re.compile(
    rb"(:?[A-Za-z][A-Za-z0-9_-]{0,200}+)[ \t]*+:[^\n]*\n?(?:[ \t]+\S[^\n]*\n?)*"
)
_REQUEST_LINE = re.compile(rb"[A-Z]{3,10} [^ \r\n]{1,8192} HTTP/1\.[01]\r\n")
# A text of `name: value` lines is a request only if one of them is of HTTP.
_KNOWN_NAMES = HEADER_NAMES | {
    ":method", "host", "content-type", "content-length", "user-agent", "accept",
}  # fmt: skip


def read(source: bytes, read_file: ReadFile) -> list[CapturedRequest]:
    """Every request of a text; none where there is no HTTP request in it.

    Raises:
        VoveError: Those of raw messages and of request files.
    """
    raw = _is_message(source)
    if not raw or any(map(source.__contains__, _FILE_SIGNS)):
        from vovecli.core.captures import rest_client

        if rest_client.is_request_file(source) and (
            requests := rest_client.read(source, read_file)
        ):
            return requests
    if raw:
        return http_message.read_messages(source)
    from vovecli.core.captures import dumps

    return dumps.read(source)


def _is_message(source: bytes) -> bool:
    """Whether the first paragraph is the head of a message, perhaps without its start line."""
    if _REQUEST_LINE.match(source):
        return True
    start = http_message.skip_blank_lines(source)
    end = source.find(b"\n", start)
    first = source[start : end if end >= 0 else len(source)][:8192].decode("utf-8", "replace")
    if not http_message.is_start_line(first.rstrip()):
        return _is_head(source, start)
    return " HTTP/" in first or _is_head(source, end + 1)


def _is_head(source: bytes, position: int) -> bool:
    """Whether all lines up to the next blank one are headers, and one of them is of HTTP."""
    known = False
    while line := _HEADER_LINE.match(source, position):
        position = line.end()
        known = known or wire_name(line[1].decode()).lower() in _KNOWN_NAMES
    return known and (position == len(source) or source[position] in b"\r\n")
