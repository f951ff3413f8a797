"""The ways in which libraries write one JSON document, to find the one that was signed."""

from __future__ import annotations

import re
from functools import partial
from itertools import permutations
from typing import TYPE_CHECKING, Any, NamedTuple

from vovecli.core.diagnosis.faults import Fault
from vovecli.core.diagnosis.json_text import Items, Members, Node, Text, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

# Strings as they will be written, layout still open: text, array, object.
Plain = str | list["Plain"] | tuple[tuple[str, "Plain"], ...]


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


COMPACT = Layout("compact, as JSON.stringify writes", ",", ":")
PYTHON = Layout("with a space after , and : as json.dumps writes", ", ", ": ")
INDENTED_BY_2 = Layout("indented by 2", ",", ": ", "  ")
INDENTED_BY_4 = Layout("indented by 4", ",", ": ", "    ")
MAIN_LAYOUTS = (
    COMPACT,
    PYTHON,
    INDENTED_BY_2,
    INDENTED_BY_4,
    Layout("indented by a tab", ",", ": ", "\t"),
    Layout('indented by 2 with " : " (Jackson, Xcode)', ",", " : ", "  "),
)
_UNITS = (
    ("2", "  "),
    ("4", "    "),
    ("a tab", "\t"),
    ("3", "   "),
    ("1", " "),
    ("8", " " * 8),
    ("0", ""),
)
_COLONS = (("", ": "), (' with " : "', " : "), (" with no space after :", ":"))
OTHER_LAYOUTS = (
    Layout("with a space after commas only", ", ", ":"),
    Layout("with a space after colons only", ",", ": "),
    Layout("with spaces around colons", ", ", " : "),
    Layout("on one line with spaces inside the braces", ", ", ": ", pad=" "),
    Layout("on one line with spaces inside the braces", ",", ":", pad=" "),
    Layout("on one line with spaces around everything", ", ", " : ", pad=" "),
    *(
        Layout(f"indented by {name}{how}{ending}", ",", colon, unit, newline)
        for newline, ending in (("\n", ""), ("\r\n", ", CRLF line ends"))
        for name, unit in _UNITS
        for how, colon in _COLONS
    ),
    Layout("indented by 2 with arrays on one line (Jackson)", ",", " : ", "  ", inline_arrays=True),
    Layout("indented by 2 with spaces after commas (Python 2)", ", ", ": ", "  "),
    Layout("indented by 4 with spaces after commas (Python 2)", ", ", ": ", "    "),
)


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
ESCAPINGS = (
    Escaping("no needless escapes", f"[{_CONTROLS}]", "04x", _SHORT),
    Escaping("non-ASCII as \\u escapes (json.dumps)", _NOT_PLAIN, "04x", _SHORT),
    Escaping("/ as \\/, non-ASCII as \\u escapes (PHP)", r"[^ !#-.0-\[\]-~]", "04x", _SLASH),
    Escaping("/ as \\/", f"[/{_CONTROLS}]", "04x", _SLASH),
    Escaping("<, >, & as \\u escapes (Go)", f"[<>&{_LINES}{_CONTROLS}]", "04x", _SHORT),
    Escaping("<, >, &, =, ' as \\u escapes (Gson)", f"[<>&='{_LINES}{_CONTROLS}]", "04x", _SHORT),
    Escaping("non-ASCII as upper-case \\u escapes", _NOT_PLAIN, "04X", _SHORT),
    Escaping("HTML-safe \\u escapes (.NET)", r"[^ !#-%(-*,-;=?-\[\]-_a-~]", "04X", _NO_QUOTE),
)
FIELD_ORDERS = (("refId", "status", "previousStatus", "reason"), ("status", "refId", "userId"))
# The beginnings of the names of styles that are met together with faults elsewhere.
COMMON_STYLES = tuple(f"signed {layout.name}" for layout in MAIN_LAYOUTS[:4])
WITH_NEWLINE = ", with a newline at the end"
MAX_PERMUTED_KEYS, MAX_REORDERED_ESCAPINGS = 4, 3
JAVASCRIPT_EXPONENTS_BELOW, JAVASCRIPT_EXPONENTS_FROM = -7, 21
# Above this only the commonest layouts are tried: each one costs as much as parsing.
MAX_THOROUGH_BYTES = 16_384


