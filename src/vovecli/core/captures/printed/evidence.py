"""Where the three header values stand in a printed text: by name, whatever separates them.

`svix-id`, `HTTP_SVIX_ID`, `request_Svix-Id`, `svix_id`, `:svix-id`; bare, quoted, in lists; as the
header lines, dictionaries, maps and tables of any language print them. Without a name, by looks:
`id=msg_… ts=… sig=v1,…`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vovecli.core.captures.variables import refuse_unresolved

# It starts with a set of characters, and looks back afterwards: so megabytes are passed quickly.
_NAME = re.compile(
    r"[sSwW](?:(?<=[sS])(?i:vix)|(?<=[wW])(?i:ebhook))[-_](?i:(id|timestamp|signature))(?![\w-])"
)
_BEFORE = 8  # characters
_BEFORE_NAME = re.compile(r"(?:^|[^\w~-]|\\[nrt]|(?:http|request|req|headers?)_)$", re.IGNORECASE)
# What stands between a name and its value: marks, one line end at a time, and the words that
# dumpers write there (`string(31)`, `s:31:`, `Array`, `[0] =>`, `"value":`, `<name>`, `b'`).
_GAP = re.compile(
    r"""(?:(?![+/][\w+/]{42})[^\w\n{}] | \n(?![ \t\r]*\n)
        | string\{
        | a:[0-9]{1,3}:\{i:0;
        | (?:string\([0-9]{1,5}\)|s:[0-9]{1,5}:|[Aa]rray(?:[:(][0-9]{1,3}\)?)?(?:[ ]\{)?
            |name|value|[bu01])(?=\W))"""
    r"{1,120}+",
    re.VERBOSE,
)
_VALUE = re.compile(
    r"""(?:[^\s"'`\\\[\]{}(),;<>&|$\u2018-\u201d]|\\_){1,300}|\{\{[^{}\n]{1,200}\}\}"""
)
_ENTRY = r"v[0-9]{1,2}[a-z]?,(?:[\w+/=*-]|\\[/=]|\\u00[0-9a-fA-F]{2}){1,200}"
_SIGNATURE = re.compile(
    rf"""{_ENTRY}(?:(?:,?[ ]|,){_ENTRY}){{0,50}}
        | \{{\{{[^{{}}\n]{{1,200}}\}}\}}
        | [^\s"'`\\\[\]{{}}();<>|$\u2018-\u201d]{{1,300}}(?<![,.])""",
    re.VERBOSE,
)
# The values of one request that stand beside each other under other names, or under none.
_BY_LOOKS = re.compile(
    r"""(?<![\w-])(?:(?P<id>msg_[0-9A-Za-z]{16,64})|(?P<timestamp>1[0-9]{9})
        |(?P<signature>v1,(?:[\w+/]|\\/){43,86}=(?:[ ]v1,(?:[\w+/]|\\/){43,86}=){0,9}))(?![\w-])""",
    re.VERBOSE | re.ASCII,
)
# ngrep and tcpdump print line ends as dots.
_DOTS = re.compile(r"(?:\.\.[\w-]+:.*|(?<!\.)(?:\.|\.{4}))\Z", re.DOTALL)
_ESCAPED = re.compile(r"\\(?:([/_=])|u00([0-9a-fA-F]{2}))")
_WHOLE_SIGNATURE = re.compile(r"v1,[\w+/]{43}=(?: |$)", re.ASCII)
_LIKE_A_SIGNATURE = re.compile(r"v[0-9]+[a-z]?[,=]|\{\{|.*\*\*\*|[\w+/=-]{20}")
_SWITCHED_OFF = re.compile(
    r"""(?:[^{}\n]|\n(?!\s{0,20}-\s)){0,120}?
        (?:disabled["']?[ \t]*:[ \t]*true|(?:enabled|active)["']?[ \t]*:[ \t]*false)""",
    re.VERBOSE,
)
# Two fields of one block: nothing but other fields between them, no blank line, no closed object.
_BESIDE = 400  # characters
_SAME_BLOCK = re.compile(r"(?:[^\n{}()]|\n(?![ \t\r]*\n)){0,400}")
PARTS = 3


class Block(NamedTuple):
    """The webhook headers of one request.

    Attributes:
        start: Offset of the first name; `end` of what follows the last value.
        headers: By their names on the wire, in order; a name twice where its values differ.
        is_named: Whether the text has these names.
    """

    start: int
    end: int
    headers: tuple[tuple[str, str], ...]
    is_named: bool = True

    @property
    def is_sound(self) -> bool:
        """Whether it is whole, and one of its signatures is."""
        return self.is_whole and any(_WHOLE_SIGNATURE.search(value) for _, value in self.headers)

    @property
    def is_whole(self) -> bool:
        """Whether it has all three headers of one family."""
        names = {name for name, _ in self.headers}
        return any(
            sum(name.startswith(family) for name in names) == PARTS
            for family in ("svix-", "webhook-")
        )


def find_blocks(text: str) -> list[Block]:
    """Every group of webhook headers in a text: id, timestamp and signature of one request.

    Values that the text repeats count once. A block that lacks a header of which the name is beside
    it, with a value that cannot be read, is none: that the header is missing would not be true.

    Raises:
        VoveError: `unresolved-variable`, where a value is a variable of a template.
    """
    blocks: list[Block] = []
    unread: list[tuple[int, str]] = []
    for start, end, name, value in _fields(text):
        if not value:
            unread.append((start, name))
            continue
        last = blocks[-1] if blocks else None
        known = dict(last.headers) if last else {}
        if last and known.get(name) == value:
            blocks[-1] = last._replace(end=end) if not last.is_whole else last
        elif last and name not in known and not last.is_whole:
            blocks[-1] = Block(last.start, end, (*last.headers, (name, value)))
        else:
            blocks.append(Block(start, end, ((name, value),)))
    blocks = [block for block in _joined(text, blocks) if not _is_half_read(block, unread)]
    for block in blocks:
        for name, value in block.headers:
            refuse_unresolved(value, f"the header {name}")
    return blocks


def find_unnamed_blocks(text: str) -> list[Block]:
    """Every group of an id, a moment and a signature whose names are others than on the wire.

    Where only some of the names are there, the request lacks the other headers.
    """
    parts_named = {name[1].lower() for name in _NAME.finditer(text)}
    if len(parts_named) not in (0, PARTS) or "msg_" not in text or "v1," not in text:
        return []
    found = list(_BY_LOOKS.finditer(text))
    blocks: list[Block] = []
    for place, signature in enumerate(found):
        if signature.lastgroup != "signature":
            continue
        # What comes before it belongs to it rather than what follows.
        near = [*found[max(0, place - 2) : place][::-1], *found[place + 1 : place + PARTS]]
        parts = {each.lastgroup: each for each in reversed(near) if _is_near(each, signature)}
        parts["signature"] = signature
        if len(parts) == PARTS:
            headers = [(f"svix-{part}", _plain(each[0])) for part, each in parts.items()]
            start = min(each.start() for each in parts.values())
            end = max(each.end() for each in parts.values())
            blocks.append(Block(start, end, tuple(headers), is_named=False))
    return blocks


def _is_near(one: re.Match[str], other: re.Match[str]) -> bool:
    return max(one.start(), other.start()) - min(one.end(), other.end()) < _BESIDE


def unread_name(text: str) -> str:
    """The first header that a text names with a value that cannot be read; else nothing."""
    return next((name for _, _, name, value in _fields(text) if not value), "")


def has_headers(text: str) -> bool:
    """Whether a text names one of the headers, or has a signature."""
    return has_name(text) or "v1," in text


def has_name(text: str) -> bool:
    """Whether a text names one of the headers."""
    return _NAME.search(text) is not None


def _fields(text: str) -> list[tuple[int, int, str, str]]:
    """Start, end, name and value of every field; the value is empty where it cannot be read."""
    found = []
    for name in _NAME.finditer(text):
        gap = _GAP.match(text, name.end())
        is_name = _BEFORE_NAME.search(text[max(0, name.start() - _BEFORE) : name.start()])
        if not is_name or not gap or _NAME.match(text, gap.end()):
            continue
        part = name[1].lower()
        value = (_SIGNATURE if part == "signature" else _VALUE).match(text, gap.end())
        if value and _SWITCHED_OFF.match(text, value.end()):
            continue
        plain = ""
        if value and _is_plausible(part, value[0]) and not _is_cut(text, value):
            plain = _plain(value[0])
        end = value.end() if value else gap.end()
        found.append((name.start(), end, name[0].lower().replace("_", "-"), plain))
    return found


def _is_cut(text: str, value: re.Match[str]) -> bool:
    """Whether a value is in quotes or a list and ends before: something wrapped the text."""
    after = text[value.end() : value.end() + 1]
    return text[value.start() - 1] in "\"'[" and not after.strip()


def _plain(value: str) -> str:
    """Without the escapes of JSON, Markdown and properties, and the dots that were a line end."""
    plain = _ESCAPED.sub(lambda match: match[1] or chr(int(match[2], 16)), value)
    return _DOTS.sub("", plain)


def _is_half_read(block: Block, unread: list[tuple[int, str]]) -> bool:
    known = dict(block.headers)
    return not block.is_whole and any(
        name not in known and block.start - _BESIDE < start < block.end + _BESIDE
        for start, name in unread
    )


def _is_plausible(part: str, value: str) -> bool:
    """Whether a value may be one: a program that reads a header has another word there."""
    if part == "timestamp":
        return any(map(str.isdigit, value)) or value.startswith("{{")
    if part == "signature":
        return _LIKE_A_SIGNATURE.match(value) is not None
    return True


def _joined(text: str, blocks: list[Block]) -> list[Block]:
    """The blocks with at least two names; what is left over beside a whole one belongs to it."""
    kept: list[Block] = []
    for block in blocks:
        last = kept[-1] if kept else None
        if last and not (last.is_whole and block.is_whole) and _is_beside(text, last, block):
            kept[-1] = Block(last.start, block.end, (*last.headers, *block.headers))
        else:
            kept.append(block)
    distinct = {block.headers: block for block in reversed(kept)}
    return [block for block in reversed(distinct.values()) if len(dict(block.headers)) > 1]


def _is_beside(text: str, first: Block, second: Block) -> bool:
    gap = _SAME_BLOCK.match(text, first.end, second.start)
    return gap is not None and gap.end() == second.start
