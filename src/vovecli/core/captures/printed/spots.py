"""A place of a printed text that may hold the body, and what is there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# What stands before a body where a program names it.
_NAMED = re.compile(
    r"""(?:body|payload|data|content|raw|text|json|event)[\w$-]{0,12}["'\])]{0,3}[ \t]*
        (?:=>|->|[:=,;]|[ \t])\s{0,20}(?:string\([0-9]+\)[ ]|[bur])?$""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMED_WITHIN = 60


class Candidate(NamedTuple):
    """Bytes that may be the body.

    Attributes:
        at: Offset in the text where they stand.
        origin: What they are there, in words.
        form: `text` as it stands; `value`: JSON that is a value of what was printed: a parser may
            have read it and a printer written it anew; `object`: the compact form of what a console
            prints of an object.
        is_named: Whether the text calls it the body.
        is_exact: Whether these are bytes that were printed as such: none is lost or another.
    """

    at: int
    body: bytes
    origin: str
    form: Literal["text", "value", "object"] = "text"
    is_named: bool = False
    is_exact: bool = False


class Spot(NamedTuple):
    """A place of the text, and what works out the candidates that it holds."""

    start: int
    end: int
    read: Callable[[str, int, int], Iterator[Candidate]]


def calls_it_body(text: str, at: int) -> bool:
    """Whether a text calls what starts at an offset the body."""
    return _NAMED.search(text, max(0, at - _NAMED_WITHIN), at) is not None


def octets_of(text: str) -> bytes:
    """The bytes of a text in which those that are no UTF-8 are surrogate-escaped."""
    return text.encode("utf-8", "surrogateescape")
