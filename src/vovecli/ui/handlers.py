"""The handlers of `vove handler`: a list, and what to do with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.handlers import Handler
    from vovecli.ui.terminal import Terminal


def draw_handlers(terminal: Terminal, handlers: Sequence[Handler]) -> None:
    """A line for each: the name to type, and what it is made with."""
    width = max(len(handler.name) for handler in handlers)
    for handler in handlers:
        terminal.line((f"{handler.name:{width}}", "name"), f"  {handler.title}")


def draw_next_steps(terminal: Terminal, handler: Handler) -> None:
    """On standard error, so that they are seen when the file goes elsewhere."""
    steps = [
        ("save as", handler.file),
        ("needs", handler.needs),
        ("install", handler.install),
        ("secret", 'eval "$(vove secret show --export sh)"'),
        ("start", handler.start),
        ("check", "vove check :3000"),
    ]
    for label, text in steps:
        if text:
            terminal.notice(f"{label:8} {text}")
