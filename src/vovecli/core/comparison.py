"""Two bodies side by side: what they share, what only one has, and names for what is invisible."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.signing import header_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret

Side = Literal["same", "left", "right"]

# Words and spaces are compared whole, everything else character by character.
_TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
_WORD = re.compile(r"\w")
# difflib takes quadratic time and more: beyond this the differing middle is one piece.
_MOST_TOKENS = 1_000
_MOST_RESPACED = 50_000  # tokens, where nothing but spaces differs: one way through both
_NAMES = {"\n": "LF", "\r": "CR", "\t": "TAB", "\0": "NUL", "\ufeff": "BYTE ORDER MARK"}
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"))
_FIRST_ODD_BYTE, _LAST_ODD_BYTE = 0xDC80, 0xDCFF  # PEP 383: bytes that are not UTF-8


class ComparedText(NamedTuple):
    """A run of text that both bodies have, or only one of them.

    Attributes:
        text: UTF-8 with odd bytes surrogate-escaped.
    """

    side: Side
    text: str


def compare(left: bytes, right: bytes) -> list[ComparedText]:
    """The pieces that make up both bodies, in order.

    Those of the left and of both give the left body again, and likewise the right one.
    """
    before, after = header_text(left), header_text(right)
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    middle = before[start : len(before) - end], after[start : len(after) - end]
    pieces = [
        ComparedText("same", before[:start]),
        *_differing(*middle),
        ComparedText("same", before[len(before) - end :]),
    ]
    return [piece for piece in pieces if piece.text]


def invisible(text: str) -> dict[str, str]:
    """The characters of a text that cannot be seen, each with its name; spaces count as seen."""
    return {
        char: _name(char)
        for char in sorted(set(text))
        if char != " " and unicodedata.category(char) in _INVISIBLE
    }


def body_as_signed(
    request: CapturedRequest,
    secrets: Sequence[SigningSecret],
    others: Sequence[SigningSecret] = (),
) -> bytes | None:
    """The body as it was signed, where a matching MAC proves it; None where none does."""
    from vovecli.core.diagnosis import diagnose
    from vovecli.core.webhook_headers import read_webhook_headers

    headers = read_webhook_headers(request)
    return None if headers.fault else diagnose(request, headers, secrets, others).body


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with together, up to the end of a whole word."""
    shortest = min(len(one), len(other))
    if one[:shortest] == other[:shortest]:
        place = shortest
    else:
        place = next(place for place in range(shortest) if one[place] != other[place])
    while place and _is_inside_word(one, other, place):
        place -= 1
    return place


def _is_inside_word(one: str, other: str, place: int) -> bool:
    """Whether a word of either text goes on over a place."""
    after = one[place : place + 1] + other[place : place + 1]
    return bool(_WORD.match(one[place - 1])) and bool(_WORD.search(after))


def _differing(before: str, after: str) -> Iterator[ComparedText]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    most = max(len(old), len(new))
    if most <= _MOST_RESPACED and _unspaced(old) == _unspaced(new):
        yield from _respaced(old, new)
        return
    if most > _MOST_TOKENS:
        yield ComparedText("left", before)
        yield ComparedText("right", after)
        return
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield ComparedText("same", "".join(old[old_start:old_end]))
        else:
            yield ComparedText("left", "".join(old[old_start:old_end]))
            yield ComparedText("right", "".join(new[new_start:new_end]))


def _unspaced(tokens: Sequence[str]) -> list[str]:
    return [token for token in tokens if not token.isspace()]


def _respaced(old: Sequence[str], new: Sequence[str]) -> Iterator[ComparedText]:
    """The pieces of two lists of tokens that differ in spaces alone, as of JSON written anew."""
    left, right, same = 0, 0, 0  # places, and since where both are the same
    while left < len(old) or right < len(new):
        one, other = old[left : left + 1], new[right : right + 1]
        if one == other:
            left, right = left + 1, right + 1
            continue
        yield ComparedText("same", "".join(old[same:left]))
        if one and one[0].isspace():
            yield ComparedText("left", one[0])
            left += 1
        else:
            yield ComparedText("right", other[0])
            right += 1
        same = left
    yield ComparedText("same", "".join(old[same:left]))


def _name(char: str) -> str:
    code = ord(char)
    if _FIRST_ODD_BYTE <= code <= _LAST_ODD_BYTE:
        return f"BYTE {code - 0xDC00:02X}"
    return _NAMES.get(char, "") or unicodedata.name(char, f"U+{code:04X}")
