"""Records of the history as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

    from vovecli.core.outcomes.records import Record
    from vovecli.ui.terminal import Terminal

_GOOD = ("delivered", "valid")


def draw_records(terminal: Terminal, records: Iterable[Record]) -> None:
    """A line per record."""
    empty = True
    for record in records:
        empty = False
        terminal.out.print(_line(record), soft_wrap=True)
    if empty:
        terminal.notice("no record; send and listen write them")


def draw_record(terminal: Terminal, record: Record) -> None:
    """Everything about one record: its line, attempts, headers and body."""
    out = terminal.out
    out.print(_line(record), soft_wrap=True)
    if record.message_id:
        out.print(f"message {printable(record.message_id)}", soft_wrap=True)
    if record.ref_id:
        out.print(f"refId {printable(record.ref_id)}", soft_wrap=True)
    if record.faults:
        out.print(f"faults {', '.join(record.faults)}", soft_wrap=True)
    for attempt in record.attempts:
        result = attempt["status"] or printable(str(attempt["error"]))
        out.print(f"attempt {attempt['n']} at {_time(float(str(attempt['at'])))}: {result}")
    out.print()
    for name, value in record.headers:
        out.print(f"{printable(name)}: {printable(value)}", style="dim", soft_wrap=True)
    out.print()
    out.print(printable_lines(record.body.decode("utf-8", "replace")), soft_wrap=True)


def _line(record: Record) -> Text:
    """`12  2026-01-31 15:31:18  sent  kyb.case.completed  refused 500  http://…`."""
    from rich.text import Text

    result = f"{record.outcome}{f' {record.status}' if record.status else ''}"
    good = record.outcome in _GOOD or bool(record.faults and record.outcome == "refused")
    return Text.assemble(
        (f"{record.number:>6}", "bold"),
        (f"  {_time(record.at)}", "dim"),
        f"  {record.direction:<8}",
        f"  {record.event or '-':<20}  ",
        (f"{result:<16}", "green" if good else "red"),
        f"  {printable(record.endpoint or record.target)}",
        (f"  {record.cause}" if record.cause else "", "red"),
    )


def _time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d %H:%M:%S}"
