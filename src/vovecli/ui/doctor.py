"""The examination of `doctor` as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.ui.text import printable

if TYPE_CHECKING:
    from vovecli.core.outcomes.examined import Examined
    from vovecli.ui.terminal import Terminal

_LOOKS = {"ok": ("ok", "green"), "note": ("dot", "cyan"), "problem": ("bad", "bold red")}
_WIDTH = 11  # of the longest name of a point


def draw_examined(terminal: Terminal, examined: Examined) -> None:
    """One point: its mark, its name, what there is, and below it how to mend it."""
    from rich.text import Text

    glyph, style = _LOOKS[examined.condition]
    line = Text.assemble(
        (terminal.glyph(glyph), style), f" {examined.point:{_WIDTH}}", printable(examined.message)
    )
    terminal.out.print(line, soft_wrap=True)
    if examined.fix:
        fix = Text.assemble(" " * (_WIDTH + 2), ("fix: ", "dim"), printable(examined.fix))
        terminal.out.print(fix, soft_wrap=True)
