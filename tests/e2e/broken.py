"""The receivers of broken_receivers/ as real processes, and `vove check` against them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.e2e.setup_receivers import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).parent / "broken_receivers"
SAMPLES = FOLDER / "samples"
SECRET = "whsec_q+8/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MDEy"
START_DEADLINE_S = 20
PATH = "/webhooks/vove"

_LISTENING = re.compile(rb"http://127\.0\.0\.1:([1-9][0-9]*)")
_COMMANDS = {
    "node": ("node", str(FOLDER / "node.js")),
    "python": (sys.executable, str(FOLDER / "python.py")),
    "php": ("php", "-S", "127.0.0.1:0", str(FOLDER / "php.php")),
    "ruby": ("ruby", str(FOLDER / "ruby.rb")),
    "go": ("./receiver",),
}


@dataclass(frozen=True)
class Checked:
    """What `vove check --json` said.

    Attributes:
        output: Both streams.
        elapsed_s: Of the whole process.
    """

    exit_code: int
    lines: list[dict[str, Any]]
    output: str
    elapsed_s: float

    @property
    def report(self) -> dict[str, Any]:
        """The last line."""
        return self.lines[-1]

    @property
    def codes(self) -> list[str]:
        """The diagnosis by its codes."""
        return [one["code"] for one in self.report["diagnosis"]]

    @property
    def flagged(self) -> set[str]:
        """Ids of what failed or warned."""
        return {one["id"] for one in self.report["checks"] if one["outcome"] in ("fail", "warn")}

    def outcome(self, id_: str) -> str:
        """The outcome of one check."""
        return next(str(one["outcome"]) for one in self.report["checks"] if one["id"] == id_)


def run_check(url: str, *args: str, secret: str = SECRET) -> Checked:
    """Run `vove check URL --json` as a process of its own."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "vovecli", "check", url, "--json", *args],
        env={**os.environ, "VOVE_WEBHOOK_SECRET": secret},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    elapsed_s = time.monotonic() - started
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return Checked(done.returncode, lines, done.stdout + done.stderr, elapsed_s)


@contextlib.contextmanager
def broken(language: str, mistake: str, folder: Path) -> Iterator[str]:
    """Run one receiver of broken_receivers/; its base URL.

    Args:
        language: A key of the commands above.
        mistake: Planted in it.
        folder: Where it may keep its log and state.
    """
    command = [*_COMMANDS[language], *([mistake] if language != "php" else [])]
    if language == "go":
        command[0] = str(_built(folder))
    with running(command, folder, {"MISTAKE": mistake, "STATE": str(folder / "state")}) as url:
        yield url


@contextlib.contextmanager
def sample(name: str, folder: Path) -> Iterator[str]:
    """Run one sample of the provider's pages as printed, but for its port."""
    # The suffix keeps our own formatter away from what is kept as printed.
    source = (SAMPLES / f"{name}.txt").read_text(encoding="utf-8")
    place = folder / name
    modules, python = str(SAMPLES / "modules"), sys.executable
    if name == "kyb_express.js":
        modules = str(prepare("express") / "node_modules")
        source = re.sub(
            r"app\.listen\(3000.*\}\);",
            "const server = app.listen(0, '127.0.0.1', () => "
            "console.log(`http://127.0.0.1:${server.address().port}`));",
            source,
            flags=re.DOTALL,
        )
    elif name == "kyb_flask.py":
        python = str(prepare("flask") / ".venv/bin/python")
        source = source.replace("app.run(port=3000)", "app.run(port=0)")
    place.write_text(source, encoding="utf-8")
    command = [python if name.endswith(".py") else "node", str(place)]
    with running(command, folder, {"NODE_PATH": modules}) as url:
        yield url


@contextlib.contextmanager
def running(command: list[str], folder: Path, environ: Mapping[str, str]) -> Iterator[str]:
    """Run a server in a process group of its own; the base URL that it printed."""
    if not shutil.which(command[0]):
        reason = f"{command[0]} is not installed here"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and in CI none may be skipped")
        pytest.skip(reason)
    (folder / "state").touch()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "VOVE_WEBHOOK_SECRET": SECRET, "PYTHONUNBUFFERED": "1", **environ},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield _wait(process, folder / "log")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def _wait(process: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_DEADLINE_S
    while not (found := _LISTENING.search(log.read_bytes())):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"it did not start: {log.read_text()[-800:]}")
        time.sleep(0.02)
    return f"http://127.0.0.1:{found[1].decode()}"


def _built(folder: Path) -> Path:
    """The Go receiver, compiled once per test run."""
    if not shutil.which("go"):
        return Path("go")
    cache = folder.parent.parent / "go-receiver"
    cache.mkdir(exist_ok=True)
    program = cache / f"receiver-{os.getpid()}"
    if not program.exists():
        subprocess.run(
            ["go", "build", "-o", str(program), str(FOLDER / "go.go")],
            env={**os.environ, "GO111MODULE": "off", "GOCACHE": str(cache / "build")},
            check=True,
        )
    return program
