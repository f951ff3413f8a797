"""Programs that are run for what they print: bounded in time and output, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TERMINATE, KILL = signal.SIGTERM, getattr(signal, "SIGKILL", 9)
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class ProgramOutput(NamedTuple):
    """What became of a program.

    Attributes:
        code: Its exit code; negative: the signal that ended it.
        is_late: Whether it was ended because its time was up.
    """

    code: int
    output: bytes
    errors: bytes
    is_late: bool


def run_program(
    argv: Sequence[str], *, timeout_s: float, max_bytes: int, environ: Mapping[str, str]
) -> ProgramOutput:
    """Run a program without a shell; whatever it started ends with it.

    Args:
        argv: The program and its arguments.
        timeout_s: After that time it is killed.
        max_bytes: Of each of its two outputs; where it writes more it is killed, too.
        environ: Its whole environment.

    Raises:
        OSError: It cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 - the user's own program
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        start_new_session=True,
    )
    late = threading.Event()
    found: dict[str, bytes] = {}

    def end() -> None:
        signal_group(process.pid, KILL)

    def give_up() -> None:
        late.set()
        end()

    def read(name: str) -> None:
        with getattr(process, name) as pipe:
            found[name] = pipe.read(max_bytes)
            if pipe.read(1):
                end()

    readers = [threading.Thread(target=read, args=[name]) for name in ("stdout", "stderr")]
    timer = threading.Timer(timeout_s, give_up)
    for thread in (*readers, timer):
        thread.start()
    try:
        for reader in readers:
            reader.join()
        code = process.wait()
    finally:
        timer.cancel()
        end()
        process.wait()
    return ProgramOutput(code, found["stdout"], found["stderr"], late.is_set())


def signal_group(pid: int, number: int) -> None:
    """Signal a program that began a session, and all that it started there; none where it is gone.

    Windows has no such groups.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError, AttributeError):
        os.killpg(pid, number)


def ending(code: int) -> str:
    """How a program ended: `exit code 1`, `signal 9`."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment for programs that have no business with signing secrets and tokens."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("VOVE_") and name != "NGROK_AUTHTOKEN"
    }


def die_with_parent() -> Callable[[], None] | None:
    """What a child calls before it becomes a program, so that it ends when our process is killed.

    Linux alone has that; elsewhere the next start ends what an earlier run left.
    """
    if not sys.platform.startswith("linux"):
        return None
    import ctypes  # only where a program is kept running

    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before that
            os._exit(1)

    return ask
