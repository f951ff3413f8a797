"""The body: what may have been signed in the captured one's place, by what happens to bodies.

A row derives from the body that is there what was signed. Either a *carrier* changed it after it
was signed, and the row takes that back; or the *signer* (or a handler) hashed something else than
the body, and the row does the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.mistakes import json_styles, line_ends, rewriting, surroundings, transcoding
from vovecli.core.mistakes.json_styles import (
    COMPACT,
    INDENTED_BY_2,
    INDENTED_BY_4,
    MAX_STYLED_BYTES,
    PYTHON,
    written_as,
)
from vovecli.core.mistakes.json_writing import PHP_ESCAPES
from vovecli.core.mistakes.mistake import Mistake, Rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Derive = Callable[[bytes], Iterator[tuple[str, bytes]]]


class WrongBody(NamedTuple):
    """One thing that happens to bodies.

    Attributes:
        derive: For the body that is there: (words, what was signed) for each variant.
        by: Who did it.
        probe: Whether a handler may hash that, too, so that accepting it proves the mistake.
        handler_code: What `vove check` calls it; empty where that is `code`.
        max_bytes: Above this it takes too long.
    """

    code: str
    derive: Derive
    rank: Rank = Rank.COMMON
    by: Literal["carrier", "signer"] = "carrier"
    probe: bool = False
    handler_code: str = ""
    max_bytes: int = 1 << 62

    def variants(self, body: bytes) -> Iterator[tuple[Mistake, bytes]]:
        """Every signed body with what it is called; none that is the body itself."""
        for words, signed in self.derive(body) if len(body) <= self.max_bytes else ():
            if signed != body:
                yield Mistake(self.code, words), signed

    def signed(self, body: bytes) -> bytes | None:
        """The likeliest of them, for a probe; None where this body leaves nothing to tell by."""
        return next((signed for _, signed in self.variants(body)), None)


def _carried(code: str, derive: Derive, rank: Rank = Rank.COMMON) -> WrongBody:
    return WrongBody(code, derive, rank)


def _edited(code: str, derive: Derive, rank: Rank = Rank.COMMON) -> WrongBody:
    return WrongBody(code, derive, rank, max_bytes=MAX_STYLED_BYTES)


def _hashed(
    code: str, derive: Derive, handler_code: str = "", rank: Rank = Rank.SELDOM
) -> WrongBody:
    return WrongBody(code, derive, rank, "signer", True, handler_code, MAX_STYLED_BYTES)


def _restyled(derive: Derive, rank: Rank, *, probe: bool = False) -> WrongBody:
    return WrongBody("body-reserialized", derive, rank, "signer", probe)


_PARSED = "body-parsed-before-verify"

# In the order they are tried, which is also the order of preference where two give the same bytes.
BODIES: Mapping[str, WrongBody] = {
    "newline-added": _carried("trailing-newline-added", line_ends.without_trailing_newlines),
    "newline-removed": _carried("trailing-newline-removed", line_ends.with_trailing_newline),
    "newlines-removed": _carried(
        "trailing-newline-removed", line_ends.with_other_trailing_newlines, Rank.SELDOM
    ),
    "crlf-from-lf": _carried("crlf-converted-body", line_ends.crlf_to_lf),
    "lf-from-crlf": _carried("lf-converted-body", line_ends.lf_to_crlf),
    "bom-added": _carried("bom-added", line_ends.without_bom),
    "bom-removed": _carried("bom-removed", line_ends.with_bom),
    "space-added": _carried("whitespace-trimmed", line_ends.trimmed),
    "space-removed": _carried("whitespace-trimmed", line_ends.untrimmed, Rank.SELDOM),
    "invisible": _carried("invisible-characters", surroundings.without_invisibles),
    "cut": _carried("truncated-body", surroundings.completed),
    "cut-by-signer": WrongBody("truncated-body", surroundings.first_bytes, Rank.RARE, "signer"),
    "compressed": _carried("body-compressed", transcoding.decompressed),
    "recoded": _carried("charset-converted", transcoding.other_charsets),
    "lossy": WrongBody("lossy-utf8", rewriting.lossy_utf8, Rank.SELDOM, "signer"),
    "normalized": _carried("unicode-normalized", transcoding.normalized),
    "curly-quotes": _carried("smart-quotes", transcoding.plain_quotes),
    "in-json-string": _carried("body-json-string", transcoding.from_json_string),
    "in-base64": _carried("body-base64-encoded", transcoding.from_base64),
    "in-percent-encoding": _carried("body-percent-encoded", transcoding.from_percent_encoding),
    "in-html": _carried("body-html-escaped", transcoding.from_html),
    "in-bytes-repr": _carried("python-bytes-repr", transcoding.from_bytes_repr),
    "in-csv": _edited("csv-escaped", surroundings.from_csv_cell),
    "commented": _edited("json-comment", surroundings.without_comments),
    "surrounded": _edited("text-around-body", surroundings.without_surroundings),
    "nested": _edited("text-around-body", surroundings.values_inside, Rank.SELDOM),
    "lost-line-ends": _restyled(json_styles.with_line_ends, Rank.COMMON)._replace(
        code="newlines-stripped", by="carrier"
    ),
    "restyled": _restyled(json_styles.common_styles, Rank.COMMON),
    "restyled-otherwise": _restyled(json_styles.other_styles, Rank.SELDOM),
    # One style each, for probes: the two rows above hold them all.
    "compact": _restyled(written_as(COMPACT), Rank.RARE, probe=True),
    "python-spacing": _restyled(written_as(PYTHON), Rank.RARE, probe=True),
    "indented": _restyled(written_as(INDENTED_BY_2), Rank.RARE, probe=True),
    "indented-by-4": _restyled(written_as(INDENTED_BY_4), Rank.RARE, probe=True),
    "sorted-keys": _restyled(written_as(COMPACT, sort=True), Rank.RARE, probe=True),
    "sorted-python-spacing": _restyled(written_as(PYTHON, sort=True), Rank.RARE, probe=True),
    "php-escapes": _restyled(written_as(COMPACT, PHP_ESCAPES), Rank.RARE, probe=True),
    "wrapped": _edited("body-wrapped", line_ends.unwrapped),
    "altered": _edited("field-altered", surroundings.unaltered, Rank.SELDOM),
    "bytes-repr": _hashed("python-bytes-repr", rewriting.to_bytes_repr, rank=Rank.COMMON),
    "json-string": _hashed("body-json-string", rewriting.to_json_string, "body-reserialized"),
    "node-buffer": _hashed("body-json-string", rewriting.to_node_buffer, "body-reserialized"),
    "byte-numbers": _hashed("body-object-object", rewriting.to_byte_numbers, _PARSED),
    "printed-bytes": _hashed("body-object-object", rewriting.to_printed_bytes, _PARSED),
    "printed-object": _hashed("body-reserialized", rewriting.to_printed_object, _PARSED),
    "base64": _hashed("body-base64-encoded", rewriting.to_base64),
    "percent-encoding": _hashed("body-percent-encoded", rewriting.to_percent_encoding),
    "html": _hashed("body-html-escaped", rewriting.to_html),
    "other-charset": _hashed("charset-converted", rewriting.in_another_charset),
    "gzip": _hashed("body-compressed", rewriting.compressed),
    "fractions-lost": _restyled(json_styles.with_fractions, Rank.RARE),
    "restyled-rarely": _restyled(json_styles.rare_styles, Rank.RARE),
}
_PAIRED = tuple(name for name, row in BODIES.items() if row.rank <= Rank.SELDOM)
AFTER_ENDS = "invisible"  # several changes of the ends together are likelier than what follows
_STYLES = ("lost-line-ends", "restyled", "restyled-otherwise")
_ENDS = ("newline-removed", "newlines-removed", "bom-removed", "space-removed")
# What is put back at an end is no surroundings of another text, nor a sign of an altered value; and
# a # or // that took the closing brackets with it was no comment.
_NOT_AFTER = {"cut": ("surrounded", "nested", "altered"), "commented": ("cut",)}


def followed_by(name: str) -> Iterator[WrongBody]:
    """What may have happened before the change of a row, and could still be found after it.

    Whoever writes a document anew drops what stood at its ends, and a text's ends make no other
    document: trying both together would only give the same bytes again.
    """
    if name in _STYLES:
        names: tuple[str, ...] = (*_ENDS, "altered", "bytes-repr")
    elif name in _ENDS:
        names = tuple(other for other in _PAIRED if other not in _STYLES)
    else:
        names = tuple(other for other in _PAIRED if other != "restyled-otherwise")
    left_out = (name, *_NOT_AFTER.get(name, ()))
    yield from (BODIES[other] for other in names if other not in left_out)
