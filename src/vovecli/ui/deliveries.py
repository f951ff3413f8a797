"""Deliveries as people read them, and as JSON lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.core.envelope import delivery_json
from vovecli.core.outcomes.deliveries import Decided, Delivery, DeliveryEvent, Tried
from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.text import Text

    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.retries import PlannedAttempt, RetryPolicy
    from vovecli.ui.terminal import Terminal

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
            self._terminal.out.print(self._line(event.delivery), soft_wrap=True)
        elif isinstance(event, Decided):
            self._remark(event.reason)
        else:
            self._finish(event)

    def close(self) -> None:
        """Write the table, where there is more than one delivery."""
        if len(self._deliveries) > 1:
            self._terminal.out.print()
            self._terminal.out.print(_table(self._deliveries))

    def _finish(self, delivery: Delivery) -> None:
        self._deliveries.append(delivery)
        for note in delivery.notes:
            self._remark(note)
        answer = delivery.answer
        if answer and (self._show_response or delivery.outcome == "refused" or not delivery.ok):
            self._terminal.out.print(_answer_text(answer), soft_wrap=True)
        if delivery.hint:
            from rich.text import Text

            self._terminal.err.print(
                Text.assemble(("hint:", "cyan"), " ", printable(delivery.hint)), soft_wrap=True
            )

    def _remark(self, text: str) -> None:
        self._terminal.out.print(f"{_INDENT}{printable(text)}", style="dim", soft_wrap=True)

    def _line(self, delivery: Delivery) -> Text:
        """`15:31:18 --> kyb.case.completed  msg_…  200  12 ms  ✓ delivered`, the last attempt."""
        from rich.text import Text

        attempt = delivery.attempts[-1]
        good = (attempt.outcome == "delivered") == (delivery.expected == "accept")
        good = good and attempt.status is not None
        mark = self._terminal.glyph("ok" if good else "bad")
        result = str(attempt.status) if attempt.status else printable(attempt.error or "no answer")
        latency = f"{attempt.latency_ms:.0f} ms" if attempt.latency_ms is not None else ""
        return Text.assemble(
            (f"{datetime.fromtimestamp(attempt.at).astimezone():%H:%M:%S}", "dim"),
            " --> ",
            (delivery.event or "body", "bold"),
            f"  {printable(delivery.message_id)}",
            f"  ref {printable(delivery.ref_id)}" if delivery.ref_id else "",
            f"  {delivery.endpoint}  ",
            (f"{mark} {attempt.outcome}", "green" if good else "red"),
            f"  {result}",
            (f"  {latency}" if latency else "", "dim"),
        )


def plan_text(policy: RetryPolicy, planned: Sequence[PlannedAttempt], time_scale: float) -> str:
    """The policy in force, whose reading it is, and when its attempts are due."""
    from vovecli.core.times import format_duration

    times = ", ".join(format_duration(attempt.at_s) for attempt in planned)
    scale = "" if time_scale == 1 else f" (times {time_scale:g})"
    return f"retry policy {policy.name}: {policy.reading}\nattempts after {times}{scale}"


def _table(deliveries: Sequence[Delivery]) -> Text:
    """Event, HTTP status, outcome and attempts of each, in columns."""
    from rich.text import Text

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
    text = Text()
    for delivery, row in zip(deliveries, rows, strict=True):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        text.append(f"{line.rstrip()}\n", style="green" if delivery.ok else "red")
    good = sum(delivery.ok for delivery in deliveries)
    return text.append(f"{good} of {len(deliveries)} as they should be")


def _answer_text(answer: Answer) -> Text:
    """Status line and body of the handler's answer, indented."""
    from rich.text import Text

    body = printable_lines(answer.body.decode("utf-8", "replace"))
    lines = [f"{answer.status} {printable(answer.reason)}".rstrip(), *body.splitlines()]
    if answer.body_truncated:
        lines.append("(the answer goes on)")
    return Text("\n".join(f"{_INDENT}{line}" for line in lines), style="dim")
