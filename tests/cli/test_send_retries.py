"""`vove send --retry`: the plan, every attempt, and why it goes on or ends."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.core.captures import read_captures
from vovecli.core.secrets import parse_secret
from vovecli.core.verification import verify

if TYPE_CHECKING:
    import socket

    from tests.conftest import RunVove


class Scripted(LoopbackServer):
    """Gives its answers one after the other and remembers when."""

    def __init__(self, *answers: bytes) -> None:
        super().__init__(self._next)
        self.times: list[float] = []
        self._answers = iter(answers)

    def _next(self, connection: socket.socket, _: bytes) -> None:
        self.times.append(time.monotonic())
        connection.sendall(next(self._answers))


FAILURE, SUCCESS = answer("500 Oops", b"broken"), answer("200 OK")


def test_a_delivery_that_recovers(run_vove: RunVove) -> None:
    """500, 500, 200: three attempts, one id, three valid signatures, waits on the schedule."""
    with Scripted(FAILURE, FAILURE, SUCCESS).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--retry", "svix", "--time-scale", "0.0001",
            "--to", server.url, "--secret", SECRET, "--json",
        )  # fmt: skip

    assert result.exit_code == 0
    assert [attempt["status"] for attempt in result.json["attempts"]] == [500, 500, 200]
    assert [attempt["n"] for attempt in result.json["attempts"]] == [1, 2, 3]
    assert isinstance(server, Scripted)
    assert server.times[2] - server.times[1] >= 0.0001 * 300 * 0.8  # the jitter of Svix
    captured = [read_captures(request)[0] for request in server.requests]
    assert {tuple(request.values("svix-id")) for request in captured} == {
        (result.json["message_id"],)
    }
    assert len({request.values("svix-signature")[0] for request in captured}) == 3
    secret = parse_secret(SECRET)
    assert all(verify(each, [secret], moment=int(time.time())).valid for each in captured)


def test_the_plan_and_every_attempt_are_printed(run_vove: RunVove) -> None:
    """The plan with whose reading it is, a line per attempt, a reason between them."""
    with Scripted(FAILURE, SUCCESS).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--retry", "svix", "--time-scale", "0", "--to", server.url
        )

    assert "retry policy svix: Svix's published schedule" in result.stderr
    assert "attempts after 0 s, 5 s, 5 min 5 s, 35 min 5 s, 2 h 35 min, 7 h 35 min" in result.stderr
    assert "each wait varies by up to a fifth" in result.stderr
    assert "(times 0)" in result.stderr
    lines = [re.sub(r"^\d\d:\d\d:\d\d", "", line) for line in result.stdout.splitlines()]
    assert [line[:5] for line in lines if "kyc.pending" in line] == [" ✗ re", " ✓ de"]
    (wait,) = (line for line in lines if "next attempt after" in line)
    assert "s (5 s, give or take a fifth); at --time-scale 0 that is 0 s" in wait


def test_a_schedule_of_the_settings_with_a_seed(run_vove: RunVove) -> None:
    """As many attempts as it has steps and one; the same seed, the same waits."""
    Path("vove.toml").write_text('[retry.staging]\nsteps = ["10m", "1h"]\n')
    with Scripted(*[FAILURE] * 6).running() as server:
        first, second = (
            run_vove(
                "send", "kyc.pending", "--retry", "staging", "--seed", "7", "--time-scale", "0",
                "--to", server.url,
            )
            for _ in range(2)
        )  # fmt: skip

    waits = [
        [line for line in result.stdout.splitlines() if "next attempt" in line]
        for result in (first, second)
    ]
    assert len(server.requests) == 6
    assert waits[0] == waits[1] != []
    assert "your own schedule" in first.stderr


def test_client_errors_end_it_under_the_documented_policy(run_vove: RunVove) -> None:
    """One attempt, and the reason names the contradiction."""
    with Scripted(answer("400 Bad Request", b"no")).running() as server:
        result = run_vove("send", "kyc.pending", "--retry", "vove-docs", "--to", server.url)

    assert result.exit_code == 1
    assert len(server.requests) == 1
    assert "400 is not retried: the KYB page says so" in result.stdout
    assert "our reading" in result.stderr


def test_the_last_attempt_ends_it(run_vove: RunVove) -> None:
    """Five attempts under the documented policy, then refused."""
    with LoopbackServer(FAILURE).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--retry", "vove-docs", "--time-scale", "0", "--to", server.url
        )

    assert (result.exit_code, len(server.requests)) == (1, 5)
    assert "that was the last of 5 attempts" in result.stdout


def test_the_endpoint_can_end_it(run_vove: RunVove) -> None:
    """Svix heeds the answer's webhook-delivery header."""
    stop = answer("500 Oops", b"", "webhook-delivery: abort-message")
    with Scripted(stop).running() as server:
        result = run_vove("send", "kyc.pending", "--retry", "svix", "--to", server.url)

    assert len(server.requests) == 1
    assert "ends the delivery: abort-message" in result.stdout


def test_retry_after_is_heeded(run_vove: RunVove) -> None:
    """Within the limits that Svix sets."""
    later = answer("503 Busy", b"", "Retry-After: 7")
    with Scripted(later, SUCCESS).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--retry", "svix", "--time-scale", "0", "--to", server.url
        )

    assert "next attempt after 7 s" in result.stdout


def test_an_endpoint_that_is_down_is_tried_again(run_vove: RunVove) -> None:
    """No answer is a failure like any other; the exit code says unreachable."""
    result = run_vove(
        "send", "kyc.pending", "--retry", "vove-docs", "--time-scale", "0",
        "--to", str(unused_port()), "--json",
    )  # fmt: skip

    assert result.exit_code == 4
    assert [attempt["status"] for attempt in result.json["attempts"]] == [None] * 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--retry", "svixx"), "did you mean svix"),
        (("--retry", "svix", "--timestamp", "now"), "so --timestamp cannot"),
        (("--retry", "svix", "--repeat", "2"), "combined with load options"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2 before anything is sent."""
    result = run_vove("send", "kyc.pending", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr
