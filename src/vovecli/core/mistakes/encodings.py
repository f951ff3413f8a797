"""The header's text: every way in which a MAC is known to be written, shortened or wrapped."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from vovecli.core.mistakes.mistake import Mistake, Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HEX, _BARE = Mistake("hex-instead-of-base64"), Mistake("signature-version-missing")
_LABELLED = Mistake("signature-version-missing", "another label is before it")
_URLSAFE, _UNPADDED = Mistake("urlsafe-base64-signature"), Mistake("signature-padding-missing")


class WrongEncoding(NamedTuple):
    """One way to write the signature header; the row `right` has no mistake.

    Attributes:
        write: The header's text for a MAC.
        probe: Whether a handler may expect it, so that accepting it proves the mistake.
        handler_code: What `vove check` calls it; empty where that is `mistakes[0].code`.
    """

    mistakes: tuple[Mistake, ...]
    write: Callable[[bytes], str]
    rank: Rank = Rank.COMMON
    probe: bool = True
    handler_code: str = ""


def _b64(mac: bytes) -> str:
    return base64.b64encode(mac).decode("ascii")


def _url64(mac: bytes) -> str:
    return base64.urlsafe_b64encode(mac).decode("ascii")


def _cut(characters: int) -> WrongEncoding:
    mistake = Mistake("signature-truncated", f"{characters} of 44 characters are left")
    return WrongEncoding(
        (mistake,),
        lambda mac: f"v1,{_b64(mac)[:characters]}",
        Rank.SELDOM,
        handler_code="prefix-compare",
    )


def _carried(code: str, write: Callable[[str], str], words: str = "") -> WrongEncoding:
    """What a carrier made of the right text: no handler expects that."""
    return WrongEncoding((Mistake(code, words),), lambda mac: write(f"v1,{_b64(mac)}"), probe=False)


ENCODINGS: Mapping[str, WrongEncoding] = {
    "right": WrongEncoding((), lambda mac: f"v1,{_b64(mac)}", Rank.RIGHT),
    "hex": WrongEncoding((_HEX,), lambda mac: f"v1,{mac.hex()}"),
    "base64-of-hex": WrongEncoding(
        (Mistake("hex-instead-of-base64", "base64 of the hex text"),),
        lambda mac: f"v1,{_b64(mac.hex().encode())}",
    ),
    "bare-base64": WrongEncoding((_BARE,), _b64, handler_code="signature-version-not-removed"),
    "bare-hex": WrongEncoding((_HEX, _BARE), bytes.hex),
    "bare-base64-of-hex": WrongEncoding(
        (Mistake("hex-instead-of-base64", "base64 of the hex text"), _BARE),
        lambda mac: _b64(mac.hex().encode()),
    ),
    # GitHub's form.
    "labelled-hex": WrongEncoding((_HEX, _LABELLED), lambda mac: f"sha256={mac.hex()}"),
    "labelled-base64": WrongEncoding((_LABELLED,), lambda mac: f"sha256={_b64(mac)}"),
    "unpadded": WrongEncoding(
        (_UNPADDED,), lambda mac: f"v1,{_b64(mac).rstrip('=')}", handler_code="unpadded-base64"
    ),
    "urlsafe": WrongEncoding(
        (_URLSAFE,), lambda mac: f"v1,{_url64(mac)}", handler_code="urlsafe-base64"
    ),
    "urlsafe-unpadded": WrongEncoding(
        (_URLSAFE, _UNPADDED),
        lambda mac: f"v1,{_url64(mac).rstrip('=')}",
        handler_code="urlsafe-base64",
    ),
    "version-0": WrongEncoding(
        (Mistake("signature-version-unknown", "v0"),), lambda mac: f"v0,{_b64(mac)}"
    ),
    "cut-to-40": _cut(40),
    "cut-to-8": _cut(8),
    "quoted": _carried("signature-quoted", lambda text: f'"{text}"'),
    "percent-encoded": _carried("signature-percent-encoded", lambda text: quote(text, safe="")),
    "plus-became-space": _carried(
        "signature-plus-became-space", lambda text: text.replace("+", " ")
    ),
    "lowercased": _carried("signature-lowercased", str.lower),
    "comma-joined": _carried("signatures-comma-joined", lambda text: f"{text},{text}"),
}
