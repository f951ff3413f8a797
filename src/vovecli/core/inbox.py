"""The listener's logic without a socket: a request in, what arrived and what to answer out."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.drift import drifts, remarks
from vovecli.core.messages import KSUID_RANDOM_BYTES, new_message_id
from vovecli.core.outcomes.arrivals import TEXT, Arrival, Reply
from vovecli.core.outcomes.verdicts import Cause, Finding
from vovecli.core.outside import sign_of_outside
from vovecli.core.retries import likely_retry
from vovecli.core.verification import TOLERANCE_S, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vovecli.core.catalogue import Catalogue
    from vovecli.core.identification import EventIdentity
    from vovecli.core.outcomes.arrivals import BrokenRequest
    from vovecli.core.outcomes.verdicts import Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret

# Bounds the memory of a listener that runs for days; two sets of 200,000 cost 55 MB.
REMEMBERED = 10_000
_UNRECORDED = 0  # seen, but its number is not known yet
_RETRY_AFTER_S = 4  # the first retry of `svix`, a fifth early
_OK, _BAD_REQUEST, _UNAUTHORIZED, _METHOD_NOT_ALLOWED = 200, 400, 401, 405
_JSON = (("Content-Type", "application/json"),)

# A stranger could try out such a key in place of the secret, and read in the answers of the
# listener, or in how long they take, how the secret begins.
_GUESSABLE_BYTES = 16

_Value = TypeVar("_Value")


class Recent(Generic[_Value]):
    """The values of the keys that were used last, at most so many."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, _Value] = OrderedDict()

    def get(self, key: str) -> _Value | None:
        """The value of a key, which counts as used."""
        if key in self._values:
            self._values.move_to_end(key)
        return self._values.get(key)

    def put(self, key: str, value: _Value) -> None:
        """Remember a value; the key unused for longest may be forgotten for it."""
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._size:
            self._values.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Play:
    """How to answer instead of like a correct handler.

    Attributes:
        statuses: For one POST after the other; the last one stays. None: answer correctly.
        body: Goes with every answer to a POST; None leaves it to the listener.
    """

    statuses: Sequence[int] = ()
    body: str | None = None


