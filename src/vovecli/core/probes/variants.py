"""What a probe sends, as its differences from a genuine delivery, and how probes are made."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from vovecli.core.catalogue import BUILT_IN, EVENTS, EventFamily
from vovecli.core.messages import KSUID_RANDOM_BYTES, Headers, new_message_id, new_ref_id
from vovecli.core.mistakes import Scheme
from vovecli.core.mistakes.keys import WrongKey
from vovecli.core.mistakes.mistake import Mistake
from vovecli.core.payloads import encode, sample_payload
from vovecli.core.probes.exchanges import Probe
from vovecli.core.signing import CONTENT_TYPE, USER_AGENT, HeaderPrefix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vovecli.core.catalogue import EventType
    from vovecli.core.payloads import Payload
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.webhook_headers import HeaderPart

# Statuses by the part they play. The first announces that something has begun and decides nothing.
STATUSES: Mapping[EventFamily, Mapping[str, str]] = {
    "kyb": {"": "IN_PROGRESS", "later": "IN_REVIEW", "final": "COMPLETED", "unknown": "ON_HOLD"},
    "kyc": {"": "in_progress", "later": "pending", "final": "successful", "unknown": "on_hold"},
}
FINAL_STATUSES = frozenset(event.status for event in EVENTS.values() if event.next == ())
ABSENT = object()  # as a change: the field is left out


@dataclass(frozen=True)
class Variant:
    """One request by its differences from a genuine delivery.

    Attributes:
        label: What is special about it, in words.
        family: By default the family that the run is about.
        event: One of the user's own, instead of a status of the family.
        status: A status, or the part that one plays in `STATUSES`.
        changes: Payload fields to set before signing; `ABSENT` leaves one out.
        tampered: The status, or its part, that is put in after signing.
        write: How the payload is written.
        body: The exact body, whatever the payload.
        case: Deliveries of one check that name the same case share a refId.
        message: Likewise: one message sent again; it shares id and refId.
        ref: This refId, or `fresh` for a new one even where the user named a refId.
        age_s: How long ago the timestamp lies; negative: ahead.
        timestamp: The header's text; `{s}`: seconds, `{ms}`: milliseconds.
        schemes: How it is signed: several ride in one header, separated by spaces.
        key: `other`: a random one instead of the scheme's.
        swapped: The id or the timestamp is another one in what is signed.
        signature: The header's text; `{signed}`: as it should be, `{mac}`: the MAC in base64,
            `{hex}`: in hex, `{other}`: one by another key,
            `{ed25519}`: one as long as version v1a has them; those of `_near_misses`.
        is_plain: Its MAC in base64 holds neither + nor /; by default it holds both.
        omit: Webhook headers that are left out.
        spelling: Of the header names; by default that of the run.
        headers: Further headers, or a user agent instead of Svix's, filled in as `signature`;
            `{signed}`: the signature header's text.
        again: The bytes of the delivery before it once more.
        together: Sent at the same moment as the one before it.
        cut: The body is sent in two segments, cut behind the first of these bytes.
        hold_s: So many seconds lie between them.
        elsewhere: Another path than the endpoint's.
    """

    label: str = "a genuine delivery"
    family: EventFamily | None = None
    event: EventType | None = None
    status: str = ""
    changes: Mapping[str, object] = field(default_factory=dict)
    tampered: str = ""
    write: Callable[[Payload], bytes] = encode
    body: bytes | None = None
    case: str = ""
    message: str = ""
    ref: str = ""
    age_s: int = 0
    timestamp: str = "{s}"
    schemes: Sequence[Scheme] = (Scheme(),)
    key: Literal["", "other"] = ""
    swapped: Literal["", "id", "timestamp"] = ""
    signature: str = "{signed}"
    is_plain: bool = False
    omit: tuple[HeaderPart, ...] = ()
    prefix: HeaderPrefix = "svix"
    spelling: Callable[[str], str] | None = None
    content_type: str = CONTENT_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    again: bool = False
    together: bool = False
    cut: bytes = b""
    hold_s: float = 0.05
    elsewhere: str = ""
    plain_http: bool = False

    @property
    def is_final(self) -> bool:
        """Whether it claims a decision that a live app would act on."""
        return "final" in (self.status, self.tampered) or self.status in FINAL_STATUSES


class ProbeMaker:
    """Makes the probes of one run: ids never used before, signatures, moments.

    Args:
        target: Path and query of the endpoint.
        secret: The handler's.
        random: A function from a count to that many random bytes.
        ref_id: The test user to use instead of fresh refIds.

    Attributes:
        now: Unix seconds; the driver keeps it current.
        family: What deliveries are about that name no family.
        spelling: Of header names, as Svix's server sends them.
    """

    def __init__(
        self, target: str, secret: SigningSecret, random: Callable[[int], bytes], ref_id: str = ""
    ) -> None:
        self.target = target
        self.secret = secret
        self.now = 0.0
        self.family: EventFamily = "kyb"
        self.spelling: Callable[[str], str] = str.lower
        self.address = ""
        self.unverified = False
        self._random = random
        self._ref_id = ref_id

    def probes(
        self, deliveries: Sequence[Variant], shared: dict[str, str] | None = None
    ) -> list[Probe]:
        """Make the probes of one check; cases and messages are shared within them, and beyond."""
        shared = {} if shared is None else shared
        made: list[Probe] = []
        for delivery in deliveries:
            if delivery.again:
                probe = replace(made[-1], label=delivery.label, together=delivery.together)
            else:
                probe = self._probe(delivery, shared)
            made.append(probe)
        return made

    def can_sign(self, delivery: Variant) -> bool:
        """Whether it is signed otherwise than a genuine one, where it is meant to be."""
        if delivery.key == "other":
            return True
        return any(scheme.key.key(self.secret) is not None for scheme in delivery.schemes)

    def fresh_ref(self) -> str:
        """A refId as UUID, the form that the strictest schemas want."""
        return new_ref_id(self._random(16))

    def _probe(self, delivery: Variant, shared: dict[str, str]) -> Probe:
        ref_id = self._ref(delivery, shared)
        payload = self._payload(delivery, ref_id)
        signed = sent = delivery.write(payload) if delivery.body is None else delivery.body
        if delivery.tampered:
            statuses = STATUSES[delivery.family or self.family]
            sent = delivery.write(payload | {"status": statuses[delivery.tampered]})
        values = self._envelope(delivery, signed, shared)
        return Probe(
            label=delivery.label,
            method=delivery.method,
            target=delivery.elsewhere or self.target,
            headers=_headers(delivery, values, sent, delivery.spelling or self.spelling),
            body=sent,
            family=delivery.family or self.family,
            ref_id=ref_id,
            together=delivery.together,
            held_bytes=len(sent) - sent.find(delivery.cut) - 1 if delivery.cut else 0,
            hold_s=delivery.hold_s if delivery.cut else 0.0,
            address=self.address,
            unverified=self.unverified,
            plain_http=delivery.plain_http,
        )

    def _ref(self, delivery: Variant, shared: dict[str, str]) -> str:
        if delivery.ref:
            return self.fresh_ref() if delivery.ref == "fresh" else delivery.ref
        ref_id = self._ref_id or self.fresh_ref()
        if name := delivery.case or delivery.message:
            return shared.setdefault(f"ref {name}", ref_id)
        return ref_id

    def _payload(self, delivery: Variant, ref_id: str) -> Payload:
        if delivery.event:
            return _changed(sample_payload(delivery.event, ref_id=ref_id), delivery.changes)
        family = delivery.family or self.family
        statuses = STATUSES[family]
        status = statuses.get(delivery.status, delivery.status)
        event = _EVENTS_BY_STATUS.get(status) or _EVENTS_BY_STATUS[statuses[""]]
        payload = sample_payload(event, ref_id=ref_id)
        return _changed(payload | {"status": status}, delivery.changes)

    def _envelope(self, delivery: Variant, body: bytes, shared: dict[str, str]) -> dict[str, str]:
        """Id, timestamp and signature; an id is drawn until the MAC holds both + and /, or neither.

        Otherwise a handler that decodes the url-safe alphabet would fail at random.
        """
        moment = self.now - delivery.age_s
        timestamp = delivery.timestamp.format(s=int(moment), ms=int(moment * 1000))
        mac = b""
        while True:  # each MAC holds both, or neither, with a chance of one in four
            message_id = self._message_id()
            if delivery.message:
                message_id = shared.setdefault(f"id {delivery.message}", message_id)
            signed_id = self._message_id() if delivery.swapped == "id" else message_id
            signed_at = str(int(moment) - 100) if delivery.swapped == "timestamp" else timestamp
            schemes = delivery.schemes
            if delivery.key == "other":
                schemes = [scheme._replace(key=self._random_key()) for scheme in schemes]
            before, mac = mac, schemes[0].mac(self.secret, signed_id, signed_at, body) or b""
            standard = base64.b64encode(mac)
            are_held = {sign in standard for sign in b"+/"}
            is_wanted = are_held == {not delivery.is_plain}
            if delivery.message or is_wanted or mac == before:  # the id is not in it
                break
        written = (one.header(self.secret, signed_id, signed_at, body) for one in schemes)
        return {
            "id": message_id,
            "timestamp": timestamp,
            "signed": " ".join(text for text in written if text),
            "mac": standard.decode(),
            "hex": mac.hex(),
            "other": base64.b64encode(self._random(32)).decode(),
            "ed25519": base64.b64encode(self._random(64)).decode(),
            **_near_misses(mac),
        }

    def _random_key(self) -> WrongKey:
        key = self._random(32)
        return WrongKey((Mistake("another-secret"),), lambda _: key)

    def _message_id(self) -> str:
        return new_message_id(int(self.now), self._random(KSUID_RANDOM_BYTES))


_EVENTS_BY_STATUS = {**BUILT_IN.statuses("kyb"), **BUILT_IN.statuses("kyc")}


def _near_misses(mac: bytes) -> dict[str, str]:
    """Signatures that are the right one but for their case, beginning, end, or + and /."""
    right = base64.b64encode(mac).decode()
    return {
        "recased": right.swapcase(),
        "other_begin": base64.b64encode(_flipped(mac[:3]) + mac[3:]).decode(),
        "other_end": base64.b64encode(mac[:-2] + _flipped(mac[-2:])).decode(),
        "other_signs": right.translate({ord("+"): "/", ord("/"): "+"}),
    }


def _flipped(data: bytes) -> bytes:
    return bytes(byte ^ 0xFF for byte in data)


def _changed(payload: Payload, changes: Mapping[str, object]) -> Payload:
    return {name: value for name, value in {**payload, **changes}.items() if value is not ABSENT}


def _headers(
    delivery: Variant,
    values: Mapping[str, str],
    body: bytes,
    spelling: Callable[[str], str],
) -> Headers:
    """All headers but `Host`, in the order of the provider's sample request."""
    webhook = {
        "id": values["id"],
        "signature": delivery.signature.format(**values),
        "timestamp": values["timestamp"],
    }
    headers = [("accept", "*/*")]
    if delivery.method != "GET":
        headers += [("content-length", str(len(body))), ("content-type", delivery.content_type)]
    headers += [
        (f"{delivery.prefix}-{part}", value)
        for part, value in webhook.items()
        if part not in delivery.omit
    ]
    if "user-agent" not in delivery.headers:
        headers.append(("user-agent", USER_AGENT))
    spelt = [(spelling(name), value) for name, value in headers]
    return spelt + [(name, text.format(**values)) for name, text in delivery.headers.items()]
