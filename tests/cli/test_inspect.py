"""`vove inspect`: its server over real loopback connections, and how the command ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.conftest import OTHER_SECRET, SECRET, validate
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.adapters.history import history_path
from vovecli.adapters.settings import from_process
from vovecli.commands.history import open_writer
from vovecli.commands.inspect import inspect
from vovecli.commands.inspection import Means
from vovecli.core.catalogue import BUILT_IN
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.masking import hide
from vovecli.core.messages import Message
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.records import Record
from vovecli.core.pseudonyms import KEY_BYTES, Pseudonyms
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RunVove

    from vovecli.core.outcomes.arrivals import Ready

KEY = parse_secret(SECRET, origin="a test")
BODY = b'{"refId":"Jane-1970","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
NOW = int(time.time())


@dataclass(frozen=True)
class Page:
    """What a page asks, with the token unless another header is given."""

    port: int
    token: str

    def ask(self, method: str, path: str, body: object = None, **headers: str | None) -> Any:
        """Status, headers and body of any answer."""
        given: dict[str, str | None] = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            given["Content-Type"] = "application/json"
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("localhost", self.port, timeout=20)
        with closing(connection):
            data = None if body is None else json.dumps(body).encode()
            plain = {name: value for name, value in given.items() if value is not None}
            connection.request(method, path, data, plain)
            found = connection.getresponse()
            return found.status, dict(found.getheaders()), found.read()

    def get(self, path: str, status: int = 200) -> Any:
        """The JSON of a read."""
        return self._json("GET", path, None, status)

    def post(self, path: str, body: object, status: int = 200) -> Any:
        """The JSON of a change."""
        return self._json("POST", path, body, status)

    def _json(self, method: str, path: str, body: object, status: int) -> Any:
        code, _, text = self.ask(method, f"/api/{path}", body)
        found = json.loads(text)
        validate(found)
        assert code == status, found
        return found


def means(**changed: Any) -> Means:
    """What a terminal without settings has."""
    hide(KEY.text, KEY.encoded)
    found = Means(
        settings=from_process(None),
        secrets=[KEY],
        others=[],
        catalogue=BUILT_IN,
        endpoint=lambda to, _event: parse_endpoint(to or "3000"),
        random_bytes=os.urandom,
    )
    return found._replace(**changed)


def inspecting(visit: Callable[[Page], None], *, until: str = "SIGINT", **options: Any) -> str:
    """Serve the page; the visit runs in a thread, after it the signal comes."""
    failures: list[BaseException] = []

    def call(url: str) -> None:
        parts = urlsplit(url)
        try:
            visit(Page(parts.port or 0, parse_qs(parts.fragment)["token"][0]))
        except BaseException as failure:  # noqa: BLE001 - raised again below
            failures.append(failure)
        finally:
            os.kill(os.getpid(), getattr(signal, until))

    def emit(ready: Ready) -> None:
        threading.Thread(target=call, args=[ready.url]).start()

    ended_by = inspect(means(**options), emit, port=0)
    if failures:
        raise failures[0]
    return ended_by


@contextmanager
def ended_by(name: str) -> Iterator[None]:
    """Send a signal to the command of the block as soon as it has taken over Ctrl-C."""
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.02):
            if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
                over.wait(0.2)  # the address is printed a moment later
                os.kill(os.getpid(), getattr(signal, name))
                return

    thread = threading.Thread(target=send)
    thread.start()
    yield
    over.set()
    thread.join()


def record(**fields: Any) -> Record:
    """A genuine delivery that an app acknowledged."""
    body = fields.pop("body", BODY)
    signed = fields.pop("signed", body)
    headers = signed_headers([KEY], Message("msg_1", NOW, signed), case="lower")
    known: dict[str, Any] = {
        "direction": "received", "at": NOW, "event": "kyb.case.completed", "ref_id": "Jane-1970",
        "message_id": "msg_1", "endpoint": "http://localhost:3000/hook", "method": "POST",
        "target": "/hook", "outcome": "valid", "failed": False, "status": 200, "latency_ms": 3.5,
        "headers": headers, "body": body, "answer": Answer(200, "OK", [], b"ok", 3.5, False),
    }  # fmt: skip
    return Record(**known | fields)


def store(*records: Record) -> None:
    """Put records into the history."""
    writer = open_writer(from_process(None))
    assert writer
    with writer:
        for each in records:
            writer.append(each)


def test_the_page_and_its_files_are_served_closed() -> None:
    """Every answer carries the policy; a file that there is not is none."""

    def visit(page: Page) -> None:
        for path, content_type in (("/", "text/html"), ("/app.js", "text/javascript")):
            status, headers, body = page.ask("GET", path, Authorization=None)
            assert (status, headers["Content-Type"].partition(";")[0]) == (200, content_type)
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert body
        for path in ("/../pyproject.toml", "/%2e%2e/x", "/none.js", "/__init__.py"):
            assert page.ask("GET", path)[0] == 404
        assert page.ask("HEAD", "/")[2] == b""

    assert inspecting(visit) == "SIGINT"


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {"Authorization": None}),
        (401, {"Authorization": "Bearer another"}),
        (403, {"Origin": "http://evil.example"}),
        (403, {"Sec_Fetch_Site": "cross-site"}),
        (421, {"Host": "evil.example"}),
        (415, {"Content_Type": "text/plain"}),
    ],
)
def test_whoever_is_not_the_page_is_refused(status: int, headers: dict[str, str | None]) -> None:
    """A missing token, a foreign origin, a rebound host: no data and no action."""
    store(record())

    def visit(page: Page) -> None:
        assert page.ask("POST", "/api/clear", {}, **headers)[0] == status
        if status != 415:
            code, sent, body = page.ask("GET", "/api/records", **headers)
            assert code == status
            assert b"Jane" not in body
            assert "Access-Control-Allow-Origin" not in sent
        assert page.get("records")["count"] == 1

    inspecting(visit)


def test_what_the_page_reads() -> None:
    """A list, a record with its verdict, pictures: each as its schema says."""
    store(record(), record(message_id="msg_2", event="kyc.successful"))

    def visit(page: Page) -> None:
        newest, oldest = page.get("records")["lines"]
        assert (newest["record"], oldest["record"]) == (2, 1)
        assert (oldest["previous_status"], oldest["new_status"]) == ("IN_REVIEW", "COMPLETED")
        assert page.get("records?before=2")["lines"] == [oldest]
        found = page.get("record?record=1")
        assert found["verify"]["verdict"] == "valid"
        assert found["signature"] == [1, 1]
        assert found["record"]["answer"]["body"] == "ok"
        assert page.get("numbers")["ranges"] == [[1, 2]]
        seen = {each["type"]: each["state"] for each in page.get("overview")["coverage"]}
        assert seen["kyb.case.completed"] == "acknowledged"
        assert seen["kyb.case.rejected"] is None
        about = page.get("about")
        assert about["secrets"] == [{"fingerprint": KEY.fingerprint, "origin": "a test"}]

    inspecting(visit)


def test_what_arrived_is_compared_with_what_was_signed() -> None:
    """Where a signature proves it; two records otherwise."""
    store(record(body=BODY + b"\n", signed=BODY, outcome="invalid", cause="x"), record())

    def visit(page: Page) -> None:
        assert page.get("record?record=1")["signed_differs"] is True
        found = page.get("comparison?left=1&right=signed")
        assert found["pieces"][-1] == {"side": "left", "text": "\n"}
        assert found["names"] == {"\n": "LF"}
        assert page.get("comparison?left=1&right=2")["equal"] is False
        assert page.get("comparison?left=2&right=2")["equal"] is True
        assert page.get("comparison?left=2&right=signed", 400)["code"] == "nothing-proved"
        assert page.get("comparison?left=2&right=x", 400)["code"] == "bad-question"

    inspecting(visit)


def test_a_new_delivery_and_its_answer_are_told_at_once() -> None:
    """Whoever waits is woken by the record, and again by the app's answer."""
    store(record())

    def visit(page: Page) -> None:
        threading.Timer(0.2, store, [record(status=None, answer=None)]).start()
        begun = time.monotonic()
        found = page.get("records?after=1&count=1&wait=20")
        assert [line["record"] for line in found["lines"]] == [2]
        assert time.monotonic() - begun < 5
        threading.Timer(0.2, _answer, [2]).start()
        found = page.get("records?after=2&count=2&pending=2&wait=20")
        assert [line["status"] for line in found["lines"]] == [204]
        assert page.get("records?after=2&count=2&wait=0")["lines"] == []

    inspecting(visit)


