"""Make the receivers of examples/ ready to run: `python tests/e2e/setup_receivers.py [NAME ...]`.

So too `interop`, the npm packages that tests sign and verify with.

Each is copied into a cache folder ($VOVE_TEST_CACHE, else .nox/receivers) and installed there as
its own header says. Idempotent, and safe when several test processes do it at once. Tests do it by
themselves at first use; doing it before keeps the downloads out of their time limits.
"""
# ruff: noqa: T201 - a script that reports on stdout

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "examples" / "receivers"
INTEROP = Path(__file__).parent / "interop"
CACHE = Path(os.environ.get("VOVE_TEST_CACHE") or ROOT / ".nox" / "receivers")

Command = tuple[str, ...]
# As it was at import: each test gets a HOME of its own, without the settings of npm and pip.
_ENVIRONMENT = dict(os.environ)
# What a developer's own try may have left in the folder.
_NOT_SOURCE = shutil.ignore_patterns("node_modules", ".venv", "__pycache__", "webhooks.db*")


@dataclass(frozen=True)
class Example:
    """How one receiver is installed and started, in its own folder.

    Attributes:
        main: The file a developer copies.
        start: Listens on any free port when the environment says PORT=0, and prints which.
        needs: Commands that succeed where the machine has the runtime.
        source: Where its folder is; None for examples/receivers/NAME.
    """

    main: str
    start: Command
    needs: tuple[Command, ...] = ()
    install: tuple[Command, ...] = ()
    source: Path | None = None


_NODE_20 = "process.exit(Number(parseInt(process.versions.node) < 20))"
_NODE = (("node", "-e", _NODE_20), ("npm", "-v"))
_NPM = (("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),)
# Not sys.executable: the virtual environment that runs the tests changes, this one stays.
_PYTHON = f"{sys.base_prefix}/bin/python3"
_PIP = (
    (_PYTHON, "-m", "venv", ".venv"),
    (".venv/bin/python", "-m", "pip", "install", "-q", "-r", "requirements.txt"),
)
# Debian's packages of Go libraries lie in a GOPATH; elsewhere `go mod tidy` fetches the same.
_GO = ("env", "GO111MODULE=off", "GOPATH=/usr/share/gocode", "go")
_PHP_HAS_SQLITE = "exit((int) !extension_loaded('pdo_sqlite'));"

EXAMPLES = {
    "express": Example("app.js", ("node", "app.js"), _NODE, _NPM),
    "fastapi": Example("app.py", (".venv/bin/python", "app.py"), (), _PIP),
    "node": Example("server.js", ("node", "server.js"), _NODE, _NPM),
    "fastify": Example("app.js", ("node", "app.js"), _NODE, _NPM),
    "nextjs": Example("route.js", ("node", "serve.js"), _NODE, _NPM),
    "flask": Example("app.py", (".venv/bin/python", "app.py"), (), _PIP),
    "django": Example("app.py", (".venv/bin/python", "app.py"), (), _PIP),
    "python": Example("app.py", (_PYTHON, "app.py")),
    "go": Example(
        "main.go",
        ("./receiver",),
        ((*_GO, "list", "github.com/mattn/go-sqlite3"), ("gcc", "--version")),
        ((*_GO, "build", "-o", "receiver", "."),),
    ),
    "php": Example(
        "index.php", ("php", "-S", "127.0.0.1:0", "index.php"), (("php", "-r", _PHP_HAS_SQLITE),)
    ),
    "ruby": Example(
        "app.rb",
        ("ruby", "app.rb"),
        (("ruby", "-rsinatra/base", "-rsqlite3", "-rpuma", "-e", "exit RUBY_VERSION >= '3'"),),
    ),
}
PROJECTS = EXAMPLES | {
    "interop": Example("interop.js", ("node", "interop.js"), _NODE, _NPM, INTEROP)
}


def missing_runtime(name: str) -> str:
    """The command that shows why a project cannot run on this machine; empty when it can."""
    return next((shlex.join(each) for each in PROJECTS[name].needs if not _succeeds(each)), "")


@cache
def _succeeds(command: Command) -> bool:
    try:
        subprocess.run(command, env=_ENVIRONMENT, capture_output=True, timeout=60, check=True)
    except (FileNotFoundError, subprocess.CalledProcessError):
        return False
    return True


def prepare(name: str) -> Path:
    """Install a project where its files changed since the last time; its folder in the cache."""
    folder, stamp = CACHE / name, CACHE / f"{name}.stamp"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fingerprint = _fingerprint(name)
        if not stamp.exists() or stamp.read_text() != fingerprint:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(_source(name), folder, ignore=_NOT_SOURCE)
            for command in PROJECTS[name].install:
                _run(command, folder)
            stamp.write_text(fingerprint)
    return folder


def _source(name: str) -> Path:
    return PROJECTS[name].source or SOURCES / name


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(repr((PROJECTS[name], sys.version)).encode())
    for path in sorted(_source(name).iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _run(command: Command, folder: Path) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} in {folder}: {done.stdout}{done.stderr}")


def main(names: list[str]) -> int:
    """Prepare the named receivers, or all; those whose runtime is missing are named on stderr."""
    lacking = False
    for name in names or PROJECTS:
        if failing := missing_runtime(name):
            print(f"{name}: not set up, this fails: {failing}", file=sys.stderr)
            lacking = True
            continue
        started = time.monotonic()
        prepare(name)
        print(f"{name}: ready in {time.monotonic() - started:.1f} s")
    return int(lacking)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
