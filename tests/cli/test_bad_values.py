"""Values that nobody means: a usage or input error each, never a bug report and never a hang."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.sinks import Sink

from vovecli.adapters import files

if TYPE_CHECKING:
    from tests.conftest import RunVove

HUGE = "9" * 400
LISTEN = ("listen", "--port", "0", "--secret", SECRET, "--timeout", "1s")
SEND = ("send", "kyb.case.completed", "--secret", SECRET, "--to", "9", "--no-history")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((*LISTEN, "--public-url", "http://["), 2),
        ((*LISTEN, "--public-url", "http://℀.com/"), 2),
        ((*LISTEN, "--tolerance", HUGE), 2),
        (("listen", "--timeout", ""), 2),
        ((*SEND, "--timeout", "99999999999999999999"), 2),
        ((*SEND, "--timeout", "36500d"), 4),
        (("history", "--since", HUGE), 2),
        (("history", "--limit", HUGE), 0),
        (("history", "show", HUGE), 3),
        (("history", "--event", "\udcff"), 0),
    ],
    ids=lambda value: ascii(" ".join(value[-2:])[:60]) if isinstance(value, tuple) else str(value),
)
def test_bad_values(run_vove: RunVove, arguments: tuple[str, ...], code: int) -> None:
    """Each with its exit code; the history is there, so that it is really asked."""
    run_vove(*SEND[:-1])
    result = run_vove(*arguments)

    assert result.exit_code == code
    assert len(result.stderr) < 1000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "9", "--header-case", "lowre"), "did you mean lower?"),
        (("sign", "kyc.pending", "--header-case", "camel"), "choose from title, lower"),
        (("check", "9", "--family", "kcy"), "did you mean kyc"),
        (("events", "--format", "typescrpt"), "did you mean typescript?"),
        (("check", "9", "--secret-env", "X"), "need --run"),
        (("check", "9", "--rehearse"), "need --run"),
        (("check", "http://h.example/", "--i-own-this-host", "--run", "x"), "is another machine"),
        (("check", "9", "--run", "a | b"), "sh -c"),
    ],
)
def test_refused_words(run_vove: RunVove, arguments: tuple[str, ...], words: str) -> None:
    """One way for all: what was given, what may be, what was meant."""
    result = (
        run_vove(*arguments, "--secret", SECRET)
        if arguments[0] != "events"
        else run_vove(*arguments)
    )

    assert result.exit_code == 2
    assert words in result.stderr


def test_words_in_any_case(run_vove: RunVove) -> None:
    """Of letters."""
    signed = run_vove("sign", "kyc.pending", "--header-case", "TITLE", "--secret", SECRET)
    checked = run_vove("check", "9", "--family", "KYC", "--secret", SECRET)

    assert "Svix-Id: " in signed.stdout
    assert checked.exit_code == 4


def test_tables_without_end(run_vove: RunVove) -> None:
    """Deep dotted keys used to end every command of the folder with a bug report."""
    Path("pyproject.toml").write_text("[tool.vove]\n" + ".".join("a" * 1500) + " = 1\n")

    result = run_vove("config")

    assert result.exit_code == 3
    assert "nested too deeply" in result.stderr


def test_dotenv_without_end(run_vove: RunVove) -> None:
    """A megabyte is more than anybody's settings."""
    Path(".env").write_text("A=1\n" * 400_000)

    result = run_vove("config")

    assert result.exit_code == 3
    assert "1 MiB" in result.stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_pipes_that_a_project_names_are_not_waited_for(run_vove: RunVove) -> None:
    """A secret file, and what a capture refers to; the user may name one himself."""
    os.mkfifo("pipe")
    Path("vove.toml").write_text('secret_file = "pipe"')
    Path("c.sh").write_text("curl http://localhost/ -H 'svix-id: m' --data-binary @pipe\n")

    assert run_vove("sign", "kyb.case.completed").exit_code == 3
    Path("vove.toml").unlink()
    assert run_vove("verify", "c.sh", "--secret", SECRET).exit_code == 3


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")
@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("events", "--json"),
        ("config", "--json"),
        ("events",),
        ("completion", "bash"),
    ],
    ids=" ".join,
)
def test_output_that_cannot_be_written(arguments: tuple[str, ...]) -> None:
    """Exit code 3 and one error on standard error, in either form of output."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "vovecli", *arguments],
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip

    assert done.returncode == 3
    assert b"cannot write the output: No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_no_hard_links_are_needed(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and many network mounts have none: `init` and the development secret work."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)

    assert run_vove("init").exit_code == 0
    assert "whsec_" in Path(".env").read_text()
    assert Path(".env").stat().st_mode & 0o777 == 0o600
    assert not files.create_private(Path(".env"), b"other")
    assert b"other" not in Path(".env").read_bytes()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_ready_file_may_be_a_pipe(run_vove: RunVove) -> None:
    """Whoever waits at it reads the line; a file never takes its place."""
    os.mkfifo("ready")
    reading = os.open("ready", os.O_RDONLY | os.O_NONBLOCK)
    try:
        run_vove(*LISTEN[:-1], "100ms", "--ready-file", "ready")
        assert b"vove.ready/1" in os.read(reading, 10_000)
    finally:
        os.close(reading)
    assert Path("ready").is_fifo()


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no terminals that close")
@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_delivery_that_is_cut_short_is_recorded(run_vove: RunVove, name: str) -> None:
    """Between two attempts the terminal is closed: what was tried is in the history."""
    with Sink(500).running() as app:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "vovecli", "send", "kyb.case.completed", "--to", app.url),
                *("--retry", "svix", "--secret", SECRET),
            ],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        with process:
            assert process.stdout
            process.stdout.readline()
            process.send_signal(getattr(signal, name))
            code = process.wait(20)

    assert code == 143
    assert run_vove("history", "--json").json["outcome"] == "refused"
