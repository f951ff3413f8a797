"""`vove listen --forward-to` as a whole command in this process, with real apps behind it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_listen import (
    COMPLETED,
    KEY,
    START,
    ask,
    listening,
    post,
    received,
    wait_until,
)
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer, unused_port
from tests.sinks import Sink

from vovecli.adapters import history_file
from vovecli.adapters.history import history_path
from vovecli.commands import keeping
from vovecli.core.messages import Message, new_message_id
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RunVove

SUCCESSFUL = b'{"status":"successful","refId":"r"}'


def test_app_answers(run_vove: RunVove) -> None:
    """The app gets the exact request, the sender the app's answer, the reader both lines."""
    replies: list[tuple[int, bytes]] = []
    with LoopbackServer(answer("418 Teapot", b"no", "X-App: 1")).running() as app:
        result = listening(
            run_vove,
            lambda port: replies.append(post(port)),
            *("--forward-to", app.url, "--exit-after", "1", "--json"),
        )

    _, request, forward, summary = result.lines
    assert replies == [(418, b"no")]
    assert (request["answered"], request["record"]) == (None, 1)
    assert forward == {
        "schema": "vove.forward/1",
        "record": 1,
        "message_id": request["message_id"],
        "endpoint": app.url,
        "status": 418,
        "latency_ms": forward["latency_ms"],
        "error": None,
        "answer": {
            "status": 418,
            "headers": forward["answer"]["headers"],
            "body": "no",
            "body_truncated": False,
        },
    }
    assert ["X-App", "1"] in forward["answer"]["headers"]
    assert 0 < forward["latency_ms"] < 5000
    assert (summary["forwarded"], summary["failed"]) == (1, 1)
    head, _, body = app.requests[-1].partition(b"\r\n\r\n")
    assert body == COMPLETED
    assert b"\r\nHost: localhost:%d\r\n" % app.port in head
    assert b"\r\nX-Forwarded-Host: localhost:" in head
    (record,) = received()
    assert (record.endpoint, record.status, record.failed) == (app.url, 418, True)
    assert record.answer
    assert (record.answer.status, record.answer.reason, record.answer.body) == (
        418,
        "Teapot",
        b"no",
    )


