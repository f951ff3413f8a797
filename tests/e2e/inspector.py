"""A running `vove inspect`, and histories for it to show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tests.conftest import SECRET

from vovecli.adapters.history import history_path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.records import Record
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

VOVE = [sys.executable, "-m", "vovecli"]
KEY = parse_secret(SECRET)
EVENTS = ("kyb.case.in_progress", "kyb.case.in_review", "kyb.case.completed", "kyc.successful")


@contextmanager
def inspector(*options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of the page and its process."""
    process = subprocess.Popen(
        [*VOVE, "inspect", "--json", "--port", "0", *options],
        env=os.environ | {"VOVE_WEBHOOK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield json.loads(process.stdout.readline())["url"], process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def listener(folder: Path, *options: str) -> Iterator[str]:
    """The URL of a `vove listen`."""
    ready = folder / f"ready-{time.monotonic_ns()}.json"
    process = subprocess.Popen(
        [*VOVE, "listen", "--port", "0", "--ready-file", str(ready), *options],
        env=os.environ | {"VOVE_WEBHOOK_SECRET": SECRET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 20
        while not ready.exists() and time.monotonic() < until:
            time.sleep(0.02)  # another process's file
        yield json.loads(ready.read_text())["url"]
    finally:
        process.terminate()
        process.wait()


def vove(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another terminal."""
    return subprocess.run(
        [*VOVE, *arguments],
        env=os.environ | {"VOVE_WEBHOOK_SECRET": SECRET},
        capture_output=True,
        text=True,
        check=False,
    )


def store(records: Iterable[Record]) -> None:
    """Put records into the history of this test."""
    with HistoryWriter(history_path(), keep=0, max_age_s=1e9) as writer:
        for record in records:
            writer.append(record)


def records(count: int) -> Iterator[Record]:
    """Genuine deliveries of many messages."""
    begun = int(time.time()) - count
    for number in range(count):
        event = EVENTS[number % len(EVENTS)]
        status = event.rpartition(".")[2]
        status = status.upper() if event.startswith("kyb") else status
        body = json.dumps({"refId": f"ref-{number}", "status": status}).encode()
        yield record(number, begun + number, event=event, ref_id=f"ref-{number}", body=body)


def record(number: int, at: float, **fields: Any) -> Record:
    """One of them."""
    body = fields.pop("body", b"{}")
    message_id = new_message_id(int(at), number.to_bytes(16))
    headers = signed_headers([KEY], Message(message_id, int(at), body), case="lower")
    known: dict[str, Any] = {
        "direction": "received", "event": None, "ref_id": None, "message_id": message_id,
        "endpoint": "http://localhost:3000/hook", "method": "POST", "target": "/hook",
        "outcome": "valid", "failed": False, "status": 200, "latency_ms": 2.0 + number % 50,
        "headers": headers, "body": body,
    }  # fmt: skip
    return Record(**known | fields, at=at)
