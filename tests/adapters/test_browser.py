"""Opening the user's browser."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters.browser import has_display, opened

if TYPE_CHECKING:
    import pytest

URL = "http://localhost:4050/#token=a&record=1"


def test_the_browser_gets_a_private_file_that_leads_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is in the file, never on the command line; the file goes with the block."""
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}.new; mv {seen}.new {seen}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{browser} %s")

    assert has_display()
    with opened(URL) as is_open:
        assert is_open
        until = time.monotonic() + 10
        while not seen.exists() and time.monotonic() < until:
            time.sleep(0.01)  # the browser is another process
        named = seen.read_text().strip()
        file = Path(named.removeprefix("file://"))
        assert "token" not in named
        assert 'url=http://localhost:4050/#token=a&amp;record=1"' in file.read_text()
        assert file.stat().st_mode & 0o777 == 0o600
    assert not file.exists()


def test_without_a_display_no_browser_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python would start one for terminals."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("platform.system", lambda: "Linux")

    assert not has_display()

    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert has_display()
