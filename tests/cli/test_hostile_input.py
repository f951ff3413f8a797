"""What a hostile or careless surrounding must not bring about."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer
from tests.sinks import Sink

if TYPE_CHECKING:
    from tests.conftest import RunVove

VOVE = [sys.executable, "-m", "vovecli"]


@pytest.mark.parametrize("line", ["[history]\nkeep = 1", "[history]\nmax_age = '0'"])
def test_a_project_does_not_decide_what_of_the_history_is_removed(
    line: str, run_vove: RunVove
) -> None:
    """A checkout is somebody else's text."""
    Path("vove.toml").write_text(line)

    result = run_vove("config", "--json")

    assert (3, "bad-settings") == (result.exit_code, result.json["code"])


def test_a_negative_number_of_records_is_refused(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would remove all."""
    monkeypatch.setenv("VOVE_HISTORY_KEEP", "-5")

    assert run_vove("config", "--json").json["code"] == "bad-settings"


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "kyc.pending", "--secret-file", SECRET),
        ("secret", "show", SECRET),
        ("verify", SECRET),
        ("send", "kyc.pending", "--to", SECRET),
        ("listen", "--respond-script", SECRET),
    ],
)
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_secret_in_the_wrong_place_is_not_printed(
    arguments: tuple[str, ...], form: tuple[str, ...], run_vove: RunVove
) -> None:
    """Fingers slip; logs stay."""
    result = run_vove(*arguments, *form)

    assert result.exit_code in (2, 3)
    assert SECRET.removeprefix("whsec_") not in result.stdout + result.stderr


def test_sigterm_ends_a_load_run() -> None:
    """Also where asyncio calls protocols, which swallow other exceptions."""
    with Sink().running() as sink:
        command = [*VOVE, "send", "kyc.pending", "--duration", "20s", "--concurrency", "20"]
        with subprocess.Popen(
            [*command, "--to", sink.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            until = time.monotonic() + 20
            while len(sink.requests) < 200 and time.monotonic() < until:
                sink.arrived.wait(0.1)
            process.send_signal(signal.SIGTERM)
            _, errors = process.communicate(timeout=15)

    assert process.returncode == 143
    assert b"Traceback" not in errors


@pytest.mark.parametrize("host", ["a..b", "x" * 70])
def test_hosts_that_cannot_be_are_no_bug(host: str, run_vove: RunVove) -> None:
    """They are unreachable, in words."""
    result = run_vove("send", "kyc.pending", "--to", f"http://{host}/", "--timeout", "5s")

    assert result.exit_code == 4
    assert "Traceback" not in result.stderr


def test_an_old_terminal_shows_escapes() -> None:
    """A refId may be in any script."""
    environ = {**os.environ, "PYTHONIOENCODING": "ascii", "VOVE_WEBHOOK_SECRET": SECRET}
    signed = subprocess.check_output(
        [*VOVE, "sign", "kyc.pending", "--ref-id", "компания"], env=environ
    )

    shown = subprocess.run(
        [*VOVE, "verify", "-"], input=signed, env=environ, capture_output=True, check=True
    )

    assert b"\\u043a" in shown.stdout


def test_a_timestamp_of_thousands_of_digits_is_no_bug(run_vove: RunVove) -> None:
    """In a capture that is replayed as it is."""
    Path("r.http").write_text(
        f"POST / HTTP/1.1\nSvix-Id: m\nSvix-Timestamp: {'9' * 5000}\nSvix-Signature: v1,x\n\n{{}}"
    )
    with LoopbackServer(answer("200 OK")).running() as server:
        result = run_vove("replay", "r.http", "--verbatim", "--to", server.url)

    assert result.exit_code in (0, 1)


@pytest.mark.parametrize(
    "arguments",
    [("verify", "x" * 5000), ("replay", "9" * 5000), ("history", "show", "9" * 30)],
)
def test_arguments_beyond_measure_are_no_bug(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """Somebody pasted the capture itself."""
    assert run_vove(*arguments).exit_code in (2, 3)


@pytest.mark.parametrize("text", ["[profile]\nstaging = 5", "a = " + "[" * 20_000])
def test_odd_settings_files_are_no_bug(text: str, run_vove: RunVove) -> None:
    """Exit 3, naming the file."""
    Path("vove.toml").write_text(text)

    result = run_vove("config")

    assert result.exit_code == 3
    assert "vove.toml" in result.stderr


def test_a_full_disk_is_no_bug() -> None:
    """The output cannot be written: exit 3."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*VOVE, "events"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert done.returncode == 3
    assert "cannot write the output" in done.stderr


@pytest.mark.parametrize("closing", ["<&-", ">&-", "2>&-"])
def test_closed_streams_are_no_bug(closing: str) -> None:
    """As a daemon's may be."""
    script = f'"{sys.executable}" -m vovecli verify - --secret {SECRET} {closing}'
    done = subprocess.run(
        ["bash", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, check=False
    )

    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_unverified_requests_from_other_machines_are_not_forwarded() -> None:
    """Listening beyond loopback is being exposed."""
    from vovecli.core.endpoints import is_loopback

    assert not is_loopback("0.0.0.0")
    assert not is_loopback("::")
    assert is_loopback("127.0.0.1")
    assert is_loopback("[::1]")
    assert is_loopback("localhost")
