"""Requests with one mistake, forged by hand: nothing of ours signs here."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

from vovecli.core.diagnosis import Explanation, diagnose
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import SigningSecret, parse_secret
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from vovecli.core.outcomes.verdicts import Finding

# Our own, random: its base64 has "+" and "/", its bytes are not UTF-8.
SECRET_TEXT = "whsec_3q+/9TkV/xaI2oWQkzj+0bXyL1vA7mEs"
KEY = base64.b64decode("3q+/9TkV/xaI2oWQkzj+0bXyL1vA7mEs")
SECRET = parse_secret(SECRET_TEXT, origin="the test")
ID, TIMESTAMP = "msg_2yZpo2jVVB5Zb2UIiAtkAJ9TOTQ", "1750052120"
BODY = b'{"refId":"unique-business-ref-12345","status":"COMPLETED","previousStatus":"IN_REVIEW"}'


def mac(content: bytes, key: bytes = KEY, name: str = "sha256") -> bytes:
    """HMAC by the standard library."""
    return hmac.new(key, content, name).digest()


def content_of(body: bytes, message_id: str = ID, timestamp: str = TIMESTAMP) -> bytes:
    """What is rightly signed."""
    return b".".join([message_id.encode(), timestamp.encode(), body])


def b64(raw: bytes) -> str:
    """Base64 text."""
    return base64.b64encode(raw).decode("ascii")


def signature_over(signed: bytes) -> str:
    """The header of a request whose body was `signed` when it was signed."""
    return "v1," + b64(mac(content_of(signed)))


def captured(
    body: bytes,
    signature: str,
    *,
    facts: tuple[Finding, ...] = (),
    headers: list[tuple[str, str]] | None = None,
) -> CapturedRequest:
    """A request as it was captured."""
    webhook = [("svix-id", ID), ("svix-timestamp", TIMESTAMP), ("svix-signature", signature)]
    return CapturedRequest("POST", "/", [*(headers or []), *webhook], body, facts=facts)


def explain(
    body: bytes,
    signature: str,
    *,
    secrets: tuple[SigningSecret, ...] = (SECRET,),
    others: tuple[SigningSecret, ...] = (),
    facts: tuple[Finding, ...] = (),
    headers: list[tuple[str, str]] | None = None,
) -> Explanation:
    """The diagnosis of a body captured with a signature header."""
    request = captured(body, signature, facts=facts, headers=headers)
    return diagnose(request, read_webhook_headers(request), secrets, others)


def proved(diagnosis: Explanation) -> list[str]:
    """All codes of a proof, the cause first; fails where nothing was proved."""
    assert diagnosis.cause.certainty == "proved", diagnosis.cause
    return [diagnosis.cause.code, *(finding.code for finding in diagnosis.findings)]


def sha256(content: bytes) -> bytes:
    """A plain hash."""
    return hashlib.sha256(content).digest()