def _answer(number: int) -> None:
    with closing(sqlite3.connect(history_path())) as database:
        database.execute("UPDATE records SET status = 204 WHERE number = ?", [number])
        database.commit()


def test_a_record_that_was_removed_is_said() -> None:
    """In another terminal, while the page waits."""
    store(record(), record(), record())

    def visit(page: Page) -> None:
        assert page.post("delete", {"record": 2})["removed"] == 1
        assert page.post("delete", {"record": 2})["removed"] == 0
        found = page.get("records?after=3&count=3&wait=20")
        assert (found["count"], found["lines"]) == (2, [])
        assert page.get("numbers")["ranges"] == [[1, 1], [3, 3]]
        assert page.get("record?record=2", 404)["code"] == "no-record"
        assert page.post("clear", {})["removed"] == 2

    inspecting(visit)


def test_resend_edit_and_verbatim_reach_the_app() -> None:
    """Signed anew under the same id; edited under a fresh one; verbatim as it was."""
    store(record())
    with LoopbackServer(answer("200 OK")).running() as app:

        def visit(page: Page) -> None:
            again = page.post("replay", {"record": 1, "to": app.url})
            assert again["deliveries"][0]["ok"] is True
            page.post("replay", {"record": 1, "to": app.url, "verbatim": True})
            edited = {"record": 1, "to": app.url, "body": "{}", "headers": [["X-Mine", "1"]]}
            page.post("replay", edited)
            page.post("replay", {"record": 1, "to": app.url, "body_base64": "/w=="})
            assert page.get("records")["count"] == 5

        inspecting(visit)
    anew, verbatim, edited, odd = app.requests
    assert BODY in anew
    assert b"svix-id: msg_1" in anew
    assert BODY in verbatim
    assert edited.endswith(b"\r\n\r\n{}")
    assert b"svix-id: msg_1\r\n" not in edited
    assert b"X-Mine: 1" in edited
    assert odd.endswith(b"\r\n\r\n\xff")


