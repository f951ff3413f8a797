"""A fault: one thing done wrong, as far as a hypothesis names it."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One mistake of a signer, a carrier or a capture.

    Attributes:
        code: A key of `causes.CAUSES`.
        detail: Which variant of it, in a few words; may be empty.
    """

    code: str
    detail: str = ""


class Budget:
    """How much work a search may still do: bytes hashed and MACs computed."""

    def __init__(self, *, bytes_left: int, macs_left: int) -> None:
        self.bytes_left = bytes_left
        self.macs_left = macs_left
        self.spent = 0

    def spend(self, size: int) -> bool:
        """Account for one MAC over `size` bytes; False when it is not to be computed any more."""
        if self.macs_left <= 0 or self.bytes_left < size:
            return False
        self.macs_left -= 1
        self.bytes_left -= size
        self.spent += 1
        return True
