from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.core.catalogue import EVENTS

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from tests.conftest import RunVove

OK = answer("200 OK", b"thanks")


def normalised(text: str, port: int) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"\d\d:\d\d:\d\d", "HH:MM:SS", text.replace(str(port), "PORT"))
    return re.sub(r"\d+ ms", "N ms", re.sub(r"ports that listen here.*", "ports ...", text))


def test_a_delivery(run_vove: RunVove, snapshot: SnapshotAssertion) -> None:
    """A line per attempt, exit 0."""
    with LoopbackServer(OK).running() as server:
        result = run_vove(
            "send", "kyb.case.completed", "--to", server.url, "--secret", SECRET,
            "--message-id", "msg_1", "--ref-id", "ref-1", "--show-response",
        )  # fmt: skip

    assert result.exit_code == 0
    assert snapshot == normalised(result.stdout, server.port)


def test_a_refusal_shows_the_handler_s_words(
    run_vove: RunVove, snapshot: SnapshotAssertion
) -> None:
    """Control characters escaped, exit 1."""
    refusal = answer("401 Unauthorized", b'{"error": "bad \x1b[31msignature"}\nsecond line')
    with LoopbackServer(refusal).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--to", server.url, "--secret", SECRET,
            "--message-id", "msg_1", "--ref-id", "ref-1",
        )  # fmt: skip

    assert result.exit_code == 1
    assert snapshot == normalised(result.stdout, server.port)


def test_all_events_share_one_ref_id_and_no_message_id(run_vove: RunVove) -> None:
    """As one case or one user would go through them."""
    with LoopbackServer(OK).running() as server:
        result = run_vove("send", *EVENTS, "--to", server.url, "--json")

    assert len({line["ref_id"] for line in result.lines} - {None}) == 1  # a test event has none
    assert len({line["message_id"] for line in result.lines}) == len(EVENTS)
    bodies = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in server.requests]
    assert [event.status for event in EVENTS.values()] == [body.get("status") for body in bodies]


def test_nothing_listening(run_vove: RunVove) -> None:
    """Exit 4 within a second; what was tried, and what to do."""
    started = time.monotonic()
    result = run_vove("send", "kyb.case.completed", "--to", str(unused_port()))

    assert result.exit_code == 4
    assert time.monotonic() - started < 2
    assert "connection refused" in result.stdout
    assert "127.0.0.1 (refused)" in result.stderr


def test_unreachable_wins_over_refused(run_vove: RunVove) -> None:
    """4 > 1 > 0."""

    def close_after_first(connection: object, request: bytes) -> None:
        if b"IN_PROGRESS" in request.split(b"previousStatus")[0]:
            connection.sendall(answer("500 Oops"))  # type: ignore[attr-defined]

    with LoopbackServer(close_after_first).running() as server:
        result = run_vove(
            "send", "kyb.case.in_progress", "kyb.case.completed", "--to", server.url, "--json"
        )

    assert [line["outcome"] for line in result.lines] == ["refused", "unreachable"]
    assert result.exit_code == 4


def test_redirects_are_refused_with_the_url_to_register(run_vove: RunVove) -> None:
    """The exact one, made absolute."""
    with LoopbackServer(answer("308 Moved", b"", "Location: /hook/")).running() as server:
        result = run_vove("send", "kyc.pending", "--to", server.url)

    assert result.exit_code == 1
    assert f"register http://localhost:{server.port}/hook/" in result.stderr


def test_redirects_without_a_location_say_so(run_vove: RunVove) -> None:
    """Nothing to register then."""
    with LoopbackServer(answer("302 Found")).running() as server:
        result = run_vove("send", "kyc.pending", "--to", server.url)

    assert "redirects are not followed" in result.stderr


