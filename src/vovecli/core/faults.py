"""Faults: a message that was signed rightly becomes a request that a correct endpoint refuses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.errors import Category, VoveError
from vovecli.core.fault_kinds import FAULTS, RIGHT, FaultKind
from vovecli.core.identification import identify
from vovecli.core.messages import KSUID_RANDOM_BYTES, new_message_id
from vovecli.core.mistakes import Scheme
from vovecli.core.names import unknown_name
from vovecli.core.outcomes.records import DUPLICATE, is_forged
from vovecli.core.payloads import encode
from vovecli.core.secrets import SigningSecret, encode_secret
from vovecli.core.signing import signed_headers
from vovecli.core.times import format_duration, parse_duration
from vovecli.core.verification import TOLERANCE_S

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.messages import Headers, Message
    from vovecli.core.outcomes.deliveries import DeliveryOutcome
    from vovecli.core.signing import HeaderCase, HeaderPrefix

_KEY_BYTES, _MAC_BYTES = 32, 32
RANDOM_BYTES = _KEY_BYTES + _MAC_BYTES + KSUID_RANDOM_BYTES  # what `forge` needs
MAX_COPIES = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that was asked for.

    Attributes:
        amount: Seconds for `stale` and `future`, copies for `duplicate`, else 0.
    """

    kind: FaultKind
    amount: float = 0

    @property
    def name(self) -> str:
        """The name alone, without the amount."""
        return self.kind.name

    @property
    def broken(self) -> str:
        """What is wrong with the request, the amount included."""
        return self.kind.broken.format(
            amount=int(self.amount) if self.kind.amount == "count" else format_duration(self.amount)
        )


@dataclass(frozen=True, slots=True)
class Forged:
    """A request that carries faults.

    Attributes:
        message: As its headers and body now say.
        headers: All but `Host`.
    """

    message: Message
    headers: Headers


_DROPPED: Mapping[str, tuple[str, ...]] = {
    "missing-id": ("id",),
    "missing-timestamp": ("timestamp",),
    "missing-signature": ("signature",),
    "unsigned": ("id", "timestamp", "signature"),
}


def parse_faults(texts: Sequence[str]) -> list[Fault]:
    """Read `--fault` options such as `stale=15m`.

    Raises:
        VoveError: `unknown-fault`, `bad-fault`.
    """
    faults = [_parse_fault(text) for text in texts]
    names = [fault.name for fault in faults]
    if len(set(names)) < len(names):
        raise _bad_fault("a fault is named twice", "name each once; duplicate=3 sends three copies")
    if {"stale", "future"} <= set(names):
        raise _bad_fault("a delivery is not both stale and from the future", "name one of them")
    return faults


def copies(faults: Sequence[Fault]) -> int:
    """How often the request is sent: the amount of `duplicate`, else once."""
    return next((int(fault.amount) for fault in faults if fault.name == DUPLICATE), 1)


def is_forgery(faults: Sequence[Fault]) -> bool:
    """Whether a correct endpoint refuses it; mere duplicates it accepts."""
    return is_forged(fault.name for fault in faults)


def explain(
    faults: Sequence[Fault], outcome: DeliveryOutcome, status: int | None = None
) -> tuple[str, ...]:
    """What was broken, and what the endpoint's answer to it means.

    Args:
        faults: What was broken.
        outcome: What became of the delivery.
        status: Of the last answer.
    """
    notes = [f"on purpose: {fault.broken}" for fault in faults]
    if is_forgery(faults):
        if outcome == "refused" and status is not None and status >= 500:  # noqa: PLR2004 - HTTP
            notes.append(
                f"refused, but by a server error ({status}): it may not have looked at the delivery"
            )
        elif outcome == "refused":
            notes.append("refused, as it must be")
        elif outcome == "delivered":
            notes += [f"accepted: {fault.kind.accepted}" for fault in faults if fault.kind.accepted]
    elif outcome == "delivered":
        notes.append("every copy was acknowledged, as it must be")
    elif outcome == "refused":
        notes.append("a copy was refused: the provider may deliver twice and would retry it")
    return tuple(notes)


