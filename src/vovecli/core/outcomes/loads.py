"""What a load run came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Latencies:
    """Percentiles of the answers' latencies; None where there were no answers."""

    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None
    max_ms: float | None


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """Totals of a load run.

    Attributes:
        failed: Requests without an answer: unreachable or too late.
        asked_rate_per_s: What was asked for. Latencies then count from the moment a request was
            due, so that waiting for a free connection is not left out (coordinated omission).
        histogram: Upper bounds in ms and how many answers lie below each, but not the one before.
        statuses: How many answers of each HTTP status.
        errors: How many requests without an answer, by reason.
    """

    requests: int
    delivered: int
    refused: int
    failed: int
    elapsed_s: float
    rate_per_s: float
    asked_rate_per_s: float | None
    latencies: Latencies
    histogram: Sequence[tuple[float, int]]
    statuses: Mapping[int, int]
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class LoadSlice:
    """What ended in one part of a load run.

    Attributes:
        start_s: Since the start of the run.
    """

    start_s: float
    width_s: float
    delivered: int
    refused: int
    failed: int
    latencies: Latencies