class Inbox:
    """Judges what arrives, remembers what it has seen, decides what to answer.

    Args:
        secrets: Any may match (rotation).
        catalogue: The event types that are known.
        tolerance_s: Seconds, both ways.
        play: Answers other than a correct handler's.
        others: Secrets that were not asked for but explain a failure if they match.
        exposed: Whether anybody beyond this machine can send requests.
        remembered: How many message ids, and how many refIds, are remembered.

    Attributes:
        requests: How many came in, broken ones included.
        posts: How many of them were POSTs; unverified ones of strangers do not count.
        valid: How many were valid deliveries.
        drifted: How many of these were unlike what was learned.
        duplicates: How many of these had a message id that was seen before.
    """

    def __init__(
        self,
        secrets: Sequence[SigningSecret],
        *,
        tolerance_s: int = TOLERANCE_S,
        play: Play | None = None,
        others: Sequence[SigningSecret] = (),
        exposed: bool = False,
        remembered: int = REMEMBERED,
        catalogue: Catalogue = BUILT_IN,
    ) -> None:
        self._secrets = secrets
        self._catalogue = catalogue
        self._tolerance_s = tolerance_s
        self._play = play or Play()
        self._others = others
        self._exposed = exposed
        self._records: Recent[int] = Recent(remembered)
        self._statuses: Recent[str] = Recent(remembered)
        self.requests = self.posts = self.valid = self.duplicates = self.drifted = 0

    def take(
        self,
        request: CapturedRequest,
        *,
        moment: int,
        explain: Callable[[bool], bool] = lambda _outside: True,
    ) -> tuple[Arrival, Reply]:
        """Judge a request.

        Args:
            request: With its exact body.
            moment: Unix seconds of receipt.
            explain: Whether there is time to search for the cause if no signature matches; asked
                with whether the request comes from outside.

        Returns:
            What arrived, to be passed on to `recorded`, and what to answer unless an app behind
            the listener decides.
        """
        self.requests += 1
        is_outside = self.is_outside(request)
        if request.method != "POST":
            return _no_post(request, moment, is_outside=is_outside)
        verdict = verify(
            request,
            self._secrets,
            moment=moment,
            tolerance_s=self._tolerance_s,
            others=self._others,
            explain=explain(is_outside),
            min_key_bytes=_GUESSABLE_BYTES if is_outside else 0,
            catalogue=self._catalogue,
        )
        stranger = is_outside and not verdict.valid
        self.posts += not stranger
        arrival, reply = self._note(request, verdict, moment, stranger=stranger)
        if stranger and not self._exposed:
            mark = _from_outside(sign_of_outside(request))
            arrival = arrival._replace(findings=(*arrival.findings, mark))
        return arrival, reply

    def is_outside(self, request: CapturedRequest) -> bool:
        """Whether a request comes, or may come, from beyond this machine."""
        return self._exposed or bool(sign_of_outside(request))

    def recorded(self, arrival: Arrival, record: int) -> Arrival:
        """Give an arrival its number; in their order, so that a repetition finds the first one."""
        message_id = arrival.verdict and arrival.verdict.message_id
        if arrival.repeated and message_id:
            first = self._records.get(message_id) or None
            return arrival._replace(record=record, duplicate_of=first)
        if arrival.cause is None and message_id:
            self._records.put(message_id, record)
        return arrival._replace(record=record)

    def take_broken(self, broken: BrokenRequest) -> Arrival:
        """Note bytes that were no HTTP request; the server has answered them."""
        self.requests += 1
        self.posts += broken.method == "POST" and not self._exposed
        return Arrival(
            at=broken.at,
            method=broken.method,
            target=broken.target,
            cause=Cause(broken.code, broken.message),
            answered=broken.status,
            stranger=self._exposed,
        )

    def _note(
        self, request: CapturedRequest, verdict: Verification, moment: int, *, stranger: bool
    ) -> tuple[Arrival, Reply]:
        """Compare with what was seen before; forgeries are not remembered."""
        findings = list(verdict.findings)
        repeated, last_status = False, None
        is_json = verdict.event is not None or _is_json(request.body)
        if verdict.valid:
            self.valid += 1
            repeated = self._is_repeated(verdict.message_id or "")
            last_status = None if repeated else self._note_status(verdict.event)
            findings += remarks(request, verdict.event, last_status, self._catalogue)
            self.drifted += bool(drifts(findings))
            findings += _repetition(verdict, repeated=repeated)
        reply = self._reply(verdict, is_json=is_json, stranger=stranger)
        arrival = Arrival(
            at=moment,
            method=request.method,
            target=request.target,
            request=request,
            verdict=verdict,
            cause=verdict.cause,
            findings=tuple(findings),
            answered=reply.status,
            repeated=repeated,
            last_status=last_status,
            stranger=stranger,
        )
        return arrival, reply

    def _is_repeated(self, message_id: str) -> bool:
        if self._records.get(message_id) is None:
            self._records.put(message_id, _UNRECORDED)
            return False
        self.duplicates += 1
        return True

    def _note_status(self, event: EventIdentity | None) -> str | None:
        """Remember the event's status; gives what was heard of its refId before."""
        if event is None or event.ref_id is None or event.status is None:
            return None
        key = f"{event.family} {event.ref_id}"
        last = self._statuses.get(key)
        self._statuses.put(key, event.status)
        return last

    def _reply(self, verdict: Verification, *, is_json: bool, stranger: bool) -> Reply:
        body = None if self._play.body is None else self._play.body.encode()
        if self._play.statuses:
            place = min(max(self.posts, 1), len(self._play.statuses)) - 1
            return Reply(self._play.statuses[place], body or b"", TEXT if body else ())
        if stranger:
            return _REFUSED
        if verdict.cause:
            reply = _says(_UNAUTHORIZED, {"verdict": "invalid", "cause": verdict.cause.code})
        else:
            reply = _ACCEPTED if is_json else _NO_JSON
        return reply if body is None else Reply(reply.status, body, TEXT)


def _no_post(request: CapturedRequest, moment: int, *, is_outside: bool) -> tuple[Arrival, Reply]:
    arrival = Arrival(
        at=moment,
        method=request.method,
        target=request.target,
        request=request,
        cause=Cause("method-not-allowed", "deliveries are POST requests"),
        answered=_METHOD_NOT_ALLOWED,
        stranger=is_outside,
    )
    return arrival, Reply(_METHOD_NOT_ALLOWED, b"POST only\n", (("Allow", "POST"), *TEXT))


def _from_outside(sign: str) -> Finding:
    return Finding(
        "from-outside",
        f"it came from beyond this machine ({sign}), which this listener does not expect: for a "
        "tunnel, add --public-url URL",
    )


@lru_cache(maxsize=8)
def _first_id(moment: int) -> str:
    """The lowest message id of a second."""
    return new_message_id(moment, bytes(KSUID_RANDOM_BYTES))


def _repetition(verdict: Verification, *, repeated: bool) -> Iterable[Finding]:
    if repeated:
        yield Finding("duplicate", "a delivery with this message id came before")
    message_id, timestamp = verdict.message_id or "", verdict.timestamp or 0
    # Ids sort by their time, so the usual case is known without decoding one.
    if message_id >= _first_id(timestamp - _RETRY_AFTER_S + 1):
        return
    if note := likely_retry(message_id, timestamp):
        yield note


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _says(status: int, found: dict[str, str]) -> Reply:
    return Reply(status, json.dumps(found).encode() + b"\n", _JSON)


# A cause would let strangers try out guesses about the secret, one bit per answer.
_REFUSED = _says(_UNAUTHORIZED, {"verdict": "invalid"})
_ACCEPTED = _says(_OK, {"verdict": "valid"})
_NO_JSON = _says(_BAD_REQUEST, {"verdict": "valid", "cause": "body-not-json"})