def test_events_flows_and_forgeries_are_sent() -> None:
    """From the catalogue, with changed fields, recorded as every delivery."""
    with LoopbackServer(answer("200 OK")).running() as app:

        def visit(page: Page) -> None:
            wanted = {"event": "kyb.case.completed", "to": app.url, "set": ["status=NEW"]}
            (sent,) = page.post("send", wanted)["deliveries"]
            assert (sent["event"], sent["ok"]) == ("kyb.case.completed", True)
            flow = page.post("send", {"flow": "kyc-review", "to": app.url})
            assert len(flow["deliveries"]) == 3
            forged = {"event": "kyc.pending", "to": app.url, "faults": ["bad-signature"]}
            (found,) = page.post("send", forged)["deliveries"]
            assert (found["expected"], found["ok"]) == ("refuse", False)
            assert page.post("send", {"event": "kyb.nothing"}, 400)["code"] == "unknown-event"

        inspecting(visit)
    assert b'"status":"NEW"' in app.requests[0]


def test_actions_stay_on_this_machine_unless_allowed() -> None:
    """`--to` allows one host for genuine deliveries, `--i-own-this-host` all of them."""
    store(record(endpoint="http://app.example/hook"))

    def refused(page: Page) -> None:
        for wanted in ({"record": 1}, {"record": 1, "to": "http://app.example"}):
            assert page.post("replay", wanted, 403)["code"] == "host-not-confirmed"
        assert page.post("send", {"event": "kyc.pending", "to": "http://10.0.0.1"}, 403)

    def forged(page: Page) -> None:
        wanted = {"event": "kyc.pending", "faults": ["bad-signature"]}
        hint = page.post("send", wanted, 403)["hint"]
        assert "--i-own-this-host" in hint

    inspecting(refused)
    inspecting(forged, to="http://app.example/hook")


