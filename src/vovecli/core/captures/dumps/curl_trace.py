"""`curl --trace` and `--trace-ascii`: the bytes sent, in hexadecimal or as printable text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.http_message import read_messages
from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

_SENT = re.compile(r"=> Send (?:header|data), ([0-9]{1,10}) bytes")
_EVENT = re.compile(r"(?:=> Send|<= Recv|== Info|[=<>]{2} )")
_ROW = re.compile(r"([0-9a-f]{4,8}): ?(.*)")
_HEX = re.compile(r"(?:[0-9a-f]{2} ){1,16}")
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
    rows: list[tuple[int, str]] | None = None
    length = 0
    for line in [*source.decode("utf-8", "surrogateescape").split("\n"), "== end"]:
        row = _ROW.fullmatch(line.rstrip("\r")) if rows is not None else None
        if row and rows is not None:
            rows.append((int(row[1], 16), row[2]))
            continue
        if rows:
            piece, dotted = _bytes(rows, length)
            sent.append(piece)
            lossy = lossy or dotted
        event = _SENT.search(line)
        rows, length = ([], int(event[1])) if event else (None, 0)
    requests = read_messages(b"".join(sent))
    if lossy:
        return [request._replace(facts=(*request.facts, _DOTS)) for request in requests]
    return requests


def _bytes(rows: list[tuple[int, str]], length: int) -> tuple[bytes, bool]:
    """The bytes of one event, and whether dots may stand for others."""
    octets = b"".join(
        [bytes.fromhex(row[0]) for _, text in rows if (row := _HEX.match(text + " "))]
    )
    if len(octets) == length:
        return octets, False
    pieces = []
    ends = [offset for offset, _ in rows[1:]] + [length]
    for (offset, text), end in zip(rows, ends, strict=True):
        piece = text.encode("utf-8", "surrogateescape")
        # Only CR LF ends a row early, and is not printed.
        pieces.append(piece + b"\r\n" if end - offset - len(piece) == 2 else piece)  # noqa: PLR2004 - CR LF
    joined = b"".join(pieces)
    return joined, b"." in joined
