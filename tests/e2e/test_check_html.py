"""The HTML report of `vove check` in a real browser."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.e2e.broken import PATH, SECRET, broken
from tests.e2e.browsers import find_browser

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 800, 600


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report about a handler with a mistake."""
    folder = tmp_path_factory.mktemp("html")
    with broken("node", "undecoded-key", folder) as url:
        subprocess.run(
            [sys.executable, "-m", "vovecli", "check", url + PATH, "-q", "--html", "report.html"],
            cwd=folder,
            env={**os.environ, "VOVE_WEBHOOK_SECRET": SECRET},
            stdout=subprocess.DEVNULL,
            check=False,
        )
    return folder / "report.html"


def _chromium(*args: str) -> bytes:
    command = [
        find_browser(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        *args,
    ]
    return subprocess.run(command, capture_output=True, timeout=50, check=True).stdout


def test_a_browser_renders_the_whole_page(page: Path) -> None:
    """What it shows is what the report says, and the document came out as it was written."""
    dom = _chromium("--dump-dom", page.as_uri()).decode()

    assert "<h1" in dom
    assert "undecoded-secret" in dom
    assert dom.count("<section") == 3  # the cause and two failed checks
    assert dom.rstrip().endswith("</html>")


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_in_both_schemes(scheme: str, is_dark: bool, page: Path, tmp_path: Path) -> None:  # noqa: FBT001 - a table
    """The ground follows the reader's scheme, and something is drawn on it."""
    shot = tmp_path / f"{scheme}.png"
    dark = ("--blink-settings=preferredColorScheme=0",) if is_dark else ()
    _chromium(*dark, f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={shot}", page.as_uri())

    colours = _colours(shot.read_bytes())
    ground, count = colours.most_common(1)[0]
    assert (sum(ground[:3]) < 384) is is_dark
    assert 0.3 < count / colours.total() < 0.97


def _colours(png: bytes) -> Counter[bytes]:
    """Pixels of a PNG by colour, every eighth line."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    size = {2: 3, 6: 4}[kind]
    assert depth == 8
    data, place = b"", 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        if png[place + 4 : place + 8] == b"IDAT":
            data += png[place + 8 : place + 8 + length]
        place += 12 + length
    lines, raw, previous = Counter[bytes](), zlib.decompress(data), bytearray(width * size)
    for number in range(height):
        start = number * (width * size + 1)
        previous = _unfiltered(
            raw[start], bytearray(raw[start + 1 : start + 1 + width * size]), previous, size
        )
        if number % 8 == 0:
            lines.update(bytes(previous[at : at + size]) for at in range(0, width * size, size))
    return lines


def _unfiltered(kind: int, line: bytearray, above: bytearray, size: int) -> bytearray:
    """One line of a PNG after its filter (PNG 1.2, section 6)."""
    for at in range(len(line)):
        left, up = line[at - size] if at >= size else 0, above[at]
        corner = above[at - size] if at >= size else 0
        guess = left + up - corner
        paeth = min(
            (abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner)
        )[2]
        line[at] = (line[at] + (0, left, up, (left + up) // 2, paeth)[kind]) & 0xFF
    return line