@pytest.mark.parametrize(
    "wanted",
    [
        {"record": "x"},
        {"record": -1},
        {"record": True},
        {"record": 10**30},
        {},
        {"record": 1, "verbatim": "yes"},
        {"record": 1, "headers": [["X", "a\r\nb"]]},
        {"record": 1, "headers": [["X Y", "a"]]},
        {"record": 1, "headers": ["X"]},
        {"record": 1, "headers": {"X": "a"}},
        {"record": 1, "body_base64": "?"},
        {"record": 1, "body": 5},
        [],
    ],
)
def test_questions_that_make_no_sense_are_refused(wanted: object) -> None:
    """Nothing is sent, nothing breaks."""
    store(record())

    def visit(page: Page) -> None:
        assert page.post("replay", wanted, 400)["code"] == "bad-question"
        assert (
            page.post("send", {"event": "kyc.pending", "set": "x"}, 400)["code"] == "bad-question"
        )
        assert page.get("nothing", 404)["code"] == "not-found"

    inspecting(visit)


def test_no_secret_reaches_the_page() -> None:
    """Not even where the app printed it into its answer, or it came in a body."""
    leaked = f"secret={SECRET}".encode()
    place = f"/hook?key={SECRET}"
    store(
        record(
            target=place,
            endpoint=f"http://localhost:3000{place}",
            body=b'{"a":"' + leaked + b'"}',
            answer=Answer(200, "OK", [], leaked + b"\xff", 1, False),
        )
    )

    def visit(page: Page) -> None:
        for path in ("about", "records", "record?record=1", "comparison?left=1&right=1"):
            assert SECRET[6:].encode() not in page.ask("GET", f"/api/{path}")[2]
        for form in ("curl", "http", "har", "body", "answer", "vove"):
            status, _, body = page.ask("GET", f"/api/copy?record=1&form={form}")
            assert status == 200
            assert SECRET[6:].encode() not in body
        assert page.ask("GET", "/api/copy?record=1&form=x")[0] == 400

    inspecting(visit)


def test_redacted_pages_show_nobody() -> None:
    """Lists, bodies, verdicts and copies have pseudonyms."""
    store(record(), record(body=BODY + b"\n", signed=BODY))

    def visit(page: Page) -> None:
        paths = ("records", "record?record=1", "record?record=2", "comparison?left=2&right=signed")
        for path in (*paths, "copy?record=1&form=curl"):
            status, _, body = page.ask("GET", f"/api/{path}")
            assert status == 200
            assert b"Jane" not in body
        assert page.get("about")["redacted"] is True

    inspecting(visit, pseudonyms=Pseudonyms(os.urandom(KEY_BYTES)))


def test_cut_bodies_are_neither_verified_nor_sent() -> None:
    """Only the beginning was kept: no verdict over half a body."""
    store(
        record(
            body_len=9000, body_sha256="0" * 64, outcome="invalid", cause="missing-header:svix-id"
        )
    )

    def visit(page: Page) -> None:
        found = page.get("record?record=1")
        assert found["verify"] is None
        assert found["on_arrival"]["message"]
        assert page.post("replay", {"record": 1}, 422)["code"] == "body-not-kept"

    inspecting(visit)


def test_what_is_no_post_is_not_verified() -> None:
    """What the listener said of it stays: there is no delivery to judge."""
    store(record(method="GET", outcome="invalid", cause="method-not-allowed"))

    def visit(page: Page) -> None:
        found = page.get("record?record=1")
        assert (found["verify"], found["on_arrival"]["code"]) == (None, "method-not-allowed")

    inspecting(visit)


def test_lines_are_bounded_whatever_was_sent() -> None:
    """A list of thousands must not hold a mebibyte each."""
    store(record(ref_id="x" * 10**6, message_id="y" * 10**6, target="/" + "z" * 30_000))

    def visit(page: Page) -> None:
        assert len(page.ask("GET", "/api/records")[2]) < 2_000

    inspecting(visit)


