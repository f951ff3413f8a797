"""`vove replay`: captured or recorded deliveries, made ready to be sent again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vovecli.adapters import files
from vovecli.commands.history import LAST, find_named
from vovecli.core.captures import no_webhook_request, read_captures
from vovecli.core.errors import VoveError
from vovecli.core.headers import HOP_BY_HOP, with_headers
from vovecli.core.identification import identify
from vovecli.core.messages import Message
from vovecli.core.outcomes.deliveries import SignedRequest
from vovecli.core.payloads import apply_overrides, encode
from vovecli.core.signing import CONTENT_TYPE, signed_headers
from vovecli.core.times import format_duration
from vovecli.core.verification import TOLERANCE_S, parse_timestamp, verify
from vovecli.core.webhook_headers import is_webhook, read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.core.endpoints import Endpoint
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.records import Record, RequestForm
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.signing import HeaderCase

MAX_RECORD_DIGITS = 12
# What belonged to the connection that was captured, not to the delivery.
_CONNECTION_HEADERS = {"host", "transfer-encoding", *HOP_BY_HOP}


@dataclass(frozen=True, slots=True)
class Replayable:
    """A delivery that can be sent again.

    Attributes:
        source: Where it was found.
        endpoint: URL that it went to; None where that is not known.
    """

    source: str
    request: CapturedRequest
    endpoint: str | None


def find_replayable(
    sources: Sequence[str], secrets: Callable[[], Sequence[SigningSecret]]
) -> Iterator[Replayable]:
    """The deliveries of each source: a record by its number or `last`, or a capture (`-`: stdin).

    Args:
        sources: Records and captures.
        secrets: Asked for where a text only shows a delivery: they prove which bytes it had.

    Raises:
        VoveError: `no-record`, `no-webhook-request`, `body-not-found`, or what keeps a capture from
            being read.
    """
    for source in sources:
        numbered = source.isascii() and source.isdigit() and len(source) <= MAX_RECORD_DIGITS
        if numbered or source == LAST:
            yield from_record(find_named(source))
        else:
            yield from _from_capture(source, sources, secrets)


def from_record(record: Record) -> Replayable:
    """What a record holds."""
    return Replayable(f"record {record.number}", record.request, record.endpoint)


def request_as(record: Record, endpoint: Endpoint, form: RequestForm) -> bytes:
    """The request of a record as a raw HTTP message, a curl command or a HAR file.

    Args:
        record: With its whole body.
        endpoint: Where it goes.
        form: Which of them.

    Raises:
        VoveError: `body-not-kept`, `body-not-text`.
    """
    from vovecli.core.formats import as_curl, as_har, as_http

    check_whole(record)
    signed = as_captured(from_record(record), headers=[])
    if form == "curl":
        return as_curl(signed, endpoint).encode()
    if form == "har":
        return as_har(signed, endpoint, at=record.at, answer=record.answer).encode()
    return as_http(signed, endpoint)


def check_whole(record: Record) -> None:
    """Refuse a record that holds only the beginning of its body.

    Raises:
        VoveError: `body-not-kept`.
    """
    if record.body_len is not None:
        raise VoveError(
            "body-not-kept",
            f"record {record.number} holds only the beginning of its body",
            hint=f"see what was kept: vove history show {record.number}",
        )


def edited(
    found: Replayable, *, set_: Sequence[str], set_new: Sequence[str], unset: Sequence[str]
) -> Replayable:
    """The delivery with fields of its payload changed.

    Raises:
        VoveError: `not-an-object`, or for fields that there are not.
    """
    try:
        payload = json.loads(found.request.body)
    except (ValueError, RecursionError):
        payload = None
    if not isinstance(payload, dict):
        raise VoveError(
            "not-an-object",
            f"{found.source} has a body that is not a JSON object, so no field of it can be "
            "changed",
            hint="send a body of your own: vove send --body FILE",
            source=found.source,
        )
    changed = apply_overrides(payload, set_=set_, set_new=set_new, unset=unset)
    return replace(found, request=found.request._replace(body=encode(changed)))


def signed_again(
    found: Replayable,
    secrets: Sequence[SigningSecret],
    *,
    now: int,
    headers: Headers,
    case: HeaderCase = "lower",
    message_id: str | None = None,
) -> SignedRequest:
    """Same id, same bytes, fresh timestamp and signature: as the provider's resend.

    Args:
        found: What to send again.
        secrets: One signature each.
        now: Unix seconds.
        headers: Added, or replacing those of the same name.
        case: Of the names of the fresh headers.
        message_id: Instead of the one it has: what was edited is another message.

    Raises:
        VoveError: `no-message-id`.
    """
    captured = read_webhook_headers(found.request)
    message_id = message_id or captured.id
    if not message_id:
        raise VoveError(
            "no-message-id",
            f"{found.source} has no {captured.family}-id header, so there is no id to send again",
            hint="--verbatim sends it as it is",
            source=found.source,
        )
    message = Message(message_id, now, found.request.body)
    own = [
        ("content-type" if case == "lower" else "Content-Type", value)
        for value in found.request.values("content-type")[:1]
        if value != CONTENT_TYPE
    ]
    fresh = signed_headers(secrets, message, prefix=captured.family, case=case)
    return _request(found, message, with_headers(fresh, [*own, *headers]), secrets)


def as_captured(found: Replayable, *, headers: Headers) -> SignedRequest:
    """The request as it was, but for what belonged to its connection."""
    captured = read_webhook_headers(found.request)
    timestamp = parse_timestamp(captured.timestamp) or 0
    message = Message(captured.id, timestamp, found.request.body)
    own = [pair for pair in found.request.headers if pair[0].lower() not in _CONNECTION_HEADERS]
    names = [name.lower() for name, _ in own]
    place = names.index("content-length") if "content-length" in names else 0
    kept = [pair for pair in own if pair[0].lower() != "content-length"]
    # What was chunked, or cut, would leave the endpoint waiting.
    kept.insert(place, ("Content-Length", str(len(found.request.body))))
    return _request(found, message, with_headers(kept, headers), ())


def staleness(signed: SignedRequest, *, now: int) -> str:
    """What to say of a request that keeps the timestamp it had; empty while it is fresh."""
    age_s = now - signed.message.timestamp
    if age_s <= TOLERANCE_S:
        return ""
    return (
        f"sent as captured: it was signed {format_duration(age_s)} ago, and a correct endpoint "
        "refuses it as stale; without --verbatim it is signed anew"
    )


def _from_capture(
    source: str, named: Sequence[str], secrets: Callable[[], Sequence[SigningSecret]]
) -> Iterator[Replayable]:
    requests = read_captures(
        files.read_bytes(source), read_file=files.confined_reader(source, named)
    )
    webhooks = [request for request in requests if is_webhook(request)]
    if not webhooks:
        raise no_webhook_request(source)
    for request in webhooks:
        is_exact = request.reading == "exact"
        sent = request if is_exact else _proved(request, secrets(), source)
        yield Replayable(files.display(source), sent, None)


def _proved(
    request: CapturedRequest, secrets: Sequence[SigningSecret], source: str
) -> CapturedRequest:
    """A delivery that a text shows, with the body that its signature confirms: no other is sent."""
    from vovecli.core.captures import proof

    found, verdict = proof.judge(
        request, secrets, lambda body: verify(body, secrets, moment=0, judge_age=False)
    )
    if verdict.cause:
        raise VoveError(
            "body-not-found",
            f"{files.display(source)} only shows a delivery, and the signature confirms no text "
            f"in it as the body ({verdict.cause.code})",
            hint="give the secret that signed it: --secret-file FILE",
            source=source,
        )
    return found


def _request(
    found: Replayable, message: Message, headers: Headers, secrets: Sequence[SigningSecret]
) -> SignedRequest:
    event = identify(found.request.body)
    return SignedRequest(
        event.type if event else None, event.ref_id if event else None, message, headers, secrets
    )
