"""`vove send --flow`, several events, delays."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.loopback import LoopbackServer, answer

if TYPE_CHECKING:
    from tests.conftest import RunVove

OK = answer("200 OK")


def statuses(server: LoopbackServer) -> list[str]:
    """What arrived, in order."""
    return [json.loads(each.partition(b"\r\n\r\n")[2])["status"] for each in server.requests]


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        ("kyb-approved", ["IN_PROGRESS", "IN_REVIEW", "COMPLETED"]),
        ("kyb-rejected", ["IN_PROGRESS", "IN_REVIEW", "REJECTED"]),
        ("kyc-approved", ["in_progress", "successful"]),
        ("kyc-review", ["in_progress", "pending", "successful"]),
        ("kyc-suspected", ["in_progress", "suspected"]),
        ("out-of-order", ["COMPLETED", "IN_REVIEW"]),
        ("terminal-flip", ["successful", "suspected"]),
    ],
)
def test_flows(flow: str, expected: list[str], run_vove: RunVove) -> None:
    """The events of the flow arrive in order, with one refId and an id each."""
    with LoopbackServer(OK).running() as server:
        result = run_vove("send", "--flow", flow, "--to", server.url, "--json")

    assert result.exit_code == 0
    assert statuses(server) == expected
    assert len({line["ref_id"] for line in result.lines}) == 1
    assert len({line["message_id"] for line in result.lines}) == len(expected)


def test_a_flow_ends_with_totals_and_marks_odd_transitions(run_vove: RunVove) -> None:
    """What the documented chain does not hold is said, not forbidden."""
    answers = iter([OK, answer("500 Oops")])
    with LoopbackServer(lambda to, _: to.sendall(next(answers))).running() as server:
        result = run_vove("send", "--flow", "out-of-order", "--to", server.url)

    assert result.exit_code == 1
    assert "COMPLETED is final in the documented chain" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 of 2 deliveries as expected"
    assert result.stderr.count("hint: ") == 1


def test_ones_own_flows(run_vove: RunVove) -> None:
    """Flows of vove.toml are known by their names."""
    Path("vove.toml").write_text('[flows]\nnudge = ["kyc.pending", "kyc.pending"]\n')
    with LoopbackServer(OK).running() as server:
        result = run_vove("send", "--flow", "nudge", "--to", server.url)

    assert result.exit_code == 0
    assert statuses(server) == ["pending", "pending"]


def test_delays_lie_between_deliveries(run_vove: RunVove) -> None:
    """None before the first, one before each other."""
    started = time.monotonic()
    with LoopbackServer(OK).running() as server:
        run_vove("send", "--flow", "kyc-review", "--delay", "40ms", "--to", server.url)

    assert time.monotonic() - started >= 0.08


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--flow", "kyb-aproved"), "did you mean kyb-approved"),
        (("--flow", "kyb-approved", "kyc.pending"), "names its own events"),
        (("--flow", "kyb-approved", "--message-id", "m"), "one event"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2 before anything is sent."""
    result = run_vove("send", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr
