"""Keeping signing secrets and tokens out of what is shown, wherever they were typed."""

from __future__ import annotations

import re

PREFIX = "whsec_"
_SHORTEST = 16  # characters: what is shorter occurs in other words by chance
_HIDDEN = "***"
# What a password in a URL is hidden behind: RFC 3986, 3.2.1.
_USERINFO = re.compile(r"(?<=://)[^/?#@\s]{1,1000}@")
_LIKELY = re.compile(
    r"(?<![\w+.-])(?=[\w+-]{0,200}[a-z])(?=[\w+-]{0,200}[A-Z])(?=[\w+-]{0,200}[0-9])"
    r"[\w+-]{20,200}={0,2}(?![\w.])",
    re.ASCII,
)
_loaded: set[str] = set()


def hide(*texts: str, shortest: int = _SHORTEST) -> None:
    """From now on a secret or token of this process is masked wherever it would be shown."""
    _loaded.update(text for text in texts if len(text) >= shortest)


def mask_loaded(text: str) -> str:
    """The text without the secrets and tokens that this process has loaded."""
    for secret in sorted(_loaded, key=len, reverse=True):  # one may be a part of another
        if secret in text:
            text = text.replace(secret, _HIDDEN)
    return text


def mask_signing_secrets(text: str) -> str:
    """The text without what is, or looks like, a signing secret."""
    text = mask_loaded(text)
    return re.sub(rf"{PREFIX}[\w+/=-]{{8,}}", PREFIX + _HIDDEN, text) if PREFIX in text else text


def mask_bytes(body: bytes) -> bytes:
    """The same for bytes that need be no text."""
    return mask_signing_secrets(body.decode("latin-1")).encode("latin-1")


def mask_secrets(text: str) -> str:
    """The text without signing secrets, and without passwords in URLs."""
    text = mask_signing_secrets(text)
    return _USERINFO.sub(f"{_HIDDEN}@", text) if "@" in text else text


def mask_likely(text: str) -> str:
    """The same for a path: a part of it that looks like base64 may be a secret in its place."""
    return _LIKELY.sub(_HIDDEN, mask_secrets(text))
