"""Where the body of an HTTP/1.x message ends: Content-Length, chunks, or the next message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import parse_length, truncated_body
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

    Framed = tuple[bytes, int, tuple[Finding, ...]]

_START = rb"(?:[A-Z]{3,10} [^ \t\r\n]{1,8192} HTTP/[0-9]|HTTP/[0-9.]{1,3} [1-5][0-9][0-9])"
_MESSAGE_START = re.compile(_START)
_MESSAGE_LINE = re.compile(rb"^" + _START, re.MULTILINE)
_BLANK = re.compile(rb"[ \t\r\n]*")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_LINE_END = re.compile(rb"\r?\n")
_TRAILERS = re.compile(rb"(?:[^\r\n]+\r?\n)*\r?\n")


def frame(data: bytes, start: int, headers: Headers) -> Framed:
    """The body that starts at an offset, the offset of what follows it, and what its framing shows.

    Raises:
        VoveError: `malformed-chunked`, `malformed-header` (a Content-Length that is none).
    """
    length, chunked = _announcement(headers)
    # JSON in place of a chunk size: the tool that wrote the capture had joined the chunks.
    if chunked and data[start : start + 1] not in (b"{", b"["):
        return _chunked(data, start)
    end = len(data) + 1 if length is None else start + length
    following = skip_blank(data, end)
    if end <= len(data) and following == len(data):
        return data[start:end], following, _surplus(following - end, end - start)
    if end <= len(data) and _MESSAGE_START.match(data, following):
        return data[start:end], following, ()
    return _unbounded(data, start)


def skip_blank(data: bytes, position: int) -> int:
    """The offset of the first byte that is no white space."""
    match = _BLANK.match(data, position)
    return match.end() if match else len(data)


def next_message(data: bytes, position: int) -> int:
    """The offset of the next line that starts a request or a response, else the end."""
    match = _MESSAGE_LINE.search(data, position)
    return match.start() if match else len(data)


def _announcement(headers: Headers) -> tuple[int | None, bool]:
    """The Content-Length, and whether the body is chunked (which overrides it: RFC 9112 6.3)."""
    length, chunked = None, False
    for name, value in headers:
        lower = name.lower()
        if lower == "content-length":
            parsed = parse_length(value)
            if parsed is None or length not in (None, parsed):
                raise VoveError(
                    "malformed-header",
                    f"Content-Length is not one number of bytes: {value!r}",
                    hint="correct the length in the capture, or remove the header",
                )
            length = parsed
        elif lower == "transfer-encoding":
            chunked = value.lower().endswith("chunked")
    return length, chunked


def _unbounded(data: bytes, start: int) -> Framed:
    """A body of unknown or wrong length: up to the next message, else to the end."""
    following = next_message(data, start)
    body = data[start:following]
    return body.rstrip(b"\r\n") if following < len(data) else body, following, ()


def _surplus(count: int, length: int) -> tuple[Finding, ...]:
    """What an editor added after the body, if anything."""
    if not count:
        return ()
    what = "1 byte" if count == 1 else f"{count} bytes"
    text = f"{what} after the body of {length} bytes: not part of it, as Content-Length says"
    return (Finding("trailing-bytes-ignored", text),)


def _chunked(data: bytes, position: int) -> Framed:
    """Decode chunks (RFC 9112 7.1); trailers are passed over."""
    pieces: list[bytes] = []
    while size_line := _CHUNK_SIZE.match(data, position):
        size = int(size_line[1], 16)
        position = size_line.end()
        if size == 0:
            trailers = _TRAILERS.match(data, position)
            position = skip_blank(data, trailers.end() if trailers else len(data))
            return b"".join(pieces), position, ()
        piece = data[position : position + size]
        pieces.append(piece)
        position += len(piece)
        line_end = _LINE_END.match(data, position)
        if len(piece) < size or (position == len(data) and not line_end):
            break
        if not line_end:
            raise _bad_chunk(f"the chunk of {size} bytes does not end where it should")
        position = line_end.end()
    else:
        if _LINE_END.search(data, position):
            raise _bad_chunk("the size of a chunk is not a hexadecimal number")
    body = b"".join(pieces)
    return body, len(data), (truncated_body(len(body), None),)


def _bad_chunk(why: str) -> VoveError:
    return VoveError(
        "malformed-chunked",
        f"the chunked body cannot be decoded: {why}",
        hint="capture the request again, or save it with the body joined and a Content-Length",
    )
