"""The ways in which libraries write one JSON document, to find the one that was signed."""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import chain, combinations, count, permutations
from typing import TYPE_CHECKING

from vovecli.core.mistakes.json_text import Items, Members, Node, parse_json
from vovecli.core.mistakes.json_writing import (
    ESCAPINGS,
    Layout,
    encode_text,
    escaped,
    field_rank,
    javascript_number,
    javascript_rank,
    jsonb_rank,
    python_number,
    reordered,
    reparsed,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from vovecli.core.mistakes.json_writing import Escaping, Strings
    from vovecli.core.mistakes.mistake import Candidates

COMPACT = Layout("compact, as JSON.stringify writes", ",", ":")
PYTHON = Layout("with a space after , and : as json.dumps writes", ", ", ": ")
INDENTED_BY_2 = Layout("indented by 2", ",", ": ", "  ")
INDENTED_BY_4 = Layout("indented by 4", ",", ": ", "    ")
# The layouts that are met together with other mistakes, then those that are not.
COMMON_LAYOUTS = (COMPACT, PYTHON, INDENTED_BY_2, INDENTED_BY_4)
MAIN_LAYOUTS = (
    *COMMON_LAYOUTS,
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
FIELD_ORDERS = (("refId", "status", "previousStatus", "reason"), ("status", "refId", "userId"))
WITH_NEWLINE = ", with a newline at the end"
MAX_PERMUTED_KEYS, MAX_REORDERED_ESCAPINGS, MAX_FRACTIONS = 4, 3, 6
# Above these, fewer styles are tried: each one costs as much as parsing.
MAX_STYLED_BYTES, MAX_THOROUGH_BYTES = 65_536, 16_384


def common_styles(body: bytes) -> Candidates:
    """The document in the layouts that are met most, with any escapes and key order."""
    for how, strings in _documents(body):
        for layout in COMMON_LAYOUTS:
            yield f"signed {layout.name}{how}", encode_text(written(strings, layout))


def other_styles(body: bytes) -> Candidates:
    """The document in every other layout, and with a newline at its end."""
    is_thorough = len(body) <= MAX_THOROUGH_BYTES
    for how, strings in _documents(body):
        is_kept = not how and is_thorough
        for layout in (*MAIN_LAYOUTS, *(OTHER_LAYOUTS if is_kept else ())):
            if layout not in COMMON_LAYOUTS or layout.indent is not None:
                text = written(strings, layout)
                yield f"signed {layout.name}{how}", encode_text(text)
                if layout.indent is not None:
                    signed = encode_text(text + layout.newline)
                    yield f"signed {layout.name}{how}{WITH_NEWLINE}", signed


def rare_styles(body: bytes) -> Candidates:
    """The document with other escapes in the rarer layouts, and with its keys in any order."""
    document = _document(body) if len(body) <= MAX_THOROUGH_BYTES else None
    if document is None:
        return
    for how, strings in _escapings(document)[1:]:
        for layout in OTHER_LAYOUTS:
            yield f"signed {layout.name}, {how}", encode_text(written(strings, layout))
    if isinstance(document, Members) and len(document.pairs) <= MAX_PERMUTED_KEYS:
        for pairs in permutations(document.pairs):
            names = ", ".join(ascii(key.value[:20]) for key, _ in pairs)
            strings = escaped(Members(pairs), None)
            for layout in COMMON_LAYOUTS:
                words = f"signed {layout.name}, keys in the order {names}"
                yield words, encode_text(written(strings, layout))


def with_fractions(body: bytes) -> Candidates:
    """The document with whole numbers as 1.0, alone and together, which JavaScript reads as 1."""
    document = _document(body) if len(body) <= MAX_THOROUGH_BYTES else None
    if document is None:
        return
    numbers = list(_numbers(document))
    whole = [place for place, number in enumerate(numbers) if number.lstrip("-").isdigit()]
    sizes = range(1, len(whole) + 1) if len(whole) <= MAX_FRACTIONS else (1, len(whole))
    for chosen in chain.from_iterable(combinations(whole, size) for size in sizes):
        strings = escaped(_with_fractions(document, chosen), None)
        for layout in COMMON_LAYOUTS:
            words = f"signed {layout.name}, numbers with .0 that JavaScript drops"
            yield words, encode_text(written(strings, layout))


def _with_fractions(document: Node, chosen: Collection[int]) -> Node:
    places = count()
    return reparsed(document, lambda number: f"{number}.0" if next(places) in chosen else number)


def _numbers(node: Node) -> Iterator[str]:
    """In the order in which `reparsed` meets them."""
    if isinstance(node, Members):
        for _, value in node.pairs:
            yield from _numbers(value)
    elif isinstance(node, Items):
        for item in node.nodes:
            yield from _numbers(item)
    elif isinstance(node, str) and node[:1] in "-0123456789":
        yield node


def with_line_ends(body: bytes) -> Candidates:
    """The document as it was before its line ends were dropped, and nothing else of it."""
    one_line = body.rstrip(b"\r\n")
    if b"\n" in one_line or b"\r" in one_line or len(body) > MAX_STYLED_BYTES:
        return
    document = _document(body)
    if document is None:
        return
    strings = escaped(document, None)
    inside = one_line[1:].decode("utf-8", "replace")
    indent = inside[: len(inside) - len(inside.lstrip(" \t"))]
    for layout in (*MAIN_LAYOUTS, *OTHER_LAYOUTS):
        if layout.indent == indent:
            signed = encode_text(written(strings, layout))
            if signed.translate(None, b"\r\n") == one_line != signed:
                yield f"it was {layout.name}", signed
                yield f"it was {layout.name}{WITH_NEWLINE}", signed + layout.newline.encode()


def written_as(
    layout: Layout, escaping: Escaping | None = None, *, sort: bool = False
) -> Callable[[bytes], Candidates]:
    """A function that writes a document in one style; what is no document it leaves out."""

    def rewritten(body: bytes) -> Candidates:
        document = _document(body)
        if document is not None:
            node = reordered(document, lambda key: key.value) if sort else document
            words = f"signed {layout.name}{', keys sorted' if sort else ''}"
            yield words, encode_text(written(escaped(node, escaping), layout))

    return rewritten


def style_of(body: bytes) -> str:
    """The name of the layout that a body is written in; empty when it is none that we know."""
    document = _document(body)
    if document is None:
        return ""
    strings = escaped(document, None)
    bare = body.strip(b" \t\r\n\xef\xbb\xbf")
    for layout in (*MAIN_LAYOUTS, *OTHER_LAYOUTS):
        if encode_text(written(strings, layout)) == bare:
            return layout.name
    return ""


@lru_cache(maxsize=4)
def _document(body: bytes) -> Node | None:
    document = parse_json(body.decode("utf-8", "surrogateescape"))
    return document if isinstance(document, Members | Items) else None


@lru_cache(maxsize=2)
def _documents(body: bytes) -> Sequence[tuple[str, Strings]]:
    """The document with other escapes, other key orders, numbers read and written, and both."""
    document = _document(body) if len(body) <= MAX_STYLED_BYTES else None
    if document is None:
        return ()
    escapings = _escapings(document)
    found = [(f", {name}" if name else "", strings) for name, strings in escapings]
    seen = [document]
    for order, rearranged in _rearranged(document) if len(body) <= MAX_THOROUGH_BYTES else ():
        if rearranged not in seen:
            seen.append(rearranged)
            for name, _ in escapings[:MAX_REORDERED_ESCAPINGS]:
                how = f", {order}, {name}" if name else f", {order}"
                found.append((how, escaped(rearranged, _BY_NAME.get(name))))
    return found


_BY_NAME = {escaping.name: escaping for escaping in ESCAPINGS}


def _escapings(document: Node) -> list[tuple[str, Strings]]:
    """The document with its strings as captured, then with each escaping that differs."""
    found: list[tuple[str, Strings]] = [("", escaped(document, None))]
    for escaping in ESCAPINGS:
        strings = escaped(document, escaping)
        if all(strings != other for _, other in found):
            found.append((escaping.name, strings))
    return found


def _rearranged(document: Node) -> Iterator[tuple[str, Node]]:
    yield "keys sorted", reordered(document, lambda key: key.value)
    for fields in FIELD_ORDERS:
        yield "keys in the documented order", reordered(document, partial(field_rank, fields))
    yield "keys by length, as PostgreSQL's jsonb", reordered(document, jsonb_rank)
    javascript = reparsed(document, javascript_number)
    yield "numbers and keys as JavaScript writes them", reordered(javascript, javascript_rank)
    yield (
        "numbers as Python writes them, duplicate keys dropped",
        reparsed(document, python_number),
    )
