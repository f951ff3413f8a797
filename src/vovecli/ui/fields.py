"""Labelled values below each other: `  cause    trailing-newline-added (proved)`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

MIN_VALUE_WIDTH = 20
# `express.raw({ type: () => true })`: code that is read, and copied, in one piece.
_CALL = re.compile(r"(?<![\w.])[\w.]+\((?:[^()\n]|\([^()\n]*\))*\)")
_SPACE = "\ue000"  # for private use (Unicode, 23.5): no break


def _whole(code: str, width: int) -> str:
    """Code with spaces that no line breaks at, where it fits into a line."""
    return code.replace(" ", _SPACE) if len(code) <= width else code


def draw_fields(
    console: Console, rows: Iterable[tuple[str, str | Text]], *, label_width: int = 9
) -> None:
    """Print each value beside its label, wrapped to the console, nothing after the last word."""
    from rich.text import Text

    width = max(console.width - label_width - 2, MIN_VALUE_WIDTH)
    for label, value in rows:
        text = Text(value) if isinstance(value, str) else value
        text.plain = _CALL.sub(lambda call: _whole(call[0], width), text.plain)
        for number, line in enumerate(text.wrap(console, width, overflow="fold")):
            line.plain = line.plain.replace(_SPACE, " ")
            line.rstrip()
            head = label if number == 0 else ""
            console.print(
                Text.assemble(("  " + head.ljust(label_width), "dim"), line), soft_wrap=True
            )
