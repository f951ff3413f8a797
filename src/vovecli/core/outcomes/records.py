"""Records of the history: a delivery that was sent or received, and how to ask for some of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from vovecli.core.errors import Category, VoveError
from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.requests import CapturedRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.answers import Answer

Direction = Literal["sent", "received"]
RequestForm = Literal["http", "curl", "har"]  # in which the request of a record is written
RecordOutcome = Literal["delivered", "refused", "unreachable", "timeout", "valid", "invalid"]

DUPLICATE = "duplicate"  # the one fault that a correct endpoint accepts
# Credentials that may travel with a request or its answer; a record never holds their values.
UNRECORDED_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_STATUS_CLASS = re.compile(r"[1-5](?:xx|[0-9]{2})", re.ASCII)


class Record(NamedTuple):
    """One delivery as the history keeps it.

    Attributes:
        at: Unix seconds at which it was sent or came in.
        endpoint: The URL it was sent or forwarded to; None when it was only received.
        target: Path and query on the request line.
        outcome: How sending ended, or the verdict over what came in.
        failed: Whether it was genuine and yet not acknowledged: what `replay --failed` takes.
        status: HTTP status of the last answer, ours or theirs; None when there was none.
        faults: What was broken on purpose.
        cause: Code of what made a received request invalid.
        attempts: As in `vove.delivery/1`.
        answer: What the app answered last, without credentials; None where it gave no answer, or
            where the record is older than that field.
        body_len: Bytes of the whole body, where `body` is only its beginning.
        body_sha256: In hex, of the whole body; None where `body` is whole.
        number: Small and growing; 0 until it is stored.
    """

    direction: Direction
    at: float
    event: str | None
    ref_id: str | None
    message_id: str | None
    endpoint: str | None
    method: str
    target: str
    outcome: RecordOutcome
    failed: bool
    status: int | None
    latency_ms: float | None
    headers: Headers
    body: bytes
    faults: tuple[str, ...] = ()
    cause: str | None = None
    attempts: tuple[Mapping[str, object], ...] = ()
    answer: Answer | None = None
    body_len: int | None = None
    body_sha256: str | None = None
    number: int = 0

    @property
    def request(self) -> CapturedRequest:
        """The request of it, as far as it is kept."""
        return CapturedRequest(self.method, self.target, self.headers, self.body)

    @property
    def ok(self) -> bool:
        """See `went_well`."""
        return went_well(self.direction, self.outcome, self.status, self.faults)


def went_well(
    direction: Direction, outcome: str, status: int | None, faults: Sequence[str]
) -> bool:
    """Whether a delivery went as a correct handler lets it go, as `send` judged it."""
    if direction == "received":
        return outcome == "valid" and is_acknowledged(status)
    return outcome == ("refused" if is_forged(faults) else "delivered")


def is_forged(faults: Iterable[str]) -> bool:
    """Whether faults make a request one that a correct endpoint refuses."""
    return any(fault != DUPLICATE for fault in faults)


class Settlement(NamedTuple):
    """How a recorded request ended: the fields of `Record` that change.

    Attributes:
        number: Of the record; after `vove history clear` another one may bear it.
        at: When the request arrived, as the record says: that other one is left alone.
    """

    number: int
    at: float
    endpoint: str | None
    status: int
    latency_ms: float | None
    failed: bool
    answer: Answer | None


class RecordFilter(NamedTuple):
    """Which records are asked for; what is None does not matter.

    Attributes:
        event: Name of an event type, `*` standing for anything.
        outcome: How it ended.
        statuses: First and last HTTP status, both included.
        since: Unix seconds.
        limit: At most so many, the newest.
    """

    event: str | None = None
    outcome: str | None = None
    statuses: tuple[int, int] | None = None
    since: int | None = None
    direction: Direction | None = None
    limit: int | None = None


def parse_status(text: str) -> tuple[str | None, tuple[int, int] | None]:
    """Read `--status`: an outcome (`refused`), an HTTP status (`500`) or a class of them (`5xx`).

    Raises:
        VoveError: `unknown-status`.
    """
    if text in (known := get_args(RecordOutcome)):
        return text, None
    if _STATUS_CLASS.fullmatch(text):
        return None, (int(text.replace("x", "0")), int(text.replace("x", "9")))
    raise VoveError(
        "unknown-status",
        f"{text!r} is neither an outcome nor an HTTP status",
        hint=f"write {', '.join(known)}, 500 or 5xx",
        category=Category.USAGE,
    )
