"""Flows and faults as people read them: what each is, and what a right handler does with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.ui.fields import draw_fields
from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vovecli.core.faults import Fault
    from vovecli.core.flows import Flow
    from vovecli.ui.terminal import Terminal

_AMOUNTS = {"duration": "=10m", "count": "=3"}


def draw_flows(terminal: Terminal, flows: Iterable[Flow]) -> None:
    """A paragraph per flow."""
    arrow = f" {terminal.glyph('to')} "
    for flow in flows:
        terminal.line((printable(flow.name), "name"), f"  {flow.meaning}")
        draw_fields(terminal.out, [("events", arrow.join(flow.events)), ("handler", flow.handler)])


def draw_faults(terminal: Terminal, faults: Iterable[Fault]) -> None:
    """A paragraph per fault."""
    for fault in faults:
        kind = fault.kind
        amount = _AMOUNTS.get(kind.amount or "", "")
        terminal.line((kind.name, "name"), f"[{amount}]" if amount else "")
        rows = [("sent", fault.broken), ("handler", kind.handler)]
        if kind.accepted:
            rows.append(("if taken", kind.accepted))
        draw_fields(terminal.out, rows)