def test_redacted_actions_show_nobody() -> None:
    """Neither the refId nor what the app answered."""
    store(record())
    with LoopbackServer(answer("200 OK", b"hello Jane-1970")).running() as app:

        def visit(page: Page) -> None:
            found = page.post("replay", {"record": 1, "to": app.url})
            assert found["deliveries"][0]["ok"] is True
            assert "Jane" not in str(found)

        inspecting(visit, pseudonyms=Pseudonyms(os.urandom(KEY_BYTES)))
    assert b"Jane-1970" in app.requests[0]


def test_a_bug_is_said_and_the_page_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """One question never ends the server."""

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("vovecli.commands.inspection.coverage", fail)

    def visit(page: Page) -> None:
        assert page.get("overview", 500)["code"] == "bug"
        assert page.get("records")["count"] == 0

    inspecting(visit)


def test_whoever_waits_hears_of_the_end() -> None:
    """The page can say that the process has ended."""
    answers: list[Any] = []

    def visit(page: Page) -> None:
        waiting = threading.Thread(
            target=lambda: answers.append(page.get("records?after=0&count=0&wait=20"))
        )
        waiting.start()
        time.sleep(0.3)  # it must be waiting; nothing shows that from outside

    assert inspecting(visit, until="SIGHUP") == "SIGHUP"
    until = time.monotonic() + 5
    while not answers and time.monotonic() < until:
        time.sleep(0.01)
    assert answers[0]["ended"] is True


def test_the_end_does_not_wait_for_a_slow_app() -> None:
    """Whoever pressed Ctrl-C has waited long enough."""
    store(record())
    over = threading.Event()

    def respond(_: object, request: bytes) -> None:
        if request:  # a look at whether anything listens has none
            os.kill(os.getpid(), signal.SIGINT)
            over.wait(20)

    with LoopbackServer(respond).running() as app:

        def visit(page: Page) -> None:
            with suppress(http.client.HTTPException, OSError):
                page.post("replay", {"record": 1, "to": app.url})

        begun = time.monotonic()
        assert inspecting(visit, until="SIGCONT") == "SIGINT"
        over.set()
        assert time.monotonic() - begun < 10


