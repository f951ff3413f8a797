"""Lines that fit the terminal: what matters least is shortened, then left out; nothing is cut.

Styled by hand: rich takes 200 µs for a line, a burst of deliveries has no such time.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, NamedTuple

from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Text, or text with the name of its style.
Part = str | tuple[str, str]

GAP = "  "
INDENT = 9  # the width of the time that lines of deliveries begin with
SHORT_ID = 8
MIN_WIDTH = 40
_NEEDED = 0


class Piece(NamedTuple):
    """A part of a line.

    Attributes:
        style: As in `terminal.STYLES`.
        rank: 0 is always shown; of the others the highest goes first where space is short.
        short: Shown instead before the piece is left out.
        gap: What separates it from the piece before it.
    """

    text: str
    style: str = ""
    rank: int = _NEEDED
    short: str = ""
    gap: str = GAP


def fitting(pieces: Iterable[Piece], width: int | None, *, indent: int) -> list[list[Piece]]:
    """The pieces as lines of at most `width` columns.

    Args:
        pieces: In their order.
        width: None for any; the optional pieces are all shown then.
        indent: Columns before the second and further lines.
    """
    kept = [piece for piece in pieces if piece.text]
    if width is None:
        return [kept]
    while _length(kept) > width and (rank := max(piece.rank for piece in kept)):
        place = max(place for place, piece in enumerate(kept) if piece.rank == rank)
        short = kept[place].short
        kept[place : place + 1] = [kept[place]._replace(text=short, short="")] if short else []
    return _wrapped(kept, max(width, MIN_WIDTH), indent)


def parts_of(line: Sequence[Piece]) -> list[Part]:
    """One line as `Terminal.line` takes it."""
    parts: list[Part] = []
    for place, piece in enumerate(line):
        parts += [
            piece.gap if place else "",
            (piece.text, piece.style) if piece.style else piece.text,
        ]
    return parts


def short_id(text: str) -> str:
    """The beginning of a long identifier: enough to tell it from its neighbours."""
    return text if len(text) <= SHORT_ID + 1 else f"{text[:SHORT_ID]}…"


def ref_piece(ref_id: str, style: str = "") -> Piece:
    """Whom a delivery is about; the text may be anybody's."""
    ref = printable(ref_id, limit=80)
    return Piece(f"ref {ref}", style, rank=2, short=f"ref {short_id(ref)}")


def paragraph(text: str, width: int | None, *, indent: int) -> list[str]:
    """Sentences wrapped at words, each line indented; only a word longer than a line runs over."""
    margin = " " * indent
    if width is None:
        return [margin + line for line in text.splitlines()]
    return [
        wrapped
        for line in text.splitlines()
        for wrapped in textwrap.wrap(
            line,
            max(width, MIN_WIDTH),
            initial_indent=margin,
            subsequent_indent=margin,
            break_long_words=False,
            break_on_hyphens=False,
        )
        or [""]
    ]


def _length(pieces: Sequence[Piece]) -> int:
    return sum(len(piece.gap) + len(piece.text) for piece in pieces) - len(pieces[0].gap)


def _wrapped(pieces: Sequence[Piece], width: int, indent: int) -> list[list[Piece]]:
    """Lines broken between pieces."""
    lines: list[list[Piece]] = [[]]
    for piece in pieces:
        used = _length(lines[-1]) if lines[-1] else 0
        if lines[-1] and used + len(piece.gap) + len(piece.text) > width:
            lines.append([Piece(" " * indent, gap=""), piece._replace(gap="")])
        else:
            lines[-1].append(piece)
    return lines
