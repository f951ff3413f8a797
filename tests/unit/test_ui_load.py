"""How a load run looks while it lasts."""

from __future__ import annotations

import io
import sys

import pytest

from vovecli.ui.load import progress_bar
from vovecli.ui.terminal import Terminal


class Tty(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


@pytest.mark.parametrize(
    ("err", "quiet", "shown"),
    [(Tty(), False, True), (Tty(), True, False), (io.StringIO(), False, False)],
)
def test_a_bar_is_drawn_on_terminals_only(err: io.StringIO, *, quiet: bool, shown: bool) -> None:
    """Never where it would end up in a file, never when quiet."""
    terminal = Terminal(out=sys.stdout, err=err, environ={"TERM": "xterm"}, quiet=quiet)

    with progress_bar(terminal, 100) as advance:
        advance(50)
        advance(100)

    assert ("100/100" in err.getvalue()) == shown
    assert bool(err.getvalue()) == shown
