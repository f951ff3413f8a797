"""Numbers of bytes as people type them."""

from __future__ import annotations

import re

from vovecli.core.errors import Category, VoveError

_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE = re.compile(r"([0-9]{1,12})\s?([kmg]?)(?:i?b)?", re.ASCII | re.IGNORECASE)


def parse_size(text: str) -> int:
    """Bytes out of `512`, `64k`, `1MiB`; units are powers of 1024.

    Raises:
        VoveError: `bad-size`.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise VoveError(
            "bad-size",
            f"{text!r} is not a size",
            hint="write 512, 64k or 1MiB",
            category=Category.USAGE,
        )
    return int(match[1]) * _UNITS[match[2].lower()]
