"""What a listener sees, as lines for people.

The lines are styled by hand: rich takes 200 µs for one, a burst of deliveries has no such time.
"""

from __future__ import annotations

import io
import json
import time
from typing import TYPE_CHECKING

from vovecli.core.arrival_envelope import event_json
from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.outcomes.arrivals import (
    AppChange,
    Arrival,
    Forward,
    KeepingChange,
    Overflow,
    Ready,
    Summary,
)
from vovecli.core.times import format_duration
from vovecli.core.tunnels import TunnelEvent
from vovecli.ui.events import event_name
from vovecli.ui.text import printable, printable_lines
from vovecli.ui.tunnel import public_url_lines, tunnel_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

    from vovecli.core.outcomes.verdicts import Finding, Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.ui.terminal import Terminal

    Event = Ready | Arrival | Forward | AppChange | KeepingChange | Overflow | Summary | TunnelEvent

_STYLES = {"good": "32", "bad": "31", "odd": "33", "name": "1", "quiet": "2"}
_BAD_GATEWAY = 502
_INDENT = " " * 9  # the width of the time


class JsonArrivals:
    """One JSON line per event; what is no data is said on standard error."""

    def __init__(self, emit: Callable[[Mapping[str, object]], None], terminal: Terminal) -> None:
        self._emit = emit
        self._terminal = terminal

    def show(self, event: Event) -> None:
        """Write what happened."""
        if isinstance(event, AppChange | KeepingChange | Overflow):
            self._terminal.notice(_change_line(event))
        else:
            self._emit(event_json(event))


