"""Which byte strings of a printed text may be a body: literals, JSON, buffers, the rest, lines.

Nothing here decides: the signature does. Every pattern is linear in the text, and what a place
holds is worked out only when its turn comes.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Literal

from vovecli.core.captures.escapes import powershell_unescaped, unescaped
from vovecli.core.captures.printed import encoded
from vovecli.core.captures.printed.spots import Candidate, Spot, calls_it_body, octets_of
from vovecli.core.captures.printed.values import stringified

if TYPE_CHECKING:
    from collections.abc import Iterator

# A string that is not closed ends with its line, so that no text is looked at twice.
_STRING = r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+(?:"|(?=\n)|\Z|\\)'
_QUOTED = r"'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+(?:'|(?=\n)|\Z|\\)"
_TICKED = r"`[^`\n]*+(?:`|(?=\n)|\Z)"
_LITERAL = re.compile(rf"{_STRING}|{_QUOTED}|`[^`]*+(?:`|\Z)", re.DOTALL)
# One string in pieces: Python's pprint, old versions of Node, programs.
_SEAM = re.compile(r"[ \t]*+[+.]?[ \t\r]*+\n[ \t]*+[bur]?")
# PHP's var_dump and serialize: the quotes in it are not escaped.
_SIZED = re.compile(r'(?:string\(|(?<=[{;])s:)([0-9]{1,8})(?:\) |:)"')
# How a string of a shell in single quotes goes on after one of them: `'\\''`, `'"'"'`.
_REQUOTED = re.compile(r"""'(?:\\'|"'")'""")
# A string of PowerShell or a cell of CSV that holds quotes; others are like those of everybody.
_HOLDS_QUOTES = re.compile(r'"[^"`]*+(?:`"|"")[^"`]*+(?:(?:`.|"")[^"`]*+)*+(?:"|`?\Z)', re.DOTALL)
# Brackets with the strings between them passed over, as three kinds of text need it.
_BRACKETS = (
    re.compile(rf"{_STRING}|[{{\[]++|[}}\]]", re.DOTALL),
    re.compile(rf"{_STRING}|{_QUOTED}|{_TICKED}|[{{\[(]++|[}}\])]", re.DOTALL),
    re.compile(r"[{\[]++|[}\]]"),
)
_OPENING = re.compile(r"[{\[(]++")
_CLOSING = {"{": "}", "[": "]", "(": ")"}
_MAX_DEPTH, _MAX_NESTING, _MAX_SPOTS = 100, 3, 5_000
_MIN_LITERAL = 4  # with its quotes
_MAX_READ = 4_000_000  # characters of spans, which may stand in each other
# JSON as text; what starts as an object and not like this is one that a program printed.
_JSON = re.compile(r'[\s\[]*+(?:\{\s*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"\s*+:|\})|\[)', re.DOTALL)
_INDENTED = re.compile(r"\n[ \t]*+(?=\S)")
_CELL_LINE = re.compile(r"[ \t]*\+(?:\|[^\n]*)?\n(?:[ |]*\|)?[ ]?")  # psql's, of a cell of several
_MEMBER = re.compile(r"""["'][ \t]*(?:=>|:)\s{0,20}$""")
_CONTINUED = re.compile(r"\\\r?\n[ \t]*")
_IN_STRING = re.compile(r'[\[{]+\s*\\"')
_LABEL = re.compile(
    r"[\s,;\])}>]*(?:(?:raw[ _-]?)?(?:body|payload|data)[\w.()]{0,12}[ \t]*[:=]>?[ \t]*)?",
    re.IGNORECASE,
)
_MAX_LINES = 40
_PROGRAM = re.compile(
    r"^[ \t]*(?:import [\w.{*]|from [\w.]+ import |(?:const|let|var) [\w{]|def \w+\(|func \w"
    r"|package \w|#include|using [\w.]+;|curl_setopt|\$[A-Za-z_]\w* ?= |public |<\?php"
    r"|Invoke-(?:WebRequest|RestMethod)\b|require[ (])",
    re.MULTILINE,
)


