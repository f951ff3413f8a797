"""Every command on a machine that fails it: an answer each time, never a bug report.

The idea is that of curl's torture tests: each resource fails once, under every command.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.adapters import history, history_file, history_writer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import RunVove

    Fault = Callable[[pytest.MonkeyPatch], None]

COMMANDS = {
    "sign": ("sign", "kyb.case.completed", "--secret", SECRET),
    "sign with the development secret": ("sign", "kyb.case.completed"),
    "send": ("send", "kyb.case.completed", "--secret", SECRET, "--to", "9"),
    "verify": ("verify", "request.http", "--secret", SECRET),
    "replay": ("replay", "request.http", "--secret", SECRET, "--to", "9"),
    "replay failed": ("replay", "--failed", "--secret", SECRET, "--to", "9"),
    "listen": (
        *("listen", "--secret", SECRET, "--port", "0", "--timeout", "50ms"),
        *("--save", "saved", "--ready-file", "ready.json"),
    ),
    "history": ("history",),
    "history show": ("history", "show", "1"),
    "init": ("init",),
    "config": ("config",),
    "trust": ("trust", "vove.toml"),
    "secret": ("secret",),
    "events": ("events",),
    "history clear": ("history", "clear"),  # the last one: then there is none
}


def no_room(patch: pytest.MonkeyPatch) -> None:
    """The disk is full: no file can be made."""
    real = os.open

    def fail(path: str, flags: int, *args: int, **kwargs: int) -> int:
        if flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, flags, *args, **kwargs)

    patch.setattr(os, "open", fail)


def no_links(patch: pytest.MonkeyPatch) -> None:
    """The file system knows no hard links."""

    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    patch.setattr(Path, "hardlink_to", fail)


def no_memory(patch: pytest.MonkeyPatch) -> None:
    """What is read does not fit."""

    def fail(*_: object, **__: object) -> bytes:
        raise MemoryError

    patch.setattr("vovecli.adapters.files.read_rest", fail)
    patch.setattr(history.History, "find", fail)
    patch.setattr(history.History, "failed", fail)
    patch.setattr(history_file, "open_for_writing", fail)
    patch.setattr(history_writer, "open_for_writing", fail)


def nothing_is_readable(patch: pytest.MonkeyPatch) -> None:
    """Reads fail half-way, as on a broken disk."""

    def fail(*_: object, **__: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    patch.setattr("vovecli.adapters.files.read_rest", fail)


def locked_history(patch: pytest.MonkeyPatch) -> None:
    """Another program holds the history for ever."""
    patch.setattr(history_file, "BUSY_TIMEOUT_S", 0.01)
    database = sqlite3.connect(history.history_path(), isolation_level=None)
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    database.execute("BEGIN EXCLUSIVE")
    LOCKS.append(database)


def garbage_history(_: pytest.MonkeyPatch) -> None:
    """Something else is where the history was."""
    for file in history.history_path().parent.glob("history*"):
        file.write_bytes(b"no database" * 1000)


def odd_rows(_: pytest.MonkeyPatch) -> None:
    """Another program wrote into it."""
    with closing(sqlite3.connect(history.history_path())) as database:
        database.execute("UPDATE records SET headers = '{', attempts = 7, answer_headers = '[1]'")
        database.commit()


LOCKS: list[sqlite3.Connection] = []
FAULTS: list[Fault] = [
    no_room,
    no_links,
    no_memory,
    nothing_is_readable,
    locked_history,
    garbage_history,
    odd_rows,
]


@pytest.fixture
def _with_a_history(run_vove: RunVove) -> None:
    """A record, a capture and a settings file are there before anything fails."""
    Path("request.http").write_bytes(run_vove(*COMMANDS["sign"]).stdout_bytes)
    Path("vove.toml").write_text('endpoint = "http://localhost:9/"')
    run_vove(*COMMANDS["send"])


@pytest.mark.usefixtures("_with_a_history")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_command_answers(run_vove: RunVove, fault: Fault) -> None:
    """With a documented exit code, and what to do where it could not do its work."""
    for name, arguments in COMMANDS.items():
        with pytest.MonkeyPatch.context() as patch:
            fault(patch)
            result = run_vove(*arguments)
            while LOCKS:
                LOCKS.pop().close()
        assert result.exit_code in (0, 1, 3, 4), (name, result)
        assert "bug" not in result.stderr, (name, result.stderr)
        if result.exit_code == 3:
            assert "error: " in result.stderr, (name, result.stderr)
