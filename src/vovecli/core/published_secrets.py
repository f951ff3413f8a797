"""Signing secrets that documentation prints: people copy them, nothing genuine uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.masking import PREFIX
from vovecli.core.secrets import MIN_KEY_BYTES

if TYPE_CHECKING:
    from vovecli.core.secrets import SigningSecret


class PublishedSecret(NamedTuple):
    """One of them.

    Attributes:
        name: In probes and reports.
        page: Where it is printed, in words.
    """

    name: str
    text: str
    page: str


PUBLISHED_SECRETS = (
    PublishedSecret(
        "published-vove",
        "whsec_5WbX5kEWLlfzsGNjH64Ide8lOOqUB6e8FH",
        "VOVE ID's documentation",
    ),
    PublishedSecret(
        "published-standard",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "the Standard Webhooks specification",
    ),
    PublishedSecret(
        "published-svix",
        "whsec_plJ3nmyCDGBKInavdOK15jsl",
        "Svix's documentation",
    ),
    PublishedSecret(
        "published-svix-old",
        "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH",
        "an earlier page of Svix's documentation",
    ),
    PublishedSecret(
        "published-api",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "Svix's API reference",
    ),
)


def weakness(secret: SigningSecret) -> str:
    """Why anybody could sign with a secret, or guess it; empty for one that is well made."""
    for published in PUBLISHED_SECRETS:
        if secret.text.removeprefix(PREFIX) == published.text.removeprefix(PREFIX):
            return f"{secret.fingerprint} is printed in {published.page}: anybody can sign with it"
    if len(secret.key) < MIN_KEY_BYTES:
        return (
            f"{secret.fingerprint} is short: its key has {len(secret.key)} bytes, Svix's have "
            f"{MIN_KEY_BYTES}; is its end missing?"
        )
    return ""
