"""Labelled values below each other: `  cause    trailing-newline-added (proved)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console
    from rich.text import Text

MIN_VALUE_WIDTH = 20


def draw_fields(
    console: Console, rows: Iterable[tuple[str, str | Text]], *, label_width: int = 9
) -> None:
    """Print each value beside its label, wrapped to the console, nothing after the last word."""
    from rich.text import Text

    width = max(console.width - label_width - 2, MIN_VALUE_WIDTH)
    for label, value in rows:
        text = Text(value) if isinstance(value, str) else value
        for number, line in enumerate(text.wrap(console, width, overflow="fold")):
            line.rstrip()
            head = label if number == 0 else ""
            console.print(
                Text.assemble(("  " + head.ljust(label_width), "dim"), line), soft_wrap=True
            )
