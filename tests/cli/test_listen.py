"""`vove listen` as a whole command in this process, over real loopback connections."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.adapters.history import History, history_path
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.records import RecordFilter
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Result, RunVove

    from vovecli.core.outcomes.records import Record

KEY = parse_secret(SECRET)
COMPLETED = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
READY = "ready.json"
START = int(time.time())  # of every message id, or a second's turn would make two of one


def post(
    port: int, body: bytes = COMPLETED, *, number: int = 1, signed: bool = True, path: str = "/hook"
) -> tuple[int, bytes]:
    """Deliver one event; the number makes its message id."""
    now = int(time.time())
    message_id = new_message_id(START, number.to_bytes(16))
    headers = signed_headers([KEY], Message(message_id, now, body)) if signed else []
    return ask(port, "POST", path, dict(headers), body)


def ask(
    port: int,
    method: str,
    path: str = "/",
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> tuple[int, bytes]:
    """Any request."""
    connection = http.client.HTTPConnection("localhost", port, timeout=5)
    with contextlib.closing(connection):
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _ok(answer: tuple[int, bytes]) -> None:
    assert answer[0] == 200


def listening(
    run_vove: RunVove, visit: Callable[[int], None], *options: str, until: str | None = None
) -> Result:
    """Run `vove listen`, and as soon as it is ready, the visit from a thread; then it must end."""
    failures: list[BaseException] = []
    Path(READY).unlink(missing_ok=True)

    def call() -> None:
        try:
            visit(wait_for_port())
        except BaseException as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)
        if until or failures:
            os.kill(os.getpid(), getattr(signal, until or "SIGTERM"))

    thread = threading.Thread(target=call)
    thread.start()
    result = run_vove("listen", "--secret", SECRET, "--port", "0", "--ready-file", READY, *options)
    thread.join(10)
    if failures:
        raise failures[0]
    return result


def wait_for_port() -> int:
    """The port out of the ready file, once it is there."""
    deadline = time.monotonic() + 10
    while not Path(READY).exists():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    return int(json.loads(Path(READY).read_bytes())["url"].rpartition(":")[2])


def test_events_are_printed_as_json_lines(run_vove: RunVove) -> None:
    """Ready, a line per request, the summary; each holds its schema, and nothing else is there."""

    def visit(port: int) -> None:
        assert post(port)[0] == 200
        assert post(port)[0] == 200
        assert ask(port, "GET", "/favicon.ico")[0] == 405
        assert post(port, b"no json", number=2)[0] == 400

    result = listening(run_vove, visit, "--json", "--exit-after", "3")

    ready, *requests, summary = result.lines
    assert [line["schema"] for line in result.lines] == [
        "vove.ready/1",
        *["vove.request/1"] * 4,
        "vove.summary/1",
    ]
    assert ready == json.loads(Path(READY).read_bytes())
    assert ready["secrets"] == [{"fingerprint": KEY.fingerprint, "origin": "--secret"}]
    assert [
        (line["record"], line["method"], line["path"], line["answered"], line["duplicate_of"])
        for line in requests
    ] == [
        (1, "POST", "/hook", 200, None),
        (2, "POST", "/hook", 200, 1),
        (3, "GET", "/favicon.ico", 405, None),
        (4, "POST", "/hook", 400, None),
    ]
    assert requests[0]["event"] == {
        "type": "kyb.case.completed",
        "documented": True,
        "provenance": "documented",
        "candidates": [],
        "ref_id": "r",
        "status": "COMPLETED",
    }
    assert (summary["requests"], summary["valid"], summary["invalid"], summary["duplicates"]) == (
        *(4, 3, 1, 1),
    )
    assert result.exit_code == 0
    assert SECRET not in result.stdout + result.stderr


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict-events",), 1)])
def test_drift_is_marked_and_may_count(
    options: tuple[str, ...], code: int, run_vove: RunVove
) -> None:
    """It is said beside the delivery, which is answered as ever."""
    learned = '["kyb.case.completed".learned]\ndeliveries = 9\nfields = {"tier" = "text"}\n'
    Path("vove.toml").write_text(f"[events.{learned[1:]}")

    result = listening(run_vove, lambda port: _ok(post(port)), "--exit-after", "1", *options)

    assert "tier is gone: all 9 learned deliveries had it" in result.stdout
    assert result.exit_code == code


def test_lines_for_people(run_vove: RunVove) -> None:
    """Arrivals on standard output, everything around them on standard error."""
    result = listening(run_vove, lambda port: _ok(post(port)), "--exit-after", "1", "-v")

    assert "#1 ✓ kyb.case.completed  " in result.stdout
    assert f"signed {KEY.fingerprint}" in result.stdout
    assert "Svix-Signature: v1," in result.stdout
    assert "listening on http://localhost:" in result.stderr
    assert "1 request, 1 valid, 0 invalid" in result.stderr
    assert result.exit_code == 0


def test_invalid_post_makes_the_exit_code_negative(run_vove: RunVove) -> None:
    """--exit-after ends with 1 if any POST was invalid."""

    def visit(port: int) -> None:
        assert post(port)[0] == 200
        assert post(port, signed=False) == (
            401,
            b'{"verdict": "invalid", "cause": "missing-header:svix-id"}\n',
        )

    result = listening(run_vove, visit, "--exit-after", "2")

    assert "#2 ✗ kyb.case.completed  missing-header:svix-id" in result.stdout
    assert result.exit_code == 1


def test_broken_http_is_shown(run_vove: RunVove) -> None:
    """Bytes that are no request are answered with 400 and shown; a broken POST counts as one."""

    def visit(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n")
            assert sock.recv(1000).startswith(b"HTTP/1.1 400 ")

    result = listening(run_vove, visit, "--json", "--exit-after", "1")

    line = result.lines[1]
    assert (line["cause"]["code"], line["answered"], line["record"]) == (
        *("malformed-chunked", 400, None),
    )
    assert result.exit_code == 1


def test_played_answers(run_vove: RunVove) -> None:
    """A script of statuses and a body of one's own; the last status stays."""
    answers: list[tuple[int, bytes]] = []

    def visit(port: int) -> None:
        answers.extend(post(port, number=number) for number in range(4))

    listening(
        run_vove,
        visit,
        *("--exit-after", "4", "--respond-script", "500, 429,200", "--respond-body", "no"),
    )

    assert answers == [(500, b"no"), (429, b"no"), (200, b"no"), (200, b"no")]


