from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.ui.text import printable, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é → 日本 🎉", "plain é → 日本 🎉"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202eevil", "\\u202eevil"),
        ("\udcff", "\\udcff"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_could_steer_a_terminal_is_escaped(text: str, shown: str) -> None:
    """And nothing else."""
    assert shown == printable(text)


def test_lines_are_kept_and_everything_is_bounded() -> None:
    """A megabyte from a handler does not fill the screen."""
    assert printable_lines("a\r\nb\x07\nc") == "a\nb\\x07\nc"
    assert printable("x" * 3000) == "x" * 2000 + "... (1000 more)"
    assert printable_lines("x\n" * 3000).endswith("... (2000 more)")


@given(st.text())
def test_the_result_is_always_printable(text: str) -> None:
    """Whatever comes in."""
    assert printable(text).isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("200 ##[set-output name=x]1", "200 ##\\x5bset-output name=x]1"),
        ("::error::x", "\\x3a:error::x"),
        ("  ::stop-commands::x", "  \\x3a:stop-commands::x"),
        ("a::b #[c]", "a::b #[c]"),
    ],
)
def test_nothing_is_a_command_for_the_runner_of_github(text: str, shown: str) -> None:
    """What a handler answers is shown in workflows, too."""
    assert printable(text) == shown
    assert printable_lines(f"x\n{text}") == f"x\n{shown}"
