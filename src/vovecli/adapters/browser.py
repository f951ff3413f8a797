"""The user's web browser."""

from __future__ import annotations

import os
import platform
import tempfile
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_REDIRECT = (
    '<!doctype html>\n<meta charset="utf-8">\n<meta name="referrer" content="no-referrer">\n'
    '<meta http-equiv="refresh" content="0; url={url}">\n<title>vove inspect</title>\n'
    '<p><a href="{url}">Open the page</a></p>\n'
)


def has_display() -> bool:
    """Whether a browser has a window to open; elsewhere Python would start one for terminals."""
    if platform.system() == "Linux":
        return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return True


@contextmanager
def opened(url: str) -> Iterator[bool]:
    """Open a URL that holds a token, by a private file: other users can read command lines.

    Yields:
        Whether a browser was found.
    """
    import webbrowser

    with tempfile.TemporaryDirectory(prefix="vove-inspect-") as folder:
        page = Path(folder) / "open.html"
        page.touch(mode=0o600)
        page.write_text(_REDIRECT.format(url=escape(url)), encoding="utf-8")
        yield webbrowser.open(page.as_uri())
