"""A printed text as it is, and once more without what a log, a chat or an export put around it."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

from vovecli.core.captures.printed.evidence import has_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

# `[info]` is a word of its own, also where no space follows it.
_WORD = re.compile(r"\[[^\]\s]*+\]\s*|\S[^\s\[]*+\s*|\s+")
_DIGITS = re.compile(r"[0-9]+")
_ESCAPED_NUMBER = re.compile(r"(?:\\[ ])*[0-9]+")  # of a line, which may be aligned
_LINE_BREAK, _TAG = re.compile(r"<br[ ]?/?>"), re.compile(r"</?[a-z][^<>]{0,200}>")
_MEMBER = re.compile(r'("[\w.@ -]{1,60}"\s*+:\s*+\[?\s*+)("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)
_IN_BOX = re.compile("^\u2502 (.*) \u2502$|^[\u256d\u2570\u250c\u2514].*\n", re.MULTILINE)
_TYPOGRAPHY = {
    0x201C: '"', 0x201D: '"', 0x201E: '"', 0x2018: "'", 0x2019: "'",  # quotes
    0xA0: " ", 0x200B: None, 0x2060: None, 0xFEFF: None,  # spaces, wide or without width
}  # fmt: skip
_TYPOGRAPHIC = re.compile("[\u2018-\u201e\u00a0\u200b\u2060\ufeff]")
_MAX_VIEWS, _LINES_COMPARED, _MAX_PREFIXES = 6, 12, 2


def views(text: str, at: int) -> Iterator[str]:
    """The text, then each thing around it taken away, alone and one after the other.

    Args:
        text: Some lines of the source.
        at: Offset of the headers in it.
    """
    seen = [text]
    yield text
    for view in seen:
        place = at if view is text else 0
        peels = (_from_strings, _retyped, _requoted)
        for peeled in (*_without_prefixes(view, place), *(peel(view) for peel in peels)):
            if len(seen) < _MAX_VIEWS and peeled and peeled not in seen:
                seen.append(peeled)
                yield peeled


def _without_prefixes(text: str, at: int) -> Iterator[str]:
    """The lines without what their beginnings have in common, whatever numbers stand in it.

    That is a logger's prefix in the first lines, and perhaps only a platform's in all of them.
    """
    start = text.rfind("\n", 0, at) + 1
    first, *lines = text[start:].split("\n", _LINES_COMPARED)[:_LINES_COMPARED]
    prefixes = filter(None, [_common_prefix(first, line) for line in lines])
    for prefix in sorted(set(prefixes), key=len, reverse=True)[:_MAX_PREFIXES]:
        yield _without(prefix, text)


def _without(prefix: str, text: str) -> str:
    core = _ESCAPED_NUMBER.sub("[ ]*[0-9]+", re.escape(prefix.rstrip()))
    spaces = re.findall(rf"^{core}([ \t]*)(?=[^\s])", text, re.MULTILINE)
    indent = min(map(len, spaces), default=0) if core else len(prefix)
    return re.sub(rf"^{core}[ \t]{{0,{indent}}}", "", text, flags=re.MULTILINE)


def _common_prefix(first: str, second: str) -> str:
    """The words with which both lines begin, numbers apart."""
    length = 0
    for one, other in zip(_WORD.finditer(first), _WORD.finditer(second), strict=False):
        if _DIGITS.sub("0", one[0].rstrip()) != _DIGITS.sub("0", other[0].rstrip()):
            break
        length = one.start() + min(len(one[0]), len(other[0])) if one[0].isspace() else one.end()
    return first[:length]


def _from_strings(text: str) -> str | None:
    """The text that the lines of a JSON log hold in one member: `log`, `message`, `textPayload`."""
    members = list(_MEMBER.finditer(text))
    name = next((member[1] for member in members if has_headers(member[2])), None)
    if name is None:
        return None
    pieces: list[str] = []
    for member in members:
        if member[1] == name:
            try:
                pieces.append(json.loads(member[2], strict=False))
            except ValueError:
                continue
    return "".join(piece if piece.endswith("\n") else f"{piece}\n" for piece in pieces)


def unwrapped(text: str) -> str:
    """Without the line ends that a terminal put in where a line filled its window, or a box."""
    lines = _IN_BOX.sub(r"\1", text).split("\n")
    widths = list(map(_width, lines))
    full = max(widths)
    return "".join(
        # A wide character that does not fit begins the next line.
        line if width + (_width(following[:1]) or 1) > full else f"{line}\n"
        for line, width, following in zip(lines, widths, [*lines[1:], ""], strict=True)
    )


def _width(line: str) -> int:
    """In columns of a terminal."""
    return len(line) + (0 if line.isascii() else sum(map(_more_columns, line)))


def _more_columns(character: str) -> int:
    return (east_asian_width(character) in "WF") - (combining(character) > 0)


def is_retyped(text: str) -> bool:
    """Whether quotes or spaces of a text are those that a chat or a word processor puts in."""
    return _TYPOGRAPHIC.search(text) is not None


def _retyped(text: str) -> str | None:
    """With the quotes and spaces of a keyboard: chats, wikis and word processors replace them."""
    return text.translate(_TYPOGRAPHY) if is_retyped(text) else None


def _requoted(text: str) -> str | None:
    """With plain quotes for those of HTML, without its marks, or of a CSV field."""
    if "</span>" in text or "<br" in text:
        return html.unescape(_TAG.sub("", _LINE_BREAK.sub("\n", text)))
    if "&quot;" in text or "&#34;" in text:
        return html.unescape(text)
    return text.replace('""', '"') if '{""' in text else None
