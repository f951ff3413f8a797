"""The public URL of last time: when it changes, the dashboard still has the old one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from vovecli.adapters.files import write_private
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from pathlib import Path

_MAX_URL = 2048


def last_url_path() -> Path:
    """Where the URL is kept, per user."""
    import platformdirs  # only where a user folder is needed

    return platformdirs.user_data_path("vove") / "last-public-url"


def exchange_last_url(path: Path, public_url: str) -> str:
    """Note the URL in a file of mode 0600 and give the one that stood there; empty for none.

    A file that cannot be read or written costs the comparison, nothing else.
    """
    previous = ""
    with contextlib.suppress(OSError), path.open("rb") as file:
        previous = file.read(_MAX_URL).decode("utf-8", "replace").strip()
    if previous != public_url:
        with contextlib.suppress(VoveError):
            write_private(path, f"{public_url}\n".encode())
    return previous if previous.isprintable() else ""