def test_delay_holds_the_answer_back(run_vove: RunVove) -> None:
    """--delay waits before each answer to a POST, and to nothing else."""
    took: list[float] = []

    def visit(port: int) -> None:
        visits: list[Callable[[], object]] = [lambda: ask(port, "GET"), lambda: post(port)]
        for send in visits:
            begun = time.monotonic()
            send()
            took.append(time.monotonic() - begun)

    result = listening(
        run_vove, visit, *("--exit-after", "1", "--delay", "300ms", "--respond", "503")
    )

    assert took[0] < 0.3 <= took[1]
    assert "answered 503" in result.stdout


def test_saved_requests_are_exact_and_never_overwritten(run_vove: RunVove) -> None:
    """--save writes one private file per request, which verify accepts; names never collide."""

    def visit(port: int) -> None:
        for number in range(3):
            post(port, number=number)
        ask(port, "X" * 5000, "/x")

    for _ in range(2):
        listening(run_vove, visit, "--save", "captures", until="SIGINT")

    files = sorted(Path("captures").iterdir())
    assert len(files) == 8
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    posts = [file for file in files if "kyb.case.completed" in file.name]
    for file in posts:
        head, _, body = file.read_bytes().partition(b"\r\n\r\n")
        assert head.startswith(b"POST /hook HTTP/1.1\r\nHost: localhost:")
        assert body == COMPLETED
        assert run_vove("verify", str(file), "--secret", SECRET).exit_code == 0


@pytest.mark.parametrize(("name", "expected"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 143)])
def test_signals_end_it_with_a_summary(run_vove: RunVove, name: str, expected: int) -> None:
    """Asked to stop, it sums up and says by its exit code who asked; handlers are put back."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]

    result = listening(run_vove, lambda port: _ok(post(port)), until=name)

    assert result.exit_code == expected
    assert result.stderr.splitlines()[-1].startswith("1 request, 1 valid, 0 invalid in ")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)] == before


def test_time_runs_out(run_vove: RunVove) -> None:
    """--timeout ends with 4 when the deliveries have not come."""
    result = run_vove(
        "listen",
        "--secret",
        SECRET,
        "--port",
        "0",
        "--exit-after",
        "1",
        "--timeout",
        "50ms",
        "--json",
    )

    assert result.exit_code == 4
    assert result.lines[-1]["requests"] == 0


def test_port_in_use(run_vove: RunVove) -> None:
    """A port that is taken is exit code 3 with the way out, and who has it where that is known."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_vove("listen", "--secret", SECRET, "--port", str(port), "--json")

    assert result.exit_code == 3
    assert result.json["code"] == "port-in-use"
    assert "--port 0" in result.json["hint"]


def test_development_secret_is_announced(run_vove: RunVove) -> None:
    """Without a secret it says that genuine deliveries will be refused, and goes on."""
    result = run_vove("listen", "--port", "0", "--timeout", "10ms")

    assert "genuine deliveries will be refused" in result.stderr
    assert "using the development secret fp:" in result.stderr
    assert len(result.stderr.splitlines()) == 3  # two at the start, the totals