def test_a_slow_endpoint_is_a_timeout(run_vove: RunVove) -> None:
    """Exit 4."""
    with LoopbackServer(lambda *_: time.sleep(1)).running() as server:
        result = run_vove("send", "kyc.pending", "--to", server.url, "--timeout", "200ms", "--json")

    assert (result.exit_code, result.json["outcome"]) == (4, "timeout")


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_a_dry_run_sends_nothing(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """It prints what would be sent."""
    with LoopbackServer(OK).running() as server:
        result = run_vove("send", "kyc.pending", "--to", server.url, "--dry-run", *arguments)

    assert result.exit_code == 0
    assert server.requests == []
    assert "pending" in result.stdout


def test_a_body_without_an_event(run_vove: RunVove) -> None:
    """Sent byte for byte."""
    with LoopbackServer(OK).running() as server:
        result = run_vove("send", "--body", "-", "--to", server.url, stdin=b"\x00raw\r\n")

    assert result.exit_code == 0
    assert server.requests[0].endswith(b"\r\n\r\n\x00raw\r\n")


def test_each_family_has_its_sample_path(run_vove: RunVove) -> None:
    """Short forms are completed with the path of the provider's sample."""
    with LoopbackServer(OK).running() as server:
        run_vove("send", "kyb.case.completed", "kyc.pending", "--to", str(server.port))

    assert [request.split(b" ")[1] for request in server.requests] == [
        b"/webhooks/vove-kyb",
        b"/webhook-endpoint",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give an EVENT"),
        (("kyb.case.created",), "NOT_STARTED"),
        (("kyc.pending", "kyc.pending", "--message-id", "m"), "one event"),
        (("kyc.pending", "--insecure", "--ca-file", "x"), "cannot be combined"),
        (("kyc.pending", "--to", "ftp://x"), "neither http nor https"),
        (("kyc.pending", "--timeout", "long"), "not a duration"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2 before anything is sent."""
    result = run_vove("send", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize(
    ("location", "words"),
    [("http://[bad", "register http://[bad"), ("http://x/\x01", "redirects are not followed")],
)
def test_a_location_that_is_no_url_is_no_bug(location: str, words: str, run_vove: RunVove) -> None:
    """Any app can answer so: refused, exit 1."""
    with LoopbackServer(answer("302 Found", b"", f"Location: {location}")).running() as server:
        result = run_vove("send", "kyc.pending", "--to", server.url)

    assert result.exit_code == 1
    assert words in result.stderr


@pytest.mark.parametrize("arguments", [("--to", ""), ("--to", "0")])
def test_an_empty_or_impossible_endpoint_is_refused(
    arguments: tuple[str, ...], run_vove: RunVove
) -> None:
    """An unset variable in a script must not deliver somewhere else."""
    result = run_vove("send", "kyc.pending", *arguments)

    assert result.exit_code == 2
    assert "is not an endpoint" in result.stderr


def test_an_empty_endpoint_of_the_environment_is_refused_too(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set but empty does not fall through."""
    monkeypatch.setenv("VOVE_ENDPOINT", "")

    assert run_vove("send", "kyc.pending").exit_code == 2


def test_an_endpoint_that_accepts_but_is_silent_gets_other_advice(run_vove: RunVove) -> None:
    """Its ports are not the matter."""
    with LoopbackServer(b"").running() as server:
        result = run_vove("send", "kyc.pending", "--to", server.url)

    assert "something listens there" in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("options", "name"),
    [((), b"svix-id: "), (("--header-case", "title"), b"Svix-Id: ")],
)
def test_header_names_are_spelt_as_svix_sends_them(
    options: tuple[str, ...], name: bytes, run_vove: RunVove
) -> None:
    """In lower case since version 1.85 of its server; as VOVE ID prints them on request."""
    with LoopbackServer(OK).running() as server:
        run_vove("send", "kyc.pending", "--to", server.url, *options)

    assert b"\r\n" + name in server.requests[0]


@pytest.mark.parametrize("command", ["sign", "send"])
def test_what_is_only_reported_says_so(command: str, run_vove: RunVove) -> None:
    """Where it is used as well as where it is seen; a documented event says nothing."""
    options = ("--dry-run",) if command == "send" else ()

    reported = run_vove(command, "user.aml.cleared", *options)
    documented = run_vove(command, "kyb.case.completed", *options)

    assert "user.aml.cleared is reported, not documented" in reported.stderr
    assert "reported" not in documented.stderr


def test_the_history_says_what_is_only_reported(run_vove: RunVove) -> None:
    """Beside the name."""
    with LoopbackServer(OK).running() as server:
        run_vove("send", "user.aml.cleared", "--to", server.url)

    assert "user.aml.cleared (reported)" in run_vove("history").stdout
