"""`vove listen` as a real process: signals, pipes, terminals, crowds and garbage."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import http.client
import json
import os
import pty
import random
import resource
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import SECRET

from vovecli.adapters.history import History, history_path
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.records import RecordFilter
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

VOVE = (sys.executable, "-m", "vovecli")
KEY = parse_secret(SECRET)
BODY = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
DEADLINE_S = 20


class Listening:
    """A listener process that is ready."""

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rpartition(":")[2])

    def post(self, number: int) -> int:
        """Deliver an event with its own message id; the status of the answer."""
        now = int(time.time())
        message = Message(message_id(number), now, BODY)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE_S)
        with contextlib.closing(connection):
            connection.request("POST", "/hook", BODY, dict(signed_headers([KEY], message)))
            return connection.getresponse().status

    def end(self) -> tuple[int, list[dict[str, Any]], str]:
        """Wait for its end: exit code, JSON lines, standard error."""
        out, err = self.process.communicate(timeout=DEADLINE_S)
        return (
            self.process.returncode,
            [json.loads(line) for line in (out or b"").splitlines()],
            err.decode(),
        )


def message_id(number: int) -> str:
    """A message id that only this number has."""
    return new_message_id(1_700_000_000, number.to_bytes(16))


@contextlib.contextmanager
def listening(*options: str, **popen: Any) -> Iterator[Listening]:
    """Run `vove listen` on a free port until the block ends."""
    ready = Path("ready.json")
    command = (*VOVE, "listen", "--port", "0", "--secret", SECRET, "--ready-file", str(ready))
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process: subprocess.Popen[bytes]
    with subprocess.Popen((*command, *options), **(pipes | popen)) as process:
        try:
            deadline = time.monotonic() + DEADLINE_S
            while not ready.exists():
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield Listening(process, json.loads(ready.read_bytes())["url"])
        finally:
            process.kill()


def test_send_and_listen_agree() -> None:
    """What one process sends the other receives, verified with the same fingerprint."""
    with listening("--json", "--exit-after", "2") as listener:
        events = ("kyb.case.in_review", "kyb.case.completed")
        sent = subprocess.run(
            (*VOVE, "send", *events, "--to", listener.url, "--secret", SECRET, "--json"),
            capture_output=True,
            check=True,
            timeout=DEADLINE_S,
        )
        code, lines, _ = listener.end()

    deliveries = [json.loads(line) for line in sent.stdout.splitlines()]
    requests = [line for line in lines if line["schema"] == "vove.request/1"]
    assert code == 0
    assert [line["message_id"] for line in requests] == [line["message_id"] for line in deliveries]
    assert [line["event"]["type"] for line in requests] == list(events)
    assert {line["secret"]["fingerprint"] for line in requests} == {KEY.fingerprint}


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_under_load_it_loses_nothing(number: signal.Signals, expected: int) -> None:
    """What was acknowledged before the end was reported and recorded; the summary counts it."""
    acknowledged: list[int] = []
    stopped = threading.Event()

    def keep_posting(first: int) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            for n in range(first, first + 100_000):
                if listener.post(n) == 200:
                    acknowledged.append(n)
                if len(acknowledged) > 100:
                    stopped.set()

    with listening("--json") as listener:
        reader = concurrent.futures.ThreadPoolExecutor(5)
        with reader:
            ended = reader.submit(listener.end)
            for worker in range(4):
                reader.submit(keep_posting, worker * 100_000)
            assert stopped.wait(DEADLINE_S)
            begun = time.monotonic()
            listener.process.send_signal(number)
            code, lines, err = ended.result()

    assert time.monotonic() - begun < 10
    requests = [line for line in lines if line["schema"] == "vove.request/1"]
    recorded = {record.message_id for record in History(history_path()).find(RecordFilter())}
    assert code == expected
    assert {message_id(n) for n in acknowledged} <= {line["message_id"] for line in requests}
    assert {message_id(n) for n in acknowledged} <= recorded
    assert (lines[-1]["schema"], lines[-1]["requests"]) == ("vove.summary/1", len(requests))
    assert "Traceback" not in err


def test_killed_under_load_it_loses_no_acknowledged_delivery() -> None:
    """Without any warning: what was acknowledged had been committed before."""
    acknowledged: list[int] = []

    def keep_posting(first: int) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            for n in range(first, first + 100_000):
                if listener.post(n) == 200:
                    acknowledged.append(n)
                if len(acknowledged) == 50:
                    listener.process.kill()

    with (
        listening("--json", stdout=subprocess.DEVNULL) as listener,
        concurrent.futures.ThreadPoolExecutor(4) as posting,
    ):
        for worker in range(4):
            posting.submit(keep_posting, worker * 100_000)

    recorded = {record.message_id for record in History(history_path()).find(RecordFilter())}
    assert {message_id(n) for n in acknowledged} <= recorded


def test_closed_pipe_ends_it_quietly() -> None:
    """`vove listen --json | head -1`: exit code 141 at the next line, and no noise."""
    with listening("--json") as listener:
        assert listener.process.stdout is not None
        assert listener.process.stderr is not None
        listener.process.stdout.readline()
        listener.process.stdout.close()
        with contextlib.suppress(OSError, http.client.HTTPException):
            listener.post(1)
        code = listener.process.wait(DEADLINE_S)
        err = listener.process.stderr.read().decode()

    assert code == 141
    assert "Traceback" not in err
    assert "Exception" not in err


def test_closed_terminal_ends_it() -> None:
    """When the terminal goes away the listener goes too, in order, and writes no crash report."""
    master, slave = pty.openpty()
    crashes = Path("crashes")
    crashes.mkdir()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with listening(
        stdin=slave,
        stdout=slave,
        stderr=slave,
        preexec_fn=take_terminal,
        env=os.environ | {"TMPDIR": str(crashes)},
    ) as listener:
        os.close(slave)
        assert listener.post(1) == 200
        os.close(master)
        code = listener.process.wait(DEADLINE_S)

    assert code == 143
    assert list(crashes.iterdir()) == []


def test_port_in_use_names_the_other_listener() -> None:
    """The second listener on a port says which process has it."""
    with listening() as listener:
        second = subprocess.run(
            (*VOVE, "listen", "--port", str(listener.port), "--secret", SECRET, "--json"),
            capture_output=True,
            check=False,
            timeout=DEADLINE_S,
        )

    assert second.returncode == 3
    assert json.loads(second.stdout)["code"] == "port-in-use"
    if sys.platform == "linux":
        assert f"(pid {listener.process.pid})" in json.loads(second.stdout)["message"]


def garbage(chance: random.Random) -> bytes:
    """Bytes that are no good request, or one with something wrong in it."""
    head = [b"POST /hook HTTP/1.1", b"Host: x", b"Content-Length: 2", b"Svix-Id: msg_1", b"A: b"]
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(2000))
    if kind == 1:
        return b"\r\n".join(head) + b"\r\nX: " + b"y" * chance.choice((10, 100_000))
    if kind == 2:
        head.insert(chance.randrange(len(head)), b"Transfer-Encoding: chunked")
        return b"\r\n".join(head) + b"\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    if kind == 3:
        head.append(b"Content-Length: %d" % chance.randrange(10**9))
        return b"\r\n".join(head) + b"\r\n\r\n{}"
    place = chance.randrange(len(head))
    line = bytearray(head[place])
    for _ in range(chance.randrange(1, 4)):
        line[chance.randrange(len(line))] = chance.randrange(256)
    head[place] = bytes(line)
    whole = b"\r\n".join(head) + b"\r\n\r\n{}"
    return whole if kind == 4 else whole[: chance.randrange(len(whole))]


def throw_garbage(port: int, *, rounds: int, seed: int) -> None:
    """One piece of garbage per connection; some vanish at once, some reset, some wait."""
    chance = random.Random(seed)
    for _ in range(rounds):
        with socket.create_connection(("127.0.0.1", port), timeout=5) as sock:
            if chance.random() < 0.3:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            with contextlib.suppress(OSError):
                sock.sendall(garbage(chance))
                if chance.random() < 0.5:
                    sock.shutdown(socket.SHUT_WR)
                    sock.recv(1000)


def test_garbage_leaves_it_serving() -> None:
    """A short fuzz run: nothing on standard error, every line JSON, and it still answers."""
    with listening("--json") as listener:
        ending = concurrent.futures.ThreadPoolExecutor(1)
        with ending:
            ended = ending.submit(listener.end)
            throw_garbage(listener.port, rounds=300, seed=1)
            assert listener.post(1) == 200
            listener.process.terminate()
            code, lines, err = ended.result()

    assert code == 143
    assert "Traceback" not in err
    assert lines[-1]["requests"] > 100


@pytest.mark.slow
def test_long_garbage_and_ten_thousand_connections() -> None:
    """The long form: 20,000 pieces of garbage, slow bytes, and a crowd that holds on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd_size = min(10_000, hard - 500)
    with contextlib.ExitStack() as stack:
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        out = stack.enter_context(Path("out").open("wb"))
        listener = stack.enter_context(listening("--json", stdout=out))
        throwers = stack.enter_context(concurrent.futures.ThreadPoolExecutor(8))
        throwing = [
            throwers.submit(throw_garbage, listener.port, rounds=2500, seed=seed)
            for seed in range(8)
        ]
        for n in range(crowd_size):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", listener.port)))
            with contextlib.suppress(OSError):
                sock.sendall(b"POST /hook HTTP/1.1\r\nHost: x\r\n"[: n % 30])
            if n % 1000 == 0:
                assert listener.post(n) == 200
        for thrown in throwing:
            thrown.result()
        assert listener.post(crowd_size) == 200
        listener.process.terminate()
        code, _, err = listener.end()

    assert code == 143
    assert "Traceback" not in err
    assert json.loads(Path("out").read_bytes().splitlines()[-1])["schema"] == "vove.summary/1"
