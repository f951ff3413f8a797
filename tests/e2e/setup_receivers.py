"""Make the receivers of examples/ ready to run: `python tests/e2e/setup_receivers.py [NAME ...]`.

So too `interop`, the npm packages that tests sign and verify with, and `typecheck`, the checkers of
others. `main` names what the main test session needs, `stacks` the rest.

Each is copied into a cache folder ($VOVE_TEST_CACHE, else .nox/receivers) and installed there by
the lines of its own head. Idempotent, and safe when several test processes do it at once. Tests do
it by themselves at first use; doing it before keeps the downloads out of their time limits.
"""
# ruff: noqa: T201 - a script that reports on stdout

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters.handlers import read_handler
from vovecli.core.handlers import FILES, Handler

if TYPE_CHECKING:
    from collections.abc import Iterator

# Packages of npm alone, each in a folder of its name beside this file.
PACKAGES = ("interop", "typecheck")
ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("VOVE_TEST_CACHE") or ROOT / ".nox" / "receivers")
# Quick to set up, and enough for the journeys of the main session.
MAIN = ("express", "flask", "node", "python", "php")
STACKS = tuple(name for name in FILES if name not in MAIN)
GROUPS = {"main": (*MAIN, "interop"), "stacks": (*STACKS, "typecheck")}

# As it was at import: each test gets a HOME of its own, without the settings of npm and pip.
_ENVIRONMENT = dict(os.environ)
_NPM = "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error"
NODE = "24.21.0"
_IS_NODE_NEW = (
    "const [a, b] = process.versions.node.split('.'); process.exit(a < 22 || a == 22 && b < 16)"
)
# Where Debian's packages of Go libraries lie.
_GO_SOURCES = Path("/usr/share/gocode/src")
# suffix of the handler's file -> a line that succeeds where the machine has the runtime
_NEEDS = {
    ".js": "node -v && npm -v",
    ".mjs": "node -v && npm -v",
    ".ts": "node -v && npm -v",
    ".py": "python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'",
    ".go": "go version && gcc --version",
    ".php": "php -r 'exit((int) !extension_loaded(\"pdo_sqlite\"));'",
    ".rb": "ruby -rsinatra/base -rsqlite3 -rpuma -e 'exit RUBY_VERSION >= \"3\"'",
    ".ru": "ruby -rrack -rsqlite3 -rpuma -e 'exit RUBY_VERSION >= \"3\"'",
}


def missing_runtime(name: str) -> str:
    """The line that shows why a receiver cannot run on this machine; empty when it can."""
    needs = _NEEDS[Path(FILES.get(name, "interop.js")).suffix]
    return "" if _succeeds(needs) else needs


@cache
def _succeeds(line: str) -> bool:
    command = ["bash", "-c", line]
    return not subprocess.run(
        command, env=_ENVIRONMENT, capture_output=True, check=False
    ).returncode


def environment(name: str) -> dict[str, str]:
    """The environment of everything that is run for a receiver: its runtime first on the PATH."""
    places = [f"{sys.base_prefix}/bin", _ENVIRONMENT["PATH"]]
    suffix = Path(FILES.get(name, "interop.js")).suffix
    if suffix in (".js", ".mjs", ".ts"):
        places = [*_node(), *places]
    found = _ENVIRONMENT | {"PATH": os.pathsep.join(places), "NEXT_TELEMETRY_DISABLED": "1"}
    if suffix == ".go":
        found |= {
            "GOPROXY": _go_proxy().as_uri(),
            "GOSUMDB": "off",
            "GOFLAGS": "-mod=mod -modcacherw",
            "GOTOOLCHAIN": "local",
            "GOPATH": str(CACHE / "go-path"),
            "GOCACHE": str(CACHE / "go-cache"),
        }
    return found


@cache
def _node() -> list[str]:
    """The folder of a Node that is new enough; none where the machine's own is."""
    if _succeeds(f'node -e "{_IS_NODE_NEW}"'):
        return []
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"node-{sys.platform}-{machine}"
    folder = CACHE / f"node-{NODE}"
    with _locked(folder):
        if not (folder / "node_modules" / package / "bin" / "node").exists():
            folder.mkdir(parents=True, exist_ok=True)
            _run(f"npm install --prefix . {package}@{NODE}", folder, _ENVIRONMENT)
    return [str(folder / "node_modules" / package / "bin")]


def _go_proxy() -> Path:
    """A module proxy, a folder, that serves the Go library that Debian packages."""
    module, version = "github.com/mattn/go-sqlite3", "v1.14.16"
    folder = CACHE / "go-proxy" / module / "@v"
    with _locked(CACHE / "go-proxy"):
        if not (folder / f"{version}.zip").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{version}.info").write_text(f'{{"Version": "{version}"}}')
            (folder / f"{version}.mod").write_text(f"module {module}\n")
            with zipfile.ZipFile(folder / f"{version}.zip", "w") as archive:
                for path in sorted((_GO_SOURCES / module).glob("*.[cgh]*")):
                    archive.write(path.resolve(), f"{module}@{version}/{path.name}")
    return CACHE / "go-proxy"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time makes what is at a path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def steps(handler: Handler) -> tuple[list[str], str]:
    """The shell lines that prepare a handler, what its start line builds included; what runs it."""
    *builds, run = handler.start.split(" && ")
    # Gems come as Debian packages: CI does not reach where `gem` finds them.
    install = "" if handler.install.startswith("gem ") else handler.install
    return [line for line in (install, *builds) if line], run


def prepare(name: str) -> Path:
    """Install a receiver where its file changed since the last time; its folder in the cache."""
    folder, stamp = CACHE / name, CACHE / f"{name}.stamp"
    variables = environment(name)
    with _locked(folder):
        fingerprint = _fingerprint(name)
        if not stamp.exists() or stamp.read_text() != fingerprint:
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            if name in PACKAGES:
                shutil.copytree(
                    Path(__file__).with_name(name),
                    folder,
                    ignore=shutil.ignore_patterns("node_modules"),
                )
                lines = [_NPM]
            else:
                handler = read_handler(name)
                place = folder / handler.file
                place.parent.mkdir(parents=True)
                place.write_text(handler.source, encoding="utf-8")
                lines = steps(handler)[0]
            for line in lines:
                _run(line, folder, variables)
            stamp.write_text(fingerprint)
    return folder


def _fingerprint(name: str) -> str:
    if name in PACKAGES:
        sources = [(Path(__file__).with_name(name) / "package-lock.json").read_bytes()]
    else:
        sources = [read_handler(name).source.encode()]
    return hashlib.sha256(b"".join([sys.version.encode(), NODE.encode(), *sources])).hexdigest()


def _run(line: str, folder: Path, variables: dict[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-e", "-c", line],
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{line} in {folder}: {done.stdout}{done.stderr}")


def main(names: list[str]) -> int:
    """Prepare the named receivers, or all; those whose runtime is missing are named on stderr."""
    chosen = [each for name in names or GROUPS for each in GROUPS.get(name, (name,))]
    lacking = {name: failing for name in chosen if (failing := missing_runtime(name))}
    for name, failing in lacking.items():
        print(f"{name}: not set up, this fails: {failing}", file=sys.stderr)
    # One more than there are cores: half of it is waiting for packages.
    with ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        for line in pool.map(_prepared, [name for name in chosen if name not in lacking]):
            print(line, flush=True)
    return int(bool(lacking))


def _prepared(name: str) -> str:
    started = time.monotonic()
    prepare(name)
    return f"{name}: ready in {time.monotonic() - started:.1f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
