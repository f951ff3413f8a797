"""`nghttp -v` and its kin: HTTP/2 frames with the header fields, the bodies not printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import announced_length, missing_body
from vovecli.core.captures.http_message import read_header_lines, take_pseudo_headers
from vovecli.core.requests import CapturedRequest

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

_FRAME = re.compile(r"\[ *[0-9.]+\] (?:send|recv) HEADERS frame")
_FIELD = re.compile(r"[ \t]+(:?[A-Za-z][A-Za-z0-9_-]*: .*)")
_RECEIVED = re.compile(r"\[ *[0-9.]+\] recv \(stream_id=([0-9]+)\) (:?[A-Za-z][A-Za-z0-9_-]*: .*)")


def read(source: bytes) -> list[CapturedRequest]:
    """Every request whose header fields are printed."""
    if b"HEADERS frame" not in source and b"(stream_id=" not in source:
        return []
    blocks: list[list[str]] = []
    streams: dict[str, list[str]] = {}
    for line in source.decode("utf-8", "surrogateescape").splitlines():
        if received := _RECEIVED.match(line):
            streams.setdefault(received[1], []).append(received[2])
        elif _FRAME.match(line) or (line[:1] == "[" and blocks and blocks[-1]):
            blocks.append([])
        elif blocks and (field := _FIELD.fullmatch(line)):
            blocks[-1].append(field[1])
    headers = [read_header_lines(lines, strict=False) for lines in [*blocks, *streams.values()]]
    return [_request(fields) for fields in headers if any(name == ":method" for name, _ in fields)]


def _request(headers: Headers) -> CapturedRequest:
    method, target = take_pseudo_headers(headers)
    facts = missing_body(method, announced_length(headers))
    return CapturedRequest(method, target, headers, b"", None, "http", facts)