def restyled(body: bytes) -> Iterator[tuple[Fault, bytes]]:
    """The document in other styles; one that lost only its line ends is `newlines-stripped`."""
    document = _document(body)
    if document is None:
        return
    one_line = body.rstrip(b"\r\n")
    for name, signed in _written(document, thorough=len(body) <= MAX_THOROUGH_BYTES):
        if signed.translate(None, b"\r\n") == one_line:
            yield Fault("newlines-stripped", f"it was {name}"), signed
        else:
            yield Fault("body-reserialized", f"signed {name}"), signed


def rarely_restyled(body: bytes) -> Iterator[tuple[Fault, bytes]]:
    """The document with other escapes in the rarer layouts, and with its keys in any order."""
    document = _document(body) if len(body) <= MAX_THOROUGH_BYTES else None
    if document is not None:
        for name, other in _distinct_documents(document, _plain(document, None), thorough=False):
            for style, signed in _in_layouts(other, OTHER_LAYOUTS, f", {name}"):
                yield Fault("body-reserialized", f"signed {style}"), signed
        yield from _with_permuted_keys(document)


def _with_permuted_keys(document: Node) -> Iterator[tuple[Fault, bytes]]:
    """A small object with its keys in every order, in the commonest layouts."""
    if not isinstance(document, Members) or len(document.pairs) > MAX_PERMUTED_KEYS:
        return
    for pairs in permutations(document.pairs):
        names = ", ".join(ascii(key.value[:20]) for key, _ in pairs)
        plain = _plain(Members(pairs), None)
        for layout in MAIN_LAYOUTS[:4]:
            detail = f"signed {layout.name}, keys in the order {names}"
            yield Fault("body-reserialized", detail), _encode(_emit(plain, layout))


def style_of(body: bytes) -> str:
    """The name of the layout that a body is written in; empty when it is none that we know."""
    document = _document(body)
    if document is None:
        return ""
    plain = _plain(document, None)
    bare = body.strip(b" \t\r\n\xef\xbb\xbf")
    for layout in (*MAIN_LAYOUTS, *OTHER_LAYOUTS):
        if _encode(_emit(plain, layout)) == bare:
            return layout.name
    return ""


def _document(body: bytes) -> Node | None:
    document = parse_json(body.decode("utf-8", "surrogateescape"))
    return document if isinstance(document, Members | Items) else None


def _written(document: Node, *, thorough: bool) -> Iterator[tuple[str, bytes]]:
    """(style's name, bytes), the captured strings and order in every layout first."""
    plain = _plain(document, None)
    yield from _in_layouts(plain, (*MAIN_LAYOUTS, *OTHER_LAYOUTS) if thorough else MAIN_LAYOUTS, "")
    for name, other in _distinct_documents(document, plain, thorough=thorough):
        yield from _in_layouts(other, MAIN_LAYOUTS, f", {name}")


def _in_layouts(plain: Plain, layouts: Sequence[Layout], how: str) -> Iterator[tuple[str, bytes]]:
    for layout in layouts:
        text = _emit(plain, layout)
        yield f"{layout.name}{how}", _encode(text)
        if layout.indent is not None:
            yield f"{layout.name}{how}{WITH_NEWLINE}", _encode(text + layout.newline)


def _distinct_documents(
    document: Node, kept: Plain, *, thorough: bool
) -> Iterator[tuple[str, Plain]]:
    """The document with other escapes, other key orders, numbers read and written, and both."""
    escapings: list[tuple[Escaping | None, Plain]] = [(None, kept)]
    for escaping in ESCAPINGS:
        plain = _plain(document, escaping)
        if all(plain != other for _, other in escapings):
            escapings.append((escaping, plain))
            yield escaping.name, plain
    seen = [document]
    for order_name, rearranged in _rearranged(document) if thorough else ():
        if rearranged not in seen:
            seen.append(rearranged)
            for known, _ in escapings[:MAX_REORDERED_ESCAPINGS]:
                name = f"{order_name}, {known.name}" if known else order_name
                yield name, _plain(rearranged, known)


def _rearranged(document: Node) -> Iterator[tuple[str, Node]]:
    yield "keys sorted", _reordered(document, lambda key: key.value)
    for fields in FIELD_ORDERS:
        yield "keys in the documented order", _reordered(document, partial(_field_rank, fields))
    yield "keys by length, as PostgreSQL's jsonb", _reordered(document, _jsonb_rank)
    javascript = _reparsed(document, _javascript_number)
    yield "numbers and keys as JavaScript writes them", _reordered(javascript, _javascript_rank)
    yield (
        "numbers as Python writes them, duplicate keys dropped",
        _reparsed(document, _python_number),
    )


