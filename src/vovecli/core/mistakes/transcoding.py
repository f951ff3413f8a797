"""Bodies in another encoding than the one signed: charsets, wrappings, escapes, compression."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_to_bytes

from vovecli.core.mistakes.rewriting import text_or_none

if TYPE_CHECKING:
    from vovecli.core.mistakes.mistake import Candidates

MAX_DECOMPRESSED_BYTES = 1 << 20
MAX_NORMALIZED_BYTES, MAX_RARE_CHARSET_BYTES = 1 << 20, 1 << 17
# One byte per character: a body read in one of them and written as UTF-8 shows "Ã©" for "é".
COMMON_CHARSETS = ("latin-1", "cp1252")
CHARSETS = (*COMMON_CHARSETS, "iso8859-15", "cp850", "cp437", "mac-roman", "cp1256")
WIDE_CHARSETS = ("utf-16-le", "utf-16-be")
_CURLY = str.maketrans(
    dict.fromkeys("\u201c\u201d\u201e\u201f", '"') | dict.fromkeys("\u2018\u2019\u201a\u201b", "'")
)
_OTHER_QUOTES = str.maketrans(dict.fromkeys("\u2033\u00ab\u00bb", '"') | {"\u2032": "'"})
_DASHES = str.maketrans(
    {"\u2013": "-", "\u2014": "--", "\u2026": "...", "\u00a0": " ", "\u202f": " "}
)
_BASE64 = rb"[A-Za-z0-9+/]{2,}"
_BYTES_REPR = rb"""b(?P<quote>['"])(?P<inner>[ -~]*)(?P=quote)"""
_ESCAPE = rb"\\(?:x(?P<hex>[0-9a-f]{2})|(?P<char>.))"
_NORMAL_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


def other_charsets(body: bytes) -> Candidates:
    """Text that went through a wrong charset, back to what it was; and the signer's own detours."""
    if body.isascii():
        yield from _from_wide(body)
        return
    text = text_or_none(body)
    for charset in CHARSETS if len(body) <= MAX_RARE_CHARSET_BYTES else COMMON_CHARSETS:
        if text is not None and (narrow := _encoded(text, charset)) is not None:
            yield f"UTF-8 was read as {charset}", narrow
            yield from _twice_read(narrow, charset)
        if (wide := _decoded(body, charset)) is not None:
            detail = f"it became {charset}" if text is None else f"the signer read it as {charset}"
            yield detail, wide.encode("utf-8")
    yield from _from_wide(body)


def _twice_read(narrow: bytes, charset: str) -> Candidates:
    text = None if narrow.isascii() else text_or_none(narrow)
    if text is not None and (narrower := _encoded(text, charset)) is not None:
        yield f"UTF-8 was read as {charset}, twice", narrower


def _from_wide(body: bytes) -> Candidates:
    if b"\0" in body:
        for charset in WIDE_CHARSETS:
            if (text := _decoded(body, charset)) is not None:
                yield f"it became {charset}", text.removeprefix("\ufeff").encode("utf-8", "replace")


def _encoded(text: str, charset: str) -> bytes | None:
    """Like WHATWG's windows-1252: the five code points that cp1252 leaves open are themselves."""
    try:
        return text.encode(charset)
    except UnicodeEncodeError:
        if charset != "cp1252":
            return None
    try:
        return b"".join(
            char.encode("latin-1" if char in "\x81\x8d\x8f\x90\x9d" else charset) for char in text
        )
    except UnicodeEncodeError:
        return None


def _decoded(body: bytes, charset: str) -> str | None:
    try:
        return body.decode(charset)
    except UnicodeDecodeError:
        return None


def normalized(body: bytes) -> Candidates:
    """The four Unicode normal forms."""
    text = text_or_none(body)
    if text is None or body.isascii() or len(body) > MAX_NORMALIZED_BYTES:
        return
    for form in _NORMAL_FORMS:
        yield f"{form} was signed", unicodedata.normalize(form, text).encode("utf-8")


def plain_quotes(body: bytes) -> Candidates:
    """Typographic quotes, dashes and spaces of word processors and chats, back to ASCII."""
    text = text_or_none(body)
    if text is None or body.isascii():
        return
    for straight in (text.translate(_CURLY), text.translate(_CURLY).translate(_OTHER_QUOTES)):
        yield "", straight.encode("utf-8")
        yield "dashes or spaces too", straight.translate(_DASHES).encode("utf-8")
        yield "dashes or spaces too", straight.replace("\u00a0", " ").encode("utf-8")
    yield "dashes or spaces, not quotes", text.translate(_DASHES).encode("utf-8")


def from_json_string(body: bytes) -> Candidates:
    """The text inside a JSON string, the bytes of a serialised Node Buffer."""
    bare = body.strip()
    if bare.startswith(b'"') and bare.endswith(b'"') and len(bare) > 1:
        yield from _unquoted("", bare)
    elif b'\\"' in body:
        yield from _unquoted("its outer quotes are gone", b'"' + body + b'"')
    elif bare.startswith(b'{"type"') and b'"Buffer"' in bare:
        try:
            yield "a Buffer went through JSON.stringify", bytes(json.loads(bare)["data"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return


def _unquoted(detail: str, text: bytes) -> Candidates:
    try:
        inner = json.loads(text, strict=False).encode("utf-8")
    except ValueError:
        return
    yield detail, inner


def from_base64(body: bytes) -> Candidates:
    """The bytes behind base64 text, also url-safe, unpadded or broken into lines."""
    bare = b"".join(body.split()).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    if not re.fullmatch(_BASE64, bare[:64]):  # most bodies end here, cheaply
        return
    try:
        plain = base64.b64decode(bare + b"=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return
    yield "the captured one is base64", plain


def from_percent_encoding(body: bytes) -> Candidates:
    """What percent-encoding or a form field hides."""
    if b"%" in body:
        bare = body.strip()
        yield "", unquote_to_bytes(bare)
        yield "with + for spaces", unquote_to_bytes(bare.replace(b"+", b" "))
        yield "as a form's only key", unquote_to_bytes(bare.removesuffix(b"=").replace(b"+", b" "))
        yield "as a form field", unquote_to_bytes(bare.partition(b"=")[2].replace(b"+", b" "))
    elif body.rstrip().endswith(b"="):
        yield "as a form's only key", body.rstrip()[:-1]
        yield "as a form's only key", body.rstrip()[:-1].replace(b"+", b" ")


def from_html(body: bytes) -> Candidates:
    """The text behind HTML character references."""
    if b"&" in body and b";" in body and (text := text_or_none(body)) is not None:
        from html import unescape

        yield "", unescape(text).encode("utf-8")


def from_bytes_repr(body: bytes) -> Candidates:
    """The bytes behind Python's b'...'."""
    if match := re.fullmatch(_BYTES_REPR, body.strip()):
        yield "the captured one is a repr", re.sub(_ESCAPE, _unescaped, match["inner"])


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match["hex"]:
        return bytes.fromhex(match["hex"].decode("ascii"))
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(match["char"], match["char"])


def decompressed(body: bytes) -> Candidates:
    """What was signed before a carrier compressed it."""
    for name, window in (("gzip or zlib", zlib.MAX_WBITS | 32), ("raw deflate", -zlib.MAX_WBITS)):
        if window > 0 and body[:2] != b"\x1f\x8b" and body[:1] != b"\x78":
            continue
        inflate = zlib.decompressobj(window)
        try:
            plain = inflate.decompress(body, MAX_DECOMPRESSED_BYTES)
        except zlib.error:
            continue
        if inflate.eof:
            yield f"by {name} after it was signed", plain