def forge(
    message: Message,
    secrets: Sequence[SigningSecret],
    faults: Sequence[Fault],
    *,
    random_bytes: bytes,
    prefix: HeaderPrefix = "svix",
    case: HeaderCase = "title",
) -> Forged:
    """Sign a message and break it in each of the ways asked for.

    Args:
        message: The genuine one.
        secrets: The genuine ones.
        faults: As `parse_faults` gives them.
        random_bytes: `RANDOM_BYTES` of them.
        prefix: Family of the header names.
        case: Of the header names.

    Raises:
        VoveError: `fault-impossible` where the body cannot be broken in that way.
    """
    names = {fault.name for fault in faults}
    assert len(random_bytes) == RANDOM_BYTES
    key, rest = random_bytes[:_KEY_BYTES], random_bytes[_KEY_BYTES:]
    mac, id_bytes = rest[:_MAC_BYTES], rest[_MAC_BYTES:]
    if "wrong-secret" in names:
        secrets = [SigningSecret(encode_secret(key), key)]
    shifts = {"stale": -1, "future": 1}
    shift_s = sum(round(shifts.get(fault.name, 0) * fault.amount) for fault in faults)
    signed = message._replace(timestamp=message.timestamp + shift_s)
    sent = signed
    if "tampered-body" in names:
        sent = sent._replace(body=_tampered(sent.body))
    if "reserialized-body" in names:
        signed = signed._replace(body=_reserialized(signed.body, pretty=False))
        sent = sent._replace(body=_reserialized(sent.body, pretty=True))
    if "swapped-id" in names:
        sent = sent._replace(id=new_message_id(message.timestamp, id_bytes))
    scheme = _scheme(faults)
    macs = [scheme.mac(secret, signed.id, str(signed.timestamp), signed.body) for secret in secrets]
    if "bad-signature" in names:
        macs = [mac]
    entries = [scheme.encoding.write(each) for each in macs if each is not None]
    dropped = {f"{prefix}-{part}" for name in names for part in _DROPPED.get(name, ())}
    headers = [
        (name, " ".join(entries) if name.lower() == f"{prefix}-signature" else value)
        for name, value in signed_headers(secrets, sent, prefix=prefix, case=case)
        if name.lower() not in dropped
    ]
    return Forged(sent, headers)


def _scheme(faults: Sequence[Fault]) -> Scheme:
    """Key, content and encoding of all faults together; the last one counts."""
    scheme = RIGHT
    for fault in faults:
        wanted = fault.kind.scheme
        scheme = Scheme(
            wanted.key if wanted.key.mistakes else scheme.key,
            wanted.content if wanted.content.mistakes else scheme.content,
            encoding=wanted.encoding if wanted.encoding.mistakes else scheme.encoding,
        )
    return scheme


def _parse_fault(text: str) -> Fault:
    name, equals, amount = text.partition("=")
    kind = FAULTS.get(name)
    if not kind:
        raise unknown_name("fault", name, FAULTS, see="vove faults")
    if not equals:
        return Fault(kind, kind.default)
    if kind.amount == "duration":
        return Fault(kind, _duration_s(name, amount))
    if kind.amount == "count":
        return Fault(kind, _count(amount))
    raise _bad_fault(f"{name} takes no amount", f"write --fault {name}")


def _duration_s(name: str, text: str) -> float:
    seconds = parse_duration(text)
    if not TOLERANCE_S < seconds < 10 * 365 * 86_400:
        raise _bad_fault(
            f"{name}={text} is not a fault: a correct endpoint accepts "
            f"{format_duration(TOLERANCE_S)}, and ten years are the maximum",
            f"write --fault {name}=10m",
        )
    return seconds


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 1 < int(text) <= MAX_COPIES:
        return int(text)
    raise _bad_fault(f"duplicate={text} is not 2 to {MAX_COPIES} copies", "write duplicate=3")


def _tampered(body: bytes) -> bytes:
    """Another status of the same family; for a body that is no event, one more byte."""
    event = identify(body)
    if not event or not event.status:
        return body + b" "
    others = [
        status for status in BUILT_IN.statuses(event.family or "kyb") if status != event.status
    ]
    return encode(json.loads(body) | {"status": others[-1]})


def _reserialized(body: bytes, *, pretty: bool) -> bytes:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        payload = None
    if payload and isinstance(payload, dict):
        return encode(payload, pretty=pretty)
    raise VoveError(
        "fault-impossible",
        "reserialized-body needs a JSON object with a field: this body has no other form",
        hint="leave out --body, or choose tampered-body",
        category=Category.USAGE,
    )


def _bad_fault(why: str, hint: str) -> VoveError:
    return VoveError("bad-fault", why, hint=hint, category=Category.USAGE)
