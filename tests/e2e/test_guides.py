"""The shell blocks of the guides are run, in order, against a listener."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
GUIDES = sorted(
    page.name for page in (ROOT / "docs/guides").glob("*.md") if BLOCK.search(page.read_text())
)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """`vove` of this environment first on the PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "vove").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vovecli "$@"\n')
    (programs / "vove").chmod(0o755)
    return {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}


@pytest.fixture
def endpoint(environ: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The URL of a listener with the development secret."""
    ready = tmp_path / "ready.json"
    command = ("vove", "listen", "--port", "0", "--ready-file", str(ready))
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while not ready.exists() and process.poll() is None:
            time.sleep(0.01)  # another process's file: there is no event to wait for
        yield json.loads(ready.read_bytes())["url"]
        process.terminate()


@pytest.mark.parametrize("guide", GUIDES)
def test_the_blocks_of_a_guide(guide: str, endpoint: str, environ: dict[str, str]) -> None:
    """Each line of them succeeds."""
    text = (ROOT / "docs" / "guides" / guide).read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", block],
            env={**environ, "VOVE_ENDPOINT": f"{endpoint}/hook"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=50,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
