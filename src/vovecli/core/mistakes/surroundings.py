"""What people and tools put around, into and after a body when they copy, edit or log it."""

from __future__ import annotations

import re
from itertools import islice, product
from typing import TYPE_CHECKING

from vovecli.core.catalogue import (
    EVENTS,
    KYB_INITIAL_STATUS,
    KYC_SUSPICION_REASONS,
    SAMPLE_REASON,
)
from vovecli.core.mistakes.json_text import missing_closers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vovecli.core.mistakes.mistake import Candidates

MAX_SPANS, MAX_MEMBERS, MAX_SHOWN_BYTES = 4, 40, 12
_STRINGS_AND_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]')
_OPENING = re.compile(rb"[{\[]")
_COMMENT = rb"""(?xs)
      (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    | (?P<space>[ \t]*+) (?: //[^\r\n]*+ | /\*.*?\*/ | \#[^\r\n]*+ )
"""
_MEMBER = rb'"(?:[^"\\]|\\.)*+"\s*+:\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s{}\[\],"]++)'
_QUOTES = (b"'", b'"', b"`", b"''", b'"""', b"\xe2\x80\x99")
# Zero-width, directional and separating characters, soft hyphen, BOM: nothing of them is seen.
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u2064\u00ad\ufeff]")
_ELLIPSIS = re.compile(rb"(?:\xe2\x80\xa6|\.{3})\s*+\Z")
_WIDE_SPACE = re.compile("[\u00a0\u2007\u202f]")
_STATUSES = dict.fromkeys(event.status for event in EVENTS.values() if event.status)
_KYB = (KYB_INITIAL_STATUS, *filter(str.isupper, _STATUSES))
DOCUMENTED: Mapping[bytes, Sequence[str]] = {
    b"status": (KYB_INITIAL_STATUS, *_STATUSES),
    b"previousStatus": _KYB,
    b"reason": (SAMPLE_REASON, *KYC_SUSPICION_REASONS),
}


def without_comments(body: bytes) -> Candidates:
    """JSON behind //, /* */ and # comments."""
    if b"//" in body or b"/*" in body or b"#" in body:
        with_space = re.sub(_COMMENT, lambda match: match["string"] or match["space"], body)
        yield "", re.sub(_COMMENT, lambda match: match["string"] or b"", body)
        yield "its space stayed", with_space
        yield "its line went too", re.sub(rb"(?m)^[ \t]+\r?\n", b"", with_space)


def completed(body: bytes) -> Candidates:
    """JSON whose last brackets are missing."""
    body = _ELLIPSIS.sub(b"", body)
    text = body.rstrip()
    if closers := missing_closers(text.decode("utf-8", "surrogateescape")).encode():
        for end in (closers, b"\n" + closers, b"\n" + closers + b"\n", b"\r\n" + closers):
            yield "its closing brackets are missing", (text if end != closers else body) + end


def first_bytes(body: bytes) -> Candidates:
    """What a signer with a buffer of a fixed size saw."""
    for power in range(8, 20):
        if len(body) > 1 << power:
            yield f"only the first {1 << power} bytes were signed", body[: 1 << power]


def without_surroundings(body: bytes) -> Candidates:
    """The JSON object or array in the text, as it stands there, and text in quotes."""
    outermost: list[tuple[int, int]] = []
    for start, end in _longest_first(body):
        if all(end <= other_start or other_end <= start for other_start, other_end in outermost):
            outermost.append((start, end))
            if words := _words(body[:start], body[end:]):
                yield words, body[start:end]
    if label := re.match(rb"\s*+[\w$-]{1,24}+\s*+[:=]\s*+", body):
        yield f"{_shown(label[0])} is before it", body[label.end() :]
    for quote in _QUOTES:
        if body.startswith(quote) and body.rstrip().endswith(quote) and len(body) > 2 * len(quote):
            yield "quotes are around it", body.rstrip()[len(quote) : -len(quote)]


def values_inside(body: bytes) -> Candidates:
    """Every JSON object and array that stands in another one."""
    for start, end in _longest_first(body):
        if words := _words(body[:start], body[end:]):
            yield words, body[start:end]


