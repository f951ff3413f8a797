"""Every block of the README is run, in order, in one folder, as a reader would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT, SECRET
from tests.loopback import unused_port

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK = re.compile(r"(<!-- (\w+) -->\n)?```(\w+)\n(.*?)```", re.DOTALL)
# Run elsewhere: the installation below, the tests by CI itself.
# PowerShell is not on the machines that run the tests.
BLOCKS = [
    match
    for match in BLOCK.finditer((ROOT / "README.md").read_text())
    if not match[2] and match[3] != "powershell"
]
LISTEN, SEND, *REST = BLOCKS


@pytest.fixture
def port() -> int:
    """Where the README says 3000: a test must not depend on that port being free."""
    return unused_port()


@pytest.fixture
def environ(tmp_path: Path, port: int) -> dict[str, str]:
    """An empty home, `vove` of this environment first on the PATH."""
    programs = tmp_path / "bin"
    programs.mkdir()
    vove = programs / "vove"
    vove.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vovecli "$@"\n')
    vove.chmod(0o755)
    return {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "VOVE_ENDPOINT": str(port),
        "COLUMNS": "90",
    }


@pytest.fixture
def listener(environ: dict[str, str], port: int) -> Iterator[list[str]]:
    """`vove listen` in the background; its lines as they come."""
    lines: list[str] = []
    ready = threading.Event()

    def read() -> None:
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if "listening on" in line:
                ready.set()

    process = subprocess.Popen(
        ["vove", "listen", "--port", str(port)],
        env=environ,
        executable=shutil.which("vove", path=environ["PATH"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    reader = threading.Thread(target=read)
    reader.start()
    assert ready.wait(20)
    yield lines
    process.terminate()
    process.wait(10)
    reader.join(10)
    process.stdout.close() if process.stdout else None


def run(script: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A block in bash."""
    return subprocess.run(
        ["bash", "-c", script],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )


def expected(text: str) -> re.Pattern[str]:
    """What a console block shows: `...` is anything, times and port are those of today."""
    pattern = re.escape(text).replace(re.escape("..."), ".*").replace("3000", r"\d+")
    return re.compile(re.sub(r"\d\d:\d\d:\d\d", r"\\d\\d:\\d\\d:\\d\\d", pattern), re.DOTALL)


def console(text: str) -> list[tuple[str, str]]:
    """A console block as commands, each with what it prints."""
    commands: list[tuple[str, str]] = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            commands.append((line[2:], ""))
        else:
            command, output = commands[-1]
            commands[-1] = command, output + line
    return commands


def test_the_first_screen(listener: list[str], environ: dict[str, str]) -> None:
    """Two terminals, nothing configured."""
    ((command, output),) = console(SEND[4])

    sent = run(command, environ)

    assert expected(output).search(sent.stdout), sent.stdout
    until = time.monotonic() + 5
    shown = expected(console(LISTEN[4])[0][1])
    while not shown.search("".join(listener)) and time.monotonic() < until:
        time.sleep(0.02)
    assert shown.search("".join(listener)), listener


@pytest.mark.usefixtures("listener")
def test_all_other_blocks(environ: dict[str, str], port: int) -> None:
    """In the order of the page: later ones use the files of earlier ones."""
    Path(".secret").write_text(SECRET)
    for block in REST:
        kind, text = block[3], block[4].replace("3000", str(port))
        if kind == "console":
            for command, output in console(text):
                shown = run(command, environ).stdout
                assert expected(output).search(shown), f"{command}\n{shown}"
        else:
            done = run(f"set -e -o pipefail\n{text}", environ)
            assert done.returncode == 0, f"{text}\n{done.stdout}"


def copy_checkout(folder: Path) -> str:
    """Put what git tracks into a folder; gives the script that the README installs it with."""
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines()
    for name in tracked:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    blocks = BLOCK.finditer((ROOT / "README.md").read_text(encoding="utf-8"))
    (install,) = (block[4] for block in blocks if block[2] == "install")
    return install


@pytest.mark.timeout(240)
def test_the_installation(tmp_path: Path) -> None:
    """From a copy of the checkout into a new virtual environment."""
    install = copy_checkout(tmp_path / "copy")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = run(f"cd '{tmp_path}/copy' && {install}", environ)

    assert done.returncode == 0, done.stdout
    assert "valid" in done.stdout
