"""Bodies in another encoding than the one signed: charsets, wrappings, escapes, compression."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, quote_plus, unquote_plus, unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    Candidates = Iterator[tuple[str, bytes]]

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
# (level, extra flags, system) of gzip headers: zlib itself, Java, Go, .NET, macOS, Python, fastest.
_GZIPS = (
    (6, 0, 3),
    (6, 0, 0),
    (6, 0, 255),
    (6, 0, 10),
    (6, 0, 19),
    (9, 2, 255),
    (9, 2, 3),
    (1, 4, 3),
)


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def other_charsets(body: bytes) -> Candidates:
    """Text that went through a wrong charset, back to what it was; and the signer's own detours."""
    if body.isascii():
        yield from _from_wide(body)
        return
    text = _text(body)
    for charset in CHARSETS if len(body) <= MAX_RARE_CHARSET_BYTES else COMMON_CHARSETS:
        if text is not None and (narrow := _encoded(text, charset)) is not None:
            yield f"UTF-8 was read as {charset}", narrow
            yield from _twice_read(narrow, charset)
        if (wide := _decoded(body, charset)) is not None:
            detail = f"it became {charset}" if text is None else f"the signer read it as {charset}"
            yield detail, wide.encode("utf-8")
    yield from _from_wide(body)
    if text is not None:
        for charset in (*WIDE_CHARSETS, "utf-16"):
            yield f"the signer wrote {charset}", text.encode(charset)
        yield "the signer wrote ASCII with ? for the rest", text.encode("ascii", "replace")
        yield "the signer dropped what is not ASCII", text.encode("ascii", "ignore")
        yield "the signer wrote character references", text.encode("ascii", "xmlcharrefreplace")


def _twice_read(narrow: bytes, charset: str) -> Candidates:
    text = None if narrow.isascii() else _text(narrow)
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


def lossy_utf8(body: bytes) -> Candidates:
    """What decoders that do not fail on invalid UTF-8 make of it before they sign."""
    if _text(body) is None:
        yield "each invalid sequence became U+FFFD", body.decode("utf-8", "replace").encode("utf-8")
        yield "invalid bytes were dropped", body.decode("utf-8", "ignore").encode("utf-8")
        each = body.decode("utf-8", "surrogateescape")
        yield (
            "each invalid byte became U+FFFD",
            re.sub("[\udc80-\udcff]", "\ufffd", each).encode("utf-8"),
        )
        yield "each invalid byte became ?", re.sub("[\udc80-\udcff]", "?", each).encode("utf-8")


def normalized(body: bytes) -> Candidates:
    """The four Unicode normal forms."""
    text = _text(body)
    if text is None or body.isascii() or len(body) > MAX_NORMALIZED_BYTES:
        return
    for form in _NORMAL_FORMS:
        yield f"{form} was signed", unicodedata.normalize(form, text).encode("utf-8")


def plain_quotes(body: bytes) -> Candidates:
    """Typographic quotes, dashes and spaces of word processors and chats, back to ASCII."""
    text = _text(body)
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


def to_json_string(body: bytes) -> Candidates:
    """JSON.stringify of text, or of a Node Buffer, instead of the text itself."""
    numbers = ",".join(map(str, body)).encode("ascii")
    yield "JSON.stringify of a Buffer", b'{"type":"Buffer","data":[%s]}' % numbers
    if (text := _text(body)) is not None:
        signed = json.dumps(text, ensure_ascii=False)
        yield "it was serialised twice", signed.encode("utf-8")
        yield "it was serialised twice", json.dumps(text).encode("ascii")
        yield "it was serialised twice", signed.replace("/", "\\/").encode("utf-8")


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


def to_base64(body: bytes) -> Candidates:
    """The base64 text of the body, signed instead of it."""
    text = base64.b64encode(body)
    yield "its base64 was signed", text
    yield "its base64 was signed", base64.urlsafe_b64encode(body)
    yield "its base64 was signed", text.rstrip(b"=")
    yield "its hex text was signed", body.hex().encode("ascii")


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


def to_percent_encoding(body: bytes) -> Candidates:
    """Percent-encoded text, signed instead of the body; and text decoded once too often."""
    yield "the encoded text was signed", quote(body, safe="").encode("ascii")
    yield "the encoded text was signed", quote(body, safe="-_.!~*'()").encode("ascii")
    yield "the encoded text was signed", quote(body, safe="-_.!~*'();/?:@&=+$,#").encode("ascii")
    yield "the encoded text was signed", quote_plus(body, safe="").encode("ascii")
    yield "a form's only key was signed", quote_plus(body, safe="").encode("ascii") + b"="
    if b"+" in body and (text := _text(body)) is not None:
        yield "+ was decoded to a space before it was signed", unquote_plus(text).encode("utf-8")


def from_html(body: bytes) -> Candidates:
    """The text behind HTML character references."""
    if b"&" in body and b";" in body and (text := _text(body)) is not None:
        from html import unescape

        yield "", unescape(text).encode("utf-8")


def to_html(body: bytes) -> Candidates:
    """HTML-escaped text, signed instead of the body."""
    escaped = body.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    quoted = escaped.replace(b'"', b"&quot;")
    for text in (
        quoted.replace(b"'", b"&#x27;"),
        quoted.replace(b"'", b"&#39;"),
        quoted.replace(b"'", b"&#039;"),
        quoted,
        escaped.replace(b'"', b"&#34;").replace(b"'", b"&#39;"),
        escaped,
    ):
        yield "the escaped text was signed", text


def from_bytes_repr(body: bytes) -> Candidates:
    """The bytes behind Python's b'...'."""
    if match := re.fullmatch(_BYTES_REPR, body.strip()):
        yield "the captured one is a repr", re.sub(_ESCAPE, _unescaped, match["inner"])


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match["hex"]:
        return bytes.fromhex(match["hex"].decode("ascii"))
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(match["char"], match["char"])


def to_bytes_repr(body: bytes) -> Candidates:
    """Python's b'...', which f-strings and str() make of bytes."""
    yield "str() of bytes was signed", repr(body).encode("ascii")


def to_byte_numbers(body: bytes) -> Candidates:
    """What JavaScript makes of a Uint8Array in a template string."""
    yield "a Uint8Array became a list of numbers", ",".join(map(str, body)).encode("ascii")


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


def compressed(body: bytes) -> Candidates:
    """The compressed bytes, as the usual libraries at their default levels write them."""
    trailer = zlib.crc32(body).to_bytes(4, "little") + len(body).to_bytes(4, "little")
    for level, flags, system in _GZIPS:
        deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        head = b"\x1f\x8b\x08\0\0\0\0\0" + bytes((flags, system))
        yield "its gzip was signed", head + deflate.compress(body) + deflate.flush() + trailer
    for level in (6, 9):
        yield "its deflate was signed", zlib.compress(body, level)
