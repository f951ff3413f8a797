"""Deliveries as people read them, and as JSON lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.core.envelope import delivery_json
from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.text import Text

    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.outcomes.deliveries import Attempt, Delivery
    from vovecli.ui.terminal import Terminal


class JsonDeliveries:
    """One JSON line per delivery."""

    def __init__(self, emit: Callable[[Mapping[str, object]], None]) -> None:
        self._emit = emit

    def show(self, delivery: Delivery) -> None:
        """Write one delivery."""
        self._emit(delivery_json(delivery))


class TextDeliveries:
    """A line per attempt; the handler's answer where it refused."""

    def __init__(self, terminal: Terminal, *, show_response: bool) -> None:
        self._terminal, self._show_response = terminal, show_response

    def show(self, delivery: Delivery) -> None:
        """Write one delivery."""
        out = self._terminal.out
        for attempt in delivery.attempts:
            out.print(self._line(delivery, attempt), soft_wrap=True)
        answer = delivery.answer
        if answer and (self._show_response or not delivery.ok):
            out.print(_answer_text(answer), soft_wrap=True)
        if delivery.hint:
            from rich.text import Text

            self._terminal.err.print(
                Text.assemble(("hint:", "cyan"), " ", printable(delivery.hint)), soft_wrap=True
            )

    def _line(self, delivery: Delivery, attempt: Attempt) -> Text:
        """`15:31:18 --> kyb.case.completed  msg_…  200  12 ms  ✓ delivered`."""
        from rich.text import Text

        good = delivery.ok
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
            (f"{mark} {delivery.outcome}", "green" if good else "red"),
            f"  {result}",
            (f"  {latency}" if latency else "", "dim"),
        )


def _answer_text(answer: Answer) -> Text:
    """Status line and body of the handler's answer, indented."""
    from rich.text import Text

    body = printable_lines(answer.body.decode("utf-8", "replace"))
    lines = [f"{answer.status} {printable(answer.reason)}".rstrip(), *body.splitlines()]
    if answer.body_truncated:
        lines.append("(the answer goes on)")
    return Text("\n".join(f"         {line}" for line in lines), style="dim")
