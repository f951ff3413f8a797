"""The public URL of last time: when it changes, the dashboard still has the old one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

_MAX_URL = 2048


def exchange_last_url(path: Path, public_url: str) -> str:
    """Note the URL in a file of mode 0600 and give the one that stood there; empty for none.

    A file that cannot be read or written costs the comparison, nothing else.
    """
    previous = ""
    with contextlib.suppress(OSError), path.open("rb") as file:
        previous = file.read(_MAX_URL).decode("utf-8", "replace").strip()
    if previous != public_url:
        with contextlib.suppress(OSError):
            _write(path, public_url)
    return previous if previous.isprintable() else ""


def _write(path: Path, public_url: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    number, name = tempfile.mkstemp(dir=path.parent)  # mode 0600
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(public_url + "\n")
    Path(name).replace(path)
