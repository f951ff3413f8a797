"""Errors as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from vovecli.core.errors import VoveError
    from vovecli.ui.terminal import Terminal


def draw_error(terminal: Terminal, error: VoveError) -> None:
    """What happened and why, then `hint:` with what to type next, on standard error."""
    terminal.remark(("error:", "alarm"), " ", printable_lines(error.message))
    if error.hint:
        terminal.remark(("hint:", "hint"), " ", printable(error.hint))
