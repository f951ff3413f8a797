"""The pytest plugin as other projects meet it: free when unused, and out of the way when asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest
from tests.conftest import unmeasured
from tests.plugin_check import write_project

from vovecli.testing import FORGERIES

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {
    "asyncio", "h11", "httpx", "json", "platformdirs", "pyngrok", "rich", "socket", "sqlite3", "ssl", "svix", "typer",
}  # fmt: skip
PROBE = """
import sys, time
import pytest
before = set(sys.modules)
started = time.perf_counter()
import vovecli.testing.plugin
elapsed_ms = (time.perf_counter() - started) * 1000
import json
print(json.dumps([elapsed_ms, sorted(set(sys.modules) - before - {"json"})]))
"""
# The entry point, where this environment was installed before there was one.
PLUGIN = (
    []
    if any(e.name == "vove" for e in entry_points(group="pytest11"))
    else ["-p", "vovecli.testing.plugin"]
)


def run_pytest(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Pytest in a project of its own."""
    write_project(folder)
    environ = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )


def test_costs_nothing_when_unused() -> None:
    """Under two milliseconds, and no module but its own."""
    runs = []
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, check=True)
        runs.append(json.loads(done.stdout))

    assert runs[0][1] == ["vovecli", "vovecli.testing", "vovecli.testing.plugin"]
    assert min(elapsed_ms for elapsed_ms, _ in runs) < 2


def test_the_kit_needs_no_command_line() -> None:
    """A delivery loads neither typer nor any client."""
    program = (
        "import sys, vovecli.testing as t; t.Vove().delivery('kyc.pending', faults=['stale'])\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=True,
    )

    assert not (HEAVY - {"json"}) & set(done.stdout.split())


@pytest.mark.parametrize("args", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_a_project_uses_the_fixtures(args: tuple[str, ...], tmp_path: Path) -> None:
    """The secret in the environment is the kit's, in each worker its own."""
    done = run_pytest(tmp_path, *PLUGIN, *args)

    assert done.returncode == 0, done.stdout
    assert f"{len(FORGERIES) + 1} passed" in done.stdout


def test_left_out(tmp_path: Path) -> None:
    """`-p no:vove`: no fixture of ours."""
    if PLUGIN:
        pytest.skip("the entry point is not installed here: pip install -e .")
    done = run_pytest(tmp_path, "-p", "no:vove")

    assert done.returncode == 1
    assert "fixture 'vove_secret_env' not found" in done.stdout


def test_everything_in_all_can_be_imported() -> None:
    """The lazy facade of the kit."""
    import vovecli.testing

    assert vovecli.testing.__all__ == [*vovecli.testing._HOMES]
    assert all(hasattr(vovecli.testing, name) for name in vovecli.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vovecli.testing.nothing  # noqa: B018 - the access is the test
