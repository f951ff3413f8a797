"""The key: every one that signers and handlers are known to take in the right one's place."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.masking import PREFIX
from vovecli.core.mistakes.mistake import Mistake, Rank
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.secrets import parse_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vovecli.core.secrets import SigningSecret

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_UNDECODED, _PREFIX_DECODED = "undecoded-secret", "secret-prefix-in-key"
_MISREAD, _AS_TEXT = "urlsafe-base64-secret", "secret-decoded-as-text"


class WrongKey(NamedTuple):
    """One key; the row `right` is the only one without a mistake.

    Attributes:
        derive: The key bytes of a secret; None where the mistake cannot be made with this one.
        probe: Whether a handler may make it, too, so that accepting its signature proves it.
        handler_code: What `vove check` calls it; empty where that is `mistakes[0].code`.
    """

    mistakes: tuple[Mistake, ...]
    derive: Callable[[SigningSecret], bytes | None]
    rank: Rank = Rank.SELDOM
    probe: bool = True
    handler_code: str = ""

    def key(self, secret: SigningSecret) -> bytes | None:
        """The wrong key; None where there is none, or where it happens to be the right one.

        HMAC pads a key with zero bytes (RFC 2104), so zeros at its end make no other key.
        """
        key = self.derive(secret)
        if key is None or not self.mistakes:
            return key
        return None if key.rstrip(b"\0") == secret.key.rstrip(b"\0") else key


def lenient_base64(text: str) -> bytes:
    """Decode as many whole bytes as there are, like Ruby's decode64 and PHP's base64_decode."""
    digits = "".join(char for char in text if char in _ALPHABET)
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def _whole(secret: SigningSecret) -> str:
    return PREFIX + secret.encoded


def _repadded(secret: SigningSecret) -> str:
    """The base64 text with its padding where it had none, and without where it had some."""
    bare = secret.encoded.rstrip("=")
    padding = "=" * (-len(bare) % 4)
    return bare if secret.encoded != bare else bare + padding


def _whole_groups(text: str) -> str:
    """Strict decoders that do not raise drop a last group of four that is not whole."""
    bare = text.rstrip("=")
    return text if len(text) % 4 == 0 else bare[: len(bare) // 4 * 4]


def _misread(old: str, new: str) -> Callable[[SigningSecret], bytes | None]:
    """What a decoder makes of each of the characters `old` as if it were `new`, or nothing."""

    def derive(secret: SigningSecret) -> bytes | None:
        read = secret.encoded.translate({ord(char): new or None for char in old})
        return None if read == secret.encoded else lenient_base64(read)

    return derive


def _until_plus_or_slash(secret: SigningSecret, *, whole_groups: bool = False) -> bytes | None:
    kept = re.split("[+/]", secret.encoded)[0]
    if kept in ("", secret.encoded):
        return None
    return lenient_base64(kept[: len(kept) // 4 * 4] if whole_groups else kept) or None


def _from_hex(secret: SigningSecret) -> bytes | None:
    is_hex = re.fullmatch("(?:[0-9a-fA-F]{2})+", secret.encoded)
    return bytes.fromhex(secret.encoded) if is_hex else None


def _fixed(key: bytes) -> Callable[[SigningSecret], bytes]:
    return lambda _: key


def _undecoded(words: str, text: Callable[[SigningSecret], str], rank: Rank) -> WrongKey:
    return WrongKey((Mistake(_UNDECODED, words),), lambda secret: text(secret).encode(), rank)


def _unset(word: str, key: bytes) -> WrongKey:
    mistake = Mistake("secret-unset", f"the key was {word}")
    return WrongKey((mistake,), _fixed(key), Rank.COMMON)


def _decoded_as_text(words: str, derive: Callable[[SigningSecret], bytes]) -> WrongKey:
    return WrongKey((Mistake(_AS_TEXT, words),), derive)


def _misdecoded(words: str, derive: Callable[[SigningSecret], bytes | None]) -> WrongKey:
    return WrongKey((Mistake(_MISREAD, words),), derive, handler_code="urlsafe-base64")


def _prefixed(words: str, text: Callable[[SigningSecret], str], rank: Rank) -> WrongKey:
    mistake = Mistake(_PREFIX_DECODED, words)
    return WrongKey((mistake,), lambda secret: lenient_base64(text(secret)), rank)


KEYS: Mapping[str, WrongKey] = {
    "right": WrongKey((), lambda secret: secret.key, Rank.RIGHT),
    # createHmac("sha256", secret) and secret.encode(), as the provider's KYB samples have it.
    "whole-text": _undecoded("the whole whsec_... text was the key", _whole, Rank.COMMON),
    "bare-text": _undecoded(
        "the text after whsec_ was the key", lambda secret: secret.encoded, Rank.COMMON
    ),
    "whole-text-repadded": _undecoded(
        "the whole whsec_... text was the key, with other = padding",
        lambda secret: PREFIX + _repadded(secret),
        Rank.SELDOM,
    ),
    "bare-text-repadded": _undecoded(
        "the text after whsec_ was the key, with other = padding", _repadded, Rank.SELDOM
    ),
    "whole-text-newline": _undecoded(
        "the text of the secret and a newline were the key",
        lambda secret: f"{_whole(secret)}\n",
        Rank.SELDOM,
    ),
    "bare-text-newline": _undecoded(
        "the text after whsec_ and a newline were the key",
        lambda secret: f"{secret.encoded}\n",
        Rank.SELDOM,
    ),
    "whole-text-quoted": _undecoded(
        "the text of the secret and its quotes were the key",
        lambda secret: f'"{_whole(secret)}"',
        Rank.SELDOM,
    ),
    "bare-text-quoted": _undecoded(
        "the text after whsec_ and quotes were the key",
        lambda secret: f'"{secret.encoded}"',
        Rank.SELDOM,
    ),
    # Lenient decoders take the letters of `whsec` for base64. Node reads the `_` as `/`, PHP and
    # Ruby skip it, Go stops there; who cuts off `whsec` only leaves it to be read as `/`.
    "prefix-decoded": _prefixed(
        "its _ was read as /", lambda secret: f"whsec/{secret.encoded}", Rank.COMMON
    ),
    "prefix-skipped": _prefixed(
        "its _ was skipped", lambda secret: f"whsec{secret.encoded}", Rank.COMMON
    ),
    "prefix-stopped": _prefixed("decoding stopped at its _", lambda _: "whse", Rank.SELDOM),
    "underscore-kept": _prefixed(
        "only whsec was cut off, and its _ was read as /",
        lambda secret: f"/{secret.encoded}",
        Rank.SELDOM,
    ),
    "prefix-stripped": WrongKey(
        (Mistake("secret-prefix-stripped"),),
        # Python's lstrip("whsec_") and PHP's ltrim strip these letters, not the prefix.
        lambda secret: lenient_base64(secret.encoded.lstrip("whsec_")),
    ),
    "hex-decoded": WrongKey((Mistake("secret-in-hex"),), _from_hex, Rank.COMMON, probe=False),
    # Decoders of the url-safe alphabet skip + and /, take them for zero bits, or stop there.
    "urlsafe-skipped": _misdecoded("+ and / were skipped", _misread("+/", "")),
    "urlsafe-zeroed": _misdecoded("+ and / were read as zero bits", _misread("+/", "A")),
    "plus-skipped": _misdecoded("+ was skipped", _misread("+", "")),
    "slash-skipped": _misdecoded("/ was skipped", _misread("/", "")),
    "urlsafe-stopped": _misdecoded(
        "the text after the first + or / was lost", _until_plus_or_slash
    ),
    "urlsafe-stopped-early": _misdecoded(
        "the group of the first + or / and the text after it were lost",
        partial(_until_plus_or_slash, whole_groups=True),
    ),
    "whole-groups": WrongKey(
        (Mistake("secret-padding-missing"),),
        lambda secret: lenient_base64(_whole_groups(secret.encoded)),
        handler_code="unpadded-base64",
    ),
    "latin1-text": _decoded_as_text(
        "one UTF-8 character per byte, as after atob()",
        lambda secret: secret.key.decode("latin-1").encode("utf-8"),
    ),
    "replaced-text": _decoded_as_text(
        "bytes that are not UTF-8 were replaced",
        lambda secret: secret.key.decode("utf-8", "replace").encode("utf-8"),
    ),
    "hex-text": _decoded_as_text("its hex text", lambda secret: secret.key.hex().encode("ascii")),
    # An unset variable: the empty key, or the word that the language has for nothing.
    "empty": _unset("empty", b""),
    "undefined": _unset("undefined", b"undefined"),
    "null": _unset("null", b"null"),
    "none": _unset("None", b"None"),
    "undefined-decoded": _unset("undefined, decoded as base64", lenient_base64("undefined")),
    "null-decoded": _unset("null, decoded as base64", lenient_base64("null")),
    **{
        published.name: WrongKey(
            (Mistake("another-secret", f"the example secret of {published.page}"),),
            _fixed(parse_secret(published.text).key),
            handler_code="published-secret",
        )
        for published in PUBLISHED_SECRETS
    },
}
