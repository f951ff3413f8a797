"""What each command loads: start-up is a feature, and a stray import undoes it silently."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET, unmeasured

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "httpx",
    "svix",
    "standardwebhooks",
    "pyngrok",
    "asyncio",
    "ssl",
    "sqlite3",
    "h11",
    "socket",
    "pydantic",  # typer 0.29 and later would load it: see cli/plain_values.py
}
RICH = {"rich"}
PROBE = """
import sys
from vovecli.__main__ import main
sys.argv = ["vove", *sys.argv[1:]]
code = main()
loaded = sorted({name.partition(".")[0] for name in sys.modules})
import json
sys.stderr.write("\\n" + json.dumps([code, loaded]))
"""

# arguments -> what must not be loaded
TABLE = {
    ("--version",): HEAVY | RICH | {"typer"},
    ("--help",): HEAVY | RICH,
    ("sign", "--help"): HEAVY | RICH,
    ("inspect", "--help"): HEAVY | RICH | {"multiprocessing", "webbrowser"},
    ("listen", "--help"): HEAVY | RICH | {"multiprocessing"},
    ("completion", "bash"): HEAVY | RICH,
    ("events", "--json"): HEAVY | RICH,
    ("handler", "flask"): HEAVY | RICH,
    ("sign", "kyb.case.completed"): HEAVY | RICH,
    ("sign", "kyb.case.completed", "--json"): HEAVY | RICH,
    ("verify", "request.http", "--json"): HEAVY | RICH | {"logging"},
    ("verify", "request.http"): HEAVY,
    ("sign", "kyc.pending", "--json", "--count", "2", "--set", "status=x"): HEAVY | RICH,
    ("secret", "new"): HEAVY | RICH,
    ("send", "kyb.case.completed", "--to", "9", "--json"): {
        "asyncio",
        "pyngrok",
        "svix",
        "pydantic",
    },
}


@pytest.mark.parametrize("arguments", TABLE, ids=" ".join)
def test_loads_only_what_it_needs(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """The table above holds for a whole process of each command."""
    environ = unmeasured() | {"VOVE_WEBHOOK_SECRET": SECRET}
    signing = [sys.executable, "-m", "vovecli", "sign", "kyb.case.completed"]
    done = subprocess.run(signing, env=environ, capture_output=True, check=True)
    (tmp_path / "request.http").write_bytes(done.stdout)

    probe = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    code, loaded = json.loads(probe.stderr.splitlines()[-1])

    assert code == (4 if arguments[0] == "send" else 0)
    assert not TABLE[arguments] & set(loaded)
