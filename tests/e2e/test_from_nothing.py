"""The stranger's script: an empty home, the README's installation, the start page, the uninstall."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.conftest import ROOT
from tests.e2e.test_readme import copy_checkout
from tests.loopback import unused_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

MINUTES = 5  # from the clone to the end of the page
BLOCK = re.compile(r"(?:<!-- (?P<note>[a-z1 ]+) -->\n)?```sh\n(?P<script>.*?)```", re.DOTALL)
SAMPLE = ROOT / "tests/e2e/broken_receivers/samples/kyb_flask.py.txt"


class Place(NamedTuple):
    """Where a stranger works."""

    home: Path
    folder: Path
    environ: dict[str, str]

    def type(self, script: str) -> subprocess.CompletedProcess[str]:
        """A block in bash."""
        return subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A copy of the checkout, an empty home, and the README's installation on the PATH."""
    install = copy_checkout(tmp_path / "checkout")
    home = tmp_path / "stranger"
    home.mkdir()
    kept = ("LANG", "PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE", "PIP_EXTRA_INDEX_URL")
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    programs = tmp_path / "checkout" / ".venv" / "bin"
    environ |= {"HOME": str(home), "PATH": f"{programs}:{os.environ['PATH']}", "COLUMNS": "100"}
    found = Place(home, tmp_path / "checkout", environ)
    done = found.type(install)
    assert done.returncode == 0, done.stdout
    assert "valid" in done.stdout
    (tmp_path / "empty").mkdir()
    return found._replace(folder=tmp_path / "empty")


@pytest.fixture
def second_terminal() -> Iterator[list[subprocess.Popen[bytes]]]:
    """What runs beside; ended with all that it has started."""
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def test_the_start_page(place: Place, second_terminal: list[subprocess.Popen[bytes]]) -> None:
    """Each command as printed, but for the port; what it says comes true; nothing is left."""
    started = time.monotonic()
    port = unused_port()
    place.environ["PORT"] = str(port)
    place.environ["VOVE_ENDPOINT"] = f"http://localhost:{port}/webhooks/vove-kyb"
    shown = []
    for block in BLOCK.finditer((ROOT / "docs/start.md").read_text(encoding="utf-8")):
        script = block["script"].replace("3000", str(port))
        if block["note"] == "second terminal":
            second_terminal.append(_beside(script, place, port))
            continue
        done = place.type(script)
        assert done.returncode == (block["note"] == "exits with 1"), f"{script}\n{done.stdout}"
        shown.append(done.stdout)
        if "cd webhooks" in script:
            place = place._replace(folder=place.folder / "webhooks")
            shutil.copy(SAMPLE, place.folder / "app.py")

    _, failing, conformant, observed, sent = shown
    assert "docs-kyb-python" in failing
    assert "(proved)" in failing
    assert "conformant" in conformant
    assert "effects not observed" in conformant
    assert "conformant" in observed
    assert "effects not observed" not in observed
    assert "kyb.case.completed" in sent
    assert time.monotonic() - started < MINUTES * 60
    place.type("pip uninstall -y vovecli")
    assert _left(place.home) == {".local/share/vove"}


def _beside(script: str, place: Place, port: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=place.folder,
        env=place.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://localhost:{port}/webhooks/vove-kyb"
    waited = place.type(f"vove check {url} --wait 30s --only delivery.reachable")
    assert waited.returncode == 0, waited.stdout
    return process


def _left(home: Path) -> set[str]:
    """Folders of vove in a home: docs/guides/where-data-are.md names them."""
    return {str(path.relative_to(home)) for path in home.rglob("vove") if path.is_dir()}
