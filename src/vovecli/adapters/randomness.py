"""Random bytes, or repeatable ones when a seed asks for them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def random_source(seed: int | None = None) -> Callable[[int], bytes]:
    """A function from a count to that many bytes: the system's, or a fixed stream for a seed."""
    if seed is None:
        return os.urandom
    from random import Random  # costs 8 ms, only where a seed is given

    return Random(seed).randbytes  # noqa: S311 - a seed asks for repeatable ids, not secret ones
