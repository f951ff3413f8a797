"""Draw the pictures of the README and the guides from real runs: `nox -s pictures`.

Each scene starts what it needs on this machine, runs one command, and becomes two SVG files, light
and dark, in docs/pictures/; the page of `vove inspect` is photographed in Chromium. Ids, times and
ports differ from run to run, so no test holds the files equal; look at them after drawing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import ViewportSize

ROOT = Path(__file__).parent.parent
WIDTH = 92
LIGHT = TerminalTheme(
    (255, 255, 255),
    (36, 41, 47),
    [
        *[(36, 41, 47), (207, 34, 46), (17, 99, 41), (125, 78, 0)],
        *[(9, 105, 218), (130, 80, 223), (27, 124, 131), (110, 119, 129)],
    ],
)
THEMES = {"light": LIGHT, "dark": DIMMED_MONOKAI}
# The font of the reader's system: a picture must not fetch one from elsewhere.
FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
SECRET = "whsec_TTbi+0BA4I86Q13oEuRVq3TAnajEot4X"  # of these pictures alone


def environment(folder: Path) -> dict[str, str]:
    """An empty home, the secret, colours, the width of the picture."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "COLUMNS": str(WIDTH),
        "FORCE_COLOR": "1",
        "VOVE_WEBHOOK_SECRET": SECRET,
    }


@contextmanager
def running(folder: Path, *command: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """A process for the time of a scene."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(folder) | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def vove(folder: Path, *arguments: str) -> str:
    """What `vove` prints, with its colours."""
    return subprocess.run(
        ["vove", *arguments],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # progress
        text=True,
        check=False,
    ).stdout


def check(folder: Path) -> tuple[str, str]:
    """The provider's Flask sample, as its page prints it, is checked."""
    sample = ROOT / "tests/e2e/broken_receivers/samples/kyb_flask.py.txt"
    (folder / "app.py").write_text(sample.read_text(encoding="utf-8"), encoding="utf-8")
    url, run = "http://localhost:3000/webhooks/vove-kyb", "flask run --port 3000"
    report = vove(folder, "check", "--run", run, url)
    if "docs-kyb-python" not in report:
        sys.exit(f"the sample was not checked; is Flask installed, and port 3000 free?\n{report}")
    return f"vove check --run '{run}' {url}", report


def verify(folder: Path) -> tuple[str, str]:
    """A capture whose JSON was written anew on the way."""
    signed = json.loads(vove(folder, "sign", "kyb.case.rejected", "--json"))
    lines = [f"{name}: {value}" for name, value in signed["headers"] if name != "Content-Length"]
    body = json.dumps(json.loads(signed["body"]), indent=2)
    capture = "\n".join(["POST /webhooks/vove-kyb HTTP/1.1", *lines, "", body])
    (folder / "request.http").write_text(capture, encoding="utf-8")
    return "vove verify request.http", vove(folder, "verify", "request.http")


def listen(folder: Path) -> tuple[str, str]:
    """A lifecycle, a copy and a forgery arrive."""
    with running(folder, "vove", "listen", "--timeout", "30s", "--exit-after", "6") as listener:
        assert listener.stdout
        shown = listener.stdout.readline()
        time.sleep(1)  # another process: its port is open a moment after its first line
        vove(folder, "send", "--flow", "kyb-approved")
        vove(folder, "send", "kyc.successful", "--fault", "duplicate=2")
        vove(folder, "send", "kyb.case.completed", "--fault", "tampered-body")
        return "vove listen", shown + listener.stdout.read()


def page(folder: Path) -> None:
    """The page of `vove inspect` over a lifecycle, a review and a body that was written anew."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    secret = {"VOVE_WEBHOOK_SECRET": SECRET}
    with running(folder, "vove", "listen", "--port", "3111", **secret) as listener:
        assert listener.stdout
        listener.stdout.readline()
        time.sleep(1)  # see above
        for sent in (
            ("--flow", "kyb-approved"),
            ("--flow", "kyc-review"),
            ("kyc.successful", "--fault", "duplicate=2"),
            ("kyb.case.completed", "--fault", "tampered-body"),
            ("kyb.case.rejected", "--fault", "reserialized-body"),
        ):
            vove(folder, "send", *sent, "--to", "3111")
    with running(folder, "vove", "inspect", "--json", "--port", "0") as inspector:
        assert inspector.stdout
        url = json.loads(inspector.stdout.readline())["url"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                size: ViewportSize = {"width": 1200, "height": 760}
                shown = browser.new_page(viewport=size, color_scheme=scheme)
                shown.goto(url)
                shown.locator(".row .fold").first.click()
                shown.locator(".row.under").first.click()
                shown.locator(".card").wait_for()
                path = ROOT / "docs" / "pictures" / f"inspect-{scheme}.png"
                shown.screenshot(path=path)
                Image.open(path).quantize(128).save(path, optimize=True)
            browser.close()


def draw(name: str, command: str, output: str) -> None:
    """Two SVG files of a command and what it printed."""
    for theme_name, theme in THEMES.items():
        console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True)
        console.print(Text(f"$ {command}", style="bold"))
        console.print(Text.from_ansi(output.rstrip("\n")))
        console.print()  # else the frame cuts the last line
        svg = console.export_svg(title="", theme=theme, code_format=FORMAT, unique_id=name)
        path = ROOT / "docs" / "pictures" / f"{name}-{theme_name}.svg"
        path.write_text(svg, encoding="utf-8")


def main() -> None:
    """Draw every scene."""
    (ROOT / "docs" / "pictures").mkdir(exist_ok=True)
    for scene in (check, verify, listen):
        with tempfile.TemporaryDirectory() as folder:
            draw(scene.__name__, *scene(Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        page(Path(folder))


if __name__ == "__main__":
    main()