def candidates(text: str, start: int, end: int, *, nesting: int = 0) -> Iterator[Candidate]:
    """Everything in a text that may be a body, the nearest to the headers first.

    Args:
        text: What was printed.
        start: Offset of the headers.
        end: Offset of what follows them.
        nesting: How many literals stand around the text.
    """
    spots = chain(_literals(text, nesting), _sized(text), _json(text), encoded.spots(text))
    for spot in sorted(spots, key=lambda spot: _distance(spot, start, end))[:_MAX_SPOTS]:
        yield from spot.read(text, spot.start, spot.end)
    if not nesting:
        yield from _rest(text, end)


def is_program(text: str) -> bool:
    """Whether a text is the source of a program, in which no request was captured."""
    return _PROGRAM.search(text) is not None


def _distance(spot: Spot, start: int, end: int) -> tuple[bool, int]:
    """What encloses the headers comes last: it may hold the body, and is not the body itself."""
    is_around = spot.start <= start and spot.end >= end > start
    return is_around, spot.start - end if spot.start >= end else start - spot.end


def _literals(text: str, nesting: int) -> Iterator[Spot]:
    def inside(text: str, start: int, end: int) -> Iterator[Candidate]:
        yield from _literal(text, start, end)
        yield from _nested(text[start + 1 : end - 1], start, nesting)

    begin = end = pieces = 0
    for literal in _LITERAL.finditer(text):
        if pieces and _SEAM.fullmatch(text, end, literal.start()):
            pieces += 1
        else:
            if pieces > 1:
                yield Spot(begin, end, _pieces)
            begin, pieces = literal.start(), 1
        end = literal.end()
        if end - literal.start() >= _MIN_LITERAL:
            yield Spot(literal.start(), end, inside)
    if pieces > 1:
        yield Spot(begin, end, _pieces)
    for literal in _HOLDS_QUOTES.finditer(text):
        yield Spot(*literal.span(), _literal)


def _literal(text: str, start: int, end: int) -> Iterator[Candidate]:
    is_named = calls_it_body(text, start)
    for said in _values(text[start + 1 : end - 1], start, "a quoted string", is_named):
        # Whatever a member holds that is not called the body is a part of another document.
        yield said if is_named or not _is_member(text, start) else said._replace(form="value")


def _is_member(text: str, at: int) -> bool:
    return _MEMBER.search(text, max(0, at - 40), at) is not None


def _pieces(text: str, start: int, end: int) -> Iterator[Candidate]:
    raw = "".join([piece[0][1:-1] for piece in _LITERAL.finditer(text, start, end)])
    return _values(raw, start, "a string in pieces", calls_it_body(text, start))


def _values(raw: str, at: int, origin: str, is_named: bool) -> Iterator[Candidate]:  # noqa: FBT001 - passed on
    """What a literal says, by the rules of every language that may have printed it."""
    for text in (raw, *_unescaped(raw)):
        if is_named or "{" in text or "[" in text:
            yield Candidate(at, octets_of(text), origin, is_named=is_named)


def _unescaped(raw: str) -> Iterator[str]:
    if "\\\n" in raw:
        yield unescaped(_CONTINUED.sub("", raw), wide=True)  # YAML
    if "\\" in raw:
        yield unescaped(raw, wide=True)  # JSON, JavaScript, Python, Ruby, Java
        yield unescaped(raw)  # Python's bytes, Go
        yield re.sub(r"\\([\\'])", r"\1", raw)  # PHP in single quotes
    if '`"' in raw:
        yield powershell_unescaped(raw)
    if "'\\''" in raw or "'\"'\"'" in raw:
        yield _REQUOTED.sub("'", raw)
    for mark in ('"', "'"):
        if mark * 2 in raw:
            yield raw.replace(mark * 2, mark)  # CSV, YAML, PowerShell, SQL


