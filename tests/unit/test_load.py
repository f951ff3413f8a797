"""Load runs: when requests are due, and what latencies come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.load import MAX_SLICES, LatencyBuckets, LoadPlan, LoadTally, LoadTimeline


@pytest.mark.parametrize(
    ("plan", "index", "elapsed_s", "due_s"),
    [
        (LoadPlan(1, requests=2), 1, 9.5, 9.5),
        (LoadPlan(1, requests=2), 2, 0.0, None),
        (LoadPlan(1, duration_s=10), 10**9, 9.9, 9.9),
        (LoadPlan(1, duration_s=10), 0, 10.0, None),
        (LoadPlan(1, requests=99, rate_per_s=4), 6, 0.1, 1.5),
        (LoadPlan(1, requests=99, rate_per_s=4), 6, 7.0, 1.5),
        (LoadPlan(1, duration_s=10, rate_per_s=4), 39, 99.0, 9.75),
        (LoadPlan(1, duration_s=10, rate_per_s=4), 40, 0.0, None),
    ],
)
def test_when_requests_are_due(
    plan: LoadPlan, index: int, elapsed_s: float, due_s: float | None
) -> None:
    """At once without a rate; by the clock with one, however late the run is."""
    assert plan.due_s(index, elapsed_s) == due_s


def test_no_latencies() -> None:
    """Nothing answered has no percentiles."""
    buckets = LatencyBuckets()

    assert buckets.percentile_ms(50) is None
    assert buckets.summary().max_ms is None
    assert buckets.histogram() == []


@given(st.lists(st.floats(min_value=0.001, max_value=100_000), min_size=1))
def test_percentiles_are_within_one_per_cent(latencies: list[float]) -> None:
    """However they are spread; the largest is exact and the histogram counts each once."""
    buckets = LatencyBuckets()
    for latency in latencies:
        buckets.add(latency)

    ordered = sorted(latencies)
    for percent in (50, 90, 99):
        exact = ordered[-(-len(ordered) * percent // 100) - 1]
        assert buckets.percentile_ms(percent) == pytest.approx(exact, rel=0.011)
    assert buckets.summary().max_ms == ordered[-1]
    assert sum(count for _, count in buckets.histogram()) == len(latencies)


def test_the_histogram_counts_in_steps_of_one_two_five() -> None:
    """Each row names its upper bound; empty rows are left out."""
    buckets = LatencyBuckets()
    for latency in (0.003, 0.09, 0.15, 0.9, 1.5, 1.6, 4, 90, 700):
        buckets.add(latency)

    assert buckets.histogram() == [
        (0.1, 2), (0.2, 1), (1.0, 1), (2.0, 2), (5.0, 1), (100.0, 1), (1000.0, 1),
    ]  # fmt: skip


def test_a_tally() -> None:
    """Answers count by status, silence by reason; the rate is over all requests."""
    tally = LoadTally()
    for status in (200, 204, 500, 302):
        tally.answered(status, 2.0)
    tally.unanswered("nothing listens")

    summary = tally.summary(LoadPlan(1, rate_per_s=3), 2.0)

    assert (summary.requests, summary.delivered, summary.refused, summary.failed) == (5, 2, 2, 1)
    assert (summary.rate_per_s, summary.asked_rate_per_s) == (2.5, 3)
    assert summary.statuses == {200: 1, 204: 1, 302: 1, 500: 1}
    assert summary.errors == {"nothing listens": 1}


def test_a_run_that_ended_before_it_began() -> None:
    """No time, no rate; nothing divides by zero."""
    assert LoadTally().summary(LoadPlan(1), 0.0).rate_per_s == 0


@given(st.lists(st.floats(min_value=0, max_value=100_000), min_size=1, max_size=50))
def test_a_timeline_counts_everything_in_few_slices(moments: list[float]) -> None:
    """However long the run, each request is in the slice of its moment."""
    timeline = LoadTimeline()
    for moment in moments:
        timeline.at(moment).answered(200, moment + 1)
        timeline.at(moment).answered(500, 1.0)
        timeline.at(moment).unanswered("late")

    slices = timeline.slices()

    assert len(slices) <= MAX_SLICES
    for one in slices:
        inside = [each for each in moments if 0 <= each - one.start_s < one.width_s]
        assert (one.delivered, one.refused, one.failed) == (len(inside),) * 3
        assert one.latencies.max_ms == (max(inside) + 1 if inside else None)
    assert sum(one.delivered for one in slices) == len(moments)
