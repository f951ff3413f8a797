"""The one place where errors become text or JSON and an exit code."""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from vovecli.cli.exit_codes import EXIT_CODES, ExitCode
from vovecli.cli.group import USAGE_ERROR, app
from vovecli.cli.session import Session
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Sequence


_INVALID = re.compile(r"\AInvalid value(?: for '([^']*)'[^:]*)?: ")


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived: a kind of KeyboardInterrupt, which asyncio alone lets pass everywhere."""


def run(argv: Sequence[str]) -> int:
    """Run the command line.

    Returns:
        The exit code of docs/reference/exit-codes.md.
    """
    session = Session()
    _open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a refId may be in any script
            stream.reconfigure(errors="backslashreplace")
    _end_in_order()
    try:
        return _run(argv, session)
    except Terminated:
        _hush_asyncio()
        _say_last(session, "terminated")
        return ExitCode.TERMINATED
    except KeyboardInterrupt:
        _say_last(session, "interrupted")
        return ExitCode.INTERRUPTED


def _run(argv: Sequence[str], session: Session) -> int:
    """Run it, and report an error: whoever does not read that ends it with a signal, too."""
    try:
        code = _invoke(argv, session)
        sys.stdout.flush()
    except BrokenPipeError:
        _silence_stdout()
        return ExitCode.BROKEN_PIPE
    except VoveError as error:
        return _report(session, argv, error)
    except OSError as error:  # what adapters touch, they explain; this is standard output
        _silence_stdout()  # what it still holds cannot be written at exit either
        session.json = False
        return _report(session, (), _output_error(error))
    except USAGE_ERROR as error:
        return _report(session, argv, _usage_error(error))
    except Exception as error:  # noqa: BLE001 - the boundary: whatever is left is a bug of ours
        return _report_bug(session, argv, error)
    return code


def _invoke(argv: Sequence[str], session: Session) -> int:
    """What `Command.main` does, without its own error handling."""
    root = typer.main.get_command(app)
    try:
        with root.make_context("vove", list(argv), obj=session) as ctx:
            result = root.invoke(ctx)
    except typer.Exit as exit_:
        return exit_.exit_code
    return int(result or ExitCode.OK)


def _end_in_order() -> None:
    """Let what asks the process to end be an exception: what was done so far is recorded."""
    signal.signal(signal.SIGTERM, _terminate)
    # The terminal was closed; nohup has it ignored, Windows has no such signal.
    hangup = getattr(signal, "SIGHUP", None)
    if hangup and signal.getsignal(hangup) is signal.SIG_DFL:
        signal.signal(hangup, _terminate)


def _terminate(*_: object) -> NoReturn:
    raise Terminated


def _memory_error() -> VoveError:
    return VoveError(
        "out-of-memory",
        "there is not enough memory for it",
        hint="give less at once, or more memory to the process (ulimit -v)",
    )


def _output_error(error: OSError) -> VoveError:
    return VoveError(
        "output",
        f"cannot write the output: {error.strerror or error}",
        hint="check the disk, or where the output goes",
    )


def _usage_error(error: Any) -> VoveError:  # noqa: ANN401 - the class has no public name
    return VoveError(
        "usage",
        _INVALID.sub(_named, error.format_message()).rstrip("."),
        category=Category.USAGE,
    )


def _named(invalid: re.Match[str]) -> str:
    """The option whose value is wrong; of an argument the value itself says enough."""
    name = invalid[1] or ""
    return f"{name}: " if name.startswith("-") else ""


def _report(session: Session, argv: Sequence[str], error: VoveError) -> ExitCode:
    """Say what happened; a usage error may come before `--json` itself was parsed."""
    session.json = session.json or "--json" in argv
    if error.category is Category.USAGE and not error.hint:
        error.hint = f"see: {session.command} --help"
    try:
        if session.json:
            from vovecli.core.envelope import error_json

            session.emit(error_json(error))
        else:
            from vovecli.ui.errors import draw_error

            draw_error(session.terminal, error)
    except BrokenPipeError:
        _silence_stdout()
        return ExitCode.BROKEN_PIPE
    except OSError as failure:  # standard output takes nothing, so the reader of errors is told
        _silence_stdout()
        with suppress(OSError):
            sys.stderr.write(f"error: {_output_error(failure).message}\n")
        return EXIT_CODES[Category.INPUT]
    return EXIT_CODES[error.category]


def _report_bug(session: Session, argv: Sequence[str], error: Exception) -> ExitCode:
    if isinstance(error, MemoryError):
        return _report(session, argv, _memory_error())
    from vovecli.adapters.crash_reports import write_crash_report

    place = write_crash_report(error)
    _report(
        session,
        argv,
        VoveError(
            "bug",
            f"this is a bug in vove ({type(error).__name__}); the details are in {place}",
            hint="please report it with that file; secrets in it are masked",
            category=Category.INPUT,
        ),
    )
    return ExitCode.BUG


def _say_last(session: Session, word: str) -> None:
    """Say it unless that would wait: who ended it may be tired of a full pipe."""
    import select

    try:
        _, writable, _ = select.select([], [sys.stderr], [], 0)
    except (OSError, ValueError):  # no descriptor, or one that Windows does not ask
        writable = [sys.stderr]
    if writable:
        session.terminal.notice(word)


def _hush_asyncio() -> None:
    """Keep futures that the signal cut off from being logged as lost."""
    if "asyncio" in sys.modules:
        import logging

        logging.getLogger("asyncio").disabled = True


def _open_missing_streams() -> None:
    """Streams that the caller closed (`>&-`) are None; nothing is read from them or kept."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - lives until exit
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def _silence_stdout() -> None:
    """Point standard output nowhere, or the interpreter complains when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
