"""The process of ngrok's agent: started so that it dies with ours, followed, ended once."""

from __future__ import annotations

import contextlib
import io
import os
import queue
import subprocess
import tempfile
import threading
from typing import IO, TYPE_CHECKING, Any

from vovecli.adapters.programs import (
    KILL,
    TERMINATE,
    die_with_parent,
    ending,
    signal_group,
    without_secrets,
)
from vovecli.adapters.tunnel.agent_output import MAX_LINE

if TYPE_CHECKING:
    from collections.abc import Callable

GOODBYE_S = 1.0
_STDERR_TAIL = 8192


class AgentProcess:
    """One process, with nothing left of it after `end`.

    Attributes:
        pid: 0 until it is started.
        is_closed: Whether nothing may be started any more.
    """

    def __init__(self, authtoken: str) -> None:
        self.pid = 0
        self.is_closed = False
        self._authtoken = authtoken
        self._child: subprocess.Popen[str] | None = None
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - `release` closes it
        self._is_followed = self._is_ended = False
        self._gone = threading.Event()
        self._ending = threading.Lock()
        self._lock = threading.Lock()

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - Popen's own
        """Start it as `Popen` would, with an environment and a stderr of its own.

        Raises:
            InterruptedError: It was closed before.
            OSError: It cannot be started.
        """
        token = {"NGROK_AUTHTOKEN": self._authtoken} if self._authtoken else {}
        with self._lock:
            if self.is_closed:
                raise InterruptedError("stopped")
            self._child = self._started(
                command,
                stdin=subprocess.DEVNULL,
                stderr=self._stderr,
                env=without_secrets(os.environ) | token,
                encoding="utf-8",
                errors="replace",
                **options,
            )
            self.pid = self._child.pid
            return self._child

    def follow(self, heard: Callable[[str], None]) -> str:
        """Hand over each line that it logs until it is gone; gives how it ended."""
        with self._lock:
            child, self._is_followed = self._child, not self.is_closed
        if child is None or child.stdout is None or not self._is_followed:
            return "closed"
        with child.stdout as log:
            for line in iter(lambda: log.readline(MAX_LINE), ""):
                heard(line)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GOODBYE_S)
        self.end(GOODBYE_S)
        return ending(child.returncode)

    def refuse_starts(self) -> bool:
        """Start nothing from now on; whether there is a process that runs."""
        with self._lock:
            self.is_closed = True
        return self._child is not None and self._child.poll() is None

    def end(self, grace_s: float) -> None:
        """SIGTERM, and SIGKILL after `grace_s` seconds, once: its number may be used again."""
        child = self._child
        with self._ending:
            if child is None or self._is_ended:
                return
            self._is_ended = True
            # Where `ngrok` is a script, the agent is a child of that.
            if child.poll() is None:
                signal_group(child.pid, TERMINATE)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(grace_s)
            signal_group(child.pid, KILL)
            self._gone.set()
            child.wait(GOODBYE_S)

    def release(self) -> None:
        """Close its files."""
        if self._child is not None and self._child.stdout is not None and not self._is_followed:
            self._child.stdout.close()
        self._stderr.close()

    def stderr_tail(self) -> str:
        """The end of what it said on stderr; empty once that is closed."""
        with contextlib.suppress(ValueError):
            self._stderr.seek(max(0, os.fstat(self._stderr.fileno()).st_size - _STDERR_TAIL))
            return self._stderr.read().decode("utf-8", "replace")
        return ""

    def _started(self, command: list[str], **options: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - Popen's own
        """Start it from a thread that lives as long as it: it dies with that (prctl(2))."""
        outcome: queue.SimpleQueue[subprocess.Popen[str] | Exception] = queue.SimpleQueue()

        def live() -> None:
            try:
                child = subprocess.Popen(command, preexec_fn=die_with_parent(), **options)  # noqa: PLW1509, S603 - one system call; the agent's path, checked by its version
            except Exception as error:  # noqa: BLE001 - raised where it is awaited
                outcome.put(error)
                return
            log = child.stdout
            if isinstance(log, io.TextIOWrapper):
                # pyngrok would gather a line that never ends until there is no memory left.
                read = log.readline
                log.readline = lambda size=-1: read(min(size, MAX_LINE) if size >= 0 else MAX_LINE)  # type: ignore[method-assign]
            outcome.put(child)
            self._gone.wait()

        threading.Thread(target=live, name="ngrok-agent", daemon=True).start()
        result = outcome.get()
        if isinstance(result, Exception):
            raise result
        return result