def test_any_of_several_secrets_verifies(run_vove: RunVove) -> None:
    """While a secret is being replaced both are accepted."""
    result = listening(
        run_vove, lambda port: _ok(post(port)), "--secret", OTHER_SECRET, "--exit-after", "1"
    )

    assert result.exit_code == 0


def test_body_limit(run_vove: RunVove) -> None:
    """--max-body refuses longer bodies with 413, and the listener goes on."""

    def visit(port: int) -> None:
        assert post(port, b"{}" + b" " * 2000)[0] == 413
        assert post(port)[0] == 200

    result = listening(run_vove, visit, "--max-body", "1k", "--exit-after", "2", "--json")

    assert result.lines[1]["cause"]["code"] == "body-too-large"


def test_a_ready_file_that_cannot_be_written_is_an_error(run_vove: RunVove) -> None:
    """Exit code 3."""
    Path("file").write_text("", encoding="utf-8")

    result = run_vove(
        "listen", "--secret", SECRET, "--port", "0", "--ready-file", "file/x", "--json"
    )

    assert result.exit_code == 3


@pytest.mark.parametrize(
    "options",
    [
        ("--respond", "500", "--respond-script", "500"),
        ("--respond-script", "500,abc"),
        ("--respond-script", "100"),
        ("--respond-script", ""),
        ("--respond", "99"),
        ("--max-body", "x"),
        ("--delay", "soon"),
        ("--exit-after", "0"),
        ("--port", "70000"),
    ],
)
def test_usage_errors(run_vove: RunVove, options: tuple[str, ...]) -> None:
    """Options that make no sense are exit code 2, before anything listens."""
    result = run_vove("listen", "--secret", SECRET, "--json", *options)

    assert result.exit_code == 2
    assert result.json["schema"] == "vove.error/1"


