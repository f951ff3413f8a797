"""The hash: what signers compute that is no HMAC-SHA256 under the key alone."""

from __future__ import annotations

import hashlib
import hmac
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.masking import PREFIX
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.mistakes.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vovecli.core.secrets import SigningSecret

HASHES = {"sha256": 32, "sha512": 64, "sha1": 20, "sha384": 48, "sha224": 28}  # bytes of a MAC


class WrongHash(NamedTuple):
    """A function of the signed content that stands where the MAC belongs."""

    mistakes: tuple[Mistake, ...]
    mac: Callable[[bytes], bytes]


class WrongDigest(NamedTuple):
    """A function of key and content that handlers compute where HMAC-SHA256 belongs."""

    mistakes: tuple[Mistake, ...]
    digest: Callable[[bytes, bytes], bytes]


def wrong_hashes(
    secret: SigningSecret, sizes: set[int], min_key_bytes: int = 0
) -> Iterator[WrongHash]:
    """Every other hash whose size in bytes a header shows, under any key that is long enough."""
    whole = f"{PREFIX}{secret.encoded}".encode()
    for name, size in HASHES.items():
        if size not in sizes:
            continue
        mistake = Mistake("wrong-hash", f"HMAC with {name}")
        for row in KEYS.values() if name != "sha256" else ():
            key = row.key(secret)
            if key is not None and len(key) >= min_key_bytes:
                yield WrongHash((mistake, *row.mistakes), partial(_hmac, key, name))
        yield from _keyless(name, secret.key, whole, secret.encoded.encode())


def _keyless(name: str, key: bytes, whole: bytes, encoded: bytes) -> Iterator[WrongHash]:
    """A plain hash of the content, alone or with the secret glued to it."""
    for words, before, after in (
        (f"{name} without a key", b"", b""),
        (f"{name} of the secret's text and the content", whole, b""),
        (f"{name} of the content and the secret's text", b"", whole),
        (f"{name} of the secret's text and the content", encoded, b""),
        (f"{name} of the content and the secret's text", b"", encoded),
        (f"{name} of the key and the content", key, b""),
        (f"{name} of the content and the key", b"", key),
    ):
        yield WrongHash((Mistake("wrong-hash", words),), partial(_plain, name, before, after))


def _digest(words: str, digest: Callable[[bytes, bytes], bytes]) -> WrongDigest:
    return WrongDigest((Mistake("wrong-hash", words),), digest)


DIGESTS: Mapping[str, WrongDigest] = {
    "sha512": _digest("HMAC with sha512", lambda key, content: _hmac(key, "sha512", content)),
    "sha384": _digest("HMAC with sha384", lambda key, content: _hmac(key, "sha384", content)),
    "sha1": _digest("HMAC with sha1", lambda key, content: _hmac(key, "sha1", content)),
    "key first": _digest(
        "sha256 of the key and the content",
        lambda key, content: _plain("sha256", key, b"", content),
    ),
    "key last": _digest(
        "sha256 of the content and the key",
        lambda key, content: _plain("sha256", b"", key, content),
    ),
}


def _hmac(key: bytes, name: str, content: bytes) -> bytes:
    return hmac.digest(key, content, name)


def _plain(name: str, before: bytes, after: bytes, content: bytes) -> bytes:
    return hashlib.new(name, before + content + after, usedforsecurity=False).digest()
