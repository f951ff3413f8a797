"""What signers and handlers hash instead of the body: its text in another form or language."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote_plus

if TYPE_CHECKING:
    from vovecli.core.mistakes.mistake import Candidates

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


def text_or_none(body: bytes) -> str | None:
    """The text of a body, or None where it is not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def in_another_charset(body: bytes) -> Candidates:
    """The body's text in the charset of a signer that does not use UTF-8."""
    text = text_or_none(body)
    if text is None:
        return
    for charset in ("utf-16-le", "utf-16-be", "utf-16"):
        yield f"the signer wrote {charset}", text.encode(charset)
    if body.isascii():
        return
    yield "the signer wrote ASCII with ? for the rest", text.encode("ascii", "replace")
    # .NET's Encoding.ASCII and Java's US_ASCII count UTF-16 units: two ? for an emoji.
    units = text.encode("utf-16-le")
    codes = [int.from_bytes(units[at : at + 2], "little") for at in range(0, len(units), 2)]
    yield (
        "the signer wrote ASCII with ? for the rest",
        bytes(code if code < 0x80 else 0x3F for code in codes),  # noqa: PLR2004 - ASCII ends
    )
    # Node's update(text, "latin1") and "binary" keep the low byte of each unit.
    yield "the signer kept the low byte of each character", units[::2]
    yield "the signer wrote latin-1 with ? for the rest", text.encode("latin-1", "replace")
    yield "the signer wrote character references", text.encode("ascii", "xmlcharrefreplace")


def lossy_utf8(body: bytes) -> Candidates:
    """What decoders that do not fail on invalid UTF-8 make of it before they sign."""
    if text_or_none(body) is None:
        yield "each invalid sequence became U+FFFD", body.decode("utf-8", "replace").encode("utf-8")
        yield "invalid bytes were dropped", body.decode("utf-8", "ignore").encode("utf-8")
        each = body.decode("utf-8", "surrogateescape")
        yield (
            "each invalid byte became U+FFFD",
            re.sub("[\udc80-\udcff]", "\ufffd", each).encode("utf-8"),
        )
        yield "each invalid byte became ?", re.sub("[\udc80-\udcff]", "?", each).encode("utf-8")


def to_node_buffer(body: bytes) -> Candidates:
    """JSON.stringify of a Node Buffer."""
    numbers = ",".join(map(str, body)).encode("ascii")
    yield "JSON.stringify of a Buffer", b'{"type":"Buffer","data":[%s]}' % numbers


def to_json_string(body: bytes) -> Candidates:
    """JSON.stringify of text instead of the text itself."""
    if (text := text_or_none(body)) is not None:
        signed = json.dumps(text, ensure_ascii=False)
        yield "it was serialised twice", signed.encode("utf-8")
        yield "it was serialised twice", json.dumps(text).encode("ascii")
        yield "it was serialised twice", signed.replace("/", "\\/").encode("utf-8")


def to_base64(body: bytes) -> Candidates:
    """The base64 text of the body, signed instead of it."""
    text = base64.b64encode(body)
    yield "its base64 was signed", text
    yield "its base64 was signed", base64.urlsafe_b64encode(body)
    yield "its base64 was signed", text.rstrip(b"=")
    yield "its hex text was signed", body.hex().encode("ascii")


def to_percent_encoding(body: bytes) -> Candidates:
    """Percent-encoded text, signed instead of the body; and text decoded once too often."""
    yield "the encoded text was signed", quote(body, safe="").encode("ascii")
    yield "the encoded text was signed", quote(body, safe="-_.!~*'()").encode("ascii")
    yield "the encoded text was signed", quote(body, safe="-_.!~*'();/?:@&=+$,#").encode("ascii")
    yield "the encoded text was signed", quote_plus(body, safe="").encode("ascii")
    yield "a form's only key was signed", quote_plus(body, safe="").encode("ascii") + b"="
    if b"+" in body and (text := text_or_none(body)) is not None:
        yield "+ was decoded to a space before it was signed", unquote_plus(text).encode("utf-8")


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


def to_bytes_repr(body: bytes) -> Candidates:
    """Python's b'...', which f-strings and str() make of bytes."""
    yield "str() of bytes was signed", repr(body).encode("ascii")


def to_byte_numbers(body: bytes) -> Candidates:
    """What JavaScript makes of a Uint8Array in a template string."""
    yield "a Uint8Array became a list of numbers", ",".join(map(str, body)).encode("ascii")


def compressed(body: bytes) -> Candidates:
    """The compressed bytes, as the usual libraries at their default levels write them."""
    trailer = zlib.crc32(body).to_bytes(4, "little") + len(body).to_bytes(4, "little")
    for level, flags, system in _GZIPS:
        deflate = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
        head = b"\x1f\x8b\x08\0\0\0\0\0" + bytes((flags, system))
        yield "its gzip was signed", head + deflate.compress(body) + deflate.flush() + trailer
    for level in (6, 9):
        yield "its deflate was signed", zlib.compress(body, level)


def to_printed_bytes(body: bytes) -> Candidates:
    """What fmt makes of a byte slice in Go, and Java of an array."""
    yield "Go printed the bytes", b"[" + " ".join(map(str, body)).encode("ascii") + b"]"
    yield "the bytes were printed as a list", str(list(body)).encode("ascii")


def to_printed_object(body: bytes) -> Candidates:
    """The parsed body as Python's str(), Ruby's to_s and Go's fmt print it."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(payload, dict | list):
        yield "Python printed the parsed body", str(payload).encode("utf-8", "replace")
        for key in ('"{}"=>', '"{}" => ', "{}: "):  # Ruby up to 3.3, since 3.4, symbols
            printed = _ruby(payload, key).encode("utf-8", "replace")
            yield "Ruby printed the parsed body", printed
        yield "Go printed the parsed body", _go(payload).encode("utf-8", "replace")


def _ruby(value: object, key: str) -> str:
    if isinstance(value, dict):
        members = (f"{key.format(name)}{_ruby(inner, key)}" for name, inner in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_ruby(inner, key) for inner in value) + "]"
    return "nil" if value is None else json.dumps(value, ensure_ascii=False)


def _go(value: object) -> str:
    if isinstance(value, dict):
        return "map[" + " ".join(f"{name}:{_go(value[name])}" for name in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go, value)) + "]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
