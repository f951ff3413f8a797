"""What tools print of a request in forms of their own: traces of curl, frames of nghttp."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import captured
from vovecli.core.captures.http_message import (
    read_header_lines,
    read_messages,
    take_pseudo_headers,
)
from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.requests import CapturedRequest

    Rows = list[tuple[int, str]]

_SENT = re.compile(r"=> Send (header|data), ([0-9]{1,10}) bytes")
_ROW = re.compile(r"([0-9a-f]{4,8}): ?(.*)")
_HEX = re.compile(r"(?:[0-9a-f]{2} ){1,16}")
_CRLF = b"\r\n"
_DOTS = Finding(
    "capture-lossy",
    "curl --trace-ascii prints a dot for every byte that is not printable ASCII; "
    "--trace keeps all of them",
)
_BAR = re.compile(rb"^\| ?([^\n]*\n?)", re.MULTILINE)  # Insomnia's timeline, before a body
_ARROW = re.compile(rb"^> ?([^\n]*\n?)", re.MULTILINE)
_REQUEST_LINE = re.compile(rb"^> [A-Z]{3,10} [^ \t\r\n]{1,8192} HTTP/[0-9]", re.MULTILINE)
_FIELD = re.compile(
    r"(?:\[ *[0-9.]+\] recv \(stream_id=[0-9]+\) |[ \t]+)(:?[A-Za-z][A-Za-z0-9_-]*: .*)"
)


def read(source: bytes) -> list[CapturedRequest]:
    """Every request in a dump; none in a text that is not one.

    Raises:
        VoveError: Those of raw messages.
    """
    if b"=> Send " in source:
        return _trace(source)
    if first := _REQUEST_LINE.search(source):  # `curl -v`, quoted mail
        message = b"".join(_ARROW.findall(source, first.start()))
        if body := b"".join(_BAR.findall(source, first.start())):
            message = message.rstrip() + b"\n\n" + body.removesuffix(b"\n")
        return read_messages(message)
    return _frames(source) if b":method: " in source else []


def _frames(source: bytes) -> list[CapturedRequest]:
    """The header fields of HTTP/2, as `nghttp -v` and its kin print them, without the bodies."""
    groups: list[list[str]] = [[]]
    for line in source.decode("utf-8", "surrogateescape").splitlines():
        field = _FIELD.fullmatch(line)
        if field is None or field[1].startswith((":method", ":status")):
            groups.append([])
        if field:
            groups[-1].append(field[1])
    requests = []
    for lines in groups:
        headers = read_header_lines(lines, strict=False)
        method, target = take_pseudo_headers(headers)
        if method:
            requests.append(captured("http", headers, method=method, target=target))
    return requests


def _trace(source: bytes) -> list[CapturedRequest]:
    """What `--trace` and `--trace-ascii` print: the bytes in hexadecimal, or as text."""
    sent: list[bytes] = []
    lossy = False
    for kind, length, rows in _events(source.decode("utf-8", "surrogateescape")):
        octets = _from_hex(rows)
        if len(octets) != length:
            octets = _from_text(rows, length)
            lossy = lossy or (kind == "data" and b"." in octets)
        sent.append(octets)
    requests = read_messages(b"".join(sent))
    if lossy:
        return [request._replace(facts=(*request.facts, _DOTS)) for request in requests]
    return requests


def _events(text: str) -> Iterator[tuple[str, int, Rows]]:
    """What was sent: header or data, how many bytes, and the rows with their offsets."""
    kind, length, rows = "", 0, []
    for line in text.split("\n"):
        if kind and (row := _ROW.fullmatch(line.rstrip("\r"))):
            rows.append((int(row[1], 16), row[2]))
            continue
        if rows:
            yield kind, length, rows
        sent = _SENT.search(line)
        kind, length, rows = (sent[1], int(sent[2]), []) if sent else ("", 0, [])
    if rows:
        yield kind, length, rows


def _from_hex(rows: Rows) -> bytes:
    return b"".join([bytes.fromhex(row[0]) for _, text in rows if (row := _HEX.match(text + " "))])


def _from_text(rows: Rows, length: int) -> bytes:
    pieces = []
    ends = [*(offset for offset, _ in rows[1:]), length]
    for (offset, text), end in zip(rows, ends, strict=True):
        piece = text.encode("utf-8", "surrogateescape")
        # Only CR LF ends a row early, and is not printed.
        pieces.append(piece + _CRLF if end - offset - len(piece) == len(_CRLF) else piece)
    return b"".join(pieces)
