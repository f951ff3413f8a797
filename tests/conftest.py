"""What every ring shares: an isolated user, and `run_vove`, one whole command in this process."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import settings
from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterator

# No deadlines: a busy machine is no failure. In CI the same cases every time: flaky is broken.
settings.register_profile("vove", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("vove")
# Mutants run the same tests in one process again and again (`tests/mutation.py`).
settings.register_profile(
    "mutation",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=20,
)
# A job in the background ignores the one, under nohup the other, and so would every command that
# the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

ROOT = Path(__file__).parent.parent
# The example of the Standard Webhooks specification: public, so nobody's.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
# As the provider's page prints it: a bare path, a length that is not its own, a comment.
DOCS_SAMPLE = """/webhook-endpoint
Host: yourdomain.com
Accept: */*
Content-Length: 71
Content-Type: application/json
Svix-Id: msg_2if9qqkVjQDrS738JZOnax9T7MO
Svix-Signature: v1,k0P5dGMNLADVGNTBiMynIM8DgzNrpWvL/W28ikd/LDQ=
Svix-Timestamp: 1719870957
User-Agent: Svix-Webhooks/1.24.0

{
  "status": "successful",
  "refId": "2e96ebd0-c1b8-11ee-b56a-a345411e245d",
  "userId": "2e96ebd0-c1b8-11ee-b56a-a345411e245d" // ⚠️ Deprecated
}
"""


def unmeasured() -> dict[str, str]:
    """The environment of a process whose imports are counted: coverage would load its own."""
    return {name: value for name, value in os.environ.items() if "COVERAGE" not in name}


@dataclass(frozen=True)
class Result:
    """What one command left behind."""

    exit_code: int
    stdout_bytes: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        """Standard output as text."""
        return self.stdout_bytes.decode("utf-8")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines, each held against its schema."""
        found = [json.loads(line) for line in self.stdout.splitlines()]
        for line in found:
            validate(line)
        return found

    @property
    def json(self) -> dict[str, Any]:
        """The only JSON line."""
        (line,) = self.lines
        return line


class RunVove(Protocol):
    """The type of the fixture."""

    def __call__(self, *args: str, stdin: bytes = b"") -> Result:
        """Run `vove ARGS`."""


@cache
def _validator(name: str) -> Draft202012Validator:
    kind, _, version = name.partition("/")
    path = ROOT / "docs" / "reference" / "schemas" / f"{kind}.{version}.json"
    return Draft202012Validator(_closed(json.loads(path.read_text(encoding="utf-8"))))


def _closed(schema: Any) -> Any:
    """The schema with no room for fields that it does not name: readers must ignore those."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed


def validate(line: dict[str, Any]) -> None:
    """Hold one JSON object against the schema that it names."""
    _validator(line["schema"]).validate(line)


@pytest.fixture(autouse=True)
def _isolated_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty home and working folder, no variable that could steer a command."""
    monkeypatch.setattr("vovecli.core.masking._loaded", set())
    for name in list(os.environ):
        if name.startswith(("VOVE_", "XDG_", "NGROK_", "GITHUB_")) or name in (
            "NO_COLOR",
            "FORCE_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
        ):
            monkeypatch.delenv(name)
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(work)
    handler = signal.getsignal(signal.SIGTERM)
    threads = set(threading.enumerate())
    yield
    signal.signal(signal.SIGTERM, handler)
    # A command in this process leaves a thread behind where it does not wait for a slow app: it
    # would write into the history of the next test. Threads of a pool, a browser's, are no daemons.
    for thread in filter(lambda each: each.daemon, set(threading.enumerate()) - threads):
        thread.join(20)
        assert not thread.is_alive(), f"{thread.name} still runs"


@pytest.fixture
def run_vove(monkeypatch: pytest.MonkeyPatch) -> RunVove:
    """Run one command line in this process."""

    def run(*args: str, stdin: bytes = b"") -> Result:
        from vovecli.cli.boundary import run as run_command_line

        out, err = io.BytesIO(), io.BytesIO()
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), "utf-8"))
            stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
            stderr = io.TextIOWrapper(err, "utf-8", write_through=True)
            patched.setattr(sys, "stdout", stdout)
            patched.setattr(sys, "stderr", stderr)
            code = run_command_line(args)
            stdout.flush()
            return Result(int(code), out.getvalue(), err.getvalue().decode("utf-8"))

    return run
