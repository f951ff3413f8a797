"""A request that was signed, what became of a delivery, and what happens on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.messages import Headers, Message
    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.secrets import SigningSecret

DeliveryOutcome = Literal["delivered", "refused", "unreachable", "timeout"]


class SignedRequest(NamedTuple):
    """One signed request.

    Attributes:
        event: Name of the event type; None for a body that was given as bytes.
        headers: Everything but `Host`.
        secrets: What it is signed with, one signature each.
    """

    event: str | None
    ref_id: str | None
    message: Message
    headers: Headers
    secrets: Sequence[SigningSecret]


class Attempt(NamedTuple):
    """One HTTP try.

    Attributes:
        n: From 1.
        at: Unix seconds at which it was made.
        timestamp: Unix seconds it was signed with; None where a fault took the header away.
        error: Why there was no answer, or None.
    """

    n: int
    at: int
    timestamp: int | None
    outcome: DeliveryOutcome
    status: int | None
    latency_ms: float | None
    error: str | None


class Delivery(NamedTuple):
    """All attempts of one message to one endpoint.

    Attributes:
        endpoint: URL.
        request: As it was sent last.
        expected: What a correct handler does with it.
        ok: Whether it did.
        answer: The last one; None where none came.
        hint: What to do about it, or empty.
        notes: What else there is to say about it: what was broken, what the answer means.
    """

    event: str | None
    message_id: str
    ref_id: str | None
    endpoint: str
    request: SignedRequest
    outcome: DeliveryOutcome
    attempts: tuple[Attempt, ...]
    answer: Answer | None
    faults: tuple[str, ...] = ()
    expected: Literal["accept", "refuse"] = "accept"
    ok: bool = False
    hint: str = ""
    notes: tuple[str, ...] = ()


class Tried(NamedTuple):
    """An attempt is over.

    Attributes:
        delivery: Up to now, that attempt included.
    """

    delivery: Delivery


class Decided(NamedTuple):
    """Whether another attempt follows one that was not acknowledged, and why."""

    reason: str


DeliveryEvent = Tried | Decided | Delivery
