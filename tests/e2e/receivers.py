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
import re
import signal
import sqlite3
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from tests.e2e.setup_receivers import EXAMPLES, missing_runtime, prepare

from vovecli.core.messages import Headers, Message, new_message_id
from vovecli.core.secrets import encode_secret, parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECEIVER_NAMES = tuple(EXAMPLES)
KYB_PATH, KYC_PATH = "/webhooks/vove-kyb", "/webhook-endpoint"
OLD_SECRET = encode_secret(bytes(range(24)))
NEW_SECRET = encode_secret(bytes(range(100, 125))).rstrip("=")  # as the provider prints its sample
# As while a secret is being replaced: a receiver with one secret is a case of this.
BOTH_SECRETS = f"{OLD_SECRET} {NEW_SECRET}"
START_DEADLINE_S = 30

_LISTENING = re.compile(rb"http://127\.0\.0\.1:([1-9][0-9]*)")


@dataclass(frozen=True)
class RunningReceiver:
    """A receiver process that listens.

    Attributes:
        base_url: `http://127.0.0.1:PORT`; the paths are KYB_PATH and KYC_PATH.
        secret: What its VOVE_WEBHOOK_SECRET holds.
        database: Its SQLite file: messages(id), cases(ref_id, status, stage), jobs(ref_id, status).
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

    def query(self, sql: str, *parameters: str) -> list[tuple[object, ...]]:
        """Read its database."""
        # Not read-only: after a kill whoever reads first has to roll the last transaction back.
        uri = f"file:{self.database}?mode=rw"
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
    name: str, secret: str = BOTH_SECRETS, *, state: Path | None = None
) -> Iterator[RunningReceiver]:
    """Run a receiver in a process group of its own until the block ends.

    Args:
        name: One of RECEIVER_NAMES.
        secret: One or several signing secrets, separated by spaces.
        state: Folder for its database and log; kept, so a second run continues from it.
    """
    require_runtime(name)
    folder = prepare(name)
    with contextlib.ExitStack() as stack:
        where = state or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        process, log = _spawn(name, folder, where, secret)
        stack.callback(_end, process)
        base_url = f"http://127.0.0.1:{_wait_for_port(name, process, log)}"
        yield RunningReceiver(name, base_url, secret, where / "webhooks.db", log, process)


def _spawn(
    name: str, folder: Path, state: Path, secret: str
) -> tuple[subprocess.Popen[bytes], Path]:
    log = state / "log"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(state),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",  # or the line with the port waits in a buffer
        "PORT": "0",
        "DATABASE": str(state / "webhooks.db"),
        "VOVE_WEBHOOK_SECRET": secret,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            EXAMPLES[name].start,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return process, log


def _wait_for_port(name: str, process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        if found := _LISTENING.search(log.read_bytes()):
            return int(found[1])
        if process.poll() is not None:
            raise ReceiverEndedError(f"{name} ended ({process.poll()}): {log.read_text()[-2000:]}")
        time.sleep(0.01)  # another runtime's output file: there is no event to wait for
    raise TimeoutError(f"{name} does not listen: {log.read_text()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
            return


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
    path: str = KYB_PATH,
    method: str = "POST",
) -> int:
    """Send exactly these headers and bytes on a fresh connection; the status of the answer."""
    headers, body = delivery
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=20)
    with contextlib.closing(connection):
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8", "surrogateescape"))
        connection.endheaders(body)
        return connection.getresponse().status
