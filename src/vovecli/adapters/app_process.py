"""An app under check: started with a secret, listened to, ended with all that it began."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters.app_output import AppOutput
from vovecli.adapters.ports import listening_ports
from vovecli.adapters.programs import KILL, TERMINATE, die_with_parent, ending, signal_group
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vovecli.core.app_commands import AppCommand

GRACE_S = 3.0
# In the environment of all that the app starts: what made a session of its own is found by it.
_MARK = "STARTED_BY_VOVE_CHECK"
_PAUSE_S = 0.02
_ROUNDS = 20  # of looking for what is left: a process may start another while it is ended
# How long a line may come after the answer that it belongs to.
_QUIET_S, _LATEST_S = 0.004, 0.5
_FIRST_LINE_S = 0.15
_PATIENCE = 3  # crashes without a word, after which none is waited for


class AppProcess:
    """The app and everything that it has started.

    Args:
        command: What to run.
        mask: Takes the secrets out of a line of its output.
        secrets: Variables that are added to our environment.

    Attributes:
        command: Without its assignments, masked.
    """

    def __init__(
        self,
        command: AppCommand,
        mask: Callable[[str], str],
        secrets: Mapping[str, str] | None = None,
    ) -> None:
        self._command, self._mask = command, mask
        self._secrets = secrets or {}
        self._child: subprocess.Popen[bytes] | None = None
        self._output: AppOutput | None = None
        self._mark = ""
        self._is_ended = False
        self._patience = _PATIENCE
        self.pid = 0
        self.command = mask(command.shown)

    def start(self, *, with_secret: bool = True) -> None:
        """Start it in a session of its own, so that Ctrl-C is ours to act on.

        Args:
            with_secret: Whether its variables are set; otherwise none of their names is.

        Raises:
            VoveError: `app-not-started`.
        """
        self._mark = f"{os.getpid()}.{time.monotonic_ns()}"
        # Python would keep what it prints into a pipe until there is much of it.
        environ = {"PYTHONUNBUFFERED": "1", **os.environ, **self._command.variables}
        environ = {name: value for name, value in environ.items() if name not in self._secrets}
        if with_secret:
            environ |= self._secrets
        program, *arguments = self._command.argv
        reader, writer = os.pipe()
        try:
            self._child = subprocess.Popen(  # noqa: S603 - the user's own program
                [shutil.which(program, path=environ.get("PATH")) or program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                env=environ | {_MARK: self._mark},
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - one system call
            )
        except (OSError, ValueError) as error:
            os.close(reader)
            why = getattr(error, "strerror", None) or str(error)
            raise VoveError(
                "app-not-started",
                f"the app cannot be started: {program}: {why.lower()}",
                hint="try the command by hand; vove runs it in this folder and without a shell",
            ) from None
        finally:
            os.close(writer)
        self.pid, self._is_ended = self._child.pid, False
        self._output = AppOutput(reader, self._mask)

    @property
    def exit_code(self) -> int | None:
        """Of the program that was started; negative: the signal that ended it; None: it runs."""
        return self._child.poll() if self._child else None

    @property
    def is_gone(self) -> bool:
        """Whether nothing is left of it; a program may leave its app behind in the background."""
        return self.exit_code is not None and not any(self._left())

    @property
    def ending(self) -> str:
        """How it ended: `exit code 1`, `signal 9`; empty while it runs."""
        code = self.exit_code
        return "" if code is None else ending(code)

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines that it printed."""
        return self._output.tail if self._output else ()

    @property
    def ports(self) -> list[int]:
        """Where it listens, as far as the system shows."""
        return sorted(listening_ports([self.pid, *self._left()]))

    def take_lines(self) -> tuple[str, ...]:
        """What it printed since the last call."""
        return self._output.take() if self._output else ()

    def settle(self, *, failed: bool) -> tuple[str, ...]:
        """What it printed since the last call, the lines that are under way included.

        Args:
            failed: Whether it answered with a server error, or not at all: then it has more to say.
        """
        if self._output is None:
            return ()
        started = time.monotonic()
        expects = failed and self._patience > 0
        until = started + (_FIRST_LINE_S if expects else _QUIET_S)
        while not self._output.has_lines and time.monotonic() < until:
            time.sleep(_QUIET_S / 2)
        while self._output.has_lines and (now := time.monotonic()) < started + _LATEST_S:
            if now - max(self._output.heard_at, started) >= _QUIET_S:
                break
            time.sleep(_QUIET_S / 2)
        lines = self._output.take()
        if expects:
            self._patience = _PATIENCE if lines else self._patience - 1
        return lines

    def end(self) -> None:
        """SIGTERM to all of it, SIGKILL to what is left after a while; nothing where it is gone."""
        if self._child is None or self._is_ended:
            return
        self._is_ended = True  # later, its number may be another process's
        try:
            self._signal(TERMINATE)
            until = time.monotonic() + GRACE_S
            while time.monotonic() < until and not self.is_gone:
                time.sleep(_PAUSE_S)
        finally:  # a second Ctrl-C shortens the grace, not this
            self._kill()
        if self._output:
            self._output.join(1)

    def _kill(self) -> None:
        assert self._child
        for _ in range(_ROUNDS):
            self._signal(KILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(1)
            if self.is_gone:
                return
            time.sleep(_PAUSE_S)

    def _signal(self, number: int) -> None:
        """To its session, and to what has left that."""
        assert self._child
        if not hasattr(os, "killpg"):  # Windows
            self._child.kill()
            return
        signal_group(self._child.pid, number)
        for pid in self._left():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)

    def _left(self) -> Iterator[int]:
        """Processes that bear its mark, as Linux shows them; elsewhere none are seen."""
        mark = f"{_MARK}={self._mark}".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # of another user, or gone
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    yield int(process.name)