class TextArrivals:
    """Draws arrivals on standard output, and what is said around them on standard error.

    Args:
        terminal: For glyphs and notices.
        out: Where the lines go.
        color: Whether they are coloured.
        verbose: Whether headers and bodies are shown.
    """

    def __init__(self, terminal: Terminal, *, out: TextIO, color: bool, verbose: bool) -> None:
        self._terminal = terminal
        self._out = out
        if isinstance(out, io.TextIOWrapper):  # a refId may be in any script
            out.reconfigure(errors="backslashreplace")
        self._verbose = verbose
        self._on = {name: f"\033[{code}m" if color else "" for name, code in _STYLES.items()}
        self._off = "\033[0m" if color else ""
        self._ok, self._no, self._odd, self._to = (
            terminal.glyph(name) for name in ("ok", "bad", "warn", "to")
        )
        self._second = (0, "")

    def show(self, event: Event) -> None:
        """Write what happened."""
        if isinstance(event, Arrival):
            self._show_arrival(event)
        elif isinstance(event, Forward):
            self._show_forward(event)
        elif isinstance(event, AppChange | KeepingChange | Overflow):
            self._terminal.notice(_change_line(event))
        elif isinstance(event, Ready):
            self._show_ready(event)
        elif isinstance(event, TunnelEvent):
            self._terminal.notice(tunnel_line(event, self._terminal))
        else:
            self._show_summary(event)

    def _show_ready(self, ready: Ready) -> None:
        notice = self._terminal.notice
        notice(f"listening on {ready.url} (any path); Ctrl-C stops")
        for secret in ready.secrets:
            notice(f"signing secret {secret.fingerprint} from {printable(secret.origin)}")
            for note in secret.notes:
                notice(f"{self._odd} {note.message}")
        if ready.public_url:
            for line in public_url_lines(ready.public_url):
                notice(line)

    def _show_arrival(self, arrival: Arrival) -> None:
        lines = [self._headline(arrival), *self._remarks(arrival)]
        if self._verbose and arrival.request:
            lines += (self._paint("quiet", line) for line in _content(arrival.request))
        self._out.write("\n".join(lines) + "\n")
        self._out.flush()

    def _show_forward(self, forward: Forward) -> None:
        """The way back; why an app cannot be reached is said when it goes, not each time."""
        parts = [f"{self._time(forward.at)} <--", f"{forward.answered} POST {forward.endpoint}"]
        if forward.latency_ms is not None:
            parts.append(f"{forward.latency_ms:.0f} ms")
        if forward.message_id:
            parts.append(printable(forward.message_id, limit=80))
        if not is_acknowledged(forward.status):
            parts.append(self._paint("bad", f"{self._no} {_refusal(forward)}"))
        if not forward.verified:
            parts.append(self._paint("odd", f"{self._odd} not verified"))
        self._out.write(parts[0] + " " + "  ".join(parts[1:]) + "\n")
        self._out.flush()

    def _show_summary(self, summary: Summary) -> None:
        parts = [
            f"{summary.requests} request{'' if summary.requests == 1 else 's'}",
            f"{summary.valid} valid",
            f"{summary.invalid} invalid",
        ]
        if summary.duplicates:
            parts.append(f"{summary.duplicates} duplicate{'' if summary.duplicates == 1 else 's'}")
        if summary.forwarded or summary.failed:
            parts += [f"{summary.forwarded} forwarded", f"{summary.failed} failed"]
        self._terminal.notice(f"{', '.join(parts)} in {format_duration(summary.elapsed_s)}")

    def _headline(self, arrival: Arrival) -> str:
        verdict = arrival.verdict
        parts = [f"{self._time(arrival.at)} -->", self._paint("name", _title(arrival))]
        if verdict:
            parts += self._message(arrival, verdict)
        if arrival.cause:
            parts.append(self._paint("bad", f"{self._no} {arrival.cause.code}"))
        elif verdict and verdict.secret:
            parts.append(self._paint("good", f"{self._ok} signed {verdict.secret.fingerprint}"))
        if arrival.duplicate_of is not None:
            parts.append(self._paint("odd", f"duplicate of {arrival.duplicate_of}"))
        if arrival.answered not in (None, 200):
            parts.append(self._paint("quiet", f"answered {arrival.answered}"))
        return parts[0] + " " + "  ".join(parts[1:])

    def _message(self, arrival: Arrival, verdict: Verification) -> Iterator[str]:
        if verdict.message_id:
            yield printable(verdict.message_id, limit=80)
        if event := verdict.event:
            before = event.previous_status or arrival.last_status
            status = printable(event.status or "", limit=40)
            if status:
                yield f"{printable(before, limit=40)} {self._to} {status}" if before else status
            if event.ref_id is not None:
                yield f"ref {printable(event.ref_id, limit=80)}"

    def _remarks(self, arrival: Arrival) -> Iterator[str]:
        if arrival.cause:
            yield _INDENT + printable(arrival.cause.message)
            if arrival.cause.fix:
                yield f"{_INDENT}fix: {printable(arrival.cause.fix)}"
        for finding in _news(arrival):
            yield _INDENT + self._paint("odd", f"{self._odd} {printable(finding.message)}")

    def _paint(self, style: str, text: str) -> str:
        return f"{self._on[style]}{text}{self._off}"

    def _time(self, moment: int) -> str:
        """The local time of day, worked out once a second."""
        if moment != self._second[0]:
            self._second = (moment, time.strftime("%H:%M:%S", time.localtime(moment)))
        return self._second[1]


def _change_line(change: AppChange | KeepingChange | Overflow) -> str:
    if isinstance(change, AppChange):
        return _app_line(change)
    if isinstance(change, Overflow):
        return (
            "too many requests that are not verified: what is beyond 20 a second is answered with "
            f"429 and not shown ({change.unseen} so far)"
        )
    if change.message:
        return (
            f"deliveries are answered with 503 until they can be kept: {printable(change.message)}"
        )
    return "deliveries are kept again"


def _app_line(change: AppChange) -> str:
    if change.state == "up":
        return f"{change.endpoint} is up"
    if change.state == "back":
        return f"{change.endpoint} is back; send it what it missed: vove replay --failed"
    if change.state == "waiting":
        return f"waiting for {change.endpoint}: {printable(change.message)}"
    return (
        f"{change.endpoint} is gone: {printable(change.message)}; "
        "until it is back, deliveries are answered with 502"
    )


def _refusal(forward: Forward) -> str:
    if forward.status is not None:
        return "not acknowledged"
    return "unreachable" if forward.answered == _BAD_GATEWAY else "no answer in time"


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
