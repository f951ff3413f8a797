"""Retry policies, as transcripts: what was answered, what follows."""

from __future__ import annotations

import pytest

from vovecli.core.errors import VoveError
from vovecli.core.retries import POLICIES, Decision, decide, find_policy

NOW = 1_700_000_000
SVIX, DOCS, NONE = (POLICIES[name] for name in ("svix", "vove-docs", "none"))


@pytest.mark.parametrize(
    ("policy", "offsets_s"),
    [
        ("svix", [0, 5, 305, 2105, 9305, 27_305, 63_305, 99_305]),
        ("vove-docs", [0, 5, 50, 410, 4010]),
        ("none", [0]),
    ],
)
def test_schedules(policy: str, offsets_s: list[int]) -> None:
    """Attempts lie where the named documentation puts them, without jitter."""
    assert [*find_policy(policy).due_s] == offsets_s


def test_a_delivery_that_recovers() -> None:
    """500, no answer, 200: two retries on the schedule, then done."""
    answers = [500, None, 200]

    decisions = [
        decide(SVIX, n, status=status, headers=[], moment=NOW)
        for n, status in enumerate(answers, start=1)
    ]

    assert decisions == [
        Decision(5, "next attempt after 5 s"),
        Decision(300, "next attempt after 5 min"),
        Decision(None, "acknowledged"),
    ]


@pytest.mark.parametrize("status", [None, 100, 302, 400, 404, 500, 503])
def test_svix_retries_everything_but_2xx(status: int | None) -> None:
    """Redirects and client errors included, up to the eighth attempt."""
    delays = [decide(SVIX, n, status=status, moment=NOW).delay_s for n in range(1, 9)]

    assert delays == [5, 300, 1800, 7200, 18_000, 36_000, 36_000, None]


@pytest.mark.parametrize("status", [None, 302, 500, 503])
def test_the_documented_policy_retries_failures(status: int | None) -> None:
    """Redirects, server errors and silence are tried five times."""
    delays = [decide(DOCS, n, status=status, moment=NOW).delay_s for n in range(1, 6)]

    assert delays == [5, 45, 360, 3600, None]


@pytest.mark.parametrize("status", [400, 401, 422, 499])
def test_the_documented_policy_stops_at_a_client_error(status: int) -> None:
    """4xx is final there, and the reason names the contradiction."""
    decision = decide(DOCS, 1, status=status, moment=NOW)

    assert decision.delay_s is None
    assert decision.reason.startswith(f"{status} is not retried")
    assert "Svix would retry it" in decision.reason


@pytest.mark.parametrize("status", [None, 404, 500])
def test_without_a_policy_nothing_is_retried(status: int | None) -> None:
    """`none` ends after the first attempt."""
    assert decide(NONE, 1, status=status, moment=NOW) == Decision(None, "not retried")


@pytest.mark.parametrize(
    ("asked", "delay_s"),
    [
        ("1", 5),
        ("7", 7),
        ("10", 10),
        ("86400", 10),
        ("9" * 400, 10),
        ("Tue, 14 Nov 2023 22:13:28 GMT", 8),
        ("Tue, 14 Nov 2023 20:00:00 GMT", 5),
    ],
)
def test_retry_after_counts_within_one_to_two_steps(asked: str, delay_s: float) -> None:
    """Seconds or a date, held between the step and twice the step."""
    headers = [("Retry-After", asked)]

    decision = decide(SVIX, 1, status=503, headers=headers, moment=NOW)

    assert decision.delay_s == delay_s
    assert decision.reason.startswith("Retry-After asks for")


@pytest.mark.parametrize("asked", ["", "soon", "-1", "1.5", "²", "Tue, 99 Nov 2023 22:13:28 GMT"])
def test_a_retry_after_that_means_nothing_is_ignored(asked: str) -> None:
    """The schedule stays as it is."""
    decision = decide(SVIX, 1, status=503, headers=[("retry-after", asked)], moment=NOW)

    assert decision == Decision(5, "next attempt after 5 s")


