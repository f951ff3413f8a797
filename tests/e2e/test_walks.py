"""A stranger's walk: the provider's sample fails, `vove` names why and what to take, then it works.

Nothing but what the commands print is used, and all of it takes less than three minutes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.e2e.broken import SAMPLES
from tests.e2e.receivers import KYB_PATH, OLD_SECRET, free_port, running_server
from tests.e2e.setup_receivers import environment

if TYPE_CHECKING:
    from pathlib import Path

WALK_S = 180
# stack -> the sample of the provider's page, its port, how its reader installs and starts it
WALKS = {
    "express": (
        "kyb_express.js", "app.listen(3000", "app.listen(process.env.PORT",
        "npm install express@5.3.0", "node sample.js",
    ),
    "flask": (
        "kyb_flask.py", "app.run(port=3000)", "app.run(port=int(os.environ['PORT']))",
        "python3 -m venv .venv && .venv/bin/pip install -q flask==3.1.3", ".venv/bin/python sample.py",
    ),
}  # fmt: skip

pytestmark = [pytest.mark.stacks, pytest.mark.timeout(WALK_S)]


class Walker:
    """Somebody with a folder, a shell and a secret."""

    def __init__(self, stack: str, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        programs = folder / "programs"
        programs.mkdir()
        (programs / "vove").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vovecli "$@"\n')
        (programs / "vove").chmod(0o755)
        self.environ = environment(stack) | {
            "VOVE_WEBHOOK_SECRET": OLD_SECRET,
            "PORT": str(self.port),
            "NO_COLOR": "1",
        }
        self.environ["PATH"] = os.pathsep.join([str(programs), self.environ["PATH"]])

    def type(self, line: str, *, expect: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a shell line; it must end with this status."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == expect, f"{line}: {done.stdout}{done.stderr}"
        return done


@pytest.mark.parametrize("stack", WALKS)
def test_from_the_sample_to_a_handler_that_works(stack: str, tmp_path: Path) -> None:
    """The page names the mistake and the command; the command prints the lines to type next."""
    name, fixed_port, any_port, install, start = WALKS[stack]
    sample = (SAMPLES / f"{name}.txt").read_text(encoding="utf-8").replace(fixed_port, any_port)
    started = time.monotonic()
    walker = Walker(stack, tmp_path)
    (tmp_path / f"sample.{name.rpartition('.')[2]}").write_text(sample, encoding="utf-8")
    walker.type(install)

    with running_server(start, tmp_path, walker.environ, tmp_path / "sample.log"):
        page = walker.type(f"vove check :{walker.port}{KYB_PATH}", expect=1).stdout
    offered = re.findall(r"^ +(vove handler \S+)$", page, re.MULTILINE)
    assert [f"vove handler {stack}"] == offered
    assert "docs-kyb-" in page

    steps = walker.type(f"{offered[0]} > handler.tmp").stderr
    said = dict(line.split(maxsplit=1) for line in steps.replace("save as", "save").splitlines())
    walker.type(f"mv handler.tmp {said['save']} && {said['install']}")
    with running_server(said["start"], tmp_path, walker.environ, tmp_path / "handler.log"):
        page = walker.type(f"vove check :{walker.port} --fail-on warn").stdout

    assert page.startswith("✓ conformant")
    assert time.monotonic() - started < WALK_S
