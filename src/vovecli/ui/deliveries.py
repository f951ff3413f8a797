"""Deliveries as people read them, and as JSON lines."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.core.endpoints import short_url
from vovecli.core.envelope import delivery_json
from vovecli.core.outcomes.deliveries import Decided, Delivery, DeliveryEvent, Tried
from vovecli.ui.answers import MAX_EXCERPT_LINES, answer_lines
from vovecli.ui.lines import INDENT, Piece, ref_piece
from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vovecli.core.retries import RetryPolicy
    from vovecli.ui.terminal import Terminal


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
    """A line per attempt; the handler's answer where it refused; the totals of several deliveries.

    Args:
        terminal: Where it goes.
        show_response: Whether the answer is shown in any case, and in full.
        verbose: Whether ids are shown in full.
    """

    def __init__(self, terminal: Terminal, *, show_response: bool, verbose: bool = False) -> None:
        self._terminal, self._show_response, self._verbose = terminal, show_response, verbose
        self._good = self._count = 0
        self._hint = ""

    def show(self, event: DeliveryEvent) -> None:
        """Write what happened."""
        if isinstance(event, Tried):
            self._terminal.pieces(self._line(event.delivery), indent=INDENT)
        elif isinstance(event, Decided):
            self._remark(event.reason)
        else:
            self._finish(event)

    def close(self) -> None:
        """Write the totals of several deliveries, and what to do next."""
        if self._count > 1:
            self._terminal.line(f"{self._good} of {self._count} deliveries as expected")
        if self._hint:
            self._terminal.hint(printable(self._hint))

    def _finish(self, delivery: Delivery) -> None:
        self._count += 1
        self._good += delivery.ok
        for note in delivery.notes:
            self._remark(note)
        answer = delivery.answer
        if answer and (self._show_response or delivery.outcome == "refused" or not delivery.ok):
            for line in answer_lines(answer, lines=self._excerpt):
                self._remark(line)
        self._hint = self._hint or delivery.hint

    @property
    def _excerpt(self) -> int | None:
        return None if self._show_response or self._verbose else MAX_EXCERPT_LINES

    def _remark(self, text: str) -> None:
        self._terminal.paragraph(printable(text), indent=INDENT)

    def _line(self, delivery: Delivery) -> Iterator[Piece]:
        """`15:31:18 ✓ delivered 200  kyb.case.completed  12 ms  :3000/hook  ref …`."""
        attempt = delivery.attempts[-1]
        good = (attempt.outcome == "delivered") == (delivery.expected == "accept")
        good = good and attempt.status is not None
        style = "good" if good else "bad"
        result = str(attempt.status) if attempt.status else printable(attempt.error or "no answer")
        yield Piece(f"{datetime.fromtimestamp(attempt.at).astimezone():%H:%M:%S}", "quiet")
        yield Piece(self._terminal.glyph("ok" if good else "bad"), style, gap=" ")
        yield Piece(f"{attempt.outcome} {result}", style, gap=" ")
        yield Piece(delivery.event or "body", "name")
        if attempt.latency_ms is not None:
            yield Piece(f"{attempt.latency_ms:.0f} ms", "quiet")
        for piece in _whereabouts(delivery):
            yield piece._replace(rank=0) if self._verbose else piece


def _whereabouts(delivery: Delivery) -> Iterator[Piece]:
    """Endpoint and ids, which are shortened before anything else is."""
    endpoint = printable(delivery.endpoint)
    yield Piece(endpoint, rank=1, short=short_url(endpoint))
    if delivery.ref_id:
        yield ref_piece(delivery.ref_id)
    yield Piece(printable(delivery.message_id), "quiet", rank=3)


def plan_text(policy: RetryPolicy, time_scale: float) -> str:
    """The policy in force, whose reading it is, and when its attempts are due."""
    from vovecli.core.times import format_duration

    times = ", ".join(map(format_duration, policy.due_s))
    scale = "" if time_scale == 1 else f" (times {time_scale:g})"
    varied = ", each wait varies by up to a fifth" if policy.jitter else ""
    return f"retry policy {policy.name}: {policy.reading}\nattempts after {times}{scale}{varied}"
