"""The public API: sign, verify and sample without the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from vovecli.adapters.clock import now
from vovecli.adapters.randomness import random_source
from vovecli.commands.compose import Composition, compose
from vovecli.core.catalogue import find_event
from vovecli.core.errors import Category, VoveError
from vovecli.core.messages import can_be_id
from vovecli.core.payloads import encode, sample_payload
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret, split_secrets
from vovecli.core.signing import HeaderPrefix, header_text
from vovecli.core.verification import TOLERANCE_S
from vovecli.core.verification import verify as _verify
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from vovecli.core.identification import EventIdentity
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.verdicts import AgeVerdict, Cause, Finding
    from vovecli.core.secrets import SigningSecret

__all__ = [
    "Verdict",
    "VoveError",
    "WebhookVerificationError",
    "sample",
    "sign",
    "verify",
    "verify_or_raise",
]

HeaderSource = (
    Mapping[str, str]
    | Mapping[bytes, bytes]
    | Iterable[tuple[str, str]]
    | Iterable[tuple[bytes, bytes]]
)
Text = str | bytes
RAW_BODY = (
    "pass the exact bytes that arrived: request.get_data() in Flask, request.body in Django, "
    "await request.body() in Starlette and FastAPI"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement over a received webhook; true where it is valid, false where it is not.

    Attributes:
        cause: None when valid, else what is wrong: `code`, `message`, `fix`, `certainty`.
        findings: What is worth knowing and does not decide: each a `code` and a `message`.
        timestamp: Unix seconds the webhook claims to be signed at; None if absent or malformed.
        age_s: Seconds from `timestamp` to the moment it was judged at (negative: ahead).
        event: Which event the payload is, with `ref_id`, `status` and the parsed `payload`.
        fingerprint: Of the secret that matched, as `vove secret` shows it; empty for none.
    """

    valid: bool
    cause: Cause | None
    findings: tuple[Finding, ...]
    message_id: str | None
    timestamp: int | None
    age_s: int | None
    age_verdict: AgeVerdict
    event: EventIdentity | None
    fingerprint: str

    def __bool__(self) -> bool:
        return self.valid

    @property
    def why(self) -> str:
        """What is wrong in one line, its code first; empty when valid."""
        return f"{self.cause.code}: {self.cause.message}" if self.cause else ""


