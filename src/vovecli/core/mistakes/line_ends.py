"""Line ends, white space and byte order marks that came or went between signing and capture."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from itertools import product
from typing import TYPE_CHECKING

from vovecli.core.mistakes.mistake import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.mistakes.mistake import Candidates

MAX_TRAILING_NEWLINES = 8
_LINE_END = rb"\r\n|\r|\n"
_ADDED = "it is there now and was not signed"
_REMOVED = "it was signed and is gone"


def without_trailing_newlines(body: bytes) -> Candidates:
    """The body before one or more newlines were added at its end."""
    for count in range(1, MAX_TRAILING_NEWLINES + 1):
        if body.endswith(b"\r\n"):
            body = body[:-2]
        elif body.endswith((b"\n", b"\r")):
            body = body[:-1]
        else:
            return
        yield f"{count} of them" if count > 1 else "", body


def with_trailing_newline(body: bytes) -> Candidates:
    """The body before the newline at its end was removed."""
    yield "a line feed", body + b"\n"
    yield "CR LF", body + b"\r\n"


def with_other_trailing_newlines(body: bytes) -> Candidates:
    """The rarer ends of a text."""
    yield "two line feeds", body + b"\n\n"
    yield "two CR LF", body + b"\r\n\r\n"
    yield "a carriage return", body + b"\r"


def crlf_to_lf(body: bytes) -> Candidates:
    """Line feeds that became CR LF, back."""
    if b"\r\n" in body:
        yield "", body.replace(b"\r\n", b"\n")
        yield "it had lone carriage returns", body.replace(b"\r\n", b"\r")
    if b"\r" in body.replace(b"\r\n", b""):
        # A Content-Length that is one too short ends between the two.
        words = "of some only the carriage return is left, or was ever there"
        yield words, re.sub(_LINE_END, b"\n", body)


def lf_to_crlf(body: bytes) -> Candidates:
    """CR LF that became line feeds, back."""
    if b"\n" in body or b"\r" in body:
        yield "", re.sub(_LINE_END, b"\r\n", body)
        yield "it had lone carriage returns", re.sub(_LINE_END, b"\r", body)


def without_bom(body: bytes) -> Candidates:
    """The body behind a byte order mark."""
    if body.startswith(BOM_UTF8):
        yield "", body[len(BOM_UTF8) :]


def with_bom(body: bytes) -> Candidates:
    """The body with the byte order mark that it lost."""
    if not body.startswith(BOM_UTF8):
        yield "", BOM_UTF8 + body


def trimmed(body: bytes) -> Candidates:
    """The body without the white space around it."""
    for bare in (body.strip(), body.rstrip(), body.lstrip(), body.strip(b" \t\r\n\0")):
        if bare != body:
            yield _ADDED, bare
    lines = b"\n".join(line.rstrip(b" \t") for line in body.split(b"\n"))
    if lines != body:
        yield f"at the ends of lines {_ADDED}", lines


def untrimmed(body: bytes) -> Candidates:
    """The body with white space around it that was removed."""
    for before, after in (
        (b"", b" "), (b"", b"\t"), (b"", b"  "), (b"", b"\0"), (b"", b" \n"), (b"\n", b""),
        (b" ", b""), (b"\r\n", b""), (b"\n", b"\n"), (b" ", b" "), (b" ", b"\n"),
    ):  # fmt: skip
        yield _REMOVED, before + body + after


def unwrapped(body: bytes) -> Candidates:
    """The body on one line."""
    if b"\n" in body or b"\r" in body:
        bare = body.strip(b"\r\n")
        yield "", bare.translate(None, b"\r\n")
        yield "each with an indentation", re.sub(rb"[\r\n]++[ \t]*+", b"", bare)
        yield "each in the place of a space", re.sub(rb"[ \t]*+(?:\r\n|\r|\n)", b" ", bare)
        yield (
            "each with an indentation, in the place of a space",
            re.sub(rb"(?:\r\n|\r|\n)[ \t]*+", b" ", bare),
        )


def other_ends(body: bytes) -> Iterator[tuple[tuple[Mistake, ...], bytes]]:
    """Byte order mark, line ends and the end of the file, more than one of them changed."""
    bare = re.sub(_LINE_END, b"\n", body.removeprefix(BOM_UTF8)).rstrip(b"\n")
    has_bom, is_crlf, has_end = (
        body.startswith(BOM_UTF8),
        b"\r\n" in body,
        body.endswith((b"\n", b"\r")),
    )
    for bom, crlf, end in product((False, True), repeat=3):
        was_crlf = crlf if b"\n" in body else is_crlf  # one line has no line ends to convert
        mistakes = (
            *_changed(bom, has_bom, "bom-removed", "bom-added"),
            *_changed(was_crlf, is_crlf, "lf-converted-body", "crlf-converted-body"),
            *_changed(end, has_end, "trailing-newline-removed", "trailing-newline-added"),
        )
        if len(mistakes) > 1:
            newline = b"\r\n" if crlf else b"\n"
            yield mistakes, BOM_UTF8 * bom + bare.replace(b"\n", newline) + newline * end
    if (trimmed_too := bare.strip(b" \t\n")) != bare and b"\n" in trimmed_too:
        converted = "crlf-converted-body" if is_crlf else "lf-converted-body"
        newline = b"\n" if is_crlf else b"\r\n"
        mistakes = (Mistake("whitespace-trimmed", _ADDED), Mistake(converted))
        yield mistakes, trimmed_too.replace(b"\n", newline)


def _changed(was: bool, now: bool, removed: str, added: str) -> tuple[Mistake, ...]:  # noqa: FBT001 - two states of one thing
    return (Mistake(removed if was else added),) if was != now else ()
