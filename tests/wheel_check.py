"""Checks the installed wheel in an environment that holds nothing else: `wheel_check.py BIN`.

Run by `nox -s wheel`. The module table belongs here: where click is installed, httpx loads rich.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROBE = """
import sys
from vovecli.__main__ import main
sys.argv = ["vove", *sys.argv[1:]]
code = main()
loaded = sorted({name.partition(".")[0] for name in sys.modules})
import json
sys.stderr.write("\\n" + json.dumps([code, loaded]))
"""
HEAVY = {"asyncio", "h11", "httpx", "pyngrok", "sqlite3", "ssl", "standardwebhooks", "svix"}
# arguments -> what must not be loaded
MODULES = {
    ("--version",): HEAVY | {"rich", "typer", "json", "re"},
    ("--help",): HEAVY | {"rich"},
    ("sign", "kyb.case.completed", "--json"): HEAVY | {"rich"},
    ("verify", "request.http", "--json"): HEAVY | {"rich"},
    ("verify", "request.http"): HEAVY,
    ("events", "--json"): HEAVY | {"rich"},
    ("handler", "flask"): HEAVY | {"rich"},
    ("send", "kyb.case.completed", "--to", "9", "--json"): {"asyncio", "pyngrok", "rich", "svix"},
}


def check(programs: Path, folder: Path) -> None:
    """The main job in two processes, the shipped files, the module table."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8"}

    def run(*arguments: str, program: str = "vove") -> subprocess.CompletedProcess[bytes]:
        command = [str(programs / program), *arguments]
        return subprocess.run(
            command, cwd=folder, env=environ, capture_output=True, check=False, timeout=60
        )

    assert run("--version").stdout.startswith(b"vove ")
    (folder / "request.http").write_bytes(run("sign", "kyb.case.completed").stdout)
    assert run("verify", "request.http").returncode == 0
    for shell in ("bash", "zsh", "fish", "powershell"):
        assert b"vove" in run("completion", shell).stdout, shell
    for line in run("handler").stdout.decode().splitlines():
        assert b"VOVE_WEBHOOK_SECRET" in run("handler", line.split()[0]).stdout, line
    assert (programs.parent / "share/man/man1/vove-check.1").exists()
    for arguments, forbidden in MODULES.items():
        probe = run("-c", PROBE, *arguments, program="python")
        _, loaded = json.loads(probe.stderr.splitlines()[-1])
        assert not forbidden & set(loaded), (arguments, forbidden & set(loaded))
    deliver(programs, folder, environ)
    show_page(programs, folder, environ)


def show_page(programs: Path, folder: Path, environ: dict[str, str]) -> None:
    """`vove inspect` serves the page with every file that it names."""
    command = [str(programs / "vove"), "inspect", "--json", "--port", "0"]
    inspect = subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE)
    assert inspect.stdout
    base = json.loads(inspect.stdout.readline())["url"].partition("#")[0]
    with urllib.request.urlopen(base, timeout=20) as answer:
        names = re.findall(r'(?:href|src)="([^"]+)"', answer.read().decode())
    assert len(names) > 10, names
    for name in names:
        with urllib.request.urlopen(base + name, timeout=20) as answer:
            assert answer.read(), name
    inspect.terminate()
    assert inspect.wait(20) == 143


def deliver(programs: Path, folder: Path, environ: dict[str, str]) -> None:
    """`vove listen` in one process, `vove send` in another, nothing configured."""
    ready, vove = folder / "ready.json", str(programs / "vove")
    listen = subprocess.Popen(
        [vove, "listen", "--port", "0", "--ready-file", str(ready), "--exit-after", "1", "--json"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
    )
    until = time.monotonic() + 20
    while not ready.exists() and time.monotonic() < until:
        time.sleep(0.02)
    url = json.loads(ready.read_text())["url"]
    sent = subprocess.run(
        [vove, "send", "kyb.case.completed", "--to", url, "--json"],
        cwd=folder,
        env=environ,
        capture_output=True,
        check=False,
        timeout=30,
    )
    received = [json.loads(line) for line in listen.communicate(timeout=20)[0].splitlines()]
    assert (sent.returncode, listen.returncode) == (0, 0)
    assert json.loads(sent.stdout)["ok"] is True
    assert [line["verdict"] for line in received if line["schema"] == "vove.request/1"] == ["valid"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        check(Path(sys.argv[1]), Path(temporary))
    sys.stdout.write("the wheel works\n")
