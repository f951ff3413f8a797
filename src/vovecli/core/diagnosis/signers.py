"""The key and the hash: every way in which signers are known to get the MAC function wrong."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.diagnosis.faults import Fault
from vovecli.core.masking import PREFIX
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.secrets import SigningSecret, parse_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Digest = Callable[[bytes], bytes]

HASHES = {"sha256": 32, "sha512": 64, "sha1": 20, "sha384": 48, "sha224": 28}  # MAC bytes
UNSET_KEYS = (b"", b"undefined", b"null", b"None")
WHOLE_TEXT, BARE_TEXT = "the whole whsec_... text was the key", "the text after whsec_ was the key"
SAMPLE_KEYS = (WHOLE_TEXT, BARE_TEXT)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_SHA256_BLOCK = 64


class Signer(NamedTuple):
    """A MAC function: the right one has no faults."""

    faults: tuple[Fault, ...]
    digest: Digest


def keyed(key: bytes) -> Digest:
    """HMAC-SHA256 under a key (RFC 2104) with both padded key blocks hashed once.

    A diagnosis computes thousands of MACs under few keys; this takes 40 % of `hmac.digest`'s time.
    """
    block = (hashlib.sha256(key).digest() if len(key) > _SHA256_BLOCK else key).ljust(
        _SHA256_BLOCK, b"\0"
    )
    inner, outer = hashlib.sha256(block.translate(_INNER)), hashlib.sha256(block.translate(_OUTER))

    def digest(content: bytes) -> bytes:
        inside, outside = inner.copy(), outer.copy()
        inside.update(content)
        outside.update(inside.digest())
        return outside.digest()

    return digest


def right_signers(secrets: Sequence[SigningSecret]) -> list[Signer]:
    """HMAC-SHA256 under the decoded key of each secret."""
    return [Signer((), keyed(secret.key)) for secret in secrets]


def wrong_key_signers(
    secrets: Sequence[SigningSecret], others: Sequence[SigningSecret]
) -> Iterator[Signer]:
    """HMAC-SHA256 under every key that is known to be taken in the right one's place."""
    tried = {secret.key for secret in secrets}
    for code, detail, key in _wrong_keys(secrets, others):
        if key not in tried:
            tried.add(key)
            yield Signer((Fault(code, detail),), keyed(key))


def _wrong_keys(
    secrets: Sequence[SigningSecret], others: Sequence[SigningSecret]
) -> Iterator[tuple[str, str, bytes]]:
    for secret in secrets:
        for code, keys in KEYS.items():
            for detail, key in keys(secret):
                yield code, detail, key
    for other in others:
        detail = f"{other.origin or 'another one'}, {other.fingerprint}"
        yield "another-secret", detail, other.key
    for published in PUBLISHED_SECRETS:
        detail = f"the example secret of {published.page}"
        yield "another-secret", detail, parse_secret(published.text).key
    for key in UNSET_KEYS:
        yield "secret-unset", f"the key was {key.decode() or 'empty'}", key


def undecoded_keys(secret: SigningSecret) -> Iterator[tuple[str, bytes]]:
    """The secret's text as the key, as the KYB samples of the provider's documentation use it."""
    whole, encoded = f"{PREFIX}{secret.encoded}", secret.encoded
    yield WHOLE_TEXT, whole.encode()
    yield BARE_TEXT, encoded.encode()
    bare = encoded.rstrip("=")
    padded = bare + "=" * (-len(bare) % 4)
    for text in (bare, padded):
        yield "the whole whsec_... text was the key, with other = padding", (PREFIX + text).encode()
        yield "the text after whsec_ was the key, with other = padding", text.encode()
    for text in (whole, encoded):
        yield "the text of the secret and a newline were the key", f"{text}\n".encode()
        yield "the text of the secret and its quotes were the key", f'"{text}"'.encode()


