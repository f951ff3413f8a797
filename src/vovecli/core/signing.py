"""Signing as Svix does: HMAC-SHA256 over `id.timestamp.body`, a `v1,` entry per secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.core.messages import Headers, Message
    from vovecli.core.secrets import SigningSecret

HeaderPrefix = Literal["svix", "webhook"]
HeaderCase = Literal["title", "lower"]

# Svix's server sends its own version; the provider's sample request shows one of 2024 (1.24.0).
USER_AGENT = "Svix-Webhooks/1.100.0"
CONTENT_TYPE = "application/json"


def header_bytes(value: str) -> bytes:
    """The bytes a header value had on the wire: header text is UTF-8 with odd bytes escaped."""
    return value.encode("utf-8", "surrogateescape")


def header_text(value: bytes) -> str:
    """The text of bytes of the wire, from which `header_bytes` makes them again."""
    return str(value, "utf-8", "surrogateescape")


def signed_content(message_id: str, timestamp: str, body: bytes) -> bytes:
    """`id.timestamp.body`; the timestamp is the header's own text (Standard Webhooks 1.0.0)."""
    return header_bytes(f"{message_id}.{timestamp}.") + body


def hmac_sha256(key: bytes, content: bytes) -> bytes:
    """The 32-byte MAC of the content."""
    return hmac.digest(key, content, hashlib.sha256)


def prepared_hmac(key: bytes) -> Callable[[bytes], bytes]:
    """HMAC-SHA256 under a key that is prepared once: a search computes thousands of MACs."""
    prepared = hmac.new(key, digestmod=hashlib.sha256)

    def mac(content: bytes) -> bytes:
        copy = prepared.copy()
        copy.update(content)
        return copy.digest()

    return mac


def signature(key: bytes, message: Message) -> str:
    """One `v1,` entry for a message."""
    mac = hmac_sha256(key, signed_content(message.id, str(message.timestamp), message.body))
    return "v1," + base64.b64encode(mac).decode("ascii")


def signatures(secrets: Sequence[SigningSecret], message: Message) -> list[str]:
    """One entry per secret, in order: how a sender signs while a secret is rotated."""
    return [signature(secret.key, message) for secret in secrets]


def signed_headers(
    secrets: Sequence[SigningSecret],
    message: Message,
    *,
    prefix: HeaderPrefix = "svix",
    case: HeaderCase = "title",
) -> Headers:
    """All headers of a delivery but `Host`, named and ordered as in the provider's sample.

    Args:
        secrets: One signature each.
        message: What is signed.
        prefix: Family of the header names.
        case: `title` as the provider prints the names, `lower` as Svix's server sends them
            since version 1.85.
    """
    name = prefix.capitalize()
    headers = [
        ("Accept", "*/*"),
        ("Content-Length", str(len(message.body))),
        ("Content-Type", CONTENT_TYPE),
        (f"{name}-Id", message.id),
        (f"{name}-Signature", " ".join(signatures(secrets, message))),
        (f"{name}-Timestamp", str(message.timestamp)),
        ("User-Agent", USER_AGENT),
    ]
    return headers if case == "title" else [(name.lower(), value) for name, value in headers]