def _reordered(node: Node, rank: Callable[[Text], Any]) -> Node:
    """Keys in a stable order by rank, at every level."""
    if isinstance(node, Members):
        pairs = sorted(node.pairs, key=lambda pair: rank(pair[0]))
        return Members(tuple((key, _reordered(value, rank)) for key, value in pairs))
    if isinstance(node, Items):
        return Items(tuple(_reordered(item, rank) for item in node.nodes))
    return node


def _field_rank(fields: Sequence[str], key: Text) -> int:
    return fields.index(key.value) if key.value in fields else len(fields)


def _jsonb_rank(key: Text) -> tuple[int, bytes]:
    text = key.value.encode("utf-8", "surrogatepass")
    return len(text), text


def _javascript_rank(key: Text) -> tuple[bool, int]:
    """Integer-like keys come first, ascending (ECMAScript, OrdinaryOwnPropertyKeys)."""
    is_index = bool(re.fullmatch(r"0|[1-9][0-9]{0,8}", key.value, re.ASCII))
    return (not is_index, int(key.value) if is_index else 0)


def _reparsed(node: Node, number: Callable[[str], str]) -> Node:
    """What parsing leaves: the last of duplicate keys, numbers in a library's own writing."""
    if isinstance(node, Members):
        last = {key.value: (key, value) for key, value in node.pairs}
        first = dict.fromkeys(key.value for key, _ in node.pairs)
        return Members(tuple((last[name][0], _reparsed(last[name][1], number)) for name in first))
    if isinstance(node, Items):
        return Items(tuple(_reparsed(item, number) for item in node.nodes))
    return number(node) if isinstance(node, str) and node[:1] in "-0123456789" else node


def _javascript_number(text: str) -> str:
    """The shortest digits; an exponent below 1e-6 and from 1e21 (ECMAScript, Number::toString)."""
    try:
        number = float(text)
    except ValueError:
        return text
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


def _python_number(text: str) -> str:
    try:
        return text if re.fullmatch(r"-?[0-9]+", text) else repr(float(text))
    except ValueError:
        return text


def _plain(node: Node, escaping: Escaping | None) -> Plain:
    """Strings written out: as captured, or under an escaping."""
    if isinstance(node, Members):
        return tuple((_quoted(key, escaping), _plain(value, escaping)) for key, value in node.pairs)
    if isinstance(node, Items):
        return [_plain(item, escaping) for item in node.nodes]
    return _quoted(node, escaping) if isinstance(node, Text) else node


def _quoted(text: Text, escaping: Escaping | None) -> str:
    if escaping is None:
        if text.raw:
            return text.raw
        escaping = ESCAPINGS[0]
    inner = re.sub(escaping.pattern, lambda match: _escaped(match[0], escaping), text.value)
    return f'"{inner}"'


def _escaped(char: str, escaping: Escaping) -> str:
    if short := escaping.short.get(char):
        return short
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(
        f"\\u{int.from_bytes(units[at : at + 2]):{escaping.hex_digits}}"
        for at in range(0, len(units), 2)
    )


def _emit(node: Plain, layout: Layout, margin: str = "") -> str:
    if isinstance(node, str):
        return node
    inner = margin + (layout.indent or "")
    if isinstance(node, list):
        if layout.inline_arrays:
            return f"[ {', '.join(_emit(item, layout, margin) for item in node)} ]"
        return _bracketed("[]", [_emit(item, layout, inner) for item in node], layout, margin)
    members = [f"{key}{layout.colon}{_emit(value, layout, inner)}" for key, value in node]
    return _bracketed("{}", members, layout, margin)


def _bracketed(brackets: str, parts: Sequence[str], layout: Layout, margin: str) -> str:
    if not parts:
        return brackets
    if layout.indent is None:
        return f"{brackets[0]}{layout.pad}{layout.comma.join(parts)}{layout.pad}{brackets[1]}"
    outer = layout.newline + margin
    inner = outer + layout.indent
    return f"{brackets[0]}{inner}{f'{layout.comma}{inner}'.join(parts)}{outer}{brackets[1]}"


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
