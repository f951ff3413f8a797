"""The settings in force as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vovecli.ui.terminal import Terminal


def draw_settings(
    terminal: Terminal, rows: Iterable[tuple[str, str | int | bool | None, str, str]]
) -> None:
    """One row per setting: name, value, origin, meaning."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("SETTING", "VALUE", "FROM", "MEANING"):
        table.add_column(column, overflow="fold", header_style="dim")
    for name, value, origin, meaning in rows:
        shown = "-" if value is None else str(value)
        if isinstance(value, bool):
            shown = shown.lower()  # as TOML writes it
        table.add_row(name, printable(shown), printable(origin), meaning)
    terminal.out.print(table)
