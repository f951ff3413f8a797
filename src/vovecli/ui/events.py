"""The event types as people read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.catalogue import FIELDS
from vovecli.ui.fields import draw_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vovecli.core.catalogue import EventType
    from vovecli.ui.terminal import Terminal

_PROVENANCE = {True: "documented", False: "alias"}


def draw_events(terminal: Terminal, events: Iterable[EventType]) -> None:
    """One row per event type."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("EVENT", "STATUS", "NAME IS", "MEANING"):
        table.add_column(column, no_wrap=column != "MEANING", header_style="dim")
    for event in events:
        table.add_row(event.type, event.status, _PROVENANCE[event.documented], event.meaning)
    terminal.out.print(table)
    terminal.notice(
        "alias: the provider documents the status but no event name for it; the name is ours"
    )


def draw_event(terminal: Terminal, event: EventType, sample: Mapping[str, object]) -> None:
    """Everything about one event type."""
    provenance = "documented by VOVE ID" if event.documented else "our alias; VOVE ID names none"
    following = ", ".join(event.next) or "none: final"
    rows = [
        ("event", f"{event.type} ({provenance})"),
        ("meaning", event.meaning),
        ("status", event.status),
        ("before it", event.previous or "not in the payload"),
        ("after it", following),
        ("handler", event.advice),
        *((f"  {name}", meaning) for name, meaning in FIELDS[event.family].items()),
        ("source", event.source),
    ]
    draw_fields(terminal.out, rows, label_width=18)
    terminal.out.print(json.dumps(sample, indent=2), style="cyan")
