"""Load runs: when each request is due, and what the latencies came to, in constant memory."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.outcomes.loads import Latencies, LoadSlice, LoadSummary

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_CONCURRENCY = 10
# With a rate the requests are due by the clock: enough connections that they need not wait.
DEFAULT_RATE_CONCURRENCY = 50
# Each bucket of latencies is one per cent wider than the one before it, from a microsecond on.
_BUCKET_GROWTH = math.log(1.01)
_MICROSECONDS = 1000
_STEPS_MS = (1, 2, 5)
# A timeline has at most so many slices: about one for four pixels of its plot.
MAX_SLICES = 240
_FIRST_WIDTH_S = 1 / 16  # a power of two: starts of slices are exact


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """How much, how fast, how long.

    Attributes:
        requests: Stop after so many; None where only time counts.
        duration_s: Start none after that; None where only the number counts.
        rate_per_s: Requests are due at this rate, whether or not earlier ones were answered; None
            sends the next one as soon as an answer is there.
    """

    concurrency: int
    requests: int | None = None
    duration_s: float | None = None
    rate_per_s: float | None = None

    def due_s(self, index: int, elapsed_s: float) -> float | None:
        """When a request is due.

        Args:
            index: Of the request, from 0.
            elapsed_s: Since the start of the run.

        Returns:
            Seconds after the start, which may be in the past; None when the run is over.
        """
        if self.requests is not None and index >= self.requests:
            return None
        due_s = index / self.rate_per_s if self.rate_per_s else elapsed_s
        if self.duration_s is not None and due_s >= self.duration_s:
            return None
        return due_s


class LatencyBuckets:
    """Latencies counted in buckets: percentiles within one per cent, the largest exactly."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._count = 0
        self._max_ms = 0.0

    def add(self, latency_ms: float) -> None:
        """Count one latency."""
        bucket = math.ceil(math.log(max(latency_ms * _MICROSECONDS, 1)) / _BUCKET_GROWTH)
        self._counts[bucket] += 1
        self._count += 1
        self._max_ms = max(self._max_ms, latency_ms)

    def merge(self, other: LatencyBuckets) -> None:
        """Count the latencies of another, too."""
        self._counts.update(other._counts)
        self._count += other._count
        self._max_ms = max(self._max_ms, other._max_ms)

    def percentile_ms(self, percent: float) -> float | None:
        """The latency that so many per cent did not exceed; None where there are none."""
        left = math.ceil(self._count * percent / 100)
        for bucket in sorted(self._counts):
            left -= self._counts[bucket]
            if left <= 0:
                return min(_upper_ms(bucket), self._max_ms)
        return None

    def summary(self) -> Latencies:
        """The percentiles that are reported."""
        return Latencies(
            p50_ms=self.percentile_ms(50),
            p90_ms=self.percentile_ms(90),
            p99_ms=self.percentile_ms(99),
            max_ms=self._max_ms if self._count else None,
        )

    def histogram(self) -> list[tuple[float, int]]:
        """Upper bounds in ms (1, 2, 5 ...) and how many lie below each but not the one before."""
        rows: dict[float, int] = {}
        for bucket in sorted(self._counts):
            bound = _round_up(min(_upper_ms(bucket), self._max_ms))
            rows[bound] = rows.get(bound, 0) + self._counts[bucket]
        return list(rows.items())


class LoadTally:
    """What a load run, or a part of it, has come to so far."""

    def __init__(self) -> None:
        self.requests = self.delivered = self.refused = self.failed = 0
        self.latencies = LatencyBuckets()
        self._statuses: Counter[int] = Counter()
        self._errors: Counter[str] = Counter()

    def answered(self, status: int, latency_ms: float) -> None:
        """Count an answer."""
        self.requests += 1
        if is_acknowledged(status):
            self.delivered += 1
        else:
            self.refused += 1
        self._statuses[status] += 1
        self.latencies.add(latency_ms)

    def unanswered(self, reason: str) -> None:
        """Count a request without an answer."""
        self.requests += 1
        self.failed += 1
        self._errors[reason] += 1

    def merge(self, other: LoadTally) -> None:
        """Count what another has counted, too."""
        self.requests += other.requests
        self.delivered += other.delivered
        self.refused += other.refused
        self.failed += other.failed
        self._statuses.update(other._statuses)
        self._errors.update(other._errors)
        self.latencies.merge(other.latencies)

    def summary(self, plan: LoadPlan, elapsed_s: float) -> LoadSummary:
        """The totals after so many seconds."""
        return LoadSummary(
            requests=self.requests,
            delivered=self.delivered,
            refused=self.refused,
            failed=self.failed,
            elapsed_s=elapsed_s,
            rate_per_s=self.requests / elapsed_s if elapsed_s else 0.0,
            asked_rate_per_s=plan.rate_per_s,
            latencies=self.latencies.summary(),
            histogram=self.latencies.histogram(),
            statuses=dict(sorted(self._statuses.items())),
            errors=self._errors,
        )


class LoadTimeline:
    """What happened when, in slices of equal width; twice as wide whenever there are too many."""

    def __init__(self) -> None:
        self._width_s = _FIRST_WIDTH_S
        self._tallies: list[LoadTally] = []

    def at(self, elapsed_s: float) -> LoadTally:
        """What counts the requests that end at that moment, in seconds since the start."""
        while elapsed_s >= self._width_s * MAX_SLICES:
            self._halve()
        index = int(elapsed_s / self._width_s)
        while len(self._tallies) <= index:
            self._tallies.append(LoadTally())
        return self._tallies[index]

    def slices(self) -> list[LoadSlice]:
        """One after the other, those in which nothing ended included."""
        return [
            LoadSlice(
                start_s=index * self._width_s,
                width_s=self._width_s,
                delivered=tally.delivered,
                refused=tally.refused,
                failed=tally.failed,
                latencies=tally.latencies.summary(),
            )
            for index, tally in enumerate(self._tallies)
        ]

    def _halve(self) -> None:
        for first, second in zip(self._tallies[::2], self._tallies[1::2], strict=False):
            first.merge(second)
        self._tallies = self._tallies[::2]
        self._width_s *= 2


def _upper_ms(bucket: int) -> float:
    return math.exp(bucket * _BUCKET_GROWTH) / _MICROSECONDS


def _round_up(latency_ms: float) -> float:
    """The next of 0.1, 0.2, 0.5, 1, 2, 5 ... ms."""
    power = 10.0 ** math.floor(math.log10(max(latency_ms, 0.1)))
    bounds: Sequence[float] = [step * power for step in (*_STEPS_MS, 10)]
    return next(round(bound, 3) for bound in bounds if bound >= latency_ms or bound == bounds[-1])
