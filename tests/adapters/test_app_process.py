"""An app as a process: bounded output, filed when it comes, and an end for all of it."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vovecli.adapters import app_process as module
from vovecli.adapters.app_output import (
    MAX_KEPT_BYTES,
    MAX_LINES,
    MAX_PRINTED_LINE,
    TAIL_LINES,
    AppOutput,
)
from vovecli.adapters.app_process import AppProcess
from vovecli.core.app_commands import parse_app_command
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def start() -> Iterator[Callable[..., AppProcess]]:
    """Run Python code as an app."""
    apps = []

    def run(code: str, variables: str = "", **environ: str) -> AppProcess:
        command = f"{variables} {shlex.quote(sys.executable)} -S -c {shlex.quote(code)}"
        app = AppProcess(
            parse_app_command(command), lambda line: line.replace("hidden", "***"), environ
        )
        apps.append(app)
        app.start()
        return app

    yield run
    for app in apps:
        app.end()


def _await(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_output_is_bounded(start: Callable[..., AppProcess]) -> None:
    """In lines, in the length of each, and as a whole; the app never waits for its reader."""
    app = start("for n in range(20000): print(n, 'x' * 900)\nprint('y' * 5_000_000)\nprint('end')")
    _await(lambda: app.exit_code is not None and app.tail and app.tail[-1] == "end")
    lines = app.take_lines()

    assert len(lines) == MAX_LINES + 1
    assert lines[0].startswith("0 x")
    assert "lines left out" in lines[MAX_LINES // 2]
    assert max(map(len, lines)) == MAX_PRINTED_LINE
    assert len(app.tail) == TAIL_LINES
    assert app.take_lines() == ()


def _await_last(output: AppOutput, line: str) -> None:
    _await(lambda: output.tail[-1:] == (line,))


def test_a_whole_run_keeps_so_much() -> None:
    """What comes later is counted, and known as the last lines only."""
    reader, writer = os.pipe()
    output = AppOutput(reader, str)
    kept = 0
    for number in range(MAX_KEPT_BYTES // 10_000 + 1):
        os.write(writer, (b"x" * 400 + b"\n") * 25 + b"%d\n" % number)
        _await_last(output, str(number))
        kept += sum(map(len, output.take()))
    assert MAX_KEPT_BYTES < kept < MAX_KEPT_BYTES + 10_100
    os.write(writer, b"late\n")
    _await_last(output, "late")

    assert output.take() == ("... 1 lines left out",)
    os.close(writer)
    output.join(5)


def test_what_it_prints(start: Callable[..., AppProcess]) -> None:
    """Both streams in order; masked, without colours and empty lines, odd bytes replaced."""
    app = start(
        "import os\n"
        "os.write(1, b'\\x1b[31mone\\x1b[0m hidden\\r\\n\\n'); os.write(2, b'two \\xff'); os.write(1, b'!\\nthree')"
    )
    _await(lambda: app.tail[-1:] == ("three",))

    assert app.settle(failed=True) == ("one ***", "two \ufffd!", "three")
    assert app.ending == "exit code 0"


def test_a_late_line_is_waited_for(start: Callable[..., AppProcess]) -> None:
    """After a failure only, and no longer once an app has nothing to say three times."""
    app = start("import time\nprint('up')\ntime.sleep(0.06)\nprint('boom')\ntime.sleep(60)")
    _await(lambda: app.tail)
    app.take_lines()

    assert app.settle(failed=True) == ("boom",)
    for _ in range(3):
        assert app.settle(failed=True) == ()
    started = time.monotonic()
    assert app.settle(failed=True) == ()
    assert time.monotonic() - started < 0.1


def test_environment(start: Callable[..., AppProcess]) -> None:
    """Ours, what stands before the command, and what is given."""
    app = start(
        "import os; print(os.environ['A'], os.environ['B'], 'PATH' in os.environ)", "A=1", B="2"
    )
    _await(lambda: app.tail)

    assert app.tail == ("1 2 True",)


@pytest.mark.skipif(not Path("/proc").exists(), reason="Linux shows what is left")
def test_everything_is_ended(
    start: Callable[..., AppProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ignores SIGTERM, what has left the session, what was left by its parent."""
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    stubborn = "import signal,time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    app = start(
        "import subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-S', '-c', {stubborn!r}], start_new_session=True)\n"
        f"subprocess.Popen([sys.executable, '-S', '-c', {stubborn!r}])\n"
    )
    _await(lambda: len(app.tail) == 2 and app.exit_code is not None)
    was_gone = app.is_gone
    app.end()
    app.end()  # its number may be another process's by now

    assert (was_gone, app.is_gone, app.ending) == (False, True, "exit code 0")


def test_ports(start: Callable[..., AppProcess]) -> None:
    """Where it listens."""
    app = start(
        "import socket, time\n"
        "s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1]); time.sleep(60)"
    )
    _await(lambda: app.tail)

    assert app.ports == [int(app.tail[0])]


def test_what_cannot_be_started() -> None:
    """Named, without a shell's help; nothing is left open."""
    app = AppProcess(parse_app_command("no-such-program --x"), str)
    descriptors = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc").exists() else 0
    with pytest.raises(VoveError, match="no-such-program: no such file") as caught:
        app.start()
    app.end()

    assert caught.value.code == "app-not-started"
    assert app.settle(failed=True) == app.take_lines() == app.tail == ()
    if descriptors:
        assert len(list(Path("/proc/self/fd").iterdir())) == descriptors
