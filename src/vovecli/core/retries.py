"""Retry policies as schedules: what comes after an attempt, and why; nothing here waits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import TYPE_CHECKING

from vovecli.core.errors import VoveError
from vovecli.core.headers import header_value, retry_after_s
from vovecli.core.messages import message_id_moment
from vovecli.core.names import refused_word
from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.times import format_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.messages import Headers

MINUTE_S, HOUR_S = 60, 3600
# svix-server, worker.rs: a wait varies by 20 % either way, and after a time-out or a 429 it is at
# least a minute before that.
JITTER, OVERLOAD_WAIT_S, TOO_MANY_REQUESTS = 0.2, 60, 429
NO_JITTER = 0.5
# "Return a 2xx status code within 15 seconds" (VOVE ID, KYB Webhooks).
PROVIDER_TIMEOUT_S = 15
# Of whoever answers in an app's place: a 503 or 504 must still reach the provider.
ANSWER_WITHIN_S = PROVIDER_TIMEOUT_S - 1.0
# docs.svix.com, Retry Schedule: disabling failing endpoints.
DISABLING = (
    "Svix disables an endpoint after 5 days in which every attempt failed; that clock starts only "
    "after several deliveries failed within 24 hours, at least 12 hours apart"
)
MAX_STEPS, MAX_STEP_S = 100, 7 * 24 * HOUR_S
# Svix waits at least a step and at most twice that, whatever Retry-After asks for.
RETRY_AFTER_STRETCH = 2
# Answers whose `webhook-delivery` header says so end the delivery under Svix.
DELIVERY_HEADER, DELIVERY_STOPS = "webhook-delivery", ("abort-message", "disable")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a delivery that was not acknowledged is tried again.

    Attributes:
        delays_s: Seconds before each attempt, counted from the one before it; the first is 0.
        retries_4xx: Whether a client error is worth another attempt.
        heeds_answer: Whether Retry-After and `webhook-delivery` in an answer count.
        jitter: By what part a wait may be shorter or longer.
        reading: Whose rules these are, and what contradicts them.
    """

    name: str
    delays_s: tuple[float, ...]
    retries_4xx: bool
    heeds_answer: bool
    reading: str
    jitter: float = 0.0

    @property
    def due_s(self) -> tuple[float, ...]:
        """Seconds from the first attempt to each, without jitter and what the attempts take."""
        return tuple(accumulate(self.delays_s))


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows an attempt.

    Attributes:
        delay_s: Seconds until the next attempt; None when there is none.
        reason: Why, in words.
    """

    delay_s: float | None
    reason: str


POLICIES: Mapping[str, RetryPolicy] = {
    policy.name: policy
    for policy in (
        RetryPolicy(
            name="svix",
            delays_s=(
                *(0, 5, 5 * MINUTE_S, 30 * MINUTE_S),
                *(2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 10 * HOUR_S),
            ),
            retries_4xx=True,
            heeds_answer=True,
            reading=(
                "Svix's published schedule: every answer but 2xx is retried. "
                "VOVE ID's KYB page says otherwise about 4xx (--retry vove-docs)"
            ),
            jitter=JITTER,
        ),
        RetryPolicy(
            name="vove-docs",
            delays_s=(0, 5, 45, 6 * MINUTE_S, HOUR_S),
            retries_4xx=False,
            heeds_answer=False,
            reading=(
                "our reading of VOVE ID's KYB page: five attempts, with waits that grow to one "
                "hour; 4xx is not retried. The same page calls any non-2xx a failure and speaks "
                "of 24 h, which four waits of at most one hour cannot fill; Svix retries 4xx "
                "(--retry svix)"
            ),
        ),
        RetryPolicy(
            name="none",
            delays_s=(0,),
            retries_4xx=False,
            heeds_answer=False,
            reading="one attempt, no retries",
        ),
    )
}


def find_policy(name: str, own: Mapping[str, object] = MappingProxyType({})) -> RetryPolicy:
    """Look a policy up by its name; ours win over one's own of the same name.

    Args:
        name: What was asked for.
        own: `[retry]` of the settings: name to a table with `steps`.

    Raises:
        VoveError: `unknown-policy` with the nearest names, `bad-policy`, `bad-duration`.
    """
    if policy := POLICIES.get(name):
        return policy
    if name in own:
        return _own_policy(name, own[name])
    raise refused_word("retry policy", name, [*POLICIES, *own], code="unknown-policy")


def _own_policy(name: str, table: object) -> RetryPolicy:
    """Svix's rules with other waits, as its server is configured with `retry_schedule`."""
    steps = table.get("steps") if isinstance(table, dict) else None
    if not isinstance(steps, list) or table != {"steps": steps} or not 0 < len(steps) <= MAX_STEPS:
        raise _bad_policy(name, f"needs `steps`, a list of 1 to {MAX_STEPS} waits, and no more")
    delays_s = [parse_duration(str(step)) for step in steps]
    if max(delays_s) > MAX_STEP_S:
        raise _bad_policy(name, "has a wait of more than a week")
    return RetryPolicy(
        name=name,
        delays_s=(0, *delays_s),
        retries_4xx=True,
        heeds_answer=True,
        reading="your own schedule from the settings, with Svix's rules",
        jitter=JITTER,
    )


