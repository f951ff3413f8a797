"""What `listen` sees and answers: requests judged or broken, forwards, the summary."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.outcomes.verdicts import Cause, Finding, Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.tunnels import TunnelEvent


TEXT = (("Content-Type", "text/plain; charset=utf-8"),)  # the headers of an answer in words


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the sender.

    Attributes:
        headers: Without `Content-Length`, `Date` and `Connection`: those are the server's.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BrokenRequest:
    """Bytes that were no usable HTTP request, already refused.

    Attributes:
        status: What was answered.
        code: Kebab-case name of the reason, as in the causes of `verify` where one fits.
        method: None when the request line could not be read; then `target` is empty.
        at: Unix seconds.
    """

    status: int
    code: str
    message: str
    method: str | None
    target: str
    at: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The listener takes requests.

    Attributes:
        url: Base URL on this machine; every path below it is taken.
        public_url: The same through the tunnel, if there is one.
        elsewhere: The base URL by which other machines reach it; None where they do not.
    """

    url: str
    public_url: str | None
    pid: int
    secrets: Sequence[SigningSecret]
    elsewhere: str | None = None


class Arrival(NamedTuple):
    """One request that came in.

    Attributes:
        at: Unix seconds of receipt.
        method: None when the request was too broken to show it.
        cause: Why it is not a valid delivery; None when it is.
        answered: HTTP status; None while the app that it is forwarded to decides.
        record: Its number in the history, or in this run where nothing is recorded; None until
            it is recorded, which broken HTTP never is.
        request: None when it was broken HTTP.
        verdict: None when it was broken HTTP or no POST.
        findings: Everything else worth saying.
        repeated: Whether a valid delivery with the same message id came before.
        duplicate_of: The record of that delivery.
        last_status: What was last heard of the same refId.
        stranger: Whether it came from beyond this machine and is not verified: little of it is
            kept, nothing is explained to its sender.
    """

    at: int
    method: str | None
    target: str
    cause: Cause | None
    answered: int | None
    record: int | None = None
    request: CapturedRequest | None = None
    verdict: Verification | None = None
    findings: tuple[Finding, ...] = ()
    repeated: bool = False
    duplicate_of: int | None = None
    last_status: str | None = None
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Forward:
    """One request that was passed on to an app.

    Attributes:
        record: Of the request; None until that is known.
        at: Unix seconds of the end.
        endpoint: The app's URL.
        answer: What the app answered; None when it did not.
        answered: The status that the sender gets: 502 or 504 where there is no answer.
        error: Why there is no answer.
        verified: Whether it was a valid delivery.
    """

    record: int | None
    at: int
    message_id: str | None
    endpoint: str
    answer: Answer | None
    answered: int
    error: str | None
    verified: bool

    @property
    def status(self) -> int | None:
        """The status of the app's answer."""
        return self.answer and self.answer.status

    @property
    def latency_ms(self) -> float | None:
        """How long the app took."""
        return self.answer and self.answer.latency_ms


@dataclass(frozen=True, slots=True)
class AppChange:
    """An app that requests are forwarded to came up or went away.

    Attributes:
        endpoint: Its URL.
        state: `waiting`: it is not up yet, requests wait for it; `absent`: the wait has ended;
            `up`: it is now; `down`: it is
            no more; `back`: it is again.
        message: Why it cannot be reached; else empty.
    """

    endpoint: str
    state: Literal["waiting", "absent", "up", "down", "back"]
    message: str = ""


@dataclass(frozen=True, slots=True)
class KeepingChange:
    """Requests cannot be kept any more, or can be again; meanwhile they are answered with 503.

    Attributes:
        message: Why not; empty when they can be again.
    """

    message: str


@dataclass(frozen=True, slots=True)
class Overflow:
    """Strangers send more than is looked at: what is beyond is answered with 429.

    Attributes:
        unseen: How many were refused so since the start.
    """

    unseen: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run of the listener came to.

    Attributes:
        forwarded: How many times a request was passed on to an app.
        failed: How many of these were not acknowledged with a 2xx.
        unseen: How many requests of strangers were refused without being kept or shown.
    """

    requests: int
    valid: int
    invalid: int
    duplicates: int
    forwarded: int
    failed: int
    elapsed_s: float
    unseen: int = 0


if TYPE_CHECKING:
    ListenerEvent = (
        Ready | Arrival | Forward | AppChange | KeepingChange | Overflow | Summary | TunnelEvent
    )
