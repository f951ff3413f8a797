"""What a verification found: findings, the cause of a failure, the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from vovecli.core.errors import VoveError
    from vovecli.core.identification import EventIdentity
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret

Certainty = Literal["proved", "observed", "likely", "unknown"]
AgeVerdict = Literal["fresh", "stale", "future", "not-judged"]


class Finding(NamedTuple):
    """Something worth saying that does not decide the verdict."""

    code: str
    message: str


class Cause(NamedTuple):
    """Why a request is invalid.

    `proved`: a MAC matched once one mistake, or a pair, was undone; `observed`: the capture
    shows it.
    """

    code: str
    message: str
    fix: str = ""
    certainty: Certainty = "observed"
    snippet: str = ""


class Verification(NamedTuple):
    """The judgement over one captured request; a tuple, for many are made in a second.

    Like any tuple it is always true: `vovecli.Verdict` is what others put into an `if`.

    Attributes:
        cause: None when valid, else the first and most specific one.
        timestamp: Unix seconds the request claims to be signed at; None when absent or malformed.
        age_s: Seconds from `timestamp` to the moment it was judged at (negative: ahead).
        secret: The signing secret that matched.
        signature: 1-based place of the signature that matched and how many there were.
    """

    valid: bool
    cause: Cause | None
    findings: tuple[Finding, ...]
    message_id: str | None
    timestamp: int | None
    age_s: int | None
    age_verdict: AgeVerdict
    secret: SigningSecret | None
    signature: tuple[int, int] | None
    event: EventIdentity | None


class SecondOpinion(NamedTuple):
    """What another library would have said.

    Attributes:
        message: Its own words on a refusal, else empty.
    """

    library: str
    version: str
    accepts: bool
    message: str


class Verified(NamedTuple):
    """One request of one source with its verdict.

    Attributes:
        source: The file's name; `-` for standard input.
        place: Of the request in its source, from 0.
    """

    source: str
    place: int
    request: CapturedRequest
    verdict: Verification
    against: SecondOpinion | None = None


class Skipped(NamedTuple):
    """Part of a source that was left out, and why."""

    source: str
    place: int
    reason: str


if TYPE_CHECKING:
    SourceResult = Verified | Skipped | VoveError  # of one request of a source
