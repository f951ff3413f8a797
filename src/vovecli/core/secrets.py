"""Signing secrets: `whsec_` + base64 of the key, as Standard Webhooks and Svix define them."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.errors import VoveError
from vovecli.core.masking import PREFIX, hide
from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

DEVELOPMENT = "development secret"  # the origin of the one that is used where none was given

# Standard Webhooks 1.0.0, "Signature scheme": the secret is between 24 and 64 bytes.
MIN_KEY_BYTES, MAX_KEY_BYTES = 24, 64

DASHBOARD = "copy it again from Settings -> Webhooks in the dashboard: whsec_ and base64 text"
# Compiled only where a text turns out not to be a secret.
_VARIABLE = r"\$\w+|\$\{.*\}|\$\(.*\)|%\w+%|\{\{.*\}\}|process\.env\..*|os\.environ.*"
_ENV_LINE = r"(?m)^[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*[ \t]*=[ \t]*([\"']?)(whsec_[^\s\"'#]+)\1"
_API_KEY = r"(?:sk|pk|rk|ak|api|key|test|live|testsk|authtoken)_\w+|eyJ[\w-]+\..*|Bearer .*"


@dataclass(frozen=True, slots=True, repr=False)
class SigningSecret:
    """A parsed signing secret; its text and key never appear in `repr`.

    Attributes:
        text: The whole text, prefix included, as it was given (quotes and space around it removed).
        key: The decoded key bytes that HMAC uses.
        origin: Where it came from, in words: `--secret`, `.env`, `development secret`.
        notes: What was odd about the text but did not matter.
    """

    text: str
    key: bytes
    origin: str = ""
    notes: tuple[Finding, ...] = ()

    @property
    def fingerprint(self) -> str:
        """`fp:` and 8 hex digits of the key's SHA-256, to compare two ends without showing it."""
        return "fp:" + hashlib.sha256(self.key).hexdigest()[:8]

    @property
    def encoded(self) -> str:
        """The base64 text after the prefix."""
        return self.text.removeprefix(PREFIX)

    def hide(self) -> None:
        """From now on it is masked wherever it would be shown."""
        hide(self.text, self.encoded)

    def __repr__(self) -> str:
        return f"<SigningSecret {self.fingerprint}>"


def parse_secret(text: str, *, origin: str = "") -> SigningSecret:
    """Decode the text of one signing secret.

    Args:
        text: `whsec_` + base64, padding optional; bare base64 is accepted with a note.
        origin: Where the text came from, in words, for messages.

    Raises:
        VoveError: `empty-secret`, `asymmetric-secret`, `secret-encoded-twice` or
            `bad-base64-secret`, which say what the text is; never the text itself.
    """
    stripped = text.strip()
    unquoted = stripped.strip("\"'`").strip()
    notes = []
    if unquoted != text:
        notes.append(
            Finding("secret-trimmed", "the quotes or spaces around the secret were removed")
        )
    encoded = unquoted.removeprefix(PREFIX)
    if not encoded.rstrip("="):  # padding alone would be the empty key
        raise _unusable("empty-secret", origin, "it is empty", DASHBOARD)
    if unquoted.startswith(("whpk_", "whsk_")):
        what = "it is an asymmetric (ed25519) key, and VOVE ID signs with a shared secret"
        raise _unusable("asymmetric-secret", origin, what, DASHBOARD)
    if encoded == unquoted:
        notes.append(Finding("secret-without-prefix", "the secret lacks the whsec_ prefix"))
    key = _decode(encoded)
    if key is not None and key.lstrip().startswith(PREFIX.encode()):
        raise _unusable(
            "secret-encoded-twice",
            origin,
            "it was base64-encoded once more: it decodes to a text that begins with whsec_",
            "decode it once (base64 -d) and use the result",
        )
    if "/secrets/" in unquoted:  # a resource's name, which may be base64 by chance
        key = None
    suspicious = key is None or len(key) < MIN_KEY_BYTES or len(set(encoded)) == 1
    if key is None or (suspicious and _is_placeholder(encoded)):
        from vovecli.core.not_secrets import what_it_is  # only where somebody needs to know

        what, hint = what_it_is(unquoted) or (_problem(encoded), DASHBOARD)
        raise _unusable("bad-base64-secret", origin, what, hint)
    if not MIN_KEY_BYTES <= len(key) <= MAX_KEY_BYTES:
        notes.append(
            Finding(
                "secret-length",
                f"the key has {len(key)} bytes, not {MIN_KEY_BYTES} to {MAX_KEY_BYTES}",
            )
        )
    return SigningSecret(text=unquoted, key=key, origin=origin, notes=tuple(notes))


def secret_of_env_file(text: str) -> str | None:
    """The one `whsec_` value of an .env file; None where there is none or more than one."""
    if f"={PREFIX}" not in text.translate(str.maketrans("", "", "\"' \t")):
        return None
    found = {match[2] for match in re.finditer(_ENV_LINE, text)}
    return found.pop() if len(found) == 1 else None


def split_secrets(text: str) -> list[str]:
    """Split a list of secrets at spaces and commas, only where every piece has the prefix."""
    pieces = [piece for piece in re.split(r"[\s,]+", text.strip()) if piece]
    if len(pieces) > 1 and all(piece.startswith(PREFIX) for piece in pieces):
        return pieces
    return [text]


def new_secret(random_bytes: Callable[[int], bytes], *, origin: str = "") -> SigningSecret:
    """A fresh one, as long as Svix makes them."""
    key = random_bytes(MIN_KEY_BYTES)
    return SigningSecret(encode_secret(key), key, origin)


def encode_secret(key: bytes) -> str:
    """Write key bytes as the text of a signing secret."""
    return PREFIX + base64.b64encode(key).decode("ascii")


def _unusable(code: str, origin: str, what: str, hint: str) -> VoveError:
    words = f"the signing secret from {origin or 'the caller'} cannot be used: {what}"
    return VoveError(code, words, hint=hint)


def _decode(encoded: str) -> bytes | None:
    """The bytes of base64 text, padded or not; None where it is none."""
    bare = encoded.rstrip("=")
    if len(encoded) - len(bare) > 2:  # noqa: PLR2004 - base64 ends in two at most
        return None
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return None


def _is_placeholder(encoded: str) -> bool:
    """Whether a text, often valid base64 by chance, was left where a secret was meant to be."""
    words = r".*\b(?:your|secret|change|changeme|example|replace|todo|here)\b.*"
    return bool(
        re.fullmatch(
            rf"\.{{2,}}|…|(.)\1{{5,}}=*|<.*>|\[.*\]|{words}|(?:your|my)?_?-?secret",
            encoded,
            re.IGNORECASE,
        )
    )


def _problem(encoded: str) -> str:
    """What keeps the text after the prefix from being a secret."""
    if encoded.startswith(PREFIX):
        return "the prefix whsec_ occurs twice"
    if re.fullmatch(_VARIABLE, encoded):
        return "it is the name of a variable that was never filled in"
    if _is_placeholder(encoded):
        return "it is a placeholder, not a secret"
    if re.fullmatch(_API_KEY, encoded):
        return "it looks like an API key or a token, not a webhook signing secret"
    if re.fullmatch(r"[A-Za-z0-9_-]+={0,2}", encoded) and not encoded.isalnum():
        return "it uses the url-safe alphabet (- and _) where base64 has + and /"
    if re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", encoded):
        return "its length is impossible for base64: it has a character too few or too many"
    return "it holds characters that are not base64"
