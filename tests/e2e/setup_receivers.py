"""Make the receivers of examples/ ready to run: `python tests/e2e/setup_receivers.py [NAME ...]`.

Each is copied into a cache folder ($VOVE_TEST_CACHE, else .nox/receivers) and installed there as
its own header says. Idempotent, and safe when several test processes do it at once. Tests do it by
themselves at first use; doing it before keeps the downloads out of their time limits.
"""
# ruff: noqa: T201 - a script that reports on stdout

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "examples" / "receivers"
CACHE = Path(os.environ.get("VOVE_TEST_CACHE") or ROOT / ".nox" / "receivers")

Command = tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """How one receiver is installed and started, in its own folder.

    Attributes:
        main: The file a developer copies.
        start: Listens on any free port when the environment says PORT=0, and prints which.
        needs: Programs that must be on the machine.
    """

    main: str
    start: Command
    needs: Command = ()
    install: tuple[Command, ...] = ()


_NPM = (("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),)
_PIP = (
    (sys.executable, "-m", "venv", ".venv"),
    (".venv/bin/python", "-m", "pip", "install", "-q", "-r", "requirements.txt"),
)

# Debian's packages of Go libraries lie in a GOPATH; elsewhere `go mod tidy` fetches the same.
_GO = (
    ("env", "GO111MODULE=off", "GOPATH=/usr/share/gocode", "go", "build", "-o", "receiver", "."),
)
_VENV_PYTHON = ".venv/bin/python"

EXAMPLES = {
    "express": Example("app.js", ("node", "app.js"), ("node", "npm"), _NPM),
    "fastapi": Example("app.py", (_VENV_PYTHON, "app.py"), (), _PIP),
    "node": Example("server.js", ("node", "server.js"), ("node", "npm"), _NPM),
    "fastify": Example("app.js", ("node", "app.js"), ("node", "npm"), _NPM),
    "nextjs": Example("route.js", ("node", "serve.js"), ("node", "npm"), _NPM),
    "flask": Example("app.py", (_VENV_PYTHON, "app.py"), (), _PIP),
    "django": Example("app.py", (_VENV_PYTHON, "app.py"), (), _PIP),
    "python": Example("app.py", (sys.executable, "app.py")),
    "go": Example("main.go", ("./receiver",), ("go", "gcc"), _GO),
    "php": Example("index.php", ("php", "-S", "127.0.0.1:0", "index.php"), ("php",)),
    "ruby": Example("app.rb", ("ruby", "app.rb"), ("ruby",)),
}


def missing_programs(name: str) -> list[str]:
    """What the machine lacks to run a receiver."""
    return [program for program in EXAMPLES[name].needs if not shutil.which(program)]


def prepare(name: str) -> Path:
    """Install a receiver where its files changed since the last time; its folder in the cache."""
    folder, stamp = CACHE / name, CACHE / f"{name}.stamp"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fingerprint = _fingerprint(name)
        if not stamp.exists() or stamp.read_text() != fingerprint:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(SOURCES / name, folder, ignore=shutil.ignore_patterns(*_NOT_SOURCE))
            for command in EXAMPLES[name].install:
                _run(command, folder)
            stamp.write_text(fingerprint)
    return folder


_NOT_SOURCE = ("node_modules", ".venv", "__pycache__", "*.db")


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(repr((EXAMPLES[name], sys.version)).encode())
    for path in sorted((SOURCES / name).iterdir()):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _run(command: Command, folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} in {folder}: {done.stdout}{done.stderr}")


def main(names: list[str]) -> int:
    """Prepare the named receivers, or all; those whose runtime is missing are named on stderr."""
    lacking = False
    for name in names or EXAMPLES:
        if missing := missing_programs(name):
            print(f"{name}: not set up, {' and '.join(missing)} missing", file=sys.stderr)
            lacking = True
            continue
        started = time.monotonic()
        prepare(name)
        print(f"{name}: ready in {time.monotonic() - started:.1f} s")
    return int(lacking)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
