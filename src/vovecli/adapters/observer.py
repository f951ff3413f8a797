"""The observer: a command of the user's that prints the state of the app."""

from __future__ import annotations

import shlex
import subprocess
import time

from vovecli.core.conformance.probes import Observation
from vovecli.core.errors import Category, VoveError

TIMEOUT_S = 15.0
MAX_BYTES = 4 * 1024 * 1024
# Long enough for a clock of whole seconds to give itself away.
FIRST_QUIET_S, FIRST_LIMIT_S = 1.1, 4.0
QUIET_S, LIMIT_S = 0.1, 3.0
# An effect may come late: the first is waited for long, the next in proportion to it.
FIRST_CHANGE_LIMIT_S, CHANGE_LIMIT_S, LATENESS = 10.0, 0.5, 3
_PAUSE_S = 0.05


class Observer:
    """Runs the command, split as a shell would but run without one.

    Raises:
        VoveError: `bad-observe` where the command line cannot be split or holds nothing.
    """

    def __init__(self, command: str) -> None:
        try:
            self._argv = shlex.split(command)
        except ValueError as error:
            raise _bad(command, str(error)) from None
        if not self._argv:
            raise _bad(command, "it is empty")
        self._command = command
        self._quiet_s = QUIET_S
        self._lateness_s = 0.0
        self._change_limit_s = FIRST_CHANGE_LIMIT_S

    def look_closely(self) -> Observation:
        """Read until the state rests, long enough to see a clock in it.

        Raises:
            VoveError: `observe-failed` where the command cannot be run or fails.
        """
        return self._settle(FIRST_QUIET_S, FIRST_LIMIT_S)

    def look(self, *, changed_from: str | None = None) -> Observation:
        """Read until the state rests.

        Args:
            changed_from: The state that a delivery is expected to change: wait for that a while.

        Raises:
            VoveError: `observe-failed` where the command cannot be run or fails.
        """
        if changed_from is not None:
            self._await_change(changed_from)
        return self._settle(self._quiet_s, LIMIT_S + self._quiet_s)

    def _await_change(self, state: str) -> None:
        """Wait for another state; an app that works in the background needs as long next time."""
        started = time.monotonic()
        waited_s = 0.0
        while self._run() == state and waited_s < self._change_limit_s:
            time.sleep(_PAUSE_S)
            waited_s = time.monotonic() - started
        if waited_s < self._change_limit_s:
            self._lateness_s = max(self._lateness_s, waited_s)
            self._quiet_s = max(QUIET_S, 1.5 * self._lateness_s)
            self._change_limit_s = max(CHANGE_LIMIT_S, LATENESS * self._lateness_s)

    def _settle(self, quiet_s: float, limit_s: float) -> Observation:
        started = since = time.monotonic()
        text = self._run()
        while time.monotonic() - since < quiet_s:
            if time.monotonic() - started > limit_s:
                return Observation(text, is_stable=False)
            time.sleep(_PAUSE_S)
            if (again := self._run()) != text:
                text, since = again, time.monotonic()
        return Observation(text)

    def _run(self) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own command, no shell
                self._argv, capture_output=True, stdin=subprocess.DEVNULL,
                timeout=TIMEOUT_S, check=False,
            )  # fmt: skip
        except OSError as error:
            raise _failed(self._command, error.strerror or str(error)) from None
        except subprocess.TimeoutExpired:
            raise _failed(self._command, f"it ran for more than {TIMEOUT_S:.0f} s") from None
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise _failed(
                self._command, f"exit code {done.returncode}" + (f": {words[-1]}" if words else "")
            )
        return done.stdout[:MAX_BYTES].decode("utf-8", "replace")


def _bad(command: str, why: str) -> VoveError:
    return VoveError(
        "bad-observe",
        f"--observe {command!r} is no command: {why}",
        hint=(
            "write it as in a shell, for example --observe 'sqlite3 app.db \"select * from users\"'"
        ),
        category=Category.USAGE,
    )


def _failed(command: str, why: str) -> VoveError:
    return VoveError(
        "observe-failed",
        f"the observer command failed ({command}): {why}",
        hint=(
            "run it by hand; it must print the app's state and exit with 0 (no pipes: it runs "
            "without a shell)"
        ),
    )
