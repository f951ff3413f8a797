"""`vove send` as a real process, and against the receivers of examples/."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import SECRET
from tests.e2e.receivers import OLD_SECRET, RECEIVERS, StartReceiver
from tests.loopback import LoopbackServer, answer
from tests.sinks import Sink

from vovecli.adapters.history import History, history_path
from vovecli.adapters.history_writer import MAX_BATCH
from vovecli.core.fault_kinds import FAULTS
from vovecli.core.flows import FLOWS
from vovecli.core.outcomes.records import RecordFilter

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.conftest import RunVove

DEADLINE_S = 30
MEBIBYTE = 1024 * 1024


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `vove send` in a process of its own; it is gone when the block ends."""
    command = (sys.executable, "-m", "vovecli", "send", "kyb.case.completed", *arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(sink: Sink, requests: int) -> None:
    """Wait until the sink has seen so many."""
    deadline = time.monotonic() + DEADLINE_S
    while len(sink.requests) < requests:
        assert time.monotonic() < deadline, "the load does not arrive"
        sink.arrived.clear()
        sink.arrived.wait(1)


@pytest.mark.parametrize("name", RECEIVERS)
def test_the_examples_see_through_every_fault(
    name: str, running_receiver: StartReceiver, run_vove: RunVove
) -> None:
    """They refuse each forgery and acknowledge every copy of a duplicate."""
    receiver = running_receiver(name)
    for fault in FAULTS:
        for event, path in (
            ("kyb.case.completed", receiver.paths[0]),
            ("kyc.successful", receiver.paths[-1]),
        ):
            result = run_vove(
                "send", event, "--fault", fault, "--to", receiver.base_url + path,
                "--secret", OLD_SECRET,
            )  # fmt: skip
            assert result.exit_code == 0, (fault, result.stdout)


@pytest.mark.parametrize("name", RECEIVERS)
def test_the_examples_take_every_flow(
    name: str, running_receiver: StartReceiver, run_vove: RunVove
) -> None:
    """The unkind ones too."""
    receiver = running_receiver(name)
    url = receiver.base_url + receiver.paths[0]
    for flow in FLOWS:
        result = run_vove("send", "--flow", flow, "--to", url, "--secret", OLD_SECRET)
        assert result.exit_code == 0, (flow, result.stdout)


def test_a_killed_load_run_loses_at_most_the_last_batch() -> None:
    """After kill -9 the history is sound and holds what was answered but for the last moments."""
    options = ("--repeat", "1000000", "--concurrency", "10", "--record")
    with Sink().running() as sink:
        with started(*options, "--to", sink.url):
            wait_for(sink, 3 * MAX_BATCH)
        answered = len(sink.requests)

    with closing(sqlite3.connect(history_path())) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    stored = len(list(History(history_path()).find(RecordFilter())))
    assert answered - 2 * MAX_BATCH <= stored <= answered


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "terminated"]
)
def test_an_interrupted_load_run_says_what_it_came_to(number: signal.Signals, code: int) -> None:
    """One summary, the right exit code, the recorded deliveries kept."""
    options = ("--duration", "1h", "--record", "--json")
    with Sink().running() as sink, started(*options, "--to", sink.url) as process:
        wait_for(sink, 20)
        process.send_signal(number)
        out, err = process.communicate(timeout=DEADLINE_S)

    (load,) = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == code, err
    assert load["delivered"] >= 20 - 10  # one per connection was on its way
    assert len(list(History(history_path()).find(RecordFilter()))) >= load["requests"]
    assert b"Traceback" not in err


def test_interrupted_while_it_waits_for_a_retry() -> None:
    """The attempts so far were shown and recorded; exit 130, no traceback."""
    with (
        LoopbackServer(answer("500 Oops")).running() as server,
        started("--retry", "svix", "--to", server.url) as process,
    ):
        assert process.stdout
        while b"next attempt after" not in process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=DEADLINE_S)

    assert process.returncode == 130
    assert b"Traceback" not in err
    (record,) = History(history_path()).find(RecordFilter())
    assert (record.status, record.failed) == (500, True)


def endless(connection: socket.socket, _: bytes) -> None:
    """An answer without end."""
    with suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * MEBIBYTE)


@pytest.mark.parametrize("options", [(), ("--repeat", "20")], ids=["plain", "load"])
def test_an_endless_answer_costs_neither_time_nor_memory(options: tuple[str, ...]) -> None:
    """It is cut at a limit."""
    gibibyte = 'ulimit -v 1048576; exec "$@"'
    began = time.monotonic()
    with LoopbackServer(endless).running() as server:
        arguments = ("kyc.pending", *options, "--secret", SECRET, "--to", server.url)
        done = subprocess.run(
            ["bash", "-c", gibibyte, "bash", sys.executable, "-m", "vovecli", "send", *arguments],
            capture_output=True,
            timeout=DEADLINE_S,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < DEADLINE_S


def test_a_silent_endpoint_costs_the_timeout(run_vove: RunVove) -> None:
    """Once for all connections, under load too."""
    with Sink(delay_s=60).running() as sink:
        began = time.monotonic()
        options: tuple[Any, ...] = ("--repeat", "20", "--concurrency", "20", "--timeout", "300ms")
        result = run_vove("send", "kyc.pending", *options, "--to", sink.url, "--json")

    assert (result.exit_code, result.json["failed"]) == (4, 20)
    assert time.monotonic() - began < 5


def test_a_pipe_from_sign_to_verify_needs_no_secret_at_all() -> None:
    """The verifier is up before the signer has made the development secret, and waits for it."""
    vove = [sys.executable, "-m", "vovecli"]
    verifier = subprocess.Popen([*vove, "verify", "-"], stdin=subprocess.PIPE)
    time.sleep(1)  # another process: long enough to have chosen its secret, were it not waiting
    signed = subprocess.run([*vove, "sign", "kyc.pending"], capture_output=True, check=True)

    verifier.communicate(signed.stdout, timeout=20)

    assert verifier.returncode == 0
