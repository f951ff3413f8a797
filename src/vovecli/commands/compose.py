"""Making a signed request out of an event's name and the options that `sign` and `send` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, get_args

from vovecli.core.catalogue import BUILT_IN, REF_FIELDS, Catalogue
from vovecli.core.headers import with_headers
from vovecli.core.messages import KSUID_RANDOM_BYTES, Message, new_message_id, new_ref_id
from vovecli.core.outcomes.deliveries import SignedRequest
from vovecli.core.payloads import apply_overrides, encode, sample_payload
from vovecli.core.signing import HeaderCase, HeaderPrefix, signatures, signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.core.faults import Fault
    from vovecli.core.messages import Headers
    from vovecli.core.secrets import SigningSecret

_SIGNED_ANEW = frozenset(
    f"{family}-{part}" for family in get_args(HeaderPrefix) for part in ("timestamp", "signature")
)


class Composition(NamedTuple):
    """What the payload and the envelope are made of; None leaves a thing to its default.

    Attributes:
        body: Bytes to send exactly as they are, instead of a sample payload.
        timestamp: Unix seconds.
        catalogue: The event types that can be asked for.
        headers: Added to the provider's, or replacing those of the same name.
    """

    ref_id: str | None = None
    previous_status: str | None = None
    reason: str | None = None
    set_: Sequence[str] = ()
    set_new: Sequence[str] = ()
    unset: Sequence[str] = ()
    body: bytes | None = None
    pretty: bool = False
    message_id: str | None = None
    timestamp: int | None = None
    headers: Headers | None = None
    prefix: HeaderPrefix = "svix"
    case: HeaderCase = "title"
    catalogue: Catalogue = BUILT_IN


def compose(
    event: str | None,
    composition: Composition,
    secrets: Sequence[SigningSecret],
    *,
    now: int,
    random_bytes: Callable[[int], bytes],
) -> SignedRequest:
    """Sign one event.

    Args:
        event: Name of an event type; None only with a body.
        composition: Everything that was asked for.
        secrets: One signature each.
        now: Unix seconds, where no timestamp was asked for.
        random_bytes: Makes the message id and the refId where none was asked for.

    Raises:
        VoveError: For unknown events and fields.
    """
    ref_id = composition.ref_id
    if composition.body is None and ref_id is None:
        ref_id = new_ref_id(random_bytes(16))
    timestamp = now if composition.timestamp is None else composition.timestamp
    message = Message(
        # As in the provider's sample, the id of a first attempt holds the moment of its signature.
        id=composition.message_id or new_message_id(timestamp, random_bytes(KSUID_RANDOM_BYTES)),
        timestamp=timestamp,
        body=_body(event, composition, ref_id),
    )
    headers = signed_headers(secrets, message, prefix=composition.prefix, case=composition.case)
    known = composition.catalogue.events.get(event or "")
    has_ref = known is None or any(field in known.payload for field in REF_FIELDS)
    headers = with_headers(headers, composition.headers or [])
    shown = event, ref_id if has_ref else None
    overridden = {each.partition("=")[0] for each in (*composition.set_, *composition.unset)}
    if composition.body is not None or "refId" in overridden:
        shown = _announced(event, message.body, composition)
    return SignedRequest(*shown, message, headers, secrets)


def _announced(
    event: str | None, body: bytes, composition: Composition
) -> tuple[str | None, str | None]:
    """The event and the refId that a body holds, whatever its makers meant."""
    from vovecli.core.identification import identify

    found = identify(body, composition.catalogue)
    return event or (found and found.type), found and found.ref_id


def resigned(signed: SignedRequest, timestamp: int) -> SignedRequest:
    """The same message with another timestamp, and so other signatures; all else as it was."""
    message = signed.message._replace(timestamp=timestamp)
    fresh = {
        "timestamp": str(timestamp),
        "signature": " ".join(signatures(signed.secrets, message)),
    }
    headers = [
        (name, fresh[name.lower().partition("-")[2]] if name.lower() in _SIGNED_ANEW else value)
        for name, value in signed.headers
    ]
    return signed._replace(message=message, headers=headers)


def broken(
    signed: SignedRequest,
    faults: Sequence[Fault],
    composition: Composition,
    *,
    random_bytes: Callable[[int], bytes],
) -> SignedRequest:
    """The same message with faults.

    Raises:
        VoveError: `fault-impossible`.
    """
    from vovecli.core.faults import RANDOM_BYTES, forge  # only where a fault was asked for

    forged = forge(
        signed.message,
        signed.secrets,
        faults,
        random_bytes=random_bytes(RANDOM_BYTES),
        prefix=composition.prefix,
        case=composition.case,
    )
    headers = with_headers(forged.headers, composition.headers or [])
    return signed._replace(message=forged.message, headers=headers)


def _body(event: str | None, composition: Composition, ref_id: str | None) -> bytes:
    known = composition.catalogue.find(event) if event else None
    if composition.body is not None:
        return composition.body
    assert known is not None
    assert ref_id is not None
    payload = sample_payload(
        known,
        ref_id=ref_id,
        previous_status=composition.previous_status,
        reason=composition.reason,
    )
    changed = apply_overrides(
        payload, set_=composition.set_, set_new=composition.set_new, unset=composition.unset
    )
    return encode(changed, pretty=composition.pretty)
