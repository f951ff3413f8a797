"""A load run as one HTML page: totals, and plots as inline SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.retries import PROVIDER_TIMEOUT_S
from vovecli.core.times import iso
from vovecli.ui.html import report_page, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.core.outcomes.loads import Latencies, LoadSlice, LoadSummary

_STYLE = """
svg { display: block; width: 100%; height: auto; margin: .4rem 0; }
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
.grid { stroke: var(--line); }
.p50 { stroke: var(--accent); } .p99 { stroke: var(--warn); } .max { stroke: var(--soft); }
.p50, .p99, .max { fill: none; stroke-width: 2; stroke-linejoin: round; }
.p99 { stroke-dasharray: 6 3; } .max { stroke-dasharray: 2 3; stroke-width: 1; }
.limit { stroke: var(--bad); stroke-width: 1; }
.delivered { fill: var(--good); } .refused { fill: var(--warn); } .failed { fill: var(--bad); }
.bar { fill: var(--accent); }
ul.key { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: 0;
  padding: 0; color: var(--soft); }
ul.key svg { display: inline-block; width: 2rem; height: .8rem; margin: 0 .4rem 0 0; }
td { font-variant-numeric: tabular-nums; }
"""
_WIDTH, _HEIGHT = 920, 240
_LEFT, _BOTTOM, _TOP = 64, 24, 8
_TICKS = 4
# CSS class, words, what is drawn.
_LINES: Sequence[tuple[str, str, Callable[[Latencies], float | None]]] = (
    ("max", "max", lambda found: found.max_ms),
    ("p99", "p99", lambda found: found.p99_ms),
    ("p50", "p50", lambda found: found.p50_ms),
)
_BARS: Sequence[tuple[str, str, Callable[[LoadSlice], int]]] = (
    ("delivered", "delivered", lambda one: one.delivered),
    ("refused", "refused", lambda one: one.refused),
    ("failed", "without an answer", lambda one: one.failed),
)


class _Plot(NamedTuple):
    """The scales of a plot: what is at its right end and at its top."""

    most_x: float
    most_y: float

    def x(self, value: float) -> float:
        return _LEFT + value / self.most_x * (_WIDTH - _LEFT - 8)

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - value / self.most_y * (_HEIGHT - _BOTTOM - _TOP)

    def draw(self, title: str, marks: Sequence[str], *, unit: str) -> str:
        """The marks on a grid with both axes named."""
        lines = []
        for tick in range(_TICKS + 1):
            value, y = self.most_y * tick / _TICKS, self.y(self.most_y * tick / _TICKS)
            lines += [
                f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>',
                f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}{unit}</text>',
            ]
            second = self.most_x * tick / _TICKS
            anchor = "end" if tick == _TICKS else "middle"
            lines.append(
                f'<text x="{self.x(second):.1f}" y="{_HEIGHT - 6}" text-anchor="{anchor}">'
                f"{second:.1f} s</text>"
            )
        return (
            f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(title)}">'
            + "".join((*lines, *marks))
            + "</svg>"
        )


def load_page(load: LoadSummary, slices: Sequence[LoadSlice], *, endpoint: str, moment: int) -> str:
    """The whole page.

    Args:
        load: The totals.
        slices: What happened when.
        endpoint: The URL of the load run.
        moment: Unix seconds of its end.
    """
    written = f"{iso(moment)}, by vove send"
    parts = (
        f"<h1>{load.requests} requests in {load.elapsed_s:.2f} s</h1>",
        f'<p class="soft">Webhook endpoint <code>{text(endpoint)}</code>; {written}</p>',
        _totals(load),
        *(_plots(load, slices) if slices else ()),
        _histogram(load),
    )
    return report_page(f"Load: {endpoint}", parts, style=_STYLE)


def _totals(load: LoadSummary) -> str:
    found = load.latencies
    asked = f" of {load.asked_rate_per_s:g} asked for" if load.asked_rate_per_s else ""
    rows = [
        ("delivered", f"{load.delivered}"),
        ("refused", f"{load.refused}"),
        ("without an answer", f"{load.failed}"),
        ("rate", f"{load.rate_per_s:.0f} a second{asked}"),
        *(
            (name, f"{latency_ms:.1f} ms")
            for name, latency_ms in (
                ("latency p50", found.p50_ms),
                ("latency p90", found.p90_ms),
                ("latency p99", found.p99_ms),
                ("latency max", found.max_ms),
            )
            if latency_ms is not None
        ),
        *((f"answered {status}", f"{count}") for status, count in load.statuses.items()),
        *((f"no answer: {reason}", f"{count}") for reason, count in load.errors.items()),
    ]
    cells = "\n".join(
        f'<tr><th scope="row">{text(name)}</th><td>{value}</td></tr>' for name, value in rows
    )
    return f"<table><tbody>\n{cells}\n</tbody></table>"


def _plots(load: LoadSummary, slices: Sequence[LoadSlice]) -> tuple[str, ...]:
    since = "the moment each was due" if load.asked_rate_per_s else "sending"
    lines = [(f'<path class="{name}" d="M0 5H32"/>', words) for name, words, _ in _LINES]
    bars = [(f'<rect class="{name}" width="32" height="10"/>', words) for name, words, _ in _BARS]
    return (
        "<h2>Latency over time</h2>",
        f'<p class="soft">From {since} to the end of the answer.</p>',
        _latencies(slices),
        _key(lines),
        "<h2>Outcomes over time</h2>",
        _outcomes(slices),
        _key(bars),
    )


def _latencies(slices: Sequence[LoadSlice]) -> str:
    end_s = slices[-1].start_s + slices[-1].width_s
    plot = _Plot(end_s, _top(max(one.latencies.max_ms or 0.0 for one in slices)))
    marks = []
    for name, _, value in _LINES:
        points = [
            f"{plot.x(one.start_s + one.width_s / 2):.1f},{plot.y(value_ms):.1f}"
            for one in slices
            if (value_ms := value(one.latencies)) is not None
        ]
        marks.append(f'<polyline class="{name}" points="{" ".join(points)}"/>')
    limit_ms = PROVIDER_TIMEOUT_S * 1000
    if plot.most_y > limit_ms:
        y = plot.y(limit_ms)
        marks.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
    return plot.draw("Latency over time", marks, unit=" ms")


def _outcomes(slices: Sequence[LoadSlice]) -> str:
    width_s = slices[0].width_s
    most = max(sum(count(one) for _, _, count in _BARS) for one in slices)
    plot = _Plot(len(slices) * width_s, _top(most / width_s))
    width = max(plot.x(width_s) - plot.x(0) - 0.5, 0.5)
    marks = []
    for one in slices:
        below = 0
        for name, _, count in _BARS:
            foot, top = plot.y(below / width_s), plot.y((below + count(one)) / width_s)
            below += count(one)
            if foot > top:
                marks.append(
                    f'<rect class="{name}" x="{plot.x(one.start_s):.1f}" y="{top:.1f}" '
                    f'width="{width:.1f}" height="{foot - top:.1f}"/>'
                )
    return plot.draw("Outcomes over time", marks, unit="/s")


def _top(most: float) -> float:
    """The top of an axis: the next number of one digit that is even, or 1."""
    power = 10.0 ** math.floor(math.log10(most or 1))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= most)


def _histogram(load: LoadSummary) -> str:
    if not load.histogram:
        return ""
    most = max(count for _, count in load.histogram)
    rows = "\n".join(
        f'<tr><th scope="row">up to {bound_ms:g} ms</th><td>{count}</td><td>'
        f'<svg viewBox="0 0 500 14" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="bar" width="{max(1, 500 * count / most):.0f}" height="14"/></svg></td></tr>'
        for bound_ms, count in load.histogram
    )
    return (
        "<h2>How long the answers took</h2>\n<table><thead><tr>"
        '<th scope="col">latency</th><th scope="col">answers</th><th scope="col"></th>'
        f"</tr></thead><tbody>\n{rows}\n</tbody></table>"
    )


def _key(entries: Sequence[tuple[str, str]]) -> str:
    items = "".join(
        f'<li><svg viewBox="0 0 32 10" aria-hidden="true">{mark}</svg>{label}</li>'
        for mark, label in entries
    )
    return f'<ul class="key">{items}</ul>'
