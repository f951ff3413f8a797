"""Errors as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from vovecli.core.errors import VoveError
    from vovecli.ui.terminal import Terminal


def draw_error(terminal: Terminal, error: VoveError) -> None:
    """What happened and why, then `hint:` with what to type next, on standard error."""
    from rich.text import Text

    terminal.err.print(
        Text.assemble(("error:", "bold red"), " ", printable_lines(error.message)), soft_wrap=True
    )
    if error.hint:
        terminal.err.print(
            Text.assemble(("hint:", "cyan"), " ", printable(error.hint)), soft_wrap=True
        )
