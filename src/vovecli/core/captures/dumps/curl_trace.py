"""`curl --trace` and `--trace-ascii`: the bytes sent, in hexadecimal or as printable text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.http_message import read_messages
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


def read(source: bytes) -> list[CapturedRequest]:
    """Every request of a trace.

    Raises:
        VoveError: Those of raw messages.
    """
    if b"=> Send " not in source:
        return []
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
