"""Bodies and whole messages that a text holds as bytes: buffers, numbers, dumps, base64, forms."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from vovecli.core.captures.printed.spots import Candidate, Spot, calls_it_body

if TYPE_CHECKING:
    from collections.abc import Iterator

_BUFFER = re.compile(r"<Buffer((?: [0-9a-f]{2})++)(?: \.\.\. [0-9]+ more bytes?)?>")
_NUMBER = r"(?:0[xX][0-9a-fA-F]{1,2}|-?[0-9]{1,3})"
_NUMBERS = re.compile(rf"{_NUMBER}(?:(?:,\s*+|\s++){_NUMBER}){{7,}}+")
_HEX = re.compile(r"(?:(?:\\x)?[0-9a-fA-F]{2}(?:, |[: ])?){8,}+")
_BASE64 = re.compile(r"(?:[\w+/-]{16,}+(?:\\r|\\n|\s)*+)++[\w+/-]*+={0,2}", re.ASCII)
# Lines of `hexdump -C`, `xxd`, `od`, Wireshark, Netty and `tcpdump -X`: an offset, up to 16 bytes,
# the same as text.
_DUMP_LINE = (
    r"[ \t]*\|?(?:0x)?[0-9a-fA-F]{4,8}[:|]?[ \t]{1,3}"
    r"((?:(?:[0-9a-fA-F]{2}){1,2}(?:[ \t]{1,2}|$)){1,16})[^\n]*(?:\n|\Z)"
)
_HALVES = re.compile(r"(?:\w\w ){8} (?:\w\w )*")
_DUMP = re.compile(rf"^(?:{_DUMP_LINE})++", re.MULTILINE)
_PERCENT = re.compile(r"%7B[^\s\"'&<>]++", re.IGNORECASE)
_START = re.compile(rb'(?:\xef\xbb\xbf)?[{\["]|[A-Z]{3,7} [/h]')  # of JSON, or of a whole message
_MAX_CHARACTERS = 4_000_000
_START_IN_PACKET = re.compile(rb'(?:\xef\xbb\xbf)?\{["\s}]|(?:POST|PUT|PATCH) \S')


def messages(text: str) -> Iterator[list[bytes]]:
    """The HTTP messages that a text holds as bytes, each as it may be read.

    In Burp's XML, as Go prints a dump.
    """
    for spot in spots(text):
        if spot.end - spot.start > _MAX_CHARACTERS:
            continue
        bodies = [candidate.body for candidate in spot.read(text, spot.start, spot.end)]
        yield [body for body in bodies if body[:1].isupper() and _START.match(body)]


def spots(text: str) -> Iterator[Spot]:
    """Every place that may hold a body, or a message, as bytes."""
    for pattern, read in (
        (_BUFFER, _buffer), (_NUMBERS, _numbers), (_HEX, _hexadecimal), (_BASE64, _base64),
        (_PERCENT, _form_field), (_DUMP, _dump),
    ):  # fmt: skip
        for match in pattern.finditer(text):
            yield Spot(match.start(), match.end(), read)


def _buffer(text: str, start: int, end: int) -> Iterator[Candidate]:
    octets = bytes.fromhex("".join(re.findall(" ([0-9a-f]{2})(?= |>)", text[start:end])))
    yield Candidate(start, octets, "a buffer", is_named=True, is_exact=True)


def _numbers(text: str, start: int, end: int) -> Iterator[Candidate]:
    values = [
        int(number, 16) if number.lower().startswith("0x") else int(number)
        for number in re.findall(_NUMBER, text[start:end])
    ]
    if all(-128 <= value < 256 for value in values):  # noqa: PLR2004 - of a byte; Java's are signed
        octets = bytes([value & 0xFF for value in values])
        yield Candidate(start, octets, "a list of bytes", is_exact=True)


def _hexadecimal(text: str, start: int, end: int) -> Iterator[Candidate]:
    octets = bytes.fromhex(re.sub(r"\\x|[:,]", " ", text[start:end]))
    if _START.match(octets):
        yield Candidate(start, octets, "hexadecimal", is_exact=True)


def _dump(text: str, start: int, end: int) -> Iterator[Candidate]:
    """The bytes of a hex dump, from where its packet holds a message or JSON."""
    octets = bytearray()
    for line in re.finditer(_DUMP_LINE, text[start:end], re.MULTILINE):
        is_apart = "|" in line[0] or _HALVES.match(line[1])  # the text beside the digits
        digits = line[1] if is_apart else line[1].split("  ")[0]
        octets += bytes.fromhex("".join(digits.split())[:32])
    if beginning := _START_IN_PACKET.search(octets):
        yield Candidate(start, bytes(octets[beginning.start() :]), "a hex dump", is_exact=True)


def _base64(text: str, start: int, end: int) -> Iterator[Candidate]:
    run = text[start:end]
    is_named = calls_it_body(text, start - (text[start - 1 : start] in ("'", '"')))
    for piece in dict.fromkeys((run, run.rsplit(None, 1)[0])):  # the last word may be another's
        bare = re.sub(r"\\[rn]|[\s=]", "", piece).replace("-", "+").replace("_", "/")
        octets = base64.b64decode(bare[: len(bare) - (len(bare) % 4 == 1)] + "==")
        if is_named or _START.match(octets):
            yield Candidate(start, octets, "base64", is_named=is_named, is_exact=True)


def _form_field(text: str, start: int, end: int) -> Iterator[Candidate]:
    octets = unquote_to_bytes(text[start:end].replace("+", " "))
    yield Candidate(start, octets, "a form field", is_named=calls_it_body(text, start))
