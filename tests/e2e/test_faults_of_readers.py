"""Every command that prints more than a pipe holds, before a reader that does not read."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.e2e.test_listen import listening
from tests.loopback import LoopbackServer, answer

from vovecli.adapters.history import history_path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.formats import to_raw_http
from vovecli.core.messages import Message
from vovecli.core.outcomes.records import Record
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, sets a pipe's size")

PIPE_BYTES, DEADLINE_S = 4096, 30
MANY = 60
COMMANDS = (
    *("sign kyb.case.completed", "sign kyb.case.completed --count 100 --json"),
    *("verify captures", "verify captures --json"),
    *("history -n 0", "history -n 0 --json", "history -f -n 0", "history show 1"),
    *("history show 1 --json", "replay captures/0.http captures/1.http --json --to {to}"),
    f"send {'kyb.case.completed ' * MANY} --to {{to}}",
    f"send {'kyb.case.completed ' * MANY} --json --to {{to}}",
    *("check {to}", "check {to} --json", "events --json", "faults", "config --json"),
    *("completion bash", "handler fastapi", "help send", "--help", "no-such-command --json"),
)


def make_records() -> None:
    """A history and a folder of captures, large enough."""
    key = parse_secret(SECRET)
    Path("captures").mkdir()
    with HistoryWriter(history_path(), keep=0, max_age_s=1e9) as writer:
        for number in range(MANY):
            body = b'{"refId":"%d","status":"COMPLETED","x":"%s"}' % (number, b"x" * PIPE_BYTES)
            now = int(time.time())
            headers = signed_headers([key], Message(f"msg_{number}", now, body))
            request = CapturedRequest("POST", "/", headers, body)
            Path(f"captures/{number}.http").write_bytes(to_raw_http(request))
            writer.append(
                Record(
                    direction="received",
                    at=now,
                    event="kyb.case.completed",
                    ref_id=str(number),
                    message_id=f"msg_{number}",
                    endpoint=None,
                    method="POST",
                    target="/",
                    outcome="valid",
                    failed=False,
                    status=200,
                    latency_ms=None,
                    headers=headers,
                    body=body,
                )
            )


@contextlib.contextmanager
def small_pipe(*, full: bool) -> Iterator[tuple[int, int]]:
    """The ends of a pipe that soon takes no more, or none at all."""
    import fcntl

    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    if full:
        os.write(writing, b"x" * PIPE_BYTES)
    try:
        yield reading, writing
    finally:
        for descriptor in (reading, writing):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def wait_until_it_waits(process: subprocess.Popen[bytes]) -> None:
    """Until it has used no time of a processor for a while, or has ended."""
    deadline, since = time.monotonic() + DEADLINE_S, time.monotonic()
    used: list[str] = []
    while time.monotonic() - since < 0.5 and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        now = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        if now[11:13] != used or now[0] != "S":
            used, since = now[11:13], time.monotonic()


def end_while_they_wait(
    commands: Sequence[str], ended_by: str, code: int, *, errors_too: bool
) -> None:
    """Each command ends with its code and without a traceback: by a signal, or with its reader."""
    make_records()
    wrong = []
    with LoopbackServer(answer("200 OK")).running() as app, contextlib.ExitStack() as stack:
        started = []
        for number, command in enumerate(commands):
            reading, writing = stack.enter_context(small_pipe(full=True))
            errors = stack.enter_context(Path(f"errors-{number}").open("wb"))
            process = subprocess.Popen(
                (sys.executable, "-m", "vovecli", *command.format(to=app.url).split()),
                stdout=writing,
                stderr=writing if errors_too else errors,
                env=os.environ | {"VOVE_WEBHOOK_SECRET": SECRET},
            )
            stack.callback(process.kill)
            os.close(writing)
            started.append((command, process, reading))
        for number, (command, process, reading) in enumerate(started):
            wait_until_it_waits(process)
            if ended_by == "close":
                os.close(reading)
            else:
                process.send_signal(getattr(signal, ended_by))
            try:
                got: int | str = process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                got = "it goes on"
            said = Path(f"errors-{number}").read_text()
            if got != code or "Traceback" in said:
                wrong.append((command[:50], got, said[-300:]))
    assert wrong == []


ENDS = [("SIGTERM", 143), ("SIGINT", 130), ("close", 141)]


def test_some_commands_end_when_they_are_told_to() -> None:
    """The short form; nobody reads their errors either."""
    end_while_they_wait(COMMANDS[1::4], "SIGTERM", 143, errors_too=True)


@pytest.mark.slow
@pytest.mark.parametrize("errors_too", [False, True], ids=["output", "output and errors"])
@pytest.mark.parametrize(("ended_by", "code"), ENDS)
def test_every_command_ends_when_it_is_told_to(
    ended_by: str, code: int, *, errors_too: bool
) -> None:
    """Whatever ends it, and whatever is not read."""
    end_while_they_wait(COMMANDS, ended_by, code, errors_too=errors_too)


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["lines", "json"])
@pytest.mark.parametrize(("ended_by", "code"), ENDS)
def test_a_listener_serves_on(ended_by: str, code: int, options: tuple[str, ...]) -> None:
    """Nobody reads its lines or its errors, then the reader goes: deliveries are answered."""
    with (
        small_pipe(full=False) as (reading, writing),
        listening(*options, stdout=writing, stderr=writing) as listener,
    ):
        os.close(writing)
        begun_s = time.monotonic()
        assert {listener.post(number) for number in range(100)} == {200}
        assert time.monotonic() - begun_s < 10
        if ended_by == "close":
            os.close(reading)
            with contextlib.suppress(OSError):
                listener.post(100)
        else:
            listener.process.send_signal(getattr(signal, ended_by))
        assert listener.process.wait(DEADLINE_S) == code