def _prefix_in_key(secret: SigningSecret) -> Iterator[tuple[str, bytes]]:
    """Lenient decoders take the letters of `whsec` for base64 and skip or translate the `_`."""
    yield "its _ was skipped", _lenient_b64decode("whsec" + secret.encoded)
    yield "its _ was read as /", _lenient_b64decode("whsec/" + secret.encoded)


def _urlsafe_decoded(secret: SigningSecret) -> Iterator[tuple[str, bytes]]:
    """What decoders of the url-safe alphabet make of `+` and `/`: nothing, or zero bits."""
    encoded = secret.encoded
    if "+" in encoded or "/" in encoded:
        yield "+ and / were skipped", _lenient_b64decode(encoded.translate({43: None, 47: None}))
        yield (
            "+ and / were read as zero bits",
            _lenient_b64decode(encoded.translate({43: 65, 47: 65})),
        )
        yield "+ was skipped", _lenient_b64decode(encoded.replace("+", ""))
        yield "/ was skipped", _lenient_b64decode(encoded.replace("/", ""))
        if kept := re.split("[+/]", encoded)[0]:
            yield "the text after the first + or / was lost", _lenient_b64decode(kept)


def _decoded_as_text(secret: SigningSecret) -> Iterator[tuple[str, bytes]]:
    yield (
        "one UTF-8 character per byte, as after atob()",
        secret.key.decode("latin-1").encode("utf-8"),
    )
    yield (
        "bytes that are not UTF-8 were replaced",
        secret.key.decode("utf-8", "replace").encode("utf-8"),
    )
    yield "its hex text", secret.key.hex().encode("ascii")


KEYS: Mapping[str, Callable[[SigningSecret], Iterator[tuple[str, bytes]]]] = {
    "undecoded-secret": undecoded_keys,
    "secret-prefix-in-key": _prefix_in_key,
    "urlsafe-base64-secret": _urlsafe_decoded,
    "secret-decoded-as-text": _decoded_as_text,
}


def wrong_hash_signers(secrets: Sequence[SigningSecret], sizes: set[int]) -> Iterator[Signer]:
    """MACs of another hash, or none at all, whose size (in bytes) is among those claimed."""
    for name, size in HASHES.items():
        for secret in secrets if size in sizes else ():
            whole = f"{PREFIX}{secret.encoded}".encode()
            if name != "sha256":
                fault = Fault("wrong-hash", f"HMAC with {name}")
                yield Signer((fault,), partial(_hmac, secret.key, name))
                undecoded = Fault("undecoded-secret", WHOLE_TEXT)
                yield Signer((fault, undecoded), partial(_hmac, whole, name))
            yield from _keyless_signers(name, secret.key, whole, secret.encoded.encode())


def _keyless_signers(name: str, key: bytes, whole: bytes, encoded: bytes) -> Iterator[Signer]:
    """A plain hash of the content, alone or with the secret glued to it."""
    for detail, before, after in (
        (f"{name} without a key", b"", b""),
        (f"{name} of the secret's text and the content", whole, b""),
        (f"{name} of the content and the secret's text", b"", whole),
        (f"{name} of the secret's text and the content", encoded, b""),
        (f"{name} of the content and the secret's text", b"", encoded),
        (f"{name} of the key and the content", key, b""),
        (f"{name} of the content and the key", b"", key),
    ):
        yield Signer((Fault("wrong-hash", detail),), partial(_plain, name, before, after))


def _hmac(key: bytes, name: str, content: bytes) -> bytes:
    return hmac.digest(key, content, name)


def _plain(name: str, before: bytes, after: bytes, content: bytes) -> bytes:
    return hashlib.new(name, before + content + after, usedforsecurity=False).digest()


def _lenient_b64decode(text: str) -> bytes:
    """Decode as many whole bytes as there are, like Ruby's decode64 and PHP's base64_decode."""
    digits = "".join(char for char in text if char in _ALPHABET)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))
