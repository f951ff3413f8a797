"""The event types as people read them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.catalogue import PROVENANCES
from vovecli.ui.fields import draw_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vovecli.core.catalogue import EventType, Provenance
    from vovecli.core.identification import EventIdentity
    from vovecli.ui.terminal import Terminal


def draw_events(terminal: Terminal, events: Iterable[EventType]) -> None:
    """One row per event type."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("EVENT", "STATUS", "NAME IS", "MEANING"):
        table.add_column(column, no_wrap=column != "MEANING", header_style="dim")
    shown: dict[Provenance, None] = {}
    for event in events:
        shown[event.provenance] = None
        table.add_row(event.type, event.status or "-", event.provenance, event.meaning)
    terminal.out.print(table)
    for provenance in shown:
        terminal.notice(f"{provenance}: {PROVENANCES[provenance]}")


def draw_event(terminal: Terminal, event: EventType, sample: Mapping[str, object]) -> None:
    """Everything about one event type."""
    following = "not known" if event.next is None else ", ".join(event.next) or "none: final"
    rows = [
        ("event", event.type),
        ("name is", f"{event.provenance}: {PROVENANCES[event.provenance]}"),
        ("meaning", event.meaning),
        ("status", event.status or "not in the payload"),
        ("before it", event.previous or "not in the payload"),
        ("after it", following),
        ("handler", event.advice),
        *((f"  {name}", meaning) for name, meaning in event.fields.items()),
        *([("learned", f"from {event.learned.deliveries} deliveries")] if event.learned else []),
        ("source", event.source),
    ]
    draw_fields(terminal.out, rows, label_width=18)
    terminal.out.print(json.dumps(sample, indent=2), style="cyan")


def event_name(event: EventIdentity) -> str:
    """The event's name and whose word it is; what it may be, where the shape does not decide."""
    if event.type:
        note = _NOTES.get(event.type) or _NOTES.get(event.provenance or "")
        return f"{event.type} ({note})" if note else event.type
    if event.candidates:
        known = (f"{each.type} ({each.provenance})" for each in event.candidates)
        return f"perhaps {' or '.join(known)}"
    return f"unknown {event.family} event" if event.family else "unknown event"


_NOTES = {
    "alias": "our name",
    "reported": "reported, not documented",
    "own": "declared in your settings",
    "svix.ping": "Svix's test event: the connection works",
    "svix": "Svix's own, about its service",
}
