"""`vove send`: sign events and deliver them, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.commands.compose import compose
from vovecli.core.outcomes.answers import Answer, NoAnswer
from vovecli.core.outcomes.deliveries import Attempt, Delivery, DeliveryOutcome, is_success

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.adapters.sender import Sender
    from vovecli.commands.compose import Composition
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.signed import SignedRequest
    from vovecli.core.secrets import SigningSecret


def compose_all(
    events: Sequence[str | None],
    composition: Composition,
    secrets: Sequence[SigningSecret],
    *,
    now: Callable[[], int],
    random_bytes: Callable[[int], bytes],
) -> Iterator[SignedRequest]:
    """Sign events one by one, each when it is asked for, all with one refId.

    Raises:
        VoveError: For unknown events and fields.
    """
    from dataclasses import replace

    for event in events:
        signed = compose(event, composition, secrets, now=now(), random_bytes=random_bytes)
        composition = replace(composition, ref_id=signed.ref_id)
        yield signed


def deliver(
    signed: SignedRequest, endpoint: Endpoint, sender: Sender, *, now: Callable[[], int]
) -> Delivery:
    """Make one attempt and judge the answer: only 2xx is an acknowledgement."""
    at = now()
    answer: Answer | None = None
    error = None
    try:
        answer = sender.post(signed.headers, signed.message.body)
        outcome: DeliveryOutcome = "delivered" if is_success(answer.status) else "refused"
    except NoAnswer as reason:
        outcome = "timeout" if reason.kind == "timeout" else "unreachable"
        error = reason.message
    attempt = Attempt(
        n=1,
        at=at,
        timestamp=signed.message.timestamp,
        status=answer.status if answer else None,
        latency_ms=answer.latency_ms if answer else None,
        error=error,
    )
    return Delivery(
        event=signed.event,
        message_id=signed.message.id,
        ref_id=signed.ref_id,
        endpoint=endpoint.url,
        outcome=outcome,
        attempts=(attempt,),
        answer=answer,
        ok=outcome == "delivered",
        hint=_hint(endpoint, answer),
    )


def _hint(endpoint: Endpoint, answer: Answer | None) -> str:
    if answer is None:
        from vovecli.adapters.reachability import explain_unreachable

        return explain_unreachable(endpoint)
    if 300 <= answer.status < 400:  # noqa: PLR2004 - the HTTP class of redirects
        location = answer.header("location")
        if location:
            from urllib.parse import urljoin

            return f"redirects are not followed; register {urljoin(endpoint.url, location)}"
        return "redirects are not followed"
    return ""
