"""`vove send`: sign events and deliver them, in order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from vovecli.commands.compose import broken, compose, resigned
from vovecli.core.endpoints import absolute_location
from vovecli.core.outcomes.answers import Answer, NoAnswer, is_acknowledged
from vovecli.core.outcomes.deliveries import (
    Attempt,
    Decided,
    Delivery,
    DeliveryEvent,
    DeliveryOutcome,
    Tried,
)
from vovecli.core.secrets import DEVELOPMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.adapters.sender import Sender
    from vovecli.commands.compose import Composition
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.faults import Fault
    from vovecli.core.outcomes.deliveries import SignedRequest
    from vovecli.core.retries import Decision, RetryPolicy
    from vovecli.core.secrets import SigningSecret

_GENUINE_BEST_FIRST: Sequence[DeliveryOutcome] = ("delivered", "refused", "timeout", "unreachable")
_FORGERIES_BEST_FIRST: Sequence[DeliveryOutcome] = (
    "refused", "delivered", "timeout", "unreachable",
)  # fmt: skip


class Conduct(NamedTuple):
    """How a delivery is made.

    Attributes:
        faults: What was broken on purpose; `duplicate` says how often to send it.
        policy: When to try again; None makes one attempt.
        time_scale: Multiplies the waits of the policy.
        chance: Gives numbers from 0 to 1 for their jitter; None: without jitter.
        verbatim: Whether attempts repeat the request as it is, without signing it anew.
        notes: What there is to say about the delivery from the start.
    """

    faults: Sequence[Fault] = ()
    policy: RetryPolicy | None = None
    time_scale: float = 1.0
    chance: Callable[[], float] | None = None
    verbatim: bool = False
    notes: tuple[str, ...] = ()


def compose_all(
    events: Sequence[str | None],
    composition: Composition,
    secrets: Sequence[SigningSecret],
    *,
    now: Callable[[], int],
    random_bytes: Callable[[int], bytes],
    faults: Sequence[Fault] = (),
) -> Iterator[SignedRequest]:
    """Sign events one by one, each when it is asked for, all with one refId, and break them.

    Raises:
        VoveError: For unknown events and fields, and for faults the body cannot have.
    """
    for event in events:
        signed = compose(event, composition, secrets, now=now(), random_bytes=random_bytes)
        composition = composition._replace(ref_id=signed.ref_id or composition.ref_id)
        yield (broken(signed, faults, composition, random_bytes=random_bytes) if faults else signed)


def deliver(
    signed: SignedRequest,
    endpoint: Endpoint,
    sender: Sender,
    conduct: Conduct,
    *,
    now: Callable[[], int],
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[DeliveryEvent]:
    """Deliver one message in as many attempts as it takes; only 2xx is an acknowledgement.

    Yields:
        `Tried` after each attempt, `Decided` where a policy has a say, the `Delivery` at the end.
    """
    attempts: list[Attempt] = []
    while True:
        at, result = now(), _post(signed, sender)
        attempts.append(judge_attempt(signed, len(attempts) + 1, at, result))
        answer = result if isinstance(result, Answer) else None
        delivery = judge(signed, endpoint, attempts, answer, conduct)
        yield Tried(delivery)
        if _copies(conduct.faults) > len(attempts):
            continue
        decision = _decide(conduct, attempts[-1], answer, now())
        if decision:
            yield Decided(decision.reason + _real_wait(decision, conduct.time_scale))
        if not decision or decision.delay_s is None:
            break
        sleep(decision.delay_s * conduct.time_scale)
        if not conduct.verbatim:
            # Attempts within one second would share a signature; the provider's never do.
            signed = resigned(signed, max(now(), signed.message.timestamp + 1))
    yield delivery._replace(hint=_hint(endpoint, answer) or _next_step(delivery))


def judge_attempt(signed: SignedRequest, n: int, at: int, result: Answer | NoAnswer) -> Attempt:
    """What one attempt came to.

    Args:
        signed: As it was sent.
        n: From 1.
        at: Unix seconds.
        result: What came back.
    """
    has_timestamp = any(name.lower().endswith("-timestamp") for name, _ in signed.headers)
    timestamp = signed.message.timestamp if has_timestamp else None
    outcome: DeliveryOutcome
    if isinstance(result, NoAnswer):
        outcome = "timeout" if result.kind == "timeout" else "unreachable"
        return Attempt(n, at, timestamp, outcome, None, None, result.message)
    outcome = "delivered" if is_acknowledged(result.status) else "refused"
    return Attempt(n, at, timestamp, outcome, result.status, result.latency_ms, None)


def judge(
    signed: SignedRequest,
    endpoint: Endpoint,
    attempts: Sequence[Attempt],
    answer: Answer | None,
    conduct: Conduct,
) -> Delivery:
    """The delivery as it stands: of retries the last attempt counts, of copies the worst."""
    plain = Delivery(
        event=signed.event,
        message_id=signed.message.id,
        ref_id=signed.ref_id,
        endpoint=endpoint.url,
        request=signed,
        outcome=attempts[-1].outcome,
        attempts=tuple(attempts),
        answer=answer,
        ok=attempts[-1].outcome == "delivered",
        notes=conduct.notes,
    )
    if not (faults := conduct.faults):
        return plain
    from vovecli.core.faults import explain, is_forgery  # only where a fault was asked for

    forgery = is_forgery(faults)
    order = _FORGERIES_BEST_FIRST if forgery else _GENUINE_BEST_FIRST
    outcome = max((attempt.outcome for attempt in attempts), key=order.index)
    return plain._replace(
        outcome=outcome,
        faults=tuple(fault.name for fault in faults),
        expected="refuse" if forgery else "accept",
        ok=outcome == order[0],
        notes=(*conduct.notes, *explain(faults, outcome, attempts[-1].status)),
    )


def _post(signed: SignedRequest, sender: Sender) -> Answer | NoAnswer:
    try:
        return sender.post(signed.headers, signed.message.body)
    except NoAnswer as reason:
        return reason


def _copies(faults: Sequence[Fault]) -> int:
    if not faults:
        return 1
    from vovecli.core.faults import copies  # only where a fault was asked for

    return copies(faults)


def _decide(
    conduct: Conduct, attempt: Attempt, answer: Answer | None, moment: int
) -> Decision | None:
    if not conduct.policy or attempt.outcome == "delivered":
        return None
    from vovecli.core.retries import NO_JITTER, decide  # only where retries were asked for

    return decide(
        conduct.policy,
        attempt.n,
        status=attempt.status,
        headers=answer.headers if answer else [],
        moment=moment,
        timed_out=attempt.outcome == "timeout",
        chance=conduct.chance() if conduct.chance else NO_JITTER,
    )


def _real_wait(decision: Decision, time_scale: float) -> str:
    """How long it takes here, where that is not what the schedule says."""
    if decision.delay_s is None or time_scale == 1:
        return ""
    return f"; at --time-scale {time_scale:g} that is {decision.delay_s * time_scale:.3g} s"


def _next_step(delivery: Delivery) -> str:
    if delivery.expected == "refuse" or delivery.ok:
        return ""
    from vovecli.core.next_steps import after_refusal  # only where something was refused

    origins = {secret.origin for secret in delivery.request.secrets}
    status = delivery.attempts[-1].status
    return after_refusal(delivery.endpoint, status, secret_given=DEVELOPMENT not in origins)


def _hint(endpoint: Endpoint, answer: Answer | None) -> str:
    if answer is None:
        from vovecli.adapters.reachability import explain_unreachable

        return explain_unreachable(endpoint)
    if 300 <= answer.status < 400:  # noqa: PLR2004 - the HTTP class of redirects
        location = answer.header("location")
        if location:
            url = absolute_location(endpoint.url, location)
            return f"redirects are not followed; register {url}"
        return "redirects are not followed"
    return ""
