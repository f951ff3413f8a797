from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.ui.lines import Piece, fitting, paragraph, parts_of, short_id

PIECES = [
    Piece("12:00:00"),
    Piece("ok", gap=" "),
    Piece("ref 0123456789", rank=2, short="ref 01…"),
    Piece("msg_0123456789", rank=3),
]


def text(lines: list[list[Piece]]) -> list[str]:
    """What the terminal would get."""
    return [
        "".join(part if isinstance(part, str) else part[0] for part in parts_of(line))
        for line in lines
    ]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (None, "12:00:00 ok  ref 0123456789  msg_0123456789"),
        (43, "12:00:00 ok  ref 0123456789  msg_0123456789"),
        (42, "12:00:00 ok  ref 0123456789"),
        (26, "12:00:00 ok  ref 01…"),
        (15, "12:00:00 ok"),
    ],
)
def test_what_matters_least_goes_first(width: int | None, line: str) -> None:
    """The highest rank, shortened before it is left out."""
    assert text(fitting(PIECES, width, indent=2)) == [line]


def test_what_is_needed_is_never_cut() -> None:
    """It goes on in the next line, indented."""
    lines = fitting([Piece("a" * 30), Piece("b" * 30), Piece("c" * 50)], 40, indent=2)

    assert text(lines) == ["a" * 30, "  " + "b" * 30, "  " + "c" * 50]


@given(
    st.lists(st.tuples(st.text("ab", min_size=1, max_size=30), st.integers(0, 3)), min_size=1),
    st.integers(40, 120),
)
def test_lines_fit_and_hold_all_that_is_needed(pieces: list[tuple[str, int]], width: int) -> None:
    """Whatever the pieces."""
    lines = fitting([Piece(word, rank=rank) for word, rank in pieces], width, indent=5)

    shown = [piece.text for line in lines for piece in line]
    assert all(len(line) <= width for line in text(lines))
    assert [word for word, rank in pieces if not rank and word not in shown] == []


def test_paragraphs_wrap_at_words() -> None:
    """A word longer than a line is left whole."""
    assert paragraph("one two " + "x" * 60, 40, indent=2) == ["  one two", "  " + "x" * 60]
    assert paragraph("a\n\nb", 40, indent=2) == ["  a", "", "  b"]
    assert paragraph("a b", None, indent=2) == ["  a b"]


def test_short_forms() -> None:
    """Of ids; what is short already stays."""
    assert short_id("case-7") == "case-7"
    assert short_id("82f0dcb3-d2fd") == "82f0dcb3…"
