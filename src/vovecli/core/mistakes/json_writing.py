"""A JSON document written out: key order, numbers, escapes and white space as asked for."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from vovecli.core.mistakes.json_text import Items, JsonString, Members, Node

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Strings as they will be written, layout still open: text, array, object.
Strings = str | list["Strings"] | tuple[tuple[str, "Strings"], ...]
JAVASCRIPT_EXPONENTS_BELOW, JAVASCRIPT_EXPONENTS_FROM = -7, 21


class Layout(NamedTuple):
    """White space between tokens.

    Attributes:
        indent: What one level is indented by; None for everything on one line.
        pad: What stands inside the brackets of a one-line layout.
        inline_arrays: Arrays stay on one line with spaces inside (Jackson).
    """

    name: str
    comma: str
    colon: str
    indent: str | None = None
    newline: str = "\n"
    pad: str = ""
    inline_arrays: bool = False


class Escaping(NamedTuple):
    """Which characters of a string are written as escapes.

    Attributes:
        pattern: Matches each of them; compiled by `re` when it is first needed.
        hex_digits: Format of the code unit in a `u` escape.
        short: The characters with an escape of their own.
    """

    name: str
    pattern: str
    hex_digits: str
    short: dict[str, str]


_SHORT = {
    '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t",
}  # fmt: skip
_NO_QUOTE = {char: escape for char, escape in _SHORT.items() if char != '"'}
_SLASH = _SHORT | {"/": "\\/"}
# The characters of printable ASCII that json.dumps leaves alone, and what JavaScript escapes.
_NOT_PLAIN, _CONTROLS, _LINES = r"[^ !#-\[\]-~]", r'\x00-\x1f"\\\ud800-\udfff', "\u2028\u2029"
PHP_ESCAPES = Escaping(
    "/ as \\/, non-ASCII as \\u escapes (PHP)", r"[^ !#-.0-\[\]-~]", "04x", _SLASH
)
ESCAPINGS = (
    Escaping("no needless escapes", f"[{_CONTROLS}]", "04x", _SHORT),
    Escaping("non-ASCII as \\u escapes (json.dumps)", _NOT_PLAIN, "04x", _SHORT),
    PHP_ESCAPES,
    Escaping("/ as \\/", f"[/{_CONTROLS}]", "04x", _SLASH),
    Escaping("<, >, & as \\u escapes (Go)", f"[<>&{_LINES}{_CONTROLS}]", "04x", _SHORT),
    Escaping("<, >, &, =, ' as \\u escapes (Gson)", f"[<>&='{_LINES}{_CONTROLS}]", "04x", _SHORT),
    Escaping("non-ASCII as upper-case \\u escapes", _NOT_PLAIN, "04X", _SHORT),
    Escaping(
        "characters beyond the BMP as \\u escapes (Java)",
        f"[\U00010000-\U0010ffff{_CONTROLS}]",
        "04x",
        _SHORT,
    ),
    Escaping("HTML-safe \\u escapes (.NET)", r"[^ !#-%(-*,-;=?-\[\]-_a-~]", "04X", _NO_QUOTE),
)


def reordered(node: Node, rank: Callable[[JsonString], Any]) -> Node:
    """Keys in a stable order by rank, at every level."""
    if isinstance(node, Members):
        pairs = sorted(node.pairs, key=lambda pair: rank(pair[0]))
        return Members(tuple((key, reordered(value, rank)) for key, value in pairs))
    if isinstance(node, Items):
        return Items(tuple(reordered(item, rank) for item in node.nodes))
    return node


def field_rank(fields: Sequence[str], key: JsonString) -> int:
    """The place of a key among fields; the others stay behind them."""
    return fields.index(key.value) if key.value in fields else len(fields)


def jsonb_rank(key: JsonString) -> tuple[int, bytes]:
    """PostgreSQL stores the keys of jsonb by length, then by bytes."""
    text = key.value.encode("utf-8", "surrogatepass")
    return len(text), text


def javascript_rank(key: JsonString) -> tuple[bool, int]:
    """Integer-like keys come first, ascending (ECMAScript, OrdinaryOwnPropertyKeys)."""
    is_index = bool(re.fullmatch(r"0|[1-9][0-9]{0,8}", key.value, re.ASCII))
    return (not is_index, int(key.value) if is_index else 0)


def _without_duplicates(
    pairs: tuple[tuple[JsonString, Node], ...],
) -> tuple[tuple[JsonString, Node], ...]:
    """Each key once, its last value in the place of the first, as parsers keep them.

    All stay where that is what leaving out one pair gives: then a field was added after signing, or
    a signer has dropped it, and the bytes fit both.
    """
    names = [key.value for key, _ in pairs]
    last = dict(zip(names, pairs, strict=True))
    kept = tuple(last[name] for name in dict.fromkeys(names))
    if len(kept) == len(pairs) - 1:
        ((twice, _),) = Counter(names).most_common(1)
        places = (place for place, name in enumerate(names) if name == twice)
        if any(pairs[:place] + pairs[place + 1 :] == kept for place in places):
            return pairs
    return kept


def reparsed(node: Node, number: Callable[[str], str]) -> Node:
    """What parsing leaves: the last of duplicate keys, numbers in a library's own writing."""
    if isinstance(node, Members):
        pairs = _without_duplicates(node.pairs)
        return Members(tuple((key, reparsed(value, number)) for key, value in pairs))
    if isinstance(node, Items):
        return Items(tuple(reparsed(item, number) for item in node.nodes))
    return number(node) if isinstance(node, str) and node[:1] in "-0123456789" else node


