"""JSON read as tokens: number text, duplicate keys and key order are kept.

Also reads what consoles print instead of JSON (Python's repr, Node's console.log, Ruby's inspect).
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

MAX_DEPTH = 64
_TOKEN = re.compile(
    r"""\s*+(?:
      (?P<mark>=>|[{}\[\],:])
    | (?P<double>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    | (?P<single>'[^'\\]*+(?:\\.[^'\\]*+)*+')
    | (?P<word>[^\s{}\[\],:"'=]++)
    )""",
    re.VERBOSE | re.DOTALL,
)
_SPACE = re.compile(r"\s*+")
# What may stand as a value without quotes: JSON's own words and those of consoles.
_WORD = re.compile(
    r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
    r"|true|false|null|True|False|None|nil|undefined|-?Infinity|NaN"
)
_SPELT_OTHERWISE = {"True": "true", "False": "false", "None": "null", "nil": "null"}
_STRING_PARTS = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]|"', re.DOTALL)


class JsonString(NamedTuple):
    """A JSON string.

    Attributes:
        raw: With quotes and escapes as captured; empty when it did not stand in double quotes.
    """

    raw: str
    value: str


class Members(NamedTuple):
    """A JSON object: all its members in order, duplicates included."""

    pairs: tuple[tuple[JsonString, Node], ...]


class Items(NamedTuple):
    """A JSON array."""

    nodes: tuple[Node, ...]


# A plain `str` is the text of a number, `true`, `false` or `null`.
Node = str | JsonString | Members | Items


def parse_json(text: str) -> Node | None:
    """The document in a text, or None where there is none or it is nested too deeply."""
    reader = _Reader(text)
    try:
        node = reader.value(0)
    except _MalformedError:
        return None
    return node if reader.is_at_end() else None


def missing_closers(text: str) -> str:
    """The quotes and brackets that an unfinished JSON text still needs; empty when balanced."""
    open_brackets, in_string = [], False
    for match in _STRING_PARTS.finditer(text):
        part = match[0]
        if part in ("{", "["):
            open_brackets.append("}" if part == "{" else "]")
        elif part in ("}", "]"):
            if not open_brackets or open_brackets.pop() != part:
                return ""
        elif part == '"':
            in_string = True
            break
    return '"' * in_string + "".join(reversed(open_brackets))


class _MalformedError(Exception):
    """The text is no JSON document."""


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def value(self, depth: int) -> Node:
        kind, piece = self._next()
        if piece == "{" and kind == "mark":
            return self._members(depth + 1)
        if piece == "[" and kind == "mark":
            return self._items(depth + 1)
        if kind == "mark" or (kind == "word" and not _WORD.fullmatch(piece)):
            raise _MalformedError
        return _scalar(kind, piece)

    def is_at_end(self) -> bool:
        match = _SPACE.match(self._text, self._at)
        return match is not None and match.end() == len(self._text)

    def _members(self, depth: int) -> Members:
        if depth > MAX_DEPTH:
            raise _MalformedError
        pairs: list[tuple[JsonString, Node]] = []
        while True:
            kind, piece = self._next()
            if piece == "}" and kind == "mark":  # also after a trailing comma
                return Members(tuple(pairs))
            if kind == "mark" or self._next() not in (("mark", ":"), ("mark", "=>")):
                raise _MalformedError
            key = _scalar(kind, piece)
            pairs.append(
                (key if isinstance(key, JsonString) else JsonString("", piece), self.value(depth))
            )
            if self._ends("}"):
                return Members(tuple(pairs))

    def _items(self, depth: int) -> Items:
        if depth > MAX_DEPTH:
            raise _MalformedError
        nodes: list[Node] = []
        while True:
            if self._peek() == ("mark", "]"):
                self._next()
                return Items(tuple(nodes))
            nodes.append(self.value(depth))
            if self._ends("]"):
                return Items(tuple(nodes))

    def _ends(self, closer: str) -> bool:
        """Whether the closing bracket follows; otherwise a comma must."""
        piece = self._next()
        if piece not in (("mark", closer), ("mark", ",")):
            raise _MalformedError
        return piece[1] == closer

    def _peek(self) -> tuple[str, str]:
        at = self._at
        piece = self._next()
        self._at = at
        return piece

    def _next(self) -> tuple[str, str]:
        match = _TOKEN.match(self._text, self._at)
        if not match:
            raise _MalformedError
        self._at = match.end()
        kind = match.lastgroup or ""
        return kind, match[kind]


def _scalar(kind: str, piece: str) -> str | JsonString:
    if kind == "double":
        try:
            return JsonString(piece, json.loads(piece, strict=False))
        except ValueError:  # an escape that JSON does not know: only the text as it is can be kept
            return JsonString(piece, piece[1:-1])
    if kind == "single":
        inner = piece[1:-1].replace("\\'", "'").replace('\\"', '"').replace('"', '\\"')
        return _scalar("double", f'"{inner}"')._replace(raw="")  # type: ignore[union-attr]  # a JsonString
    return _SPELT_OTHERWISE.get(piece, piece)
