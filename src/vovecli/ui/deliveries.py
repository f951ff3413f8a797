"""Deliveries as people read them, and as JSON lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.core.envelope import delivery_json
from vovecli.core.outcomes.deliveries import Decided, Delivery, DeliveryEvent, Tried
from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.retries import PlannedAttempt, RetryPolicy
    from vovecli.ui.terminal import Part, Terminal

_INDENT = " " * 9  # the width of the time


class JsonDeliveries:
    """One JSON line per delivery."""

    def __init__(self, emit: Callable[[Mapping[str, object]], None]) -> None:
        self._emit = emit

    def show(self, event: DeliveryEvent) -> None:
        """Write a delivery once it is over."""
        if isinstance(event, Delivery):
            self._emit(delivery_json(event))

    def close(self) -> None:
        """Nothing is left to write."""


class TextDeliveries:
    """A line per attempt; the handler's answer where it refused; a table of several deliveries."""

    def __init__(self, terminal: Terminal, *, show_response: bool) -> None:
        self._terminal, self._show_response = terminal, show_response
        self._deliveries: list[Delivery] = []

    def show(self, event: DeliveryEvent) -> None:
        """Write what happened."""
        if isinstance(event, Tried):
            self._terminal.line(*self._line(event.delivery))
        elif isinstance(event, Decided):
            self._remark(event.reason)
        else:
            self._finish(event)

    def close(self) -> None:
        """Write the table, where there is more than one delivery."""
        if len(self._deliveries) > 1:
            self._terminal.line()
            for row in _table(self._deliveries):
                self._terminal.line(row)

    def _finish(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        for note in delivery.notes:
            self._remark(note)
        answer = delivery.answer
        if answer and (self._show_response or delivery.outcome == "refused" or not delivery.ok):
            for line in _answer_lines(answer):
                self._terminal.line((f"{_INDENT}{line}", "quiet"))
        if delivery.hint:
            self._terminal.remark(("hint:", "hint"), " ", printable(delivery.hint))

    def _remark(self, text: str) -> None:
        self._terminal.line((f"{_INDENT}{printable(text)}", "quiet"))

    def _line(self, delivery: Delivery) -> Iterator[Part]:
        """`15:31:18 --> kyb.case.completed  msg_…  200  12 ms  ✓ delivered`, the last attempt."""
        attempt = delivery.attempts[-1]
        good = (attempt.outcome == "delivered") == (delivery.expected == "accept")
        good = good and attempt.status is not None
        mark = self._terminal.glyph("ok" if good else "bad")
        result = str(attempt.status) if attempt.status else printable(attempt.error or "no answer")
        yield f"{datetime.fromtimestamp(attempt.at).astimezone():%H:%M:%S}", "quiet"
        yield " --> "
        yield delivery.event or "body", "name"
        yield f"  {printable(delivery.message_id)}"
        if delivery.ref_id:
            yield f"  ref {printable(delivery.ref_id)}"
        yield f"  {printable(delivery.endpoint)}  "
        yield f"{mark} {attempt.outcome}", "good" if good else "bad"
        yield f"  {result}"
        if attempt.latency_ms is not None:
            yield f"  {attempt.latency_ms:.0f} ms", "quiet"


def plan_text(policy: RetryPolicy, planned: Sequence[PlannedAttempt], time_scale: float) -> str:
    """The policy in force, whose reading it is, and when its attempts are due."""
    from vovecli.core.times import format_duration

    times = ", ".join(format_duration(attempt.at_s) for attempt in planned)
    scale = "" if time_scale == 1 else f" (times {time_scale:g})"
    varied = ", each wait a fifth shorter to a fifth longer" if policy.jitter else ""
    return f"retry policy {policy.name}: {policy.reading}\nattempts after {times}{scale}{varied}"


def _table(deliveries: Sequence[Delivery]) -> Iterator[Part]:
    """Event, HTTP status, outcome and attempts of each, in columns; then how many are right."""
    rows = [
        (
            delivery.event or "body",
            str(delivery.attempts[-1].status or "-"),
            delivery.outcome,
            f"{len(delivery.attempts)} attempt{'' if len(delivery.attempts) == 1 else 's'}",
        )
        for delivery in deliveries
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for delivery, row in zip(deliveries, rows, strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield line.rstrip(), "good" if delivery.ok else "bad"
    good = sum(delivery.ok for delivery in deliveries)
    yield f"{good} of {len(deliveries)} as they should be"


def _answer_lines(answer: Answer) -> Iterator[str]:
    """Status line and body of the handler's answer."""
    yield f"{answer.status} {printable(answer.reason)}".rstrip()
    yield from printable_lines(answer.body.decode("utf-8", "replace")).splitlines()
    if answer.body_truncated:
        yield "(the answer goes on)"
