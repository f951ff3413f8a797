"""Load runs as people see them: a bar while they last, then what they came to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vovecli.core.outcomes.loads import LoadSummary
    from vovecli.ui.terminal import Terminal

BAR_WIDTH = 40
# A sender that reaches less of the rate than this says so.
KEPT_UP = 0.98


@contextmanager
def progress_bar(terminal: Terminal, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error, where that is a terminal and not quiet; gives what moves it."""
    if terminal.quiet or not terminal.err.is_terminal:
        yield lambda _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=terminal.err, transient=True) as progress:
        task = progress.add_task("sending", total=total)
        yield lambda done: progress.update(task, completed=done)


def draw_load(terminal: Terminal, load: LoadSummary) -> None:
    """Totals, latencies and their histogram."""
    out = terminal.out
    out.print(
        f"{load.requests} requests in {load.elapsed_s:.2f} s: {load.delivered} delivered, "
        f"{load.refused} refused, {load.failed} without an answer; {load.rate_per_s:.0f}/s",
        soft_wrap=True,
    )
    for status, count in load.statuses.items():
        out.print(f"  {count:>8}  {status}")
    for reason, count in load.errors.items():
        out.print(f"  {count:>8}  {printable(reason)}", soft_wrap=True)
    _draw_latencies(terminal, load)
    if load.failed == load.requests:
        terminal.notice("nothing answered at all" if load.requests else "nothing was sent")
        return
    asked = load.asked_rate_per_s
    if asked and load.rate_per_s < asked * KEPT_UP:
        terminal.notice(
            f"{asked:g}/s were asked for but not reached: the endpoint or this machine is slower, "
            "or --concurrency is too small; the waiting counts as latency"
        )


def _draw_latencies(terminal: Terminal, load: LoadSummary) -> None:
    latencies = load.latencies
    if latencies.p50_ms is None or latencies.p90_ms is None or latencies.p99_ms is None:
        return
    since = "from the moment each was due" if load.asked_rate_per_s else "of each answer"
    terminal.out.print(
        f"latency {since}: p50 {latencies.p50_ms:.1f} ms, p90 {latencies.p90_ms:.1f} ms, "
        f"p99 {latencies.p99_ms:.1f} ms, max {latencies.max_ms:.1f} ms",
        soft_wrap=True,
    )
    most = max(count for _, count in load.histogram)
    for bound_ms, count in load.histogram:
        bar = "#" * max(1, round(BAR_WIDTH * count / most))
        terminal.out.print(f"  <= {bound_ms:>8g} ms {count:>8}  {bar}", style="dim")
