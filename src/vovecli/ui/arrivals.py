"""What a listener sees, as lines for people."""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING

from vovecli.core.arrival_envelope import listener_event_json
from vovecli.core.endpoints import short_url
from vovecli.core.next_steps import after_refusal
from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.outcomes.arrivals import (
    AppChange,
    Arrival,
    Forward,
    KeepingChange,
    Overflow,
    Ready,
)
from vovecli.core.secrets import DEVELOPMENT
from vovecli.core.tunnels import TunnelEvent
from vovecli.ui.answers import MAX_EXCERPT_LINES, answer_lines
from vovecli.ui.events import event_name
from vovecli.ui.json_lines import json_line
from vovecli.ui.lines import GAP, INDENT, Piece, fitting, paragraph, ref_piece
from vovecli.ui.listening import change_line, ready_lines, summary_line
from vovecli.ui.terminal import STYLES
from vovecli.ui.text import printable, printable_lines
from vovecli.ui.tunnel import tunnel_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import TextIO

    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.outcomes.arrivals import ListenerEvent
    from vovecli.core.outcomes.verdicts import Finding, Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.ui.terminal import Terminal

_BAD_GATEWAY = 502
_ANSWER_WIDTH = 18  # left for `→ app 401 123 ms`
_INDENT = " " * INDENT


class JsonArrivals:
    """One JSON line per event; what is no data is said on standard error.

    Args:
        terminal: For notices.
        out: Where the lines go, when they are flushed.
    """

    def __init__(self, terminal: Terminal, *, out: TextIO) -> None:
        self._terminal = terminal
        self._out = out

    def show(self, event: ListenerEvent) -> None:
        """Write what happened."""
        if isinstance(event, AppChange | KeepingChange | Overflow):
            self._terminal.notice(change_line(event))
        else:
            self._out.write(json_line(listener_event_json(event)))

    def flush(self) -> None:
        """Pass on what was written."""
        self._out.flush()