def _longest_first(body: bytes) -> list[tuple[int, int]]:
    return sorted(_spans(body), key=lambda span: span[0] - span[1])[: MAX_SPANS + 1]


def _spans(body: bytes) -> Iterator[tuple[int, int]]:
    """Where balanced brackets begin and end; a bracket that matches nothing begins anew."""
    opened: list[tuple[bytes, int]] = []
    at = 0
    # Outside of brackets a quote may be anything.
    while match := (_STRINGS_AND_BRACKETS if opened else _OPENING).search(body, at):
        piece, at = match[0], match.end()
        if piece in (b"{", b"["):
            opened.append((piece, match.start()))
        elif piece in (b"}", b"]"):
            bracket, start = opened.pop()
            if (bracket == b"{") == (piece == b"}"):
                yield start, at
            else:
                opened.clear()


def _words(before: bytes, after: bytes) -> str:
    sides = ((before, "before"), (after, "after"))
    return " and ".join(f"{_shown(text)} is {where} it" for text, where in sides if text.strip())


def _shown(text: bytes) -> str:
    return ascii(text.strip()[:MAX_SHOWN_BYTES].decode("utf-8", "replace"))


def from_csv_cell(body: bytes) -> Candidates:
    """The text of a CSV cell (RFC 4180: a quote in a quoted field is doubled)."""
    bare = body.strip()
    inner = bare[1:-1] if bare.startswith(b'"') and bare.endswith(b'"') else bare
    if b'""' in inner and b'"' not in inner.replace(b'""', b""):
        yield "", inner.replace(b'""', b'"')


def without_invisibles(body: bytes) -> Candidates:
    """Text without zero-width characters, and with plain spaces for those that do not break."""
    if 0 < body.count(b"\0") < len(body) // 3:  # every second byte of UTF-16 is one
        yield "NUL", body.replace(b"\0", b"")
    if body.isascii():
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return
    zero_width, wide = bool(_ZERO_WIDTH.search(text)), bool(_WIDE_SPACE.search(text))
    bare = _ZERO_WIDTH.sub("", text)
    if zero_width:
        yield "of no width", bare.encode("utf-8")
    if wide:
        yield "spaces that do not break", _WIDE_SPACE.sub(" ", text).encode("utf-8")
    if zero_width and wide:
        yield "of no width, and spaces", _WIDE_SPACE.sub(" ", bare).encode("utf-8")
    if wide:
        yield "spaces that do not break", _WIDE_SPACE.sub("", bare).encode("utf-8")


def unaltered(body: bytes) -> Candidates:
    """The body with a documented value put back, or without what was added to it."""
    if not body.isascii():
        words = "characters that are not ASCII were added, or the signer left them out"
        yield words, body.decode("ascii", "ignore").encode("ascii")
    places = {name: match for name in DOCUMENTED if (match := _value(name, body))}
    for name, match in places.items():
        for value in DOCUMENTED[name]:
            yield _put(name, value), _with(body, match, value)
    if {b"status", b"previousStatus"} <= set(places):
        first, second = sorted((places[b"status"], places[b"previousStatus"]), key=re.Match.start)
        for one, other in product(_KYB, repeat=2):
            changed = _with(_with(body, second, other), first, one)
            yield "status and previousStatus had other values", changed
    for match in islice(re.finditer(_MEMBER, body), MAX_MEMBERS):
        name = match[0].partition(b":")[0].strip(b' \t\r\n"')
        words = f"the field {_shown(name)} was added"
        head, tail = body[: match.start()], body[match.end() :]
        if (comma := re.search(rb",\s*+$", head)) is not None:
            yield words, head[: comma.start()] + tail
        elif (comma := re.match(rb"\s*+,\s*+", tail)) is not None:
            yield words, head + tail[comma.end() :]
            yield words, head + tail.lstrip()[1:]


def _value(name: bytes, body: bytes) -> re.Match[bytes] | None:
    return re.search(rb'"' + name + rb'"\s*+:\s*+"([^"\\]*+)"', body)


def _put(name: bytes, value: str) -> str:
    return f"{name.decode()} was {value} when it was signed"


def _with(body: bytes, match: re.Match[bytes], value: str) -> bytes:
    return body[: match.start(1)] + value.encode() + body[match.end(1) :]
