"""The public API: sign, verify and sample without the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.adapters.clock import now
from vovecli.adapters.randomness import random_source
from vovecli.core.catalogue import SAMPLE_REF_IDS, find_event
from vovecli.core.errors import VoveError
from vovecli.core.messages import KSUID_RANDOM_BYTES, Message, new_message_id
from vovecli.core.outcomes.verdicts import Verdict
from vovecli.core.payloads import encode, sample_payload
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import TOLERANCE_S
from vovecli.core.verification import verify as _verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Verdict", "VoveError", "sample", "sign", "verify"]


def sample(event: str, *, ref_id: str | None = None) -> dict[str, object]:
    """The payload that VOVE ID documents for an event type.

    Raises:
        VoveError: `unknown-event` and its kin.
    """
    found = find_event(event)
    return sample_payload(found, ref_id=ref_id or SAMPLE_REF_IDS[found.family])


def sign(
    body: bytes | Mapping[str, object],
    secret: str,
    *,
    message_id: str | None = None,
    timestamp: int | None = None,
) -> tuple[dict[str, str], bytes]:
    """Sign a webhook as VOVE ID's sender does.

    Args:
        body: The exact bytes, or a payload that is written as compact JSON.
        secret: `whsec_...`.
        message_id: A fresh one by default.
        timestamp: Unix seconds; now by default.

    Returns:
        All headers but `Host`, and the bytes to send.

    Raises:
        VoveError: When the secret cannot be used.
    """
    content = body if isinstance(body, bytes) else encode(dict(body))
    moment = now() if timestamp is None else timestamp
    identity = message_id or new_message_id(moment, random_source()(KSUID_RANDOM_BYTES))
    message = Message(identity, moment, content)
    return dict(signed_headers([parse_secret(secret)], message)), content


def verify(
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]],
    body: bytes,
    secret: str | Iterable[str],
    at: int | None = None,
    tolerance_s: int = TOLERANCE_S,
) -> Verdict:
    """Judge a received webhook and say why it fails.

    Args:
        headers: In any case, of either family.
        body: The exact bytes that arrived; parsed JSON cannot be verified.
        secret: `whsec_...`; several during a rotation.
        at: Unix seconds at which the age is judged; now by default.
        tolerance_s: Seconds, inclusive, both ways.

    Raises:
        VoveError: When a secret cannot be used.
    """
    pairs = headers.items() if hasattr(headers, "items") else headers
    texts = [secret] if isinstance(secret, str) else list(secret)
    return _verify(
        CapturedRequest("POST", "", list(pairs), body),
        [parse_secret(text) for text in texts],
        moment=now() if at is None else at,
        tolerance_s=tolerance_s,
    )