def test_stale_ready_file_is_removed(run_vove: RunVove) -> None:
    """A ready file that an earlier run left does not say that this one is ready."""
    Path(READY).write_text("old", encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run_vove("listen", "--secret", SECRET, "--port", str(port), "--ready-file", READY)

    assert not Path(READY).exists()


def received() -> list[Record]:
    """What the history holds, oldest first."""
    return list(History(history_path()).find(RecordFilter()))[::-1]


def test_requests_are_recorded_before_they_are_answered(run_vove: RunVove) -> None:
    """The history holds each request as it came, under the number that its line shows."""

    def visit(port: int) -> None:
        for number in range(2):
            assert post(port, number=number)[0] == 200
            assert len(received()) == number + 1
        assert post(port, signed=False)[0] == 401

    first = listening(run_vove, visit, "--exit-after", "3", "--json")
    second = listening(run_vove, lambda port: _ok(post(port)), "--exit-after", "1", "--json")

    assert [line["record"] for line in first.lines[1:-1]] == [1, 2, 3]
    assert second.lines[1]["record"] == 4
    records = received()
    assert {(record.direction, record.method, record.body) for record in records} == {
        ("received", "POST", COMPLETED)
    }
    assert [(record.outcome, record.cause, record.status, record.failed) for record in records] == [
        ("valid", None, 200, False),
        ("valid", None, 200, False),
        ("invalid", "missing-header:svix-id", 401, False),
        ("valid", None, 200, False),
    ]
    assert ("Svix-Id", records[0].message_id) in records[0].headers


@pytest.mark.parametrize("off", [("--no-history",), ()])
def test_history_can_be_switched_off(run_vove: RunVove, off: tuple[str, ...]) -> None:
    """By flag or setting; requests are then numbered within the run."""
    if not off:
        Path("vove.toml").write_text("[history]\nenabled = false\n", encoding="utf-8")

    result = listening(run_vove, lambda port: _ok(post(port)), "--exit-after", "1", "--json", *off)

    assert result.lines[1]["record"] == 1
    assert not history_path().exists()


def test_unusable_history_is_said_and_no_reason_to_stop(run_vove: RunVove) -> None:
    """Receiving is worth more than recording; what cannot be recorded from the start is said."""
    history_path().mkdir(parents=True)

    result = listening(run_vove, lambda port: _ok(post(port)), "--exit-after", "1")

    assert "not recorded: the history cannot be used" in result.stderr
    assert result.exit_code == 0


def test_refused_on_purpose_it_is_to_be_sent_again(run_vove: RunVove) -> None:
    """A genuine delivery that was answered with an error is what `replay --failed` takes."""
    listening(run_vove, post_twice, *("--exit-after", "2", "--respond-script", "500,200"))

    assert [record.failed for record in received()] == [True, False]


def post_twice(port: int) -> None:
    """Two deliveries."""
    for number in range(2):
        post(port, number=number)


def test_findings_of_the_lint_are_shown(run_vove: RunVove) -> None:
    """What is odd about a payload is said with it."""

    def visit(port: int) -> None:
        _ok(post(port, b'{"refId":"r","status":"completed","previousStatus":"IN_REVIEW"}'))
        _ok(post(port, COMPLETED, number=2))
        _ok(
            post(
                port, b'{"refId":"r","status":"IN_REVIEW","previousStatus":"IN_PROGRESS"}', number=3
            )
        )

    result = listening(run_vove, visit, "--exit-after", "3", "--json")

    codes = [{finding["code"] for finding in line["findings"]} for line in result.lines[1:-1]]
    assert "wrong-case-status" in codes[0]
    assert "final-status-changed" in codes[2] or "late-event" in codes[2]


def test_explanations_have_a_budget(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond it a failed signature is refused without a search, and the line says so."""
    monkeypatch.setattr("vovecli.commands.listen._EXPLAINING_SHARE", 0)
    monkeypatch.setattr("vovecli.commands.listen._EXPLAINING_BURST_S", 1e-6)
    forged = dict(
        signed_headers([parse_secret(OTHER_SECRET)], Message("msg_1", int(time.time()), COMPLETED))
    )

    def visit(port: int) -> None:
        for _ in range(2):
            assert ask(port, "POST", "/", forged, COMPLETED)[0] == 401

    result = listening(run_vove, visit, "--exit-after", "2", "--json")

    explained, skipped = result.lines[1:-1]
    codes = [line["cause"]["code"] for line in (explained, skipped)]
    assert codes == ["another-secret", "no-matching-signature"]
    assert [finding["code"] for finding in skipped["findings"]] == ["explanation-skipped"]


def test_a_folder_that_cannot_be_written_is_told_at_once(run_vove: RunVove) -> None:
    """Not at the first delivery, which would stay unanswered."""
    Path("file").write_text("")

    result = run_vove("listen", "--port", "0", "--save", "file")

    assert result.exit_code == 3
    assert "cannot write file" in result.stderr


def wait_until(condition: Callable[[], bool]) -> None:
    """Until something holds, for at most ten seconds."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_cannot_be_recorded_is_not_acknowledged(run_vove: RunVove) -> None:
    """Said once, answered 503 so that it is sent again; when it can be recorded, it goes on."""

    def visit(port: int) -> None:
        assert post(port)[0] == 200
        path = history_path()
        (content := path.with_name("content")).mkdir()
        for file in path.parent.glob("history.sqlite3*"):
            file.rename(content / file.name)
        path.mkdir()
        assert [post(port, number=2)[0], post(port, number=3)[0]] == [503, 503]
        path.rmdir()
        wait_until(lambda: post(port, number=4)[0] == 200)

    result = listening(run_vove, visit, until="SIGINT")

    assert result.stderr.count("503 until they can be kept") == 1
    assert result.stderr.count("deliveries are kept again") == 1
    assert "answered 503" in result.stdout


def test_what_cannot_be_saved_is_not_acknowledged(run_vove: RunVove) -> None:
    """A folder that went away: the record says that the delivery is to be sent again."""
    folder = Path("saved")

    def visit(port: int) -> None:
        _ok(post(port))
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
        folder.touch()
        assert post(port, number=2)[0] == 503
        folder.unlink()
        _ok(post(port, number=3))

    listening(run_vove, visit, "--save", str(folder), until="SIGINT")

    assert [
        (record.status, record.failed) for record in History(history_path()).find(RecordFilter())
    ] == [
        *((200, False), (503, True), (200, False)),
    ]


def test_exposed_listener_bounds_what_strangers_cost(run_vove: RunVove) -> None:
    """Their requests are cut, limited in number, not explained to them and not counted."""
    big = b"x" * 100_000

    def visit(port: int) -> None:
        answers = [post(port, big, number=n, signed=False) for n in range(300)]
        assert answers[0] == (401, b'{"verdict": "invalid"}\n')
        assert {status for status, _ in answers} == {401, 429}
        assert post(port)[0] == 200

    result = listening(
        run_vove, visit, "--public-url", "http://127.0.0.1:9", "--save", "saved",
        "--exit-after", "1", "--json",
    )  # fmt: skip

    summary = result.lines[-1]
    assert result.exit_code == 0
    assert (summary["requests"], summary["valid"]) == (301, 1)
    assert 0 < summary["unseen"] <= 200
    assert "answered with 429" in result.stderr
    assert sum(file.stat().st_size for file in Path("saved").iterdir()) < 300 * 5000
    genuine, *strangers = History(history_path()).find(RecordFilter())
    assert genuine.outcome == "valid"
    assert {len(record.body) for record in strangers} == {4096}
    assert {record.body_len for record in strangers} == {len(big)}