def test_history_that_takes_too_long_is_no_reason_to_answer_late(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process holds it, the app has answered: 503 in time, and so it is recorded later."""
    monkeypatch.setattr(keeping, "ANSWER_WITHIN_S", 0.3)
    monkeypatch.setattr(history_file, "BUSY_TIMEOUT_S", 30)
    took_s: list[float] = []

    def visit(port: int) -> None:
        assert post(port, number=1)[0] == 204
        with locked_by_another_process():
            begun_s = time.monotonic()
            assert post(port, number=2)[0] == 503
            took_s.append(time.monotonic() - begun_s)
        wait_until(lambda: post(port, number=3)[0] == 204)
        wait_until(lambda: len(received()) > 2 and received()[1].status == 503)

    with Sink(204).running() as app:
        listening(run_vove, visit, "--forward-to", app.url, until="SIGINT")

    assert took_s[0] < 4
    assert [record.failed for record in received()][:2] == [False, True]


@contextlib.contextmanager
def locked_by_another_process() -> Iterator[None]:
    """The history, until the block ends."""
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print(flush=True); sys.stdin.read()"
    )
    command = (sys.executable, "-c", script, str(history_path()))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield
        process.communicate()


def test_lines_for_people(run_vove: RunVove) -> None:
    """The app's answer on the line of the delivery; what was not verified is marked."""

    def visit(port: int) -> None:
        post(port)
        post(port, signed=False)

    with Sink().running() as app:
        result = listening(run_vove, visit, "--forward-to", app.url, "--exit-after", "2")

    back = [line for line in result.stdout.splitlines() if "→ app 200" in line]
    assert len(back) == 2
    assert "! not verified" in back[1]
    assert "1 valid, 1 invalid, 2 forwarded, 0 failed" in result.stderr


def test_first_refusal_goes_back(run_vove: RunVove) -> None:
    """Of several apps the first that does not acknowledge decides, else the first."""
    replies: list[tuple[int, bytes]] = []
    with Sink(204, 201).running() as good, Sink(202, 500).running() as bad:
        result = listening(
            run_vove,
            lambda port: replies.extend(post(port, number=n) for n in range(2)),
            *("--forward-to", good.url, "--forward-to", bad.url, "--exit-after", "2", "--json"),
        )

    assert [status for status, _ in replies] == [204, 500]
    forwards = [line for line in result.lines if line["schema"] == "vove.forward/1"]
    assert [line["status"] for line in forwards] == [204, 202, 201, 500]
    assert [(record.endpoint, record.failed) for record in received()] == [
        (good.url, False),
        (bad.url, True),
    ]


def test_routes_and_filters(run_vove: RunVove) -> None:
    """Each route gets its events; what is not forwarded is answered here."""

    def visit(port: int) -> None:
        assert ask(port, "GET")[0] == 405
        assert post(port)[0] == 200
        assert post(port, SUCCESSFUL, number=2)[0] == 201

    with Sink(204).running() as kyb, Sink(201).running() as kyc:
        routes = ("--forward-to", f"kyb.*={kyb.url}", "--forward-to", f"kyc.*={kyc.url}")
        result = listening(
            run_vove, visit, *routes, "--events", "kyc.*,kyb.case.rejected", "--exit-after", "2"
        )

    assert (len(kyb.requests), len(kyc.requests)) == (0, 1)
    assert "1 forwarded" in result.stderr


def test_unverified_requests_do_not_come_in_from_the_internet(run_vove: RunVove) -> None:
    """With a public URL they are refused here, unless --allow-unsigned."""
    statuses: list[int] = []
    with Sink(204).running() as app, LoopbackServer(answer("404 No")).running() as public:
        options = ("--forward-to", app.url, "--public-url", public.url)
        for allowed in ((), ("--allow-unsigned",)):
            listening(
                run_vove,
                lambda port: statuses.append(post(port, signed=False)[0]),
                *(*options, *allowed),
                until="SIGINT",
            )

    assert statuses == [401, 204]
    assert len(app.requests) == 1


def test_foreign_host_is_forwarded_and_a_page_is_not(run_vove: RunVove) -> None:
    """Containers and proxies of a developer use other names; a web page has no business here."""
    hosts = ({"Host": "app.internal:3000"}, {"Sec-Fetch-Site": "cross-site"})
    answers: list[tuple[int, bytes]] = []

    def visit(port: int) -> None:
        answers.extend(ask(port, "POST", "/", headers, COMPLETED) for headers in hosts)

    with Sink(204).running() as app:
        result = listening(run_vove, visit, "--forward-to", app.url, until="SIGINT")

    assert answers == [(204, b""), (401, b'{"verdict": "invalid"}\n')]
    assert len(app.requests) == 1
    assert result.stdout.count("it came from beyond this machine") == 2


def test_missed_deliveries_are_replayed_with_one_command(run_vove: RunVove) -> None:
    """While the app is down senders get 502, which is said once; then `replay --failed`."""
    statuses: list[int] = []

    with contextlib.ExitStack() as stack:
        app = stack.enter_context(Sink().running())

        def visit(port: int) -> None:
            for number in range(4):
                statuses.append(post(port, number=number)[0])
                stack.close()

        result = listening(run_vove, visit, "--forward-to", app.url, "--exit-after", "4")

    assert statuses == [200, 502, 502, 502]
    assert result.stderr.count("is gone") == 1
    assert result.stdout.count("→ app unreachable") == 3

    with Sink(port=app.port).running() as again:
        replayed = run_vove("replay", "--failed", "--secret", SECRET, "--json")

    assert [line["outcome"] for line in replayed.lines] == ["delivered"] * 3
    assert len(again.requests) == 3
    assert run_vove("replay", "--failed", "--secret", SECRET).stderr.count(
        "no delivery that failed"
    )


def test_port_is_free_by_default(run_vove: RunVove) -> None:
    """The app has 3000, so the listener takes any port."""
    result = run_vove(
        *("listen", "--secret", SECRET, "--timeout", "10ms", "--json"),
        *("--forward-to", f"localhost:{unused_port()}/"),
    )

    assert result.lines[0]["url"] != "http://localhost:3000"
    assert "waiting for http://localhost:" in result.stderr


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--events", "kyb.*"), "usage"),
        (("--allow-unsigned",), "usage"),
        (("--forward-to", "3000", "--respond", "500"), "usage"),
        (("--forward-to", "kyb.x=3000"), "unknown-event"),
        (("--forward-to", "3000", "--events", "x"), "unknown-event"),
        (("--forward-to", "ftp://x"), "bad-endpoint"),
        (("--forward-to", "3000", "--port", "3000"), "forward-loop"),
    ],
)
def test_usage_errors(run_vove: RunVove, options: tuple[str, ...], code: str) -> None:
    """Options that make no sense are exit code 2, before anything listens."""
    result = run_vove("listen", "--secret", SECRET, "--json", *options)

    assert (result.exit_code, result.json["code"]) == (2, code)


def test_headers_that_no_wire_can_carry_do_no_harm(run_vove: RunVove) -> None:
    """Odd bytes in headers reach the app as they were."""
    message = Message(new_message_id(START, bytes(16)), START, COMPLETED)
    headers = dict(signed_headers([KEY], message)) | {"X-Odd": "caf\xe9"}

    def visit(port: int) -> None:
        assert ask(port, "POST", "/", headers, COMPLETED)[0] == 200

    with Sink().running() as app:
        listening(run_vove, visit, "--forward-to", app.url, "--exit-after", "1")

    assert b"X-Odd: caf\xe9\r\n" in app.requests[0]