def test_a_history_that_is_switched_off(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to inspect, and the hint works."""
    monkeypatch.setenv("VOVE_HISTORY_ENABLED", "false")

    result = run_vove("inspect", "--json")

    assert result.exit_code == 3
    assert result.json["code"] == "history-off"


def test_a_history_of_a_newer_vove(run_vove: RunVove) -> None:
    """Said at the start, not by the page."""
    store(record())
    with closing(sqlite3.connect(history_path())) as database:
        database.execute("PRAGMA user_version = 99")

    result = run_vove("inspect", "--json")

    assert result.exit_code == 3
    assert "newer vove" in result.json["message"]


def test_a_history_that_is_no_database(run_vove: RunVove) -> None:
    """The reason and what to do."""
    history_path().parent.mkdir(parents=True)
    history_path().write_bytes(b"no database" * 200)

    result = run_vove("inspect", "--json")

    assert (result.exit_code, result.json["code"]) == (3, "history-unusable")


def test_a_port_that_is_taken(run_vove: RunVove) -> None:
    """A named one is an error; where none was named the next free one is taken."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run_vove("inspect", "--json", "--port", port)

    assert (result.exit_code, result.json["code"]) == (3, "port-in-use")


def test_the_next_free_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two terminals, two pages."""
    first = unused_port()
    monkeypatch.setattr("vovecli.commands.inspect.FIRST_PORT", first)
    found: list[int] = []
    with socket.create_server(("127.0.0.1", first)):

        def emit(ready: Ready) -> None:
            found.append(urlsplit(ready.url).port or 0)
            os.kill(os.getpid(), signal.SIGTERM)

        assert inspect(means(), emit, port=None) == "SIGTERM"
    assert first < found[0]


def test_the_url_is_printed_once(run_vove: RunVove) -> None:
    """On standard output; with a record in it where one was asked for."""
    store(record())
    with ended_by("SIGINT"):
        result = run_vove("inspect", "last", "--port", "0", "--secret", OTHER_SECRET)

    assert result.exit_code == 130
    assert result.stdout.count("http://localhost:") == 1
    assert result.stdout.rstrip().endswith("&record=1")
    assert not list(Path().glob("*"))


def test_ready_as_json(run_vove: RunVove) -> None:
    """For scripts, and with the address in it."""
    with ended_by("SIGTERM"):
        result = run_vove("inspect", "--json", "--port", "0", "--redact", "--secret", SECRET)

    assert result.exit_code == 143
    assert result.json["schema"] == "vove.ready/1"
    assert "#token=" in result.json["url"]


def test_an_export_is_a_private_page_without_personal_data(run_vove: RunVove) -> None:
    """Chosen records, the proof of a changed body among them; nothing is overwritten."""
    store(record(), record(body=BODY + b"\n", signed=BODY, outcome="invalid", cause="body-x"))

    result = run_vove("inspect", "--export", "out.html", "2", "--secret", SECRET, "--json")

    assert result.json == {"schema": "vove.page/1", "file": "out.html", "records": 1}
    page = Path("out.html").read_text("utf-8")
    assert Path("out.html").stat().st_mode & 0o777 == 0o600
    assert "Jane" not in page
    assert SECRET[6:] not in page
    assert "<script" not in page
    assert "trailing-newline-added" in page
    assert '<mark class="left">' in page
    again = run_vove("inspect", "--export", "out.html", "--status", "invalid", "--json")
    assert (again.exit_code, again.json["code"]) == (3, "file-exists")


def test_a_request_whose_signature_is_a_mask(run_vove: RunVove) -> None:
    """Who sent it wrote that: it fails as others do, and the page has all records."""
    masked = [("svix-id", "m"), ("svix-timestamp", "1"), ("svix-signature", "v1,***")]
    store(record(headers=masked, outcome="invalid"), record())

    result = run_vove("inspect", "--export", "all.html", "--secret", SECRET, "--json")

    assert (result.exit_code, result.json["records"]) == (0, 2)


def test_an_export_takes_filters(run_vove: RunVove) -> None:
    """Those of `vove history`."""
    store(record(), record(outcome="invalid"), record(outcome="invalid"))

    filtered = ("--status", "invalid", "--since", "1h", "--secret", SECRET)
    result = run_vove("inspect", "--export", "some.html", *filtered)

    assert result.exit_code == 0
    assert "some.html: 2 records" in result.stderr
    none = run_vove("inspect", "--export", "none.html", "--event", "kyc.*", "--json")
    assert none.json["code"] == "nothing-to-export"


@pytest.mark.parametrize(
    "arguments",
    [
        ("--status", "invalid"),
        ("1", "2"),
        ("--export", "x.html", "1", "--since", "1h"),
        ("--export", "x.html", "first"),
        ("--to", "http://"),
    ],
)
def test_filters_belong_to_an_export(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """The page has its own."""
    result = run_vove("inspect", *arguments, "--json")

    assert result.exit_code == 2
    assert result.json["code"] in ("usage", "bad-endpoint")


def test_the_page_beside_a_listener_ends_with_it(run_vove: RunVove) -> None:
    """A process of its own; its address is said, and nothing answers there afterwards."""
    limits = ("--port", "0", "--timeout", "50ms", "--secret", SECRET)
    result = run_vove("listen", "--inspect", *limits)

    (url,) = (line for line in result.stderr.splitlines() if line.startswith("inspect at "))
    port = urlsplit(url.rpartition(" ")[2]).port
    assert result.exit_code == 4
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("localhost", port or 0), timeout=5)


def test_trouble_of_the_page_beside_a_listener_is_said(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it were the listener's own."""
    monkeypatch.setenv("VOVE_HISTORY_ENABLED", "false")

    result = run_vove("listen", "--inspect", "--port", "0", "--secret", SECRET, "--json")

    assert (result.exit_code, result.json["code"]) == (3, "history-off")


def test_inspect_beside_a_listener_without_history(run_vove: RunVove) -> None:
    """There would be nothing to show."""
    result = run_vove("listen", "--inspect", "--no-history", "--json")

    assert (result.exit_code, result.json["code"]) == (2, "usage")
