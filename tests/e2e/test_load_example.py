"""examples/load: Locust workers on a real receiver; what they counted is what its database holds."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT, SECRET
from tests.e2e.setup_receivers import CACHE
from tests.loopback import unused_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.timeout(400)]
EXAMPLE = ROOT / "examples" / "load"
APP = ROOT / "examples" / "receivers" / "python" / "app.py"


@pytest.fixture
def python() -> Path:
    """An interpreter with Locust and this project."""
    made = CACHE / "locust" / "bin" / "python"
    if not made.exists():
        subprocess.run([sys.executable, "-m", "venv", str(made.parents[1])], check=True)
        command = [str(made), "-m", "pip", "install", "-q", "-e", f"{ROOT}[locust]"]
        subprocess.run(command, check=True)
    return made


@contextmanager
def receiver(folder: Path) -> Iterator[tuple[str, Path]]:
    """The example receiver: its base URL and its database."""
    port, database = unused_port(), folder / "webhooks.db"
    environ = {"VOVE_WEBHOOK_SECRET": SECRET, "PORT": str(port), "DATABASE": str(database)}
    with (folder / "app.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(APP)], env={**os.environ, **environ}, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + 20
        while b"http" not in (folder / "app.log").read_bytes():
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)  # another process's file: there is no event to wait for
        yield f"http://127.0.0.1:{port}", database
    finally:
        process.terminate()
        process.wait(10)


def run_locust(python: Path, folder: Path, url: str, run_time_s: int) -> dict[str, dict[str, int]]:
    """A master and two workers, each a process; requests and failures by name."""
    port = str(unused_port())
    environ = {
        **os.environ,
        "VOVE_WEBHOOK_SECRET": SECRET,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    locust = [str(python), "-m", "locust", "-f", str(EXAMPLE / "locustfile.py"), "--host", url]
    with (folder / "workers.log").open("wb") as log:
        workers = [
            subprocess.Popen(
                [*locust, "--worker", "--master-port", port],
                cwd=folder, env=environ, stdout=log, stderr=log,
            )
            for _ in range(2)
        ]  # fmt: skip
    options = [
        "--master",
        "--expect-workers",
        "2",
        "--headless",
        "--users",
        "4",
        "--spawn-rate",
        "4",
    ]
    options += [
        "--master-bind-host",
        "127.0.0.1",
        "--master-bind-port",
        port,
        "--stop-timeout",
        "5",
    ]
    options += ["--run-time", f"{run_time_s}s", "--html", "report.html", "--csv", "found"]
    try:
        done = subprocess.run(
            [*locust, *options],
            cwd=folder, env=environ, capture_output=True, text=True, timeout=run_time_s + 90, check=False,
        )  # fmt: skip
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            worker.wait(10)
    assert done.returncode == 0, done.stderr[-3000:] + (folder / "workers.log").read_text()[-3000:]
    with (folder / "found_stats.csv").open() as file:
        return {
            row["Name"]: {
                "requests": int(row["Request Count"]),
                "failures": int(row["Failure Count"]),
            }
            for row in csv.DictReader(file)
        }


def check_run(python: Path, folder: Path, run_time_s: int) -> dict[str, dict[str, int]]:
    """Everything was judged, ids are distinct, and duplicates took effect once."""
    with receiver(folder) as (url, database):
        found = run_locust(python, folder, url, run_time_s)
        with closing(sqlite3.connect(database)) as db:
            messages = db.execute("SELECT count(*), count(DISTINCT id) FROM messages").fetchone()
            jobs = db.execute(
                "SELECT count(*), count(DISTINCT ref_id || status) FROM jobs"
            ).fetchone()

    total = found.pop("Aggregated")
    assert total["failures"] == 0
    forgeries = {name for name in found if name.startswith("forgery: ")}
    duplicates = {name for name in found if name.endswith(" (again)")}
    genuine = found.keys() - forgeries - duplicates
    assert genuine == {f"kyb.case.{name}" for name in ("in_progress", "in_review", "completed")}
    assert forgeries
    assert duplicates
    # A message per genuine delivery, none by a duplicate or a forgery; each took effect once.
    sent = sum(found[name]["requests"] for name in genuine)
    assert messages == (sent, sent)
    assert jobs == (sent, sent)
    # Locust's charts, with the history of the run in them.
    html = (folder / "report.html").read_text()
    assert re.search(r'"history": ?\[', html), "no charts"
    (folder / "counts.json").write_text(json.dumps(found))
    return found


@pytest.mark.stacks
def test_master_and_two_workers_shortly(python: Path, tmp_path: Path) -> None:
    """Five seconds."""
    check_run(python, tmp_path, 5)


@pytest.mark.slow
def test_master_and_two_workers_for_a_minute(python: Path, tmp_path: Path) -> None:
    """Sixty seconds: every forgery was tried."""
    found = check_run(python, tmp_path, 60)

    from vovecli.testing import FORGERIES

    assert {f"forgery: {name}" for name in FORGERIES} <= found.keys()
