"""Records of the history as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.core.catalogue import EVENTS
from vovecli.core.endpoints import short_url
from vovecli.ui.answers import answer_lines
from vovecli.ui.lines import Piece, ref_piece
from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vovecli.core.outcomes.records import Record
    from vovecli.ui.terminal import Terminal

_ROOMY = 100  # columns from which the year is shown
_INDENT = 7  # the width of the number


def draw_records(terminal: Terminal, records: Iterable[Record], *, filtered: bool = False) -> None:
    """A line per record.

    Args:
        terminal: Where they go.
        records: Newest first.
        filtered: Whether only some were asked for.
    """
    empty = True
    for record in records:
        empty = False
        terminal.pieces(_line(record, terminal), indent=_INDENT)
    if empty and filtered:
        terminal.notice("no record matches; see all of them: vove history")
    elif empty:
        terminal.notice("no records yet; vove send and vove listen add them")


def draw_record(terminal: Terminal, record: Record) -> None:
    """Everything about one record: its line, attempts, headers and body, and the answer."""
    terminal.pieces(_line(record, terminal), indent=_INDENT)
    for name, value in _facts(record):
        terminal.line(f"{name} {printable(value)}")
    for attempt in record.attempts:
        result = attempt["status"] or printable(str(attempt["error"]))
        terminal.line(f"attempt {attempt['n']} at {_time(float(str(attempt['at'])))}: {result}")
    terminal.line()
    for name, value in record.headers:
        terminal.line((f"{printable(name)}: {printable(value)}", "quiet"))
    terminal.line()
    terminal.line(printable_lines(record.body.decode("utf-8", "replace")))
    if record.answer:
        terminal.line()
        first, *body = answer_lines(record.answer)
        terminal.line(f"answer {first}")
        for name, value in record.answer.headers:
            terminal.line((f"{printable(name)}: {printable(value)}", "quiet"))
        for line in ["", *body]:
            terminal.line(line)


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    if record.endpoint:
        yield "endpoint", record.endpoint
    if record.message_id:
        yield "message", record.message_id
    if record.ref_id:
        yield "refId", record.ref_id
    if record.faults:
        yield "faults", ", ".join(record.faults)


def _line(record: Record, terminal: Terminal) -> Iterator[Piece]:
    """`   12  01-31 15:31:18 ✓ sent     kyb.case.completed  refused 401  stale  :3000/hook`."""
    width = terminal.columns
    moment = _time(record.at)
    style = "good" if record.ok else "bad"
    yield Piece(f"{record.number:>5}", "name")
    yield Piece(moment if width is None or width >= _ROOMY else moment[5:], "quiet")
    yield Piece(terminal.glyph("ok" if record.ok else "bad"), style, gap=" ")
    yield Piece(f"{record.direction:<8}", gap=" ")
    known = EVENTS.get(record.event or "")
    note = " (reported)" if known and known.provenance == "reported" else ""
    yield Piece(f"{(record.event or '-') + note:<20}", gap=" ")
    yield Piece(f"{record.outcome}{f' {record.status}' if record.status else ''}", style, gap=" ")
    yield Piece(", ".join(record.faults), "odd")
    yield Piece(record.cause or "", "bad")
    place = printable(record.endpoint or record.target)
    yield Piece(place, rank=1, short=short_url(place))
    if record.ref_id:
        yield ref_piece(record.ref_id, "quiet")


def _time(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment).astimezone():%Y-%m-%d %H:%M:%S}"