def _nested(raw: str, at: int, nesting: int) -> Iterator[Candidate]:
    """What stands in a literal that holds a whole document or message."""
    if nesting < _MAX_NESTING and "\\" in raw and ("{" in raw or "[" in raw):
        for inner in candidates(unescaped(raw, wide=True), 0, 0, nesting=nesting + 1):
            yield inner._replace(at=at, form="value" if inner.form == "text" else inner.form)


def _sized(text: str) -> Iterator[Spot]:
    def read(text: str, start: int, end: int) -> Iterator[Candidate]:
        size = _SIZED.match(text, start)
        assert size
        octets = octets_of(text[size.end() : end])[: int(size[1])]
        yield Candidate(start, octets, "a string", is_named=calls_it_body(text, start))

    for size in _SIZED.finditer(text):
        yield Spot(size.start(), min(len(text), size.end() + int(size[1])), read)


def _json(text: str) -> Iterator[Spot]:
    """Every balanced span, as it stands; once more in compact form where it was an object."""
    is_source, left = is_program(text), _MAX_READ

    def read(text: str, start: int, end: int) -> Iterator[Candidate]:
        span, is_named = text[start:end], calls_it_body(text, start)
        nonlocal left
        left -= end - start
        if left < 0:
            return
        is_value = _is_member(text, start) or _IN_STRING.match(span) is not None
        form: Literal["text", "value"] = "value" if is_value else "text"
        if span[0] != "(":
            for variant in (span, *_unescaped(span), *_unwrapped(span)):
                yield Candidate(start, octets_of(variant), "JSON", form, is_named)
        is_object = is_value or not _JSON.match(span)
        if is_object and not is_source and (compact := stringified(span)) is not None:
            yield Candidate(start, compact, "an object", "object", is_named)

    seen: set[tuple[int, int]] = set()
    for pattern in _BRACKETS:
        for span in _spans(text, pattern):
            if span not in seen:
                seen.add(span)
                yield Spot(*span, read)


def _unwrapped(span: str) -> Iterator[str]:
    """JSON without what a block of YAML put before its lines, or a viewer or mail between them."""
    if "\n" in span:
        indent = min(_INDENTED.findall(span), key=len, default="\n")
        yield span.replace(indent, "\n")
        yield re.sub(r"[ \t\r]*\n[ \t]*", "", span)
        yield re.sub(rf"\r?{indent}", "", span)
        yield (folded := re.sub(r"[ \t\r]*\n[ \t]*", " ", span))
        yield folded.replace("''", "'")  # YAML's string in single quotes
        yield _CELL_LINE.sub("\n", span)


def _spans(text: str, brackets: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """Balanced spans, by one pass with a stack; what is nested deeper than 100 is left out."""
    stack: list[tuple[str, int]] = []
    at = 0
    # Outside of brackets a quote may be anything.
    while match := (brackets if stack else _OPENING).search(text, at):
        mark, at = match[0], match.end()
        if mark in _CLOSING:
            stack.append((_CLOSING[mark], match.start()))
        elif mark[0] in _CLOSING:  # several; of a million, only the last count
            opened = range(max(match.start(), at - _MAX_DEPTH), at)
            stack += [(_CLOSING[text[start]], start) for start in opened]
        del stack[:-_MAX_DEPTH]
        while mark in ("}", "]", ")") and stack:
            closing, start = stack.pop()
            if closing == mark:
                yield start, at
                break


def _rest(text: str, end: int) -> Iterator[Candidate]:
    """All that follows the headers, and each of the next lines, with and without a label."""
    for at in dict.fromkeys((_after_label(text, end), end)):
        rest = text[at:]
        for body in (rest, rest.removesuffix("\n"), rest.strip()):
            yield Candidate(at, octets_of(body), "the rest of the text")
    at = end
    for line in text[end:].split("\n", _MAX_LINES)[:_MAX_LINES]:
        for body in (line, line.rstrip("\r"), line[_after_label(line, 0) :]):
            yield Candidate(at, octets_of(body), "a line")
        at += len(line) + 1


def _after_label(text: str, at: int) -> int:
    label = _LABEL.match(text, at)
    return label.end() if label else at
