"""The observer command: split without a shell, read until it rests."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from threading import Timer

import pytest
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.adapters import observer as module
from vovecli.adapters.observer import Observer, command_output, page_text
from vovecli.core.errors import Category, VoveError


def _python(code: str, *args: str) -> Observer:
    return Observer(command_output(shlex.join([sys.executable, "-S", "-c", code, *args])))


def test_reads_standard_output(tmp_path: Path) -> None:
    """Quoting works as in a shell, but there is none."""
    (tmp_path / "a b").write_text("x y")

    assert Observer(command_output(f"cat '{tmp_path / 'a b'}'")).look().text == "x y"
    assert Observer(command_output("echo $HOME ; true | cat")).look().text == "$HOME ; true | cat\n"


def test_waits_for_a_change(tmp_path: Path) -> None:
    """The state that a delivery is to change is read until it has changed and rests."""
    state = tmp_path / "reads"
    state.write_text("")
    code = (
        "import sys; p=sys.argv[1]; n=len(open(p).read()); open(p,'a').write('x');"
        "print('before' if n < 3 else 'after')"
    )
    seen = _python(code, str(state)).look(changed_from="before\n")

    assert (seen.text, seen.is_stable) == ("after\n", True)


def test_gives_up_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A state that never changes is what it is."""
    monkeypatch.setattr(module, "FIRST_CHANGE_LIMIT_S", 0.1)

    assert Observer(command_output("echo same")).look(changed_from="same\n").is_stable


def test_a_clock_is_not_stable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Output that changes by itself is told apart from one that settles."""
    monkeypatch.setattr(module, "FIRST_QUIET_S", 0.3)
    monkeypatch.setattr(module, "FIRST_LIMIT_S", 0.5)

    assert not _python("import time; print(time.time())").look_closely().is_stable
    assert Observer(command_output("echo same")).look_closely().is_stable


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("'unclosed", "bad-observe", "No closing quotation"),
        ("  ", "bad-observe", "it is empty"),
        ("no-such-command-anywhere x", "observe-failed", "No such file"),
        ("sh -c 'echo why >&2; exit 7'", "observe-failed", "exit code 7: why"),
        ("false", "observe-failed", "exit code 1"),
    ],
)
def test_commands_that_do_not_work(command: str, code: str, words: str) -> None:
    """The message says why; the hint how to write it."""
    with pytest.raises(VoveError) as error:
        Observer(command_output(command)).look()

    assert error.value.code == code
    assert words in error.value.message
    assert (error.value.category is Category.USAGE) == (code == "bad-observe")


def test_a_command_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended."""
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 0.2)

    with pytest.raises(VoveError, match="it ran for more than 0 s"):
        Observer(command_output("sleep 30")).look()


def test_a_page_is_a_state() -> None:
    """Read by GET; what is no 2xx, or no HTTP at all, is an error."""
    with LoopbackServer(answer("200 OK", b"three cases")).running() as server:
        assert Observer(page_text(server.url)).look().text == "three cases"
    missing = LoopbackServer(answer("404 Not Found"))
    with missing.running(), pytest.raises(VoveError, match="status 404"):
        page_text(missing.url)()
    with pytest.raises(VoveError, match="cannot be read"):
        page_text(f"http://127.0.0.1:{unused_port()}/state")()


def test_lateness_is_learned(tmp_path: Path) -> None:
    """After a change that came late, rest is believed only after as long a time."""
    state = tmp_path / "state"
    state.write_text("before")
    observer = Observer(command_output(f"cat '{state}'"))
    Timer(0.3, lambda: state.write_text("after")).start()
    observer.look(changed_from="before")
    Timer(0.3, lambda: state.write_text("late")).start()

    assert observer.look().text == "late"


def test_endless_output_is_an_error() -> None:
    """It would take all memory; the program ends."""
    started = time.monotonic()
    with pytest.raises(VoveError, match="more than 4 MiB"):
        command_output(f"{sys.executable} -c \"while True: print('x' * 10_000)\"")()
    assert time.monotonic() - started < module.READ_TIMEOUT_S


def test_what_a_command_started_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its group is killed, not it alone."""
    monkeypatch.setattr(module, "READ_TIMEOUT_S", 1.0)
    script = tmp_path / "observe.py"
    script.write_text(
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    with pytest.raises(VoveError, match="more than 1 s"):
        command_output(f"{sys.executable} {script}")()

    stat = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    deadline = time.monotonic() + 5
    while stat.exists() and stat.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not stat.exists() or stat.read_text().split()[2] == "Z"


def test_command_gets_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it needs of the environment it gets."""
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", "hush")
    monkeypatch.setenv("NGROK_AUTHTOKEN", "hush")
    monkeypatch.setenv("DATABASE_URL", "here")

    shown = command_output(f'{sys.executable} -c "import os; print(dict(os.environ))"')()

    assert "hush" not in shown
    assert "here" in shown
