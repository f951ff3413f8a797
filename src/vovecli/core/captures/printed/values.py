"""Objects as languages print them, back to the compact JSON that `JSON.stringify` writes.

Node's `util.inspect`, Python's and Ruby's dictionaries, PHP's `print_r`, `var_dump`, `var_export`.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring

from vovecli.core.captures.escapes import unescaped
from vovecli.core.captures.json_text import encode

_PRINT_R = re.compile(r"\[([^\]\n]{1,200})\] => (?:Array\s*\(|([^\n]*))")
_NOTATIONS = (
    (re.compile(r":([A-Za-z_]\w{0,100}) ?=>"), r'"\1" =>'),  # Ruby's symbols
    (re.compile(r"array\(0\) \{\s*\}"), "[]"),
    (re.compile(r"array(?:\([0-9]+\)|:[0-9]+)? ?(?=[{(\[])"), ""),
    (re.compile(r"object\([\w\\]{1,100}\)#[0-9]{1,9} \([0-9]{1,9}\) (?=\{)"), ""),
    (re.compile(r"(?:int|float|bool)\(([^)]{1,40})\)"), r"\1"),
    (re.compile(r'\[("[^"\n]{0,200}"|[0-9]{1,9})\]=>'), r"\1 =>"),
)
_TOKEN = re.compile(
    r"""\s*+(?: (?P<mark>=>|[{}\[\](),:=])
      | [bur]?"(?P<double>(?:[^"\\]|\\.)*+)" | [bur]?'(?P<single>(?:[^'\\]|\\.)*+)'
      | `(?P<ticks>(?:[^`\\]|\\.)*+)`
      | (?P<word>[^\s{}\[\](),:"'`=]++) )""",
    re.VERBOSE | re.DOTALL,
)
_SIZED = re.compile(rb'string\(([0-9]{1,7})\) "')
_MORE = re.compile(r"""\s*+\+?\s*+(?=[bur]?["'`])""")
_WORDS = {
    "True": "true", "False": "false", "None": "null", "nil": "null", "NULL": "null",
    "true": "true", "false": "false", "null": "null",
}  # fmt: skip
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PAIRED = ("=>", ":", "=")
_CLOSERS = {"{": "}", "[": "]", "(": ")"}
_MAX_DEPTH = 64
_MAX_CHARACTERS = 262_144


def stringified(text: str) -> bytes | None:
    """The compact JSON of a printed object; None where the text is none, or holds only a part."""
    if len(text) > _MAX_CHARACTERS:
        return None
    if _PRINT_R.search(text):
        text = _PRINT_R.sub(_quoted, text)
    if "string(" in text:
        text = _quoted_by_size(text)
    for pattern, replacement in _NOTATIONS:
        text = pattern.sub(replacement, text)
    try:
        value, end = _value(text, 0, 0)
    except _NoObjectError:
        return None
    if text[end:].strip() or value[:1] not in "{[":
        return None
    return encode(value)


class _NoObjectError(Exception):
    """The text is no printed object."""


def _quoted(match: re.Match[str]) -> str:
    """A line of `print_r` as a pair of literals; what a value was, a string or not, is lost."""
    name, value = match.groups()
    return f"{json.dumps(name)} => " + ("(" if value is None else f"{json.dumps(value)},")


def _quoted_by_size(text: str) -> str:
    """The strings of `var_dump` as literals: not escaped, their bytes are counted."""
    octets, pieces, at = text.encode("utf-8", "surrogateescape"), [], 0
    while size := _SIZED.search(octets, at):
        start, end = size.end(), size.end() + int(size[1])
        value = octets[start:end].decode("utf-8", "surrogateescape")
        pieces += [octets[at : size.start()], encode(encode_basestring(value))]
        at = end + 1
    return b"".join([*pieces, octets[at:]]).decode("utf-8", "surrogateescape")


def _next(text: str, at: int) -> tuple[str, str, int]:
    match = _TOKEN.match(text, at)
    if not match:
        raise _NoObjectError
    kind = match.lastgroup or ""
    return kind, match[kind], match.end()


def _value(text: str, at: int, depth: int) -> tuple[str, int]:
    """One value as JSON, and where it ends."""
    kind, piece, end = _next(text, at)
    if kind == "mark":
        if piece not in _CLOSERS or depth > _MAX_DEPTH:
            raise _NoObjectError
        return _container(text, end, _CLOSERS[piece], depth + 1)
    if kind == "word":
        if piece in _WORDS or _NUMBER.fullmatch(piece):
            return _WORDS.get(piece, piece), end
        raise _NoObjectError
    value = _string(kind, piece)
    while more := _MORE.match(text, end):  # Ruby's and Node's "a\n" + "b", Python's 'a' 'b'
        kind, piece, after = _next(text, more.end())
        if _mark(text, after)[0]:  # PHP has no comma before the next key
            break
        value, end = value[:-1] + _string(kind, piece)[1:], after
    return value, end


def _string(kind: str, piece: str) -> str:
    if kind == "double":
        try:
            return encode_basestring(json.loads(f'"{piece}"', strict=False))
        except ValueError:
            pass
    return encode_basestring(unescaped(piece, wide=True) if "\\" in piece else piece)


def _container(text: str, at: int, closer: str, depth: int) -> tuple[str, int]:
    pairs: list[str] = []
    items: list[str] = []
    while True:
        kind, piece, end = _next(text, at)
        if kind == "mark" and piece == closer:
            return _written(pairs, items, closer), end
        if kind == "mark" and piece == "," and (pairs or items):
            at = end
            continue
        kind, mark, after = ("", "", end) if kind == "mark" else (kind, *_mark(text, end))
        if mark:
            value, at = _value(text, after, depth)
            name = piece.removeprefix(":") if kind == "word" else json.loads(_string(kind, piece))
            pairs.append(f"{encode_basestring(name)}:{value}")
            items.append(value if name == str(len(items)) else "")
        else:
            value, at = _value(text, at, depth)
            items.append(value)


def _mark(text: str, at: int) -> tuple[str, int]:
    """What stands between a key and its value, where something does."""
    kind, piece, end = _next(text, at)
    return (piece, end) if kind == "mark" and piece in _PAIRED else ("", at)


def _written(pairs: list[str], items: list[str], closer: str) -> str:
    """An object, or a list where there are no keys, or PHP's 0, 1, 2 ..."""
    if pairs and not all(items):
        return "{" + ",".join(pairs) + "}"
    return "{}" if closer == "}" and not items else "[" + ",".join(items) + "]"
