"""The error boundary, exit code by exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.cli import boundary
from vovecli.cli.exit_codes import EXIT_CODES, ExitCode
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from tests.conftest import RunVove


def fail_with(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make any command end like that."""

    def invoke(*_: object) -> int:
        raise error

    monkeypatch.setattr(boundary, "_invoke", invoke)


@pytest.mark.parametrize("category", Category)
def test_every_category_has_its_code(
    category: Category, run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Message, hint and nothing on standard output."""
    fail_with(monkeypatch, VoveError("some-code", "it broke", hint="mend it", category=category))

    result = run_vove("events")

    assert EXIT_CODES[category] == result.exit_code
    assert (result.stdout, result.stderr) == ("", "error: it broke\nhint: mend it\n")


def test_errors_are_objects_under_json(run_vove: RunVove) -> None:
    """Usage errors too, though they come before the options are known."""
    result = run_vove("events", "nothing", "--json")

    assert (result.exit_code, result.json["code"]) == (ExitCode.USAGE, "unknown-event")
    assert run_vove("--json", "events", "--wrong").json["code"] == "usage"
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), ExitCode.INTERRUPTED, "interrupted"),
        (boundary.Terminated(), ExitCode.TERMINATED, "terminated"),
        (BrokenPipeError(), ExitCode.BROKEN_PIPE, ""),
    ],
)
def test_ends_that_are_not_errors(
    error: BaseException,
    code: ExitCode,
    words: str,
    run_vove: RunVove,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C and SIGTERM say a word, a closed pipe says nothing."""
    fail_with(monkeypatch, error)
    monkeypatch.setattr(boundary, "_silence_stdout", lambda: None)

    result = run_vove("events")

    assert (code, words) == (result.exit_code, result.stderr.strip())


@pytest.mark.parametrize("arguments", [("events",), ("events", "--json")])
def test_a_bug_is_one_line_and_a_private_report_without_secrets(
    arguments: tuple[str, ...], run_vove: RunVove, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the details are, and that they can be shared."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    fail_with(monkeypatch, ZeroDivisionError(f"with {SECRET} in it"))

    result = run_vove(*arguments)

    (report,) = tmp_path.glob("vove-bug-*.txt")
    assert result.exit_code == ExitCode.BUG
    assert str(report) in (result.stderr or result.json["message"])
    assert len((result.stderr or result.stdout).splitlines()) <= 2
    assert "Traceback" not in result.stderr
    text = report.read_text()
    assert "ZeroDivisionError" in text
    assert "test_boundary.py" in text
    assert SECRET.removeprefix("whsec_") not in text + result.stderr + result.stdout
    assert report.stat().st_mode & 0o777 == 0o600


def test_an_error_into_a_closed_pipe_is_quiet(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reporting must not fail in its turn."""

    def broken(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("vovecli.ui.errors.draw_error", broken)
    monkeypatch.setattr(boundary, "_silence_stdout", lambda: None)

    assert run_vove("events", "nothing").exit_code == ExitCode.BROKEN_PIPE


def test_a_closed_pipe_ends_quietly() -> None:
    """As `vove ... | head -1` does: no traceback, not even at interpreter exit."""
    command = [sys.executable, "-m", "vovecli", "sign", "kyc.pending", "--json", "--count", "5000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read().decode()

    assert process.returncode == ExitCode.BROKEN_PIPE
    assert "development secret" in errors
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED)]
)
def test_signals_end_a_command(sent: signal.Signals, code: ExitCode) -> None:
    """While it waits for its input."""
    os.mkfifo("pipe")
    command = [sys.executable, "-m", "vovecli", "verify", "pipe", "--secret", SECRET]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        with Path("pipe").open("wb"):  # opens once the command has opened it, so it runs
            process.send_signal(sent)
        assert process.stderr
        errors = process.stderr.read().decode()

    assert code == process.returncode
    assert "Traceback" not in errors


def test_ctrl_c_while_modules_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The boundary itself is not there yet, or does not listen any more: no traceback either."""
    from vovecli.__main__ import main

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["vove", "events"])
    monkeypatch.setattr(boundary, "run", interrupted)

    assert main() == ExitCode.INTERRUPTED


def test_no_arguments_show_the_help(run_vove: RunVove) -> None:
    """Nothing was wrong, so exit 0."""
    result = run_vove()

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: vove")


def test_unknown_commands_come_with_the_nearest(run_vove: RunVove) -> None:
    """A typo is one keystroke from its mending."""
    result = run_vove("verfy")

    assert result.exit_code == ExitCode.USAGE
    assert "'verify'" in result.stderr


def test_global_options_go_before_and_after_the_command(run_vove: RunVove) -> None:
    """People remember the option, not its place."""
    assert (
        run_vove("--json", "events", "kyc.pending").lines
        == run_vove("events", "kyc.pending", "--json").lines
    )


def test_the_colour_option_is_checked(run_vove: RunVove) -> None:
    """One of three words."""
    result = run_vove("events", "--color", "blue")

    assert result.exit_code == ExitCode.USAGE
    assert "auto, always, never" in result.stderr


@pytest.mark.parametrize(
    "arguments", [("--version",), ("-q", "--version"), ("--version", "--json")]
)
def test_the_version(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """In either form."""
    from vovecli import __version__

    assert __version__ in run_vove(*arguments).stdout


def test_every_command_has_help_with_examples(run_vove: RunVove) -> None:
    """Examples first: they are what people copy."""
    from vovecli.cli.group import COMMANDS

    for name in COMMANDS:
        help_text = run_vove(name, "--help").stdout
        assert f"  vove {name}" in help_text.partition("Options:")[0], name
