"""What a mistake is called, and how rare it is."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    Candidates = Iterator[tuple[str, bytes]]  # what may have been signed, each with what it is


class Mistake(NamedTuple):
    """One mistake of a signer, a carrier or a capture, as far as it can be named.

    Attributes:
        code: A key of `codes.CAUSES`.
        words: Which variant of it, in a few words; may be empty.
    """

    code: str
    words: str = ""


class Rank(IntEnum):
    """How rare a row is, which decides what it is tried together with."""

    RIGHT = 0
    COMMON = 1  # meets others: tried in pairs
    SELDOM = 2  # tried with common ones
    RARE = 3  # tried alone only