class WebhookVerificationError(Exception):
    """A webhook is not valid: answer 401, and do nothing else.

    Attributes:
        verdict: Says why.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.why)
        self.verdict = verdict


def sample(event: str, *, ref_id: str | None = None) -> dict[str, object]:
    """The payload that VOVE ID documents for an event type.

    Raises:
        VoveError: `unknown-event` and its kin.
    """
    found = find_event(event)
    return sample_payload(found, ref_id=ref_id or found.sample_ref_id)


def sign(
    content: str | bytes | Mapping[str, object],
    secret: str | Iterable[str],
    *,
    ref_id: str | None = None,
    message_id: str | None = None,
    timestamp: int | None = None,
    header_prefix: HeaderPrefix = "svix",
) -> tuple[dict[str, str], bytes]:
    """Sign a webhook as VOVE ID's sender does.

    Args:
        content: The name of an event type; a payload, written as compact JSON; or exact bytes.
        secret: `whsec_...`; several, as during a rotation, give a signature each.
        ref_id: For the sample payload of an event; a fresh one by default.
        message_id: A fresh one by default.
        timestamp: Unix seconds; now by default.
        header_prefix: Family of the header names.

    Returns:
        All headers but `Host`, and the bytes to send.

    Raises:
        VoveError: `no-secret` or a secret that cannot be used; `unknown-event` and its kin.
        TypeError: For content or a timestamp of another type.
    """
    wanted = composition(
        content,
        ref_id=ref_id,
        message_id=message_id,
        timestamp=timestamp,
        header_prefix=header_prefix,
    )
    signed = compose(
        content if isinstance(content, str) else None,
        wanted,
        parse_secrets(secret),
        now=now(),
        random_bytes=random_source(),
    )
    return dict(signed.headers), signed.message.body


def verify(
    *,
    headers: HeaderSource,
    body: bytes | bytearray | memoryview,
    secret: str | Iterable[str],
    at: int | None = None,
    tolerance_s: int = TOLERANCE_S,
    explain: bool = True,
) -> Verdict:
    """Judge a received webhook and say why it fails.

    Args:
        headers: A mapping or pairs, text or bytes; names in any case, of either family.
        body: The exact bytes that arrived; parsed JSON cannot be verified.
        secret: `whsec_...`; several during a rotation.
        at: Unix seconds at which the age is judged; now by default.
        tolerance_s: Seconds, inclusive, both ways.
        explain: Whether to search for the cause where no signature matches. That takes 25 ms and
            more: say false where anybody can send you requests.

    Raises:
        VoveError: `no-secret`, or a secret that cannot be used.
        TypeError: For a body that is text or parsed JSON, and headers that are none.
    """
    moment = _whole_seconds("at", at)
    found = _verify(
        CapturedRequest("POST", "", _pairs(headers), _received_body(body)),
        parse_secrets(secret),
        moment=now() if moment is None else moment,
        tolerance_s=tolerance_s,
        explain=explain,
    )
    return Verdict(
        valid=found.valid,
        cause=found.cause,
        findings=found.findings,
        message_id=found.message_id,
        timestamp=found.timestamp,
        age_s=found.age_s,
        age_verdict=found.age_verdict,
        event=found.event,
        fingerprint=found.secret.fingerprint if found.secret else "",
    )


def verify_or_raise(
    *,
    headers: HeaderSource,
    body: bytes | bytearray | memoryview,
    secret: str | Iterable[str],
    at: int | None = None,
    tolerance_s: int = TOLERANCE_S,
    explain: bool = True,
) -> Verdict:
    """Judge a received webhook as `verify` does, and give back a valid verdict only.

    Raises:
        WebhookVerificationError: The webhook is not valid; its `verdict` says why.
        VoveError: As `verify`.
        TypeError: As `verify`.
    """
    verdict = verify(
        headers=headers,
        body=body,
        secret=secret,
        at=at,
        tolerance_s=tolerance_s,
        explain=explain,
    )
    if not verdict:
        raise WebhookVerificationError(verdict)
    return verdict


def parse_secrets(secret: str | Iterable[str]) -> list[SigningSecret]:
    """The signing secrets in a text, which may hold several, or in several texts.

    Raises:
        VoveError: `no-secret`, or what `parse_secret` raises.
        TypeError: For anything but text.
    """
    given: object = secret  # os.environ.get(...) may give None, whatever the type says
    texts = list(given) if isinstance(given, Iterable) and not isinstance(given, Text) else [given]
    if texts in ([], [None]):
        raise VoveError(
            "no-secret",
            "no signing secret was given",
            hint='pass secret=os.environ["VOVE_WEBHOOK_SECRET"]',
            category=Category.USAGE,
        )
    secrets = []
    for text in texts:
        if not isinstance(text, str):
            kind = type(text).__name__
            raise TypeError(f"a secret is of type {kind}: pass its text, whsec_...")
        secrets += [parse_secret(part) for part in split_secrets(text)]
    return secrets


def composition(
    content: object,
    *,
    ref_id: str | None,
    message_id: str | None,
    timestamp: int | None,
    header_prefix: HeaderPrefix,
) -> Composition:
    """What to sign, out of the arguments of `sign`.

    Raises:
        VoveError: `unknown-event` and its kin.
        TypeError: For content or a timestamp of another type.
        ValueError: For another prefix, or an id that no header can hold.
    """
    if ref_id is not None and not isinstance(content, str):
        raise TypeError("ref_id is for the name of an event: a payload has its own refId")
    if header_prefix not in get_args(HeaderPrefix):
        raise ValueError(f"header_prefix is 'svix' or 'webhook', not {header_prefix!r}")
    if message_id is not None and not can_be_id(message_id):
        raise ValueError(f"message_id is {message_id!r}: it is in a header, so pass one line")
    return Composition(
        ref_id=ref_id,
        body=_signed_body(content),
        message_id=message_id,
        timestamp=_whole_seconds("timestamp", timestamp),
        prefix=header_prefix,
    )


def _signed_body(content: object) -> bytes | None:
    """The exact body; None where an event is named."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        if content.lstrip()[:1] in ("{", "["):
            raise TypeError("a str is the name of an event; pass a body as bytes: text.encode()")
        find_event(content)
        return None
    if isinstance(content, Mapping):
        return encode(dict(content))
    raise TypeError(
        f"content is of type {type(content).__name__}: "
        "pass the name of an event, a payload (a mapping) or bytes"
    )


def _received_body(body: object) -> bytes:
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if isinstance(body, str):
        raise TypeError(f"body is text, and the signature covers bytes: {RAW_BODY}")
    raise TypeError(
        f"body is of type {type(body).__name__}: parsed JSON cannot be verified, {RAW_BODY}"
    )


def _whole_seconds(name: str, moment: object) -> int | None:
    if moment is None or (isinstance(moment, int) and not isinstance(moment, bool)):
        return moment
    raise TypeError(f"{name} is {moment!r}: pass whole Unix seconds, int(time.time())")


def _pairs(headers: object) -> Headers:
    """The webhook headers among all; the others have no part in the verdict."""
    items: Iterable[object] | None = None
    if isinstance(headers, Iterable) and not isinstance(headers, str | bytes):
        # Not only mappings: the header classes of some frameworks are merely like one.
        items = headers.items() if hasattr(headers, "items") else headers
    if items is None:
        raise TypeError(f"headers is of type {type(headers).__name__}: pass a mapping or pairs")
    found = []
    for item in items:
        if not isinstance(item, tuple | list) or len(item) != 2:  # noqa: PLR2004 - a pair
            raise TypeError("headers is neither a mapping nor pairs of name and value")
        name = _header_part("name", item[0])
        if name.startswith(("HTTP_SVIX_", "HTTP_WEBHOOK_")):
            raise TypeError("headers is a WSGI environment: pass request.headers")
        if name.lower() in HEADER_NAMES:
            found.append((name, _header_part(f"value of {name}", item[1])))
    return found


def _header_part(what: str, part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, bytes):
        return header_text(part)
    raise TypeError(f"a header's {what} is of type {type(part).__name__}, not text or bytes")
