"""The signature's form: every MAC that a signature header may mean, however it was written.

A reading of the header that needs no change comes first; each change on the way is a mistake.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.mistakes.mistake import Mistake
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

Reach = Literal["whole", "head", "tail", "lower", "upper"]

MAX_HEADER_CHARS = 16_384
MAX_READINGS = 48
MAC_BYTES = 32
# Fewer characters than this could match by chance or by an attacker's patience: 11 make 66 bits.
MIN_PART_CHARS, MIN_PART_BYTES, MIN_PART_HEX = 11, 8, 17
# Patterns are texts: `re` compiles them when a header needs them, and start-up does not pay.
_V1_TEXT = r"[A-Za-z0-9+/]{43}="
_BASE64 = r"[A-Za-z0-9+/]*"
_URLSAFE = r"[A-Za-z0-9+/_-]*"
_HEX = r"(?:0[xX])?([0-9a-fA-F]*)"
_HEX_BYTES = rb"[0-9a-fA-F]{64}"
_BASE64_BYTES = rb"[A-Za-z0-9+/]{43}="
_VERSION = r"(?ai:v[0-9]+[a-z]*)"
_FOREIGN_LABEL = r"(?i:v[0-9]+[a-z]*|sha[0-9]+|hmac-?sha[0-9]+)\s*[=:]\s*(.+)"
_QUOTES = r"""["'`\[\]\\<>]"""
_BURIED = r"[0-9a-fA-F]{64}|[A-Za-z0-9+/_-]{43}=?"


class SignatureReading(NamedTuple):
    """What one signature entry says in one reading.

    Attributes:
        value: MAC bytes when `reach` is "whole" or the value is raw, else base64 text.
        reach: How much of the MAC it must be: all, its beginning, its end, or its text in one case.
        raw: Whether `value` holds MAC bytes rather than their base64 text.
    """

    mistakes: tuple[Mistake, ...]
    value: bytes
    reach: Reach = "whole"
    raw: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether the value is all of the MAC's bytes, to be compared as they are."""
        return self.raw and self.reach == "whole"

    def is_part_of(self, mac: bytes) -> bool:
        """Whether the MAC begins or ends so, or reads so in one case; in constant time."""
        text = mac if self.raw else base64.b64encode(mac)
        if self.reach == "head":
            text = text[: len(self.value)]
        elif self.reach == "tail":
            text = text[-len(self.value) :]
        else:
            bare = text.rstrip(b"=")
            text = bare.lower() if self.reach == "lower" else bare.upper()
        return hmac.compare_digest(text, self.value)


def read_signatures(header: str) -> list[SignatureReading]:
    """All readings of a header, the least changed reading of each first; at most `MAX_READINGS`."""
    readings: dict[tuple[bytes, Reach, bool], SignatureReading] = {}
    for how, version, text in _entries(header[:MAX_HEADER_CHARS]):
        if re.search(_QUOTES, version):  # read once more without them
            continue
        named = (*how, *_version_mistakes(version))
        for mistakes, value, reach, raw in _decodings(text):
            key = (value, reach, raw)
            if key not in readings:
                readings[key] = SignatureReading((*mistakes, *named), value, reach, raw)
        if len(readings) >= MAX_READINGS:
            break
    return list(readings.values())[:MAX_READINGS]


def observed_form(header: str) -> Mistake | None:
    """What is wrong with a header by its looks alone; None where some `v1` entry is well-formed."""
    entries = [entry for entry in header.split(" ") if entry]
    texts = [entry[3:] for entry in entries if entry.startswith("v1,")]
    if any(re.fullmatch(_V1_TEXT, text) for text in texts):
        return None
    if texts:
        return Mistake("malformed-signature", _looks_of(texts[0]))
    versions = [entry.split(",")[0] for entry in entries if "," in entry]
    if versions and all(re.fullmatch(_VERSION, version) for version in versions):
        return Mistake("signature-version-unknown", _versions_text(versions))
    if any(_is_mac_text(entry) for entry in entries):
        return Mistake("signature-version-missing")
    return Mistake("malformed-signature", "no entry of the form v1,<base64> is in it")


def _entries(header: str) -> Iterator[tuple[tuple[Mistake, ...], str, str]]:
    """Each signature entry as (mistakes of the header, version or "", text)."""
    for how, text in _unwrapped(header):
        for entry in text.split(" "):
            yield how, *_split_version(entry)
        if text.count(",") > 1:
            for version, signature in _comma_separated(text):
                yield (*how, Mistake("signatures-comma-joined")), version, signature
        if " " in text.strip():
            yield from _respaced(how, text)
    for how, text in _unwrapped(header):
        for match in re.finditer(_BURIED, text):
            yield (
                (*how, Mistake("malformed-signature", "other text is around it")),
                "v1",
                match[0],
            )


def _unwrapped(header: str) -> list[tuple[tuple[Mistake, ...], str]]:
    """The header itself and what it becomes once percent-encoding and quotes are taken away."""
    found: list[tuple[tuple[Mistake, ...], str]] = [((), header)]
    if "%" in header:
        from urllib.parse import unquote

        decoded = unquote(header)
        found.append(((Mistake("signature-percent-encoded"),), decoded))
        if "%" in decoded:
            found.append(((Mistake("signature-percent-encoded", "twice"),), unquote(decoded)))
    for how, text in found.copy():
        bare = re.sub(_QUOTES, "", text)
        if bare != text:
            found.append(((Mistake("signature-quoted"), *how), bare.strip()))
    return found


def _split_version(entry: str) -> tuple[str, str]:
    version, comma, text = entry.partition(",")
    return (version, text) if comma else ("", entry)


def _comma_separated(text: str) -> Iterator[tuple[str, str]]:
    version = ""
    for piece in re.split(r"[,\s]+", text):
        if re.fullmatch(_VERSION, piece):
            version = piece
        elif piece:
            yield version, piece
            version = ""


def _respaced(
    how: tuple[Mistake, ...], text: str
) -> Iterator[tuple[tuple[Mistake, ...], str, str]]:
    """Spaces that were plus signs, or that were never there."""
    for glue, mistake in (
        ("+", Mistake("signature-plus-became-space")),
        ("", Mistake("malformed-signature", "white space is inside it")),
    ):
        glued: list[str] = []
        for piece in re.split(r"[ \t\r\n]", text.strip()):
            if not glued or "," in piece:
                glued.append(piece)
            else:
                glued[-1] += glue + piece
        for entry in glued:
            yield (*how, mistake), *_split_version(entry)


def _version_mistakes(version: str) -> tuple[Mistake, ...]:
    if version == "v1":
        return ()
    if not version:
        return (Mistake("signature-version-missing"),)
    return (Mistake("signature-version-unknown", _versions_text([version])),)


def _versions_text(versions: list[str]) -> str:
    shown = ", ".join(
        dict.fromkeys(version[:8] for version in versions[:4] if version.isprintable())
    )
    return f"{shown}, an asymmetric (ed25519) signature" if shown == "v1a" else shown


_Decoding = tuple[tuple[Mistake, ...], bytes, Reach, bool]


def _decodings(text: str) -> Iterator[_Decoding]:
    """Every MAC, or part of one, that the text of one entry may stand for."""
    if label := re.fullmatch(_FOREIGN_LABEL, text):
        mistake = Mistake("signature-version-missing", "another label is before it")
        for mistakes, value, reach, raw in _decodings(label[1]):
            yield (*mistakes, mistake), value, reach, raw
    bare = text.rstrip("=")
    yield from _base64_decodings(text, bare)
    yield from _hex_decodings(text)
    yield from _one_case_decodings(bare)
    yield from _cut_decodings(text)


def _base64_decodings(text: str, bare: str) -> Iterator[_Decoding]:
    mistakes: tuple[Mistake, ...] = ()
    if re.fullmatch(_BASE64, bare):
        mac = _b64decode(bare)
    elif re.fullmatch(_URLSAFE, bare):
        mac = _b64decode(bare.replace("-", "+").replace("_", "/"))
        mistakes = (Mistake("urlsafe-base64-signature"),)
    else:
        return
    if not mac:
        return
    padding = len(text) - len(bare)
    if padding == 0 and len(bare) % 4:
        mistakes += (Mistake("signature-padding-missing"),)
    elif padding != -len(bare) % 4:
        mistakes += (Mistake("malformed-signature", "its = padding is too long or too short"),)
    elif not mistakes and base64.b64encode(mac) != text.encode("ascii"):
        mistakes = (Mistake("malformed-signature", "its last character carries stray bits"),)
    yield mistakes, mac, "whole", True
    yield from _doubly_encoded(mistakes, mac)
    if padding and MIN_PART_BYTES <= len(mac) < MAC_BYTES:
        yield (
            (*mistakes, Mistake("signature-truncated", f"{len(mac)} bytes are left")),
            mac,
            "head",
            True,
        )


def _doubly_encoded(mistakes: tuple[Mistake, ...], mac: bytes) -> Iterator[_Decoding]:
    if re.fullmatch(_HEX_BYTES, mac):
        mistake = Mistake("hex-instead-of-base64", "base64 of the hex text")
        yield (*mistakes, mistake), bytes.fromhex(mac.decode("ascii")), "whole", True
    elif re.fullmatch(_BASE64_BYTES, mac):
        mistake = Mistake("malformed-signature", "it was base64-encoded twice")
        yield (*mistakes, mistake), base64.b64decode(mac), "whole", True
    elif len(mac) > MAC_BYTES:
        try:
            narrow = mac.decode("utf-8").encode("latin-1")
        except UnicodeError:
            return
        mistake = Mistake(
            "malformed-signature", "its bytes went through text (UTF-8) before base64"
        )
        yield (*mistakes, mistake), narrow, "whole", True


def _hex_decodings(text: str) -> Iterator[_Decoding]:
    match = re.fullmatch(_HEX, text.replace(":", ""))
    if not match:
        return
    digits = match[1]
    mistake = Mistake("hex-instead-of-base64")
    mac = bytes.fromhex(digits[: len(digits) // 2 * 2])
    if len(digits) >= MIN_PART_HEX and len(mac) < MAC_BYTES:
        cut = Mistake("signature-truncated", f"{len(digits)} hex digits are left")
        yield (mistake, cut), mac, "head", True
    if len(digits) % 2 == 0 and len(mac) >= MIN_PART_BYTES:
        yield (mistake,), mac, "whole", True


def _one_case_decodings(bare: str) -> Iterator[_Decoding]:
    if len(bare) != 43 or not bare.isascii():  # noqa: PLR2004 - base64 of 32 bytes without padding
        return
    if bare == bare.lower():
        yield (Mistake("signature-lowercased"),), bare.encode("ascii"), "lower", False
    elif bare == bare.upper():
        mistake = Mistake("malformed-signature", "it was turned to upper case")
        yield (mistake,), bare.encode("ascii"), "upper", False


def _cut_decodings(text: str) -> Iterator[_Decoding]:
    """A beginning (perhaps with dots where a log shortened it) or an end of the base64 text."""
    head = re.sub(r"(?:\.{2,}|…|\*{2,})$", "", text)
    mistake = Mistake("signature-truncated", f"{len(head)} of 44 characters are left")
    if MIN_PART_CHARS <= len(head) <= 42 and re.fullmatch(_BASE64, head):  # noqa: PLR2004 - 43 lack "="
        yield (mistake,), head.encode("ascii"), "head", False
    tail = re.sub(r"^(?:\.{2,}|…|\*{2,})", "", text)
    if MIN_PART_CHARS < len(tail) <= 43 and tail.endswith("=") and re.fullmatch(_BASE64, tail[:-1]):  # noqa: PLR2004 - the whole has 44
        mistake = Mistake("signature-truncated", f"its last {len(tail)} of 44 characters are left")
        yield (mistake,), tail.encode("ascii"), "tail", False


def _b64decode(bare: str) -> bytes:
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return b""


def _is_mac_text(entry: str) -> bool:
    return len(entry) >= 2 * MIN_PART_BYTES and bool(re.fullmatch(_URLSAFE, entry.rstrip("=")))


def _looks_of(text: str) -> str:
    """Why the text of a `v1` entry cannot be the base64 of a SHA-256 MAC."""
    if not text:
        return "nothing follows v1,"
    if not re.fullmatch(_BASE64, text.rstrip("=")):
        return f"{len(header_bytes(text))} bytes that are not all base64"
    if re.fullmatch(_HEX, text) and len(text) == 2 * MAC_BYTES:
        return "64 hex digits where base64 belongs"
    return f"{len(text)} characters; the base64 of a SHA-256 MAC has 44"
