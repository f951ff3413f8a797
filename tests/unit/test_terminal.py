from __future__ import annotations

import io

import pytest

from vovecli.ui.terminal import Terminal, wants_color


class Screen(io.TextIOWrapper):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        """It is one."""
        return True

    @property
    def text(self) -> str:
        """Everything so far."""
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


@pytest.mark.parametrize(
    ("choice", "environ", "is_terminal", "expected"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"CLICOLOR_FORCE": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "0"}, False, False),
        ("auto", {"CLICOLOR": "0"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_colour_is_decided_in_this_order(
    choice: str,
    environ: dict[str, str],
    *,
    is_terminal: bool,
    expected: bool,
) -> None:
    """Flag > NO_COLOR > FORCE_COLOR/CLICOLOR_FORCE > CLICOLOR=0 > TERM=dumb > a terminal."""
    assert expected is wants_color(choice, environ, is_terminal=is_terminal)  # type: ignore[arg-type]


def test_lines_are_styled_on_a_terminal_only() -> None:
    """The words are the same without."""
    screen, file = Screen(io.BytesIO(), "utf-8"), io.StringIO()

    for out in (screen, file):
        Terminal(out=out, err=out, environ={}).line("a ", ("b", "bad"), ("", "bad"))

    assert screen.text == "a \033[31mb\033[0m\n"
    assert file.getvalue() == "a b\n"


def test_glyphs_and_text_fall_back_where_the_encoding_has_none() -> None:
    """An old terminal shows ASCII marks and escapes, and nothing fails."""
    screen = Screen(io.BytesIO(), "ascii")
    terminal = Terminal(out=screen, err=screen, environ={}, color="never")

    terminal.line(terminal.glyph("ok"), " naïve →")

    assert screen.text == "ok na\\xefve \\u2192\n"


def test_quiet_silences_notices_but_not_errors() -> None:
    """-q is about progress, hints and notices."""
    out, err = io.StringIO(), io.StringIO()
    terminal = Terminal(out=out, err=err, environ={}, quiet=True)

    terminal.notice("by the way")
    terminal.remark("error: it broke")

    assert (out.getvalue(), err.getvalue()) == ("", "error: it broke\n")