class TextArrivals:
    """Draws arrivals on standard output, and what is said around them on standard error.

    A delivery that goes on to an app leaves its line open until the app has answered, or something
    else has happened.

    Args:
        terminal: For glyphs, width and notices.
        out: Where the lines go, when they are flushed.
        color: Whether they are coloured.
        verbose: Whether ids are shown in full, with headers and bodies.
    """

    def __init__(self, terminal: Terminal, *, out: TextIO, color: bool, verbose: bool) -> None:
        self._terminal = terminal
        self._out = out
        if isinstance(out, io.TextIOWrapper):  # a refId may be in any script
            out.reconfigure(errors="backslashreplace")
        self._verbose = verbose
        self._on = {name: f"\033[{code}m" if color else "" for name, code in STYLES.items()}
        self._off = "\033[0m" if color else ""
        self._ok, self._no, self._odd, self._to = (
            terminal.glyph(name) for name in ("ok", "bad", "warn", "to")
        )
        self._second = (0, "")
        self._open: tuple[int | None, int] | None = None  # record and length of an open line
        self._secret_given = True
        self._hinted = terminal.quiet

    def show(self, event: ListenerEvent) -> None:
        """Write what happened."""
        if isinstance(event, Forward):
            self._show_forward(event)
            return
        self._end_line()
        if isinstance(event, Arrival):
            self._show_arrival(event)
            return
        self.flush()  # before what is said about it on standard error
        if isinstance(event, AppChange | KeepingChange | Overflow):
            self._terminal.notice(change_line(event))
        elif isinstance(event, Ready):
            self._show_ready(event)
        elif isinstance(event, TunnelEvent):
            self._terminal.notice(tunnel_line(event, self._terminal))
        else:
            self._terminal.notice(summary_line(event))

    def flush(self) -> None:
        """Pass on what was written."""
        self._out.flush()

    def _show_ready(self, ready: Ready) -> None:
        self._secret_given = ready.secrets[0].origin != DEVELOPMENT
        for line in ready_lines(ready, self._odd):
            self._terminal.notice(line)

    def _show_arrival(self, arrival: Arrival) -> None:
        width = self._terminal.columns
        reserved = _ANSWER_WIDTH if arrival.answered is None and width else 0
        lines = fitting(self._headline(arrival), width and width - reserved, indent=INDENT)
        for line in lines[:-1]:
            self._out.write(self._drawn(line) + "\n")
        self._out.write(self._drawn(lines[-1]))
        self._open = arrival.record, sum(len(gap) + len(text) for text, _, _, _, gap in lines[-1])
        remarks = list(self._remarks(arrival, width))
        if self._verbose and arrival.request:
            remarks += (self._paint("quiet", line) for line in _content(arrival.request))
        if remarks or arrival.answered is not None:
            self._end_line()
        self._out.write("".join(f"{line}\n" for line in remarks))

    def _show_forward(self, forward: Forward) -> None:
        """The app's answer, beside its delivery where that is the last line; why if it refused."""
        width = self._terminal.columns
        result = self._result(forward)
        record, used = self._open or (None, 0)
        room = None if width is None else width - used
        together = fitting(result, room, indent=INDENT)
        if self._open and record == forward.record and (width is None or _fits(together, room)):
            self._out.write(GAP + self._drawn(together[0]))
        else:
            self._end_line()
            head = [Piece(self._time(forward.at), "quiet"), *self._number(forward.record)]
            lines = fitting([*head, *result], width, indent=INDENT)
            self._out.write("\n".join(map(self._drawn, lines)))
        self._out.write("\n")
        self._open = None
        if forward.answer and not is_acknowledged(forward.status):
            self._show_refusal(forward.answer, width)
        self._hint(forward)

    def _show_refusal(self, answer: Answer, width: int | None) -> None:
        for text in answer_lines(answer, lines=None if self._verbose else MAX_EXCERPT_LINES):
            for line in paragraph(text, width, indent=INDENT):
                self._out.write(self._paint("quiet", line) + "\n")

    def _hint(self, forward: Forward) -> None:
        """What to type when the app refuses what is genuine; once."""
        if self._hinted or not forward.verified or forward.answer is None:
            return
        step = after_refusal(forward.endpoint, forward.status, secret_given=self._secret_given)
        if step:
            self._hinted = True
            self.flush()
            self._terminal.hint(f"the delivery is genuine; {step}")

    def _result(self, forward: Forward) -> list[Piece]:
        if forward.status is not None:
            good = is_acknowledged(forward.status)
            text = f"{self._to} app {forward.status}"
        else:
            good = False
            why = "unreachable" if forward.answered == _BAD_GATEWAY else "gave no answer in time"
            text = f"{self._to} app {why}, answered {forward.answered}"
        pieces = [Piece(text, "good" if good else "bad", gap=" ")]
        if forward.latency_ms is not None:
            pieces.append(Piece(f"{forward.latency_ms:.0f} ms", "quiet", gap=" "))
        if not forward.verified:
            pieces.append(Piece(f"{self._odd} not verified", "odd"))
        pieces.append(Piece(short_url(forward.endpoint), "quiet", rank=1))
        return pieces

    def _headline(self, arrival: Arrival) -> Iterator[Piece]:
        """`15:31:18 #12 ✓ kyb.case.rejected  IN_REVIEW → REJECTED  DOCUMENT_MISMATCH  ref …`."""
        mark, style = (self._no, "bad") if arrival.cause else (self._ok, "good")
        yield Piece(self._time(arrival.at), "quiet")
        yield from self._number(arrival.record)
        yield Piece(mark, style, gap=" ")
        yield Piece(_title(arrival), "name", gap=" ")
        if arrival.cause:
            yield Piece(arrival.cause.code, "bad")
        if arrival.duplicate_of is not None:
            yield Piece(f"duplicate of #{arrival.duplicate_of}", "odd")
        if arrival.verdict:
            for piece in self._message(arrival, arrival.verdict):
                yield piece._replace(rank=0) if self._verbose else piece
        if arrival.answered not in (None, 200):
            yield Piece(f"answered {arrival.answered}", "quiet")

    def _message(self, arrival: Arrival, verdict: Verification) -> Iterator[Piece]:
        if event := verdict.event:
            before = printable(event.previous_status or arrival.last_status or "", limit=40)
            status = printable(event.status or "", limit=40)
            if status:
                whole = f"{before} {self._to} {status}" if before else status
                yield Piece(whole, rank=1, short=status)
            if reason := event.payload.get("reason"):
                yield Piece(printable(str(reason), limit=60))
            if event.ref_id is not None:
                yield ref_piece(event.ref_id)
        if verdict.message_id:
            yield Piece(printable(verdict.message_id, limit=80), "quiet", rank=4)
        if not arrival.cause and verdict.secret:
            yield Piece(f"signed {verdict.secret.fingerprint}", "quiet", rank=3)

    def _remarks(self, arrival: Arrival, width: int | None) -> Iterator[str]:
        if arrival.cause:
            yield from paragraph(printable(arrival.cause.message), width, indent=INDENT)
            if arrival.cause.fix:
                fix = f"fix: {printable(arrival.cause.fix)}"
                yield from paragraph(fix, width, indent=INDENT)
        for finding in _news(arrival):
            text = f"{self._odd} {printable(finding.message)}"
            for line in paragraph(text, width, indent=INDENT):
                yield self._paint("odd", line)

    def _number(self, record: int | None) -> Iterator[Piece]:
        if record is not None:
            yield Piece(f"#{record}", "quiet", gap=" ")

    def _end_line(self) -> None:
        if self._open:
            self._out.write("\n")
            self._open = None

    def _drawn(self, line: Sequence[Piece]) -> str:
        drawn = "".join(piece.gap + self._paint(piece.style, piece.text) for piece in line)
        return drawn.removeprefix(line[0].gap)

    def _paint(self, style: str, text: str) -> str:
        return f"{self._on[style]}{text}{self._off}" if style else text

    def _time(self, moment: int) -> str:
        """The local time of day, worked out once a second."""
        if moment != self._second[0]:
            self._second = (moment, time.strftime("%H:%M:%S", time.localtime(moment)))
        return self._second[1]


def _fits(lines: Sequence[Sequence[Piece]], room: int | None) -> bool:
    """Whether it is one line that leaves space for the gap before it."""
    length = sum(len(piece.gap) + len(piece.text) for piece in lines[0])
    return len(lines) == 1 and (room is None or length + len(GAP) <= room)


def _title(arrival: Arrival) -> str:
    """The event's name, or the request line where there is no known event."""
    event = arrival.verdict.event if arrival.verdict else None
    if event and (event.type or event.candidates):
        return event_name(event)
    return printable(f"{arrival.method or 'broken request'} {arrival.target}".rstrip(), limit=200)


def _news(arrival: Arrival) -> Iterator[Finding]:
    """The findings but what the start said about the secret, or the headline about repetitions."""
    secret = arrival.verdict.secret if arrival.verdict else None
    known = secret.notes if secret else ()
    return (
        finding
        for finding in arrival.findings
        if finding not in known and finding.code != "duplicate"
    )


def _content(request: CapturedRequest) -> Iterator[str]:
    yield f"{_INDENT}{printable(request.method or '')} {printable(request.target)}"
    for name, value in request.headers:
        yield f"{_INDENT}{printable(name)}: {printable(value)}"
    for line in printable_lines(_pretty(request.body)).splitlines():
        yield _INDENT + line


def _pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
