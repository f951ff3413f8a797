"""The browser of this machine."""

from __future__ import annotations

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str:
    """Its path; where there is none the test skips, in CI it fails."""
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    missing = f"no browser here ({', '.join(BROWSERS)})"
    if "CI" in os.environ:
        pytest.fail(missing)
    pytest.skip(missing)