def javascript_number(text: str) -> str:
    """The shortest digits; an exponent below 1e-6 and from 1e21 (ECMAScript, Number::toString)."""
    number = float(text)
    digits, _, exponent = repr(abs(number)).partition("e")
    sign, power = "-" * (number < 0), int(exponent or 0)
    mantissa = digits.replace(".", "")
    if not exponent:
        return f"{sign}{digits.removesuffix('.0')}"
    if 0 < power < JAVASCRIPT_EXPONENTS_FROM:
        return sign + mantissa.ljust(power + 1, "0")
    if JAVASCRIPT_EXPONENTS_BELOW < power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{mantissa}"
    return f"{sign}{digits}e{power:+d}"


def python_number(text: str) -> str:
    """Integers of any length as they are, other numbers as repr(float) has them."""
    return text if re.fullmatch(r"-?[0-9]+", text) else repr(float(text))


def escaped(node: Node, escaping: Escaping | None) -> Strings:
    """Strings written out: as captured, or under an escaping."""
    if isinstance(node, Members):
        return tuple(
            (_quoted(key, escaping), escaped(value, escaping)) for key, value in node.pairs
        )
    if isinstance(node, Items):
        return [escaped(item, escaping) for item in node.nodes]
    return _quoted(node, escaping) if isinstance(node, JsonString) else node


def _quoted(text: JsonString, escaping: Escaping | None) -> str:
    if escaping is None:
        if text.raw:
            return text.raw
        escaping = ESCAPINGS[0]
    inner = re.sub(escaping.pattern, lambda match: _escape(match[0], escaping), text.value)
    return f'"{inner}"'


def _escape(char: str, escaping: Escaping) -> str:
    if short := escaping.short.get(char):
        return short
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(
        f"\\u{int.from_bytes(units[at : at + 2]):{escaping.hex_digits}}"
        for at in range(0, len(units), 2)
    )


def written(node: Strings, layout: Layout, margin: str = "") -> str:
    """The text of a document in one layout."""
    if isinstance(node, str):
        return node
    inner = margin + (layout.indent or "")
    if isinstance(node, list):
        if layout.inline_arrays:
            return f"[ {', '.join(written(item, layout, margin) for item in node)} ]"
        return _bracketed("[]", [written(item, layout, inner) for item in node], layout, margin)
    members = [f"{key}{layout.colon}{written(value, layout, inner)}" for key, value in node]
    return _bracketed("{}", members, layout, margin)


def _bracketed(brackets: str, parts: Sequence[str], layout: Layout, margin: str) -> str:
    if not parts:
        return brackets
    if layout.indent is None:
        return f"{brackets[0]}{layout.pad}{layout.comma.join(parts)}{layout.pad}{brackets[1]}"
    outer = layout.newline + margin
    inner = outer + layout.indent
    return f"{brackets[0]}{inner}{f'{layout.comma}{inner}'.join(parts)}{outer}{brackets[1]}"


def encode_text(text: str) -> bytes:
    """UTF-8; bytes that were none stay what they were."""
    return text.encode("utf-8", "surrogateescape")
