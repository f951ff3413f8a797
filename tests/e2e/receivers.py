"""The receivers of examples/ as real processes, and deliveries to them over a plain socket.

    with run_receiver("express") as receiver:
        assert deliver(receiver, genuine(payload={"refId": "r1", "status": "COMPLETED"})) == 200

Tests that do not need a process of their own take the fixture `running_receiver`, which starts each
receiver once per test process: `running_receiver("express").base_url`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from tests.e2e.observe_sqlite import database
from tests.e2e.setup_receivers import MAIN, environment, missing_runtime, prepare, steps

from vovecli.adapters.handlers import read_handler
from vovecli.core.handlers import FILES
from vovecli.core.messages import Headers, Message, new_message_id
from vovecli.core.secrets import encode_secret, parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# To run tests with: what is slow to set up has a session of its own.
RECEIVERS = [
    pytest.param(name, marks=[] if name in MAIN else [pytest.mark.stacks]) for name in FILES
]
KYB_PATH, KYC_PATH = "/webhooks/vove-kyb", "/webhook-endpoint"
OLD_SECRET = encode_secret(bytes(range(24)))
NEW_SECRET = encode_secret(bytes(range(100, 125))).rstrip("=")  # as the provider prints its sample
# As while a secret is being replaced: a receiver with one secret is a case of this.
BOTH_SECRETS = f"{OLD_SECRET} {NEW_SECRET}"
# Where a file's place is its path, there is one; the others serve both.
_PATHS = {"nextjs": (KYB_PATH,), "nextjs-pages": ("/api/vove-kyb",), "nitro": (KYB_PATH,)}
START_DEADLINE_S = 60
# Below those that the system hands out, so that no connection takes one before its server does.
_PORTS = range(15_000, 30_000)


@dataclass(frozen=True)
class RunningReceiver:
    """A receiver process that listens.

    Attributes:
        base_url: `http://127.0.0.1:PORT`; the paths are KYB_PATH and KYC_PATH.
        secret: What its VOVE_WEBHOOK_SECRET holds.
        database: Its SQLite file, or the folder of it: messages(id), cases(ref_id, status, stage), jobs(ref_id, status).
        log: What it printed.
    """

    name: str
    base_url: str
    secret: str = field(repr=False)
    database: Path
    log: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.base_url.rpartition(":")[2])

    @property
    def paths(self) -> tuple[str, ...]:
        """What it serves, the KYB path first."""
        return _PATHS.get(self.name, (KYB_PATH, KYC_PATH))

    def kill(self) -> None:
        """End all its processes at once, without notice."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(5)

    def query(self, sql: str, *parameters: str) -> list[tuple[object, ...]]:
        """Read its database."""
        # Not read-only: after a kill whoever reads first has to roll the last transaction back.
        uri = f"file:{database(self.database)}?mode=rw"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=10)) as db:
            return db.execute(sql, parameters).fetchall()


class ReceiverEndedError(Exception):
    """The program ended before it listened; the message holds what it printed."""


class StartReceiver(Protocol):
    """What the fixture `running_receiver` gives."""

    def __call__(self, name: str, secret: str = BOTH_SECRETS) -> RunningReceiver:
        """Start it, unless it runs already with this secret."""
        ...


def require_runtime(name: str) -> None:
    """Skip loudly where the machine lacks a receiver's runtime; in CI that is a failure."""
    if failing := missing_runtime(name):
        reason = f"{name} cannot run here, its runtime is missing; this fails: {failing}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{reason}, and in CI none may be skipped")
        pytest.skip(reason)


@contextlib.contextmanager
def run_receiver(
    name: str,
    secret: str = BOTH_SECRETS,
    *,
    state: Path | None = None,
    line: str = "",
) -> Iterator[RunningReceiver]:
    """Run a receiver in a process group of its own until the block ends.

    Args:
        name: A stack of `vove handler`.
        secret: One or several signing secrets, separated by spaces.
        state: Folder for its database and log; kept, so a second run continues from it.
        line: The shell line that runs it; by default the one of its head.
    """
    require_runtime(name)
    folder = prepare(name)
    with contextlib.ExitStack() as stack:
        where = state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        variables = environment(name) | {
            "HOME": str(where),
            "LANG": "C.UTF-8",
            "PORT": str(port),
            "DATABASE": str(where / "webhooks.db"),
            "VOVE_WEBHOOK_SECRET": secret,
        }
        line = line or steps(read_handler(name))[1]
        log = where / "log"
        process = stack.enter_context(running_server(line, folder, variables, log))
        base_url = f"http://127.0.0.1:{port}"
        yield RunningReceiver(name, base_url, secret, where / "webhooks.db", log, process)


def free_port() -> int:
    """A port that nothing listens on and that the system gives to no connection."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as trial, contextlib.suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port


@contextlib.contextmanager
def running_server(
    line: str, folder: Path, variables: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a shell line that serves $PORT, in a process group of its own, until the block ends."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", line],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_up(process, int(variables["PORT"]), log)
        yield process
    finally:
        _end(process)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        with (
            contextlib.closing(connection),
            contextlib.suppress(OSError, http.client.HTTPException),
        ):
            connection.request("GET", "/")
            connection.getresponse()
            return
        if process.poll() is not None:
            raise ReceiverEndedError(f"it ended ({process.returncode}): {log.read_text()[-2000:]}")
        time.sleep(0.02)  # another program's port: there is no event to wait for
    raise TimeoutError(f"it does not listen: {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        os.killpg(process.pid, signal.SIGKILL)  # and what it started
    process.wait(5)


def genuine(
    payload: object = None,
    *,
    body: bytes | None = None,
    message_id: str | None = None,
    age_s: int = 0,
    secrets: Sequence[str] = (OLD_SECRET,),
) -> tuple[Headers, bytes]:
    """Headers and body of a delivery as VOVE ID would send it now, `age_s` seconds ago."""
    now = int(time.time())
    body = json.dumps(payload, separators=(",", ":")).encode() if body is None else body
    message_id = message_id or new_message_id(now, os.urandom(16))
    message = Message(message_id, now - age_s, body)
    return signed_headers([parse_secret(secret) for secret in secrets], message), body


def deliver(
    receiver: RunningReceiver,
    delivery: tuple[Headers, bytes],
    *,
    path: str = "",
    method: str = "POST",
) -> int:
    """Send exactly these headers and bytes on a fresh connection; the status of the answer."""
    headers, body = delivery
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=20)
    with contextlib.closing(connection):
        connection.putrequest(method, path or receiver.paths[0], skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8", "surrogateescape"))
        connection.endheaders(body)
        return connection.getresponse().status
