"""`vove send --fault`: exit 0 where the endpoint did right."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.core.captures import read_captures
from vovecli.core.fault_kinds import FAULTS
from vovecli.core.secrets import parse_secret
from vovecli.core.verification import verify

if TYPE_CHECKING:
    import socket

    from tests.conftest import RunVove

FORGERIES = sorted(FAULTS.keys() - {"duplicate"})


def correct(connection: socket.socket, request: bytes) -> None:
    """Refuse whatever is not signed rightly and recently."""
    (captured,) = read_captures(request)
    verdict = verify(captured, [parse_secret(SECRET)], moment=int(time.time()))
    status = "200 OK" if verdict.valid else "401 Unauthorized"
    connection.sendall(answer(status, verdict.cause.code.encode() if verdict.cause else b""))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_correct_endpoint(fault: str, run_vove: RunVove) -> None:
    """It refuses every forgery and acknowledges every copy of a duplicate: exit 0."""
    with LoopbackServer(correct).running() as server:
        result = run_vove(
            "send", "kyb.case.completed", "--fault", fault, "--to", server.url,
            "--secret", SECRET, "--json",
        )  # fmt: skip

    delivery = result.json
    assert result.exit_code == 0
    assert delivery["ok"] is True
    assert delivery["faults"] == [fault]
    assert (delivery["expected"], delivery["outcome"]) == (
        ("accept", "delivered") if fault == "duplicate" else ("refuse", "refused")
    )
    assert (delivery["attempts"][0]["timestamp"] is None) == (
        fault in ("missing-timestamp", "unsigned")
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_an_endpoint_without_verification(fault: str, run_vove: RunVove) -> None:
    """It accepts everything: exit 1 for each forgery, 0 for duplicates."""
    with LoopbackServer(answer("200 OK")).running() as server:
        result = run_vove(
            "send", "kyb.case.completed", "--fault", fault, "--to", server.url, "--json"
        )

    assert result.exit_code == (0 if fault == "duplicate" else 1)
    assert result.json["ok"] == (fault == "duplicate")


def test_what_was_broken_and_what_it_means_is_said(run_vove: RunVove) -> None:
    """Both for an endpoint that refused and for one that accepted; the handler's words too."""
    with LoopbackServer(correct).running() as server:
        refused = run_vove("send", "kyc.pending", "--fault", "stale=1h", "--to", server.url)
    with LoopbackServer(answer("200 OK", b"thanks")).running() as server:
        accepted = run_vove(
            "send", "kyc.pending", "--fault", "stale", "--fault", "unsigned", "--to", server.url
        )

    assert "on purpose: it is signed correctly, but 1 h ago" in refused.stdout
    assert "refused, as it must be" in refused.stdout
    assert "401 Unauthorized" in refused.stdout
    assert "accepted: the endpoint does not check the timestamp" in accepted.stdout
    assert "accepted: the endpoint accepts unsigned requests" in accepted.stdout
    assert "thanks" in accepted.stdout


def test_copies_are_identical(run_vove: RunVove) -> None:
    """As many as were asked for, byte for byte."""
    with LoopbackServer(answer("200 OK")).running() as server:
        result = run_vove("send", "kyc.pending", "--fault", "duplicate=3", "--to", server.url)

    assert result.exit_code == 0
    assert len(server.requests) == 3
    assert len(set(server.requests)) == 1
    assert "every copy was acknowledged" in result.stdout


def test_a_copy_that_is_refused(run_vove: RunVove) -> None:
    """The worst answer counts, and it is said what the provider would do."""
    answers = iter([answer("200 OK"), answer("409 Conflict"), answer("200 OK")])
    with LoopbackServer(lambda to, _: to.sendall(next(answers))).running() as server:
        result = run_vove("send", "kyc.pending", "--fault", "duplicate=3", "--to", server.url)

    assert result.exit_code == 1
    assert "a copy was refused" in result.stdout


def test_a_forgery_that_one_copy_slips_through_with(run_vove: RunVove) -> None:
    """For copies of a forgery the acceptance is the worst."""
    answers = iter([answer("200 OK"), answer("401 No")])
    with LoopbackServer(lambda to, _: to.sendall(next(answers))).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--fault", "duplicate", "--fault", "unsigned",
            "--to", server.url, "--json",
        )  # fmt: skip

    assert (result.exit_code, result.json["outcome"]) == (1, "delivered")


@pytest.mark.parametrize("fault", ["unsigned", "duplicate"])
def test_an_endpoint_that_is_down_refused_nothing(fault: str, run_vove: RunVove) -> None:
    """Unreachable is 4, never a success."""
    result = run_vove("send", "kyc.pending", "--fault", fault, "--to", str(unused_port()))

    assert result.exit_code == 4
    assert "as it must be" not in result.stdout


def test_extra_headers_and_the_other_family_are_kept(run_vove: RunVove) -> None:
    """A fault leaves everything else as it was asked for."""
    with LoopbackServer(answer("401 No")).running() as server:
        run_vove(
            "send", "kyc.pending", "--fault", "missing-id", "--to", server.url,
            "--header-prefix", "webhook", "-H", "X-Mine: 1",
        )  # fmt: skip

    (request,) = server.requests
    assert b"\r\nwebhook-signature: v1," in request
    assert b"\r\nwebhook-id:" not in request
    assert b"\r\nX-Mine: 1\r\n" in request


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--fault", "bad-signatur"), "bad-signature"),
        (("--fault", "unsigned", "--retry", "svix"), "cannot be combined"),
        (("--fault", "unsigned", "--to", "https://app.example"), "--i-own-this-host"),
        (("--fault", "stale=1m"), "accepts 5 min"),
        (("--body", "-", "--fault", "reserialized-body"), "no other form"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2 before anything is sent."""
    events = () if "--body" in arguments else ("kyc.pending",)
    result = run_vove("send", *events, *arguments, stdin=b"raw")

    assert result.exit_code == 2
    assert words in result.stderr
