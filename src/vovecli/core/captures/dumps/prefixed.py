"""Messages with something before their lines: log prefixes, arrows, quote marks, indentation.

Or before the first line only, when a program logs a whole message at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.documents.fields import moment
from vovecli.core.captures.http_message import read_messages

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

_REQUEST_LINE = re.compile(
    rb"(?<![A-Za-z])(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) [^ \t\r\n]{1,8192} (?i:HTTP)/[0-9]"
)
_STATUS_LINE = re.compile(rb"[<>] HTTP/[0-9]")
_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9_-]*:[ \t]")
_CURL_NOISE = re.compile(rb"[*{}<>] |[ 0-9]{3} ")
_TIME = re.compile(
    rb"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?"
    rb"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
# Where okhttp and wget say that the request ends.
_END = re.compile(rb"\r?\n(?:--> END |---request end---)")
_LONGEST_PREFIX, _NEARBY = 500, 16_384


def read(source: bytes) -> list[CapturedRequest]:
    """Every request from the first line on that has a request line in it.

    Raises:
        VoveError: Those of raw messages.
    """
    first = _REQUEST_LINE.search(source)
    if not first:
        return []
    prefix = _prefix(source, first)
    pattern = _pattern(prefix)
    if prefix and _is_repeated(source, first.end(), pattern):
        return _read_prefixed(source[first.start() - len(prefix) :], prefix, pattern)
    return _read_messages(source, first)


def _is_repeated(source: bytes, position: int, pattern: re.Pattern[bytes]) -> bool:
    """Whether the lines after a request line have its prefix, perhaps with others between."""
    next_line = source.find(b"\n", position) + 1 or len(source)
    if pattern.match(source, next_line):
        return True
    following = pattern.search(source, next_line, next_line + _NEARBY)
    if not following or _HEADER.match(source, next_line):
        return False
    return not _REQUEST_LINE.match(source, following.end())


def _prefix(source: bytes, request_line: re.Match[bytes]) -> bytes:
    """What stands before a request line on its line, or the last 500 bytes of it."""
    end = request_line.start()
    nearby = source[max(0, end - _LONGEST_PREFIX) : end]
    return nearby[nearby.rfind(b"\n") + 1 :]


def _pattern(prefix: bytes) -> re.Pattern[bytes]:
    """The prefix with other digits (a later time) and, on empty lines, without its last spaces."""
    text = prefix.rstrip(b" \t")
    core = re.sub(rb"[0-9]+", rb"[0-9]+", re.escape(text))
    spaces = re.escape(prefix[len(text) :])
    return re.compile(rb"^%b(?:%b|[ \t]*(?=\r?$))" % (core, spaces), re.MULTILINE)


def _read_messages(source: bytes, first: re.Match[bytes]) -> list[CapturedRequest]:
    """Messages of which at most the first line has something before it."""
    requests: list[CapturedRequest] = []
    match: re.Match[bytes] | None = first
    while match:
        line_end = source.find(b"\n", match.end())
        following = _REQUEST_LINE.search(source, line_end) if line_end >= 0 else None
        end = following.start() - len(_prefix(source, following)) if following else len(source)
        block = source[match.start() : end]
        mark = _END.search(block)
        block = (block[: mark.start()] if mark else block).replace(b" http/", b" HTTP/", 1)
        requests += _timed(read_messages(block), _prefix(source, match))
        match = following
    return requests


def _read_prefixed(
    source: bytes, prefix: bytes, pattern: re.Pattern[bytes]
) -> list[CapturedRequest]:
    """Messages of which every line has the prefix; of other lines only a body's are kept."""
    is_arrow = prefix.strip() in (b"<", b">")
    lines: list[bytes] = []
    in_answer = False
    for line in source.split(b"\n"):
        match = pattern.match(line)
        if match:
            text = line[match.end() :]
            in_answer = in_answer and not _REQUEST_LINE.match(text)
        elif is_arrow and _STATUS_LINE.match(line):
            in_answer = True
            continue
        elif not line.strip() or (is_arrow and not _CURL_NOISE.match(line)):
            text = line
        elif prefix.strip():
            continue
        else:
            break
        if not in_answer:
            lines.append(text)
    return _timed(read_messages(b"\n".join(lines)), prefix)


def _timed(requests: list[CapturedRequest], prefix: bytes) -> list[CapturedRequest]:
    """The requests with the time that a log line gives, if it gives one with its zone."""
    time = _TIME.search(prefix)
    if not time or len(requests) != 1:
        return requests
    received_at = moment(time[0].decode().replace(",", "."))
    return [requests[0]._replace(received_at=received_at)]
