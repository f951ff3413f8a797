"""The body: what it may have been when it was signed, by what is known to happen to bodies.

Each builder yields (detail, candidate body) for one fault; the fault is named by what happened
from the signed body to the captured one, or by what the signer did to it.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from vovecli.core.diagnosis import transcoding
from vovecli.core.diagnosis.faults import Fault
from vovecli.core.diagnosis.json_styles import restyled
from vovecli.core.diagnosis.json_text import missing_closers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Candidates = Iterator[tuple[str, bytes]]
    Builder = Callable[[bytes], Candidates]

BOM = b"\xef\xbb\xbf"
MAX_REWRITTEN_BYTES = 65_536
MAX_TRAILING_NEWLINES = 8
_LINE_END = rb"\r\n|\r|\n"
_COMMENT = rb"""(?xs)
      (?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+")
    | (?P<space>[ \t]*+) (?: //[^\r\n]*+ | /\*.*?\*/ | \#[^\r\n]*+ )
"""


def _without_trailing_newlines(body: bytes) -> Candidates:
    for count in range(1, MAX_TRAILING_NEWLINES + 1):
        if body.endswith(b"\r\n"):
            body = body[:-2]
        elif body.endswith((b"\n", b"\r")):
            body = body[:-1]
        else:
            return
        yield f"{count} of them" if count > 1 else "", body


def _with_trailing_newlines(body: bytes) -> Candidates:
    yield "a line feed", body + b"\n"
    yield "CR LF", body + b"\r\n"
    yield "two line feeds", body + b"\n\n"
    yield "two CR LF", body + b"\r\n\r\n"
    yield "a carriage return", body + b"\r"
    if body.endswith(b"\n") and not body.endswith(b"\r\n"):
        yield "CR LF became a line feed", body[:-1] + b"\r\n"


def _crlf_to_lf(body: bytes) -> Candidates:
    if b"\r\n" in body:
        yield "", body.replace(b"\r\n", b"\n")
        yield "it had lone carriage returns", body.replace(b"\r\n", b"\r")


def _lf_to_crlf(body: bytes) -> Candidates:
    if b"\n" in body or b"\r" in body:
        yield "", re.sub(_LINE_END, b"\r\n", body)
        yield "it had lone carriage returns", re.sub(_LINE_END, b"\r", body)
        yield "it had lone line feeds", re.sub(_LINE_END, b"\n", body)


def without_bom(body: bytes) -> Candidates:
    """The body behind a byte order mark."""
    if body.startswith(BOM):
        yield "", body[len(BOM) :]


def _with_bom(body: bytes) -> Candidates:
    if not body.startswith(BOM):
        yield "", BOM + body


def _without_newlines(body: bytes) -> Candidates:
    if b"\n" in body or b"\r" in body:
        yield "before it was signed, not after", body.translate(None, b"\r\n")
        yield "before it was signed, not after", body.translate(None, b"\r\n\0")
        yield (
            "each with its indentation, before it was signed",
            re.sub(rb"[\r\n]+[ \t]*", b"", body),
        )
        yield "each became a space before it was signed", re.sub(_LINE_END, b" ", body)


def _with_and_without_space(body: bytes) -> Candidates:
    for trimmed in (body.strip(), body.rstrip(), body.lstrip(), body.strip(b" \t\r\n\0")):
        yield "before it was signed, not after", trimmed
    lines = [line.rstrip(b" \t") for line in body.split(b"\n")]
    yield "at the line ends, before it was signed", b"\n".join(lines)
    for space in (b" ", b"\t", b"  ", b"\0"):
        yield "at its end", body + space
    for before, after in (
        (b"\n", b""),
        (b" ", b""),
        (b"\r\n", b""),
        (b"\n", b"\n"),
        (b" ", b" "),
        (b" ", b"\n"),
    ):
        yield "at its beginning", before + body + after
    yield "at its end", body + b" \n"


def without_comments(body: bytes) -> Candidates:
    """JSON behind //, /* */ and # comments."""
    if b"//" in body or b"/*" in body or b"#" in body:
        with_space = re.sub(_COMMENT, lambda match: match["string"] or match["space"], body)
        yield "", re.sub(_COMMENT, lambda match: match["string"] or b"", body)
        yield "its space stayed", with_space
        yield "its line went too", re.sub(rb"(?m)^[ \t]+\r?\n", b"", with_space)


def completed(body: bytes) -> Candidates:
    """JSON whose last brackets are missing."""
    text = body.rstrip()
    if closers := missing_closers(text.decode("utf-8", "surrogateescape")).encode():
        yield "its closing brackets are missing", body + closers
        yield "its closing brackets are missing", text + b"\n" + closers
        yield "its closing brackets are missing", text + b"\n" + closers + b"\n"
        yield "its closing brackets are missing", text + b"\r\n" + closers


def _cut_by_the_signer(body: bytes) -> Candidates:
    for power in range(8, 20):
        if len(body) > 1 << power:
            yield f"only the first {1 << power} bytes were signed", body[: 1 << power]


# In the order they are tried, which is also the order of preference where two give the same bytes.
ANY_SIZE: Mapping[str, tuple[Builder, ...]] = {
    "trailing-newline-added": (_without_trailing_newlines,),
    "trailing-newline-removed": (_with_trailing_newlines,),
    "crlf-converted-body": (_crlf_to_lf,),
    "lf-converted-body": (_lf_to_crlf,),
    "bom-added": (without_bom,),
    "bom-removed": (_with_bom,),
    "whitespace-trimmed": (_with_and_without_space,),
    "newlines-stripped": (_without_newlines,),
    "truncated-body": (completed, _cut_by_the_signer),
    "body-compressed": (transcoding.decompressed,),
    "charset-converted": (transcoding.other_charsets,),
    "lossy-utf8": (transcoding.lossy_utf8,),
    "unicode-normalized": (transcoding.normalized,),
    "smart-quotes": (transcoding.plain_quotes,),
    "body-json-string": (transcoding.from_json_string,),
    "body-base64-encoded": (transcoding.from_base64,),
    "body-percent-encoded": (transcoding.from_percent_encoding,),
    "body-html-escaped": (transcoding.from_html,),
    "python-bytes-repr": (transcoding.from_bytes_repr,),
}
# Too slow on large bodies; mostly what a signer did to the body before signing it.
SMALL_ONLY: Mapping[str, tuple[Builder, ...]] = {
    "json-comment": (without_comments,),
    "python-bytes-repr": (transcoding.to_bytes_repr,),
    "body-json-string": (transcoding.to_json_string,),
    "body-base64-encoded": (transcoding.to_base64,),
    "body-percent-encoded": (transcoding.to_percent_encoding,),
    "body-html-escaped": (transcoding.to_html,),
    "body-object-object": (transcoding.to_byte_numbers,),
    "body-compressed": (transcoding.compressed,),
}
# Cheap, and often met together with something else.
_LAST_LINE = {code: ANY_SIZE[code] for code in ("trailing-newline-removed", "bom-removed")}
_LINE_ENDS = {
    code: ANY_SIZE[code]
    for code in (
        "trailing-newline-added",
        "crlf-converted-body",
        "lf-converted-body",
        "bom-added",
        *_LAST_LINE,
    )
}
# What is inside these may have been re-serialised besides.
WRAPPINGS: frozenset[str] = frozenset({
    "bom-added", "truncated-body", "json-comment", "body-compressed", "charset-converted",
    "smart-quotes", "unicode-normalized", "body-json-string", "body-base64-encoded",
    "body-percent-encoded", "body-html-escaped", "python-bytes-repr",
})  # fmt: skip

Variant = tuple[tuple[Fault, ...], bytes]


def body_variants(body: bytes, declared_length: int | None) -> Iterator[Variant]:
    """Every body with one fault taken back, each once, the faults in order of preference."""
    return _each_once(body, _one_step(body, declared_length))


def twice_varied(body: bytes, variants: Iterable[Variant]) -> Iterator[Variant]:
    """Bodies with two faults taken back, the first of them by one of the variants."""
    known = list(variants)
    return _each_once(body, _two_steps(known), but={candidate for _, candidate in known})


def _one_step(body: bytes, declared_length: int | None) -> Iterator[Variant]:
    yield from _built(ANY_SIZE, body)
    yield from _with_other_ends(body)
    if declared_length is not None and declared_length < len(body):
        detail = f"the first {declared_length} bytes, as Content-Length says, are what was signed"
        yield (Fault("content-length-mismatch", detail),), body[:declared_length]
    if len(body) <= MAX_REWRITTEN_BYTES:
        for fault, candidate in restyled(body):
            yield (fault,), candidate
        yield from _built(SMALL_ONLY, body)


def _with_other_ends(body: bytes) -> Iterator[Variant]:
    """Byte order mark, line ends and the end of the file, more than one of them changed."""
    bare = re.sub(_LINE_END, b"\n", body.removeprefix(BOM)).rstrip(b"\n")
    has_bom, is_crlf, has_end = body.startswith(BOM), b"\r\n" in body, body.endswith((b"\n", b"\r"))
    for bom, crlf, end in product((False, True), repeat=3):
        was_crlf = crlf if b"\n" in body else is_crlf  # one line has no line ends to convert
        faults = (
            *_changed(bom, has_bom, "bom-removed", "bom-added"),
            *_changed(was_crlf, is_crlf, "lf-converted-body", "crlf-converted-body"),
            *_changed(end, has_end, "trailing-newline-removed", "trailing-newline-added"),
        )
        if len(faults) > 1:
            newline = b"\r\n" if crlf else b"\n"
            yield faults, BOM * bom + bare.replace(b"\n", newline) + newline * end


def _changed(was: bool, now: bool, removed: str, added: str) -> tuple[Fault, ...]:  # noqa: FBT001 - two states of one thing
    return (Fault(removed if was else added),) if was != now else ()


def _two_steps(variants: list[Variant]) -> Iterator[Variant]:
    for faults, body in variants:
        if faults[0].code in WRAPPINGS and len(body) <= MAX_REWRITTEN_BYTES:
            for fault, candidate in restyled(body):
                yield (*faults, fault), candidate
    for faults, body in variants:
        # A style of its own has its own line ends; only the end of the file is still open.
        is_restyled = faults[0].code == "body-reserialized"
        for second, candidate in _built(_LAST_LINE if is_restyled else _LINE_ENDS, body):
            yield (*faults, *second), candidate


def _built(builders: Mapping[str, tuple[Builder, ...]], body: bytes) -> Iterator[Variant]:
    for code, each in builders.items():
        for builder in each:
            for detail, candidate in builder(body):
                yield (Fault(code, detail),), candidate


def _each_once(
    body: bytes, variants: Iterator[Variant], *, but: set[bytes] | None = None
) -> Iterator[Variant]:
    seen = {body} | (but or set())
    for faults, candidate in variants:
        if candidate not in seen:
            seen.add(candidate)
            yield faults, candidate
