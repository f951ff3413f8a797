"""What a listener sees, as lines for people."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.core.inbox import Inbox
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.arrivals import (
    AppChange,
    Arrival,
    BrokenRequest,
    Forward,
    Ready,
    Summary,
)
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.ui.arrivals import JsonArrivals, TextArrivals
from vovecli.ui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = parse_secret(SECRET, origin=".env")
NOW = 1_750_000_000
ID = new_message_id(NOW, bytes(16))
COMPLETED = b'{"refId":"r-1","status":"COMPLETED","previousStatus":"IN_REVIEW"}'


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class View:
    """A view and what it wrote."""

    def __init__(
        self, *, color: bool = False, verbose: bool = False, encoding: str = "utf-8"
    ) -> None:
        self.bytes = io.BytesIO()
        self.err = io.StringIO()
        out = io.TextIOWrapper(self.bytes, encoding)
        self.terminal = Terminal(out=out, err=self.err, environ={})
        self.view = TextArrivals(self.terminal, out=out, color=color, verbose=verbose)
        self._out = out  # closed with its last reference

    def lines(self, event: Ready | Arrival | Forward | AppChange | Summary) -> list[str]:
        """Show an event; the lines it made on standard output."""
        self.view.show(event)
        self.view.flush()
        return self.bytes.getvalue().decode(self._out.encoding).splitlines()


def request(body: bytes = COMPLETED, *, signed: bool = True) -> CapturedRequest:
    """A delivery, genuine or without its signature."""
    headers = signed_headers([KEY], Message(ID, NOW, body))
    if not signed:
        headers = [pair for pair in headers if pair[0] != "Svix-Signature"]
    return CapturedRequest("POST", "/hook", headers, body)


def arrival(request: CapturedRequest) -> Arrival:
    """What an inbox makes of it."""
    inbox = Inbox([KEY])
    return inbox.recorded(inbox.take(request, moment=NOW)[0], 1)


def test_valid_delivery_is_one_line() -> None:
    """Time, number, verdict, event, transition, refId, id and fingerprint."""
    (line,) = View().lines(arrival(request()))

    assert line == (
        f"15:06:40 #1 ✓ kyb.case.completed  IN_REVIEW → COMPLETED  ref r-1  {ID}"
        f"  signed {KEY.fingerprint}"
    )


def test_ascii_and_colour() -> None:
    """Marks have an ASCII form where the encoding has no glyph; colour is added, never needed."""
    (plain,) = View(encoding="ascii").lines(arrival(request()))
    (colored,) = View(color=True).lines(arrival(request()))

    assert "IN_REVIEW -> COMPLETED" in plain
    assert "#1 ok kyb.case.completed" in plain
    assert "\033[1mkyb.case.completed\033[0m" in colored
    assert "\033[32m✓\033[0m" in colored


def test_text_that_the_encoding_lacks_is_escaped() -> None:
    """A refId in any script never breaks the listener."""
    body = '{"refId":"référence","status":"pending"}'.encode()

    assert r"ref r\xe9f\xe9rence" in View(encoding="ascii").lines(arrival(request(body)))[0]


def test_kyc_shows_what_was_heard_before() -> None:
    """Without previousStatus in the payload the last status of the refId is shown."""
    event = arrival(request(b'{"refId":"u","status":"successful"}'))._replace(
        last_status="in_progress"
    )

    assert "kyc.successful" in View().lines(event)[0]
    assert "in_progress → successful  ref u" in View().lines(event)[0]


def test_invalid_request_says_why() -> None:
    """Cause, sentence, fix, and what was answered."""
    lines = View().lines(arrival(request(signed=False)))

    assert "#1 ✗ kyb.case.completed  missing-header:svix-signature  " in lines[0]
    assert lines[0].endswith("answered 401")
    assert lines[1].startswith("         the request has no svix-signature header: a proxy")
    assert lines[2].startswith("         fix: ")


def test_no_event_is_shown_by_its_request_line() -> None:
    """Unknown bodies, other methods and broken HTTP are known by what was asked for."""
    inbox = Inbox([KEY])
    get, _ = inbox.take(CapturedRequest("GET", "/x\x1b[31m", [], b""), moment=NOW)
    broken = inbox.take_broken(BrokenRequest(400, "not-a-request", "odd", None, "", NOW))

    assert View().lines(get)[0] == ("15:06:40 ✗ GET /x\\x1b[31m  method-not-allowed  answered 405")
    assert View().lines(broken) == [
        "15:06:40 ✗ broken request  not-a-request  answered 400",
        "         odd",
    ]


def test_repetitions_and_findings_are_marked() -> None:
    """The first record of a repeated id, and a line for whatever is odd; the rest said before."""
    inbox = Inbox([parse_secret(SECRET.removeprefix("whsec_"))])
    first = inbox.recorded(inbox.take(request(b"no json"), moment=NOW)[0], 3)
    second = inbox.recorded(inbox.take(request(b"no json"), moment=NOW)[0], 4)

    assert View().lines(first) == [
        f"15:06:40 #3 ✓ POST /hook  {ID}  signed {KEY.fingerprint}  answered 400",
        "         ! the body is not JSON",
    ]
    assert "duplicate of #3" in View().lines(second)[0]


def test_verbose_adds_headers_and_pretty_body() -> None:
    """`-v` shows the request: JSON indented, other bytes escaped."""
    lines = View(verbose=True).lines(arrival(request()))
    raw = View(verbose=True).lines(arrival(request(b"\xff\x00{")))

    assert lines[1] == "         POST /hook"
    assert f"         Svix-Id: {ID}" in lines
    assert '           "status": "COMPLETED",' in lines
    assert raw[-1] == "         \\xff\\x00{"


def test_ready_names_url_and_secrets() -> None:
    """Where to send to, and which secret it must be signed with, on standard error."""
    view = View()
    odd = parse_secret(" " + SECRET, origin="--secret")

    assert view.lines(Ready("http://localhost:3000", None, 1, [KEY, odd])) == []
    assert view.err.getvalue().splitlines() == [
        "listening on http://localhost:3000 (any path); Ctrl-C stops",
        f"signing secret {KEY.fingerprint} from .env and {odd.fingerprint} from --secret",
        "! the quotes or spaces around the secret were removed",
    ]


def test_a_listener_on_all_addresses_names_the_one_that_others_use() -> None:
    """As something to type, not as 0.0.0.0."""
    view = View()
    view.lines(Ready("http://localhost:3000", None, 1, [KEY], "http://192.0.2.7:3000"))

    assert "other machines reach it on http://192.0.2.7:3000" in view.err.getvalue()


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (Summary(0, 0, 0, 0, 0, 0, 0.2), "0 requests, 0 valid, 0 invalid in 0 s"),
        (Summary(1, 1, 0, 1, 0, 0, 61), "1 request, 1 valid, 0 invalid, 1 duplicate in 1 min 1 s"),
        (
            Summary(9, 7, 2, 3, 4, 1, 5),
            "9 requests, 7 valid, 2 invalid, 3 duplicates, 4 forwarded, 1 failed in 5 s",
        ),
    ],
)
def test_summary(summary: Summary, expected: str) -> None:
    """Totals in one line; what did not happen is left out."""
    view = View()
    view.view.show(summary)

    assert view.err.getvalue() == expected + "\n"


URL = "http://localhost:3000/hook"
FORWARD = Forward(
    record=1,
    at=NOW,
    message_id=ID,
    endpoint=URL,
    answer=Answer(200, "OK", [], b"", 12.3, body_truncated=False),
    answered=200,
    error=None,
    verified=True,
)


def test_way_back_is_one_line() -> None:
    """Time, record, what was answered, how fast, by whom."""
    assert View().lines(FORWARD) == ["15:06:40 #1 → app 200 12 ms  :3000/hook"]


def test_the_answer_follows_on_the_line_of_its_delivery() -> None:
    """Where nothing came between, and there is space for it."""
    view = View()
    view.lines(arrival(request())._replace(answered=None))
    (line,) = view.lines(FORWARD)

    assert line.endswith(f"signed {KEY.fingerprint}  → app 200 12 ms  :3000/hook")


def test_an_answer_after_something_else_has_a_line_of_its_own() -> None:
    """With the number of the delivery that it belongs to."""
    view = View()
    view.lines(arrival(request())._replace(answered=None))
    view.lines(arrival(request())._replace(answered=None, record=2))
    lines = view.lines(FORWARD)

    assert [line[9:11] for line in lines] == ["#1", "#2", "#1"]
    assert lines[2].startswith("15:06:40 #1 → app 200")


def test_a_refusal_shows_the_app_s_words_and_one_hint() -> None:
    """The words safely, the hint once however often the app refuses."""
    view = View()
    answer = Answer(401, "Unauthorized", [], b'{"error":"\x1b[31mno"}', 3, body_truncated=False)
    refused = replace(FORWARD, answer=answer, answered=401)
    view.lines(refused)
    lines = view.lines(refused)

    assert lines[1:3] == ["         401 Unauthorized", '         {"error":"\\x1b[31mno"}']
    assert view.err.getvalue() == (
        "hint: the delivery is genuine; find out why: vove check :3000/hook\n"
    )


@pytest.mark.parametrize(
    ("status", "answered", "mark"),
    [
        (500, 500, "→ app 500 1 ms"),
        (None, 502, "→ app unreachable, answered 502"),
        (None, 504, "→ app gave no answer in time, answered 504"),
    ],
)
def test_way_back_of_a_failure(status: int | None, answered: int, mark: str) -> None:
    """An app that refuses, is gone or takes too long is marked as such."""
    answer = Answer(status, "", [], b"", 1, body_truncated=False) if status else None
    forward = replace(FORWARD, answer=answer, answered=answered, message_id=None)

    assert View().lines(forward)[0] == f"15:06:40 #1 {mark}  :3000/hook"


def test_unverified_request_is_marked_on_its_way_back() -> None:
    """Only a handler under development is ever shown one."""
    (line,) = View().lines(replace(FORWARD, verified=False))

    assert "! not verified" in line


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (AppChange(URL, "waiting", "nothing listens"), f"waiting for {URL}: nothing listens"),
        (AppChange(URL, "up"), f"{URL} is up"),
        (
            AppChange(URL, "down", "nothing listens"),
            f"{URL} is gone: nothing listens; until it is back, deliveries are answered with 502",
        ),
        (AppChange(URL, "back"), f"{URL} is back; send it what it missed: vove replay --failed"),
    ],
)
def test_apps_that_come_and_go_are_said_on_standard_error(change: AppChange, expected: str) -> None:
    """They are no data: not in JSON either."""
    view = View()
    out = io.StringIO()

    assert view.lines(change) == []
    JsonArrivals(view.terminal, out=out).show(change)

    assert out.getvalue() == ""
    assert view.err.getvalue().splitlines() == [expected, expected]
