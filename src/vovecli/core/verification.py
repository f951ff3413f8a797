"""Verification: is this request what the holder of the secret signed, and is it recent."""

from __future__ import annotations

import base64
import hmac
import re
from typing import TYPE_CHECKING

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.identification import identify
from vovecli.core.outcomes.verdicts import AgeVerdict, Cause, Finding, Verification
from vovecli.core.signing import header_bytes, hmac_sha256, signed_content
from vovecli.core.times import format_duration
from vovecli.core.webhook_headers import WebhookHeaders, read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.catalogue import Catalogue
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret

TOLERANCE_S = 300  # Svix and the reference libraries of Standard Webhooks: five minutes both ways
FURTHEST_ZONE_H, ZONE_SLACK_S = 14, 60
_UNEXPLAINED: tuple[Cause, tuple[Finding, ...]] = (
    Cause(
        "no-matching-signature",
        "no signature matches",
        "verify the request alone: `vove verify` explains it",
        "unknown",
    ),
    (
        Finding(
            "explanation-skipped", "too many requests fail at once to explain each of them here"
        ),
    ),
)
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,10}", re.ASCII)


def verify(  # noqa: PLR0913 - each is a question of its own about one request
    request: CapturedRequest,
    secrets: Sequence[SigningSecret],
    *,
    moment: int,
    judge_age: bool = True,
    tolerance_s: int = TOLERANCE_S,
    others: Sequence[SigningSecret] = (),
    explain: bool = True,
    min_key_bytes: int = 0,
    catalogue: Catalogue = BUILT_IN,
) -> Verification:
    """Judge one captured request.

    Args:
        request: Headers in any case and of either family; the body's exact bytes.
        secrets: Any may match (rotation).
        moment: Unix seconds at which the age is measured.
        judge_age: Whether the age can make the request invalid.
        tolerance_s: Seconds, inclusive, both ways.
        others: Secrets that were not asked for but, if they match, explain the failure.
        explain: Whether to search for the cause where no signature matches, which takes much
            longer (25 ms and more) than to see that none does.
        min_key_bytes: Wrong keys shorter than this are no explanation, where strangers may ask.
        catalogue: The event types that the payload may be.

    Returns:
        The verdict; when no signature matches, with the cause that `diagnosis` could prove.
        A stale timestamp is the cause only once the MAC matched.
    """
    headers = read_webhook_headers(request)
    timestamp = parse_timestamp(headers.timestamp)
    age_s = None if timestamp is None else moment - timestamp
    age = _judge_age(age_s, tolerance_s) if judge_age else "not-judged"
    findings = [*headers.findings]
    secret, place = None, None
    match = None if headers.fault else matching_signature(headers, request.body, secrets)
    if cause := headers.fault:
        findings += request.facts
    elif match and timestamp is not None:
        secret, place = match
        findings += [*request.facts, *secret.notes]
        cause = _age_cause(age, age_s or 0, tolerance_s)
    elif match:
        cause = _malformed_timestamp(headers, is_signed=True)
        findings += request.facts
    else:
        cause, explained = _UNEXPLAINED
        if explain:
            # Imported here: a valid request, the common case, never pays for it.
            from vovecli.core.diagnosis import diagnose

            cause, explained, _ = diagnose(
                request, headers, secrets, others, min_key_bytes=min_key_bytes
            )
        if timestamp is None:
            findings.append(Finding(cause.code, cause.message))
            cause = _malformed_timestamp(headers, is_signed=False)
        findings += explained
        if aged := _age_cause(age, age_s or 0, tolerance_s):
            findings.append(Finding(aged.code, aged.message))
    return Verification(
        valid=cause is None,
        cause=cause,
        findings=tuple(findings),
        message_id=headers.id or None,
        timestamp=timestamp,
        age_s=age_s,
        age_verdict=age,
        secret=secret,
        signature=place,
        event=identify(request.body, catalogue),
    )


def parse_timestamp(text: str) -> int | None:
    """Unix seconds out of a timestamp header; None where it is malformed."""
    return int(text) if _TIMESTAMP.fullmatch(text) else None


def matching_signature(
    headers: WebhookHeaders, body: bytes, secrets: Sequence[SigningSecret]
) -> tuple[SigningSecret, tuple[int, int]] | None:
    """The first secret of which some `v1` entry is the signature, and that entry's place."""
    content = signed_content(headers.id, headers.timestamp, body)
    entries = headers.signature.split(" ")
    for secret in secrets:
        expected = b"v1," + base64.b64encode(hmac_sha256(secret.key, content))
        for place, entry in enumerate(entries, start=1):
            if hmac.compare_digest(header_bytes(entry), expected):
                return secret, (place, len(entries))
    return None


def _judge_age(age_s: int | None, tolerance_s: int) -> AgeVerdict:
    if age_s is None:
        return "not-judged"
    if age_s > tolerance_s:
        return "stale"
    return "future" if age_s < -tolerance_s else "fresh"


def _age_cause(age: AgeVerdict, age_s: int, tolerance_s: int) -> Cause | None:
    if age not in ("stale", "future"):
        return None
    from vovecli.core.codes import cause_of

    way = "signed {} before it was judged" if age == "stale" else "{} ahead"
    words = f"{way.format(format_duration(abs(age_s)))}; {format_duration(tolerance_s)} are allowed"
    return cause_of(f"{age}-timestamp", words, fix=_zone_fix(age_s))


def _zone_fix(age_s: int) -> str:
    """Whole hours, give or take a minute, are a time zone rather than a slow network."""
    hours = round(age_s / 3600)
    if 1 <= abs(hours) <= FURTHEST_ZONE_H and abs(age_s - hours * 3600) <= ZONE_SLACK_S:
        return (
            f"{abs(hours)} h is close to a whole time zone: "
            "a local time was used where Unix seconds (UTC) belong"
        )
    return ""


def _malformed_timestamp(headers: WebhookHeaders, *, is_signed: bool) -> Cause:
    from vovecli.core.codes import cause_of

    words = _timestamp_shape(headers.timestamp)
    if is_signed:
        return cause_of(
            "malformed-timestamp", f"{words}, and the signer signed it like that", "proved"
        )
    return cause_of("malformed-timestamp", words)


def _timestamp_shape(text: str) -> str:
    if re.fullmatch(r"[0-9]{12,14}", text):
        return "it is in milliseconds"
    if re.fullmatch(r"[0-9]{15,}", text):
        return "it is in microseconds or nanoseconds"
    if re.fullmatch(r"[+-][0-9]+", text):
        return "it has a sign"
    if re.fullmatch(r"[0-9]+[.,][0-9]*", text):
        return "it has a fraction"
    if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return "it is an ISO 8601 date"
    if text.isdigit():
        return "it starts with a zero" if text.isascii() else "its digits are not ASCII"
    if not text.isprintable() or text != text.strip():
        return "it contains an invisible character, such as a no-break space"
    return "it is not a number"