@pytest.mark.parametrize(("chance", "delay_s"), [(0, 4), (0.25, 4.5), (0.5, 5), (1, 6)])
def test_svix_varies_every_wait_by_a_fifth(chance: float, delay_s: float) -> None:
    """So that an endpoint that was down is not hit by everything at once."""
    decision = decide(SVIX, 1, status=500, moment=NOW, chance=chance)

    assert decision.delay_s == pytest.approx(delay_s)
    assert ("give or take a fifth" in decision.reason) == (chance != 0.5)


@pytest.mark.parametrize(("status", "timed_out"), [(None, True), (429, False)])
def test_svix_gives_an_endpoint_that_is_too_slow_a_minute(
    status: int | None, timed_out: object
) -> None:
    """At least; a longer step stays as it is, and the provider's page knows no such rule."""
    first, second, documented = (
        decide(policy, n, status=status, moment=NOW, timed_out=bool(timed_out))
        for policy, n in ((SVIX, 1), (SVIX, 2), (DOCS, 1))
    )

    assert (first.delay_s, second.delay_s) == (60, 300)
    assert documented.delay_s in (5, None)


def test_after_the_last_attempt_the_rule_of_disabling_is_said() -> None:
    """Under Svix's rules, whose rule it is."""
    assert "12 hours apart" in decide(SVIX, 8, status=500, moment=NOW).reason
    assert "12 hours apart" not in decide(DOCS, 5, status=500, moment=NOW).reason


def test_a_schedule_of_ones_own() -> None:
    """Svix's rules with other waits."""
    policy = find_policy("staging", {"staging": {"steps": ["1s", 90, "2m"]}})

    assert [*policy.delays_s] == [0, 1, 90, 120]
    assert (policy.retries_4xx, policy.jitter) == (True, SVIX.jitter)


@pytest.mark.parametrize(
    ("table", "code"),
    [
        ({}, "bad-policy"),
        ([], "bad-policy"),
        ({"steps": []}, "bad-policy"),
        ({"steps": "5s"}, "bad-policy"),
        ({"steps": ["5s"], "step": 1}, "bad-policy"),
        ({"steps": ["5s"] * 101}, "bad-policy"),
        ({"steps": ["8d"]}, "bad-policy"),
        ({"steps": ["soon"]}, "bad-duration"),
    ],
)
def test_schedules_that_cannot_be_used(table: object, code: str) -> None:
    """Each with how to write one."""
    with pytest.raises(VoveError) as caught:
        find_policy("staging", {"staging": table})

    assert caught.value.code == code


@pytest.mark.parametrize("order", ["abort-message", "disable", " Abort-Message "])
def test_the_endpoint_can_end_a_delivery(order: str) -> None:
    """Svix stops where the answer's webhook-delivery header says so."""
    decision = decide(SVIX, 1, status=500, headers=[("Webhook-Delivery", order)], moment=NOW)

    assert decision.delay_s is None
    assert "ends the delivery" in decision.reason


def test_headers_of_answers_count_for_svix_only() -> None:
    """Nothing documents them for the other reading; unknown orders are ignored everywhere."""
    headers = [("Webhook-Delivery", "disable"), ("Retry-After", "9")]

    assert decide(DOCS, 1, status=500, headers=headers, moment=NOW).delay_s == 5
    assert decide(SVIX, 1, status=500, headers=[("webhook-delivery", "x")], moment=NOW).delay_s == 5


def test_readings_name_what_contradicts_them() -> None:
    """Each of the two policies points at the other."""
    assert "--retry vove-docs" in SVIX.reading
    assert "--retry svix" in DOCS.reading


def test_unknown_policies() -> None:
    """The nearest name is suggested."""
    with pytest.raises(VoveError) as caught:
        find_policy("vove")

    assert caught.value.hint == "did you mean vove-docs or none?"