def _bad_policy(name: str, why: str) -> VoveError:
    return VoveError(
        "bad-policy",
        f"the retry policy {name!r} {why}",
        hint=f'write [retry.{name}] with steps = ["5s", "5m", "30m"]',
    )


def decide(
    policy: RetryPolicy,
    attempt: int,
    *,
    status: int | None,
    headers: Headers = (),  # type: ignore[assignment]  # none
    moment: int,
    timed_out: bool = False,
    chance: float = NO_JITTER,
) -> Decision:
    """Say what follows an attempt.

    Args:
        policy: The rules in force.
        attempt: Number of the attempt that has just ended, from 1.
        status: HTTP status; None when there was no answer (unreachable or too late).
        headers: Of the answer.
        moment: Unix seconds of the answer, for a Retry-After that is a date.
        timed_out: Whether there was no answer because it took too long.
        chance: From 0 to 1, where the wait lies within the jitter; 0.5 is the plain step.
    """
    if is_acknowledged(status):
        return Decision(None, "acknowledged")
    if attempt >= len(policy.delays_s):
        count = len(policy.delays_s)
        last = f"that was the last of {count} attempts" if count > 1 else "not retried"
        return Decision(None, last + (f". {DISABLING}" if policy.jitter else ""))
    if stop := _stop(policy, status, headers):
        return Decision(None, stop)
    step_s = policy.delays_s[attempt]
    if policy.jitter and (timed_out or status == TOO_MANY_REQUESTS):
        step_s = max(step_s, OVERLOAD_WAIT_S)
    if policy.heeds_answer and (asked_s := retry_after_s(headers, moment)) is not None:
        delay_s = min(max(asked_s, step_s), RETRY_AFTER_STRETCH * step_s)
        return Decision(
            delay_s,
            f"Retry-After asks for {format_duration(asked_s)}; here Svix waits "
            f"{format_duration(step_s)} to {format_duration(RETRY_AFTER_STRETCH * step_s)}: "
            f"next attempt after {format_duration(delay_s)}",
        )
    delay_s = step_s * (1 + policy.jitter * (2 * chance - 1))
    varied = "" if delay_s == step_s else f" ({format_duration(step_s)}, give or take a fifth)"
    return Decision(delay_s, f"next attempt after {format_duration(delay_s)}{varied}")


def _stop(policy: RetryPolicy, status: int | None, headers: Headers) -> str:
    order = (header_value(headers, DELIVERY_HEADER) or "").strip().lower()
    if policy.heeds_answer and order in DELIVERY_STOPS:
        return f"the answer's {DELIVERY_HEADER} header ends the delivery: {order}"
    if status is not None and status // 100 == 4 and not policy.retries_4xx:  # noqa: PLR2004 - 4xx
        return (
            f"{status} is not retried: the KYB page says so for 400 to 499 "
            "(the same page calls any non-2xx a failure, and Svix would retry it)"
        )
    return ""


def likely_attempt(message_id: str, timestamp: int) -> tuple[int, int] | None:
    """Which attempt a delivery probably is: its number, and seconds since its message was made.

    Inferred from the time inside the id and the schedule of `svix`; None where the id holds no
    time or the timestamp is before it.
    """
    made_at = message_id_moment(message_id)
    if made_at is None or timestamp < made_at:
        return None
    delay_s = timestamp - made_at
    # The earliest that jitter allows; the windows of later attempts do not overlap.
    starts = (due_s * (1 - JITTER) for due_s in POLICIES["svix"].due_s)
    return sum(start_s <= delay_s for start_s in starts), delay_s


def likely_retry(message_id: str, timestamp: int) -> Finding | None:
    """A note for people where a delivery is probably not the first attempt of its message."""
    attempt = likely_attempt(message_id, timestamp)
    if attempt is None or attempt[0] == 1:
        return None
    return Finding(
        "likely-retry",
        f"sent {format_duration(attempt[1])} after its message was made: "
        f"probably attempt {attempt[0]} or a resend (inferred from the id)",
    )
