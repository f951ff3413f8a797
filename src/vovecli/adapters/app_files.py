"""Files in the working directory that say what an app is made with."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What dotenv and its relatives read, in the languages of webhook handlers.
ENV_FILES = (
    ".env",
    ".env.local",
    ".env.development",
    ".env.development.local",
    ".env.production",
    ".flaskenv",
    ".dev.vars",
)
_LIMIT = 64 * 1024


def texts_here(names: Iterable[str]) -> dict[str, str]:
    """The beginnings of those of these files that are here and can be read."""
    found = {}
    for name in names:
        with contextlib.suppress(OSError), open(name, "rb") as file:  # noqa: PTH123 - bytes, bounded
            found[name] = file.read(_LIMIT).decode("utf-8", "replace")
    return found
