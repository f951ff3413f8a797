"""The observer: reads the state of the app through a command or a page of the user's."""

from __future__ import annotations

import http.client
import os
import shlex
import time
from typing import TYPE_CHECKING

from vovecli.adapters.programs import run_program, without_secrets
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.errors import Category, VoveError
from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.core.probes.exchanges import Observation

if TYPE_CHECKING:
    from collections.abc import Callable

READ_TIMEOUT_S = 15.0
MAX_STATE_BYTES = 4 * 1024 * 1024
# Long enough for a clock of whole seconds to give itself away.
FIRST_QUIET_S, FIRST_LIMIT_S = 1.1, 4.0
QUIET_S, LIMIT_S = 0.1, 3.0
# An effect may come late: the first is waited for long, the next in proportion to it.
FIRST_CHANGE_LIMIT_S, CHANGE_LIMIT_S, LATENESS = 10.0, 0.5, 3
_PAUSE_S = 0.05


class Observer:
    """Reads the app's state until it rests.

    Args:
        read: Gives the state as text.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read
        self._quiet_s = QUIET_S
        self._lateness_s = 0.0
        self._change_limit_s = FIRST_CHANGE_LIMIT_S

    def look_closely(self) -> Observation:
        """Read until the state rests, long enough to see a clock in it.

        Raises:
            VoveError: `observe-failed` where the state cannot be read.
        """
        return self._settle(self._read(), FIRST_QUIET_S, FIRST_LIMIT_S)

    def look(self, *, changed_from: str | None = None) -> Observation:
        """Read until the state rests.

        Args:
            changed_from: The state that a delivery is expected to change: wait for that a while.

        Raises:
            VoveError: `observe-failed` where the state cannot be read.
        """
        text = self._read() if changed_from is None else self._await_change(changed_from)
        return self._settle(text, self._quiet_s, LIMIT_S + self._quiet_s)

    def _await_change(self, state: str) -> str:
        """Wait for another state; an app that works in the background needs as long next time."""
        started = time.monotonic()
        waited_s = 0.0
        while (text := self._read()) == state and waited_s < self._change_limit_s:
            time.sleep(_PAUSE_S)
            waited_s = time.monotonic() - started
        if waited_s < self._change_limit_s:
            self._lateness_s = max(self._lateness_s, waited_s)
            self._quiet_s = max(QUIET_S, 1.5 * self._lateness_s)
            self._change_limit_s = max(CHANGE_LIMIT_S, LATENESS * self._lateness_s)
        return text

    def _settle(self, text: str, quiet_s: float, limit_s: float) -> Observation:
        """Read again after `quiet_s`, until two readings agree."""
        started = time.monotonic()
        while time.monotonic() - started < limit_s:
            time.sleep(quiet_s)
            if (again := self._read()) == text:
                return Observation(text)
            text = again
        return Observation(text, is_stable=False)


def command_output(command: str) -> Callable[[], str]:
    """What a command prints, split as a shell would but run without one.

    Raises:
        VoveError: `bad-observe` where the command line cannot be split or holds nothing; calling
            the result raises `observe-failed` where the command cannot be run or fails.
    """
    try:
        argv = shlex.split(command)
    except ValueError as error:
        raise _bad(command, str(error)) from None
    if not argv:
        raise _bad(command, "it is empty")

    def read() -> str:
        try:
            done = run_program(
                argv,
                timeout_s=READ_TIMEOUT_S,
                max_bytes=MAX_STATE_BYTES,
                environ=without_secrets(os.environ),
            )
        except OSError as error:
            raise _failed(command, error.strerror or str(error)) from None
        if done.is_late:
            raise _failed(command, f"it ran for more than {READ_TIMEOUT_S:.0f} s")
        if len(done.output) == MAX_STATE_BYTES:
            raise _failed(command, f"it printed more than {MAX_STATE_BYTES // 1024 // 1024} MiB")
        if done.code:
            words = done.errors.decode("utf-8", "replace").strip().splitlines()
            last = f": {words[-1]}" if words else ""
            raise _failed(command, f"exit code {done.code}{last}")
        return done.output.decode("utf-8", "replace")

    return read


def page_text(url: str) -> Callable[[], str]:
    """The body of a page, asked for by GET.

    Raises:
        VoveError: `bad-endpoint`; calling the result raises `observe-failed` where the page does
            not answer 2xx.
    """
    endpoint = parse_endpoint(url)
    is_https = endpoint.scheme == "https"
    connect = http.client.HTTPSConnection if is_https else http.client.HTTPConnection

    def read() -> str:
        connection = connect(endpoint.host, endpoint.port, timeout=READ_TIMEOUT_S)
        try:
            connection.request(
                "GET", endpoint.target, headers={"Accept": "*/*", **dict(endpoint.headers)}
            )
            response = connection.getresponse()
            body = response.read(MAX_STATE_BYTES)
        except (OSError, http.client.HTTPException) as error:
            raise _failed(url, str(error) or type(error).__name__) from None
        finally:
            connection.close()
        if not is_acknowledged(response.status):
            raise _failed(url, f"status {response.status}")
        return body.decode("utf-8", "replace")

    return read


def _bad(command: str, why: str) -> VoveError:
    return VoveError(
        "bad-observe",
        f"--observe {command!r} is not a command: {why}",
        hint=(
            "write it as in a shell, for example --observe 'sqlite3 app.db \"select * from users\"'"
        ),
        category=Category.USAGE,
    )


def _failed(what: str, why: str) -> VoveError:
    return VoveError(
        "observe-failed",
        f"the app's state cannot be read ({what}): {why}",
        hint=(
            "try it by hand: a command must print the state and exit with 0 (it runs without a "
            "shell, so without pipes); a page must answer 2xx"
        ),
    )
