"""Which app gets a delivery, as which bytes, and what goes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.core.endpoints import parse_endpoint
from vovecli.core.errors import VoveError
from vovecli.core.forwarding import (
    Rules,
    forwarded_headers,
    known_pattern,
    parse_route,
    returned,
    unanswered,
)
from vovecli.core.inbox import Inbox
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.answers import Answer, NoAnswer, is_acknowledged
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from vovecli.core.outcomes.arrivals import Arrival

KEY = parse_secret(SECRET)
NOW = 1_750_000_000
COMPLETED = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
UNKNOWN = b'{"refId":"r","status":"FROZEN","previousStatus":"IN_REVIEW"}'
SUCCESSFUL = b'{"status":"successful","refId":"r"}'
LOCAL, OTHER, REMOTE = "http://localhost:1/a", "http://127.0.0.1:2/b", "https://example.com/c"


def arrival(body: bytes = COMPLETED, *, method: str = "POST", signed: bool = True) -> Arrival:
    """What an inbox makes of a delivery."""
    message = Message(new_message_id(NOW, bytes(16)), NOW, body)
    headers = signed_headers([KEY], message)[: None if signed else 2]
    return Inbox([KEY]).take(CapturedRequest(method, "/", headers, body), moment=NOW)[0]


def rules(
    *routes: str, events: tuple[str, ...] = (), exposed: bool = False, allow: bool = False
) -> Rules:
    """Rules with these routes."""
    return Rules([parse_route(text) for text in routes], events, exposed, allow)


@pytest.mark.parametrize(
    ("text", "pattern", "url"),
    [
        ("http://localhost:1/a?b=c", "*", "http://localhost:1/a?b=c"),
        ("3000", "*", "http://localhost:3000/webhooks/vove-kyb"),
        ("localhost:3000/?a=b", "*", "http://localhost:3000/?a=b"),
        ("kyb.*=3000", "kyb.*", "http://localhost:3000/webhooks/vove-kyb"),
        ("kyc.*=:3000", "kyc.*", "http://localhost:3000/webhook-endpoint"),
        ("kyc.successful=http://h/x=y", "kyc.successful", "http://h/x=y"),
        ("*=3000/x", "*", "http://localhost:3000/x"),
    ],
)
def test_routes(text: str, pattern: str, url: str) -> None:
    """The first equals sign splits only where no URL has begun; short forms are completed."""
    route = parse_route(text)

    assert (route.pattern, route.endpoint.url) == (pattern, url)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("kyb.case.complete=3000", "unknown-event"),
        ("=3000", "unknown-event"),
        ("kyb.*=", "bad-endpoint"),
        ("ftp://x", "bad-endpoint"),
    ],
)
def test_bad_routes(text: str, code: str) -> None:
    """A pattern that no event matches, or what is no URL, is an error that says so."""
    with pytest.raises(VoveError) as caught:
        parse_route(text)

    assert caught.value.code == code


def test_patterns_are_held_against_the_catalogue() -> None:
    """A pattern with a slip of the pen would filter everything; the nearest names are told."""
    assert known_pattern("kyb.case.*") == "kyb.case.*"
    with pytest.raises(VoveError) as caught:
        known_pattern("kyb.case.complted")

    assert "kyb.case.completed" in (caught.value.hint or "")


def test_an_event_that_may_be_two_goes_where_either_goes() -> None:
    """An app must not miss a delivery because its payload does not decide."""
    rejected = arrival(b'{"refId":"r","status":"REJECTED"}')

    targets = rules(f"kyb.*={LOCAL}", f"kyc.*={REMOTE}", f"user.aml.*={OTHER}").targets(rejected)

    assert [endpoint.url for endpoint in targets] == [LOCAL, OTHER]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (rules(LOCAL, OTHER), [LOCAL, OTHER]),
        (rules(LOCAL, f"kyb.*={LOCAL}"), [LOCAL]),
        (rules(f"kyc.*={LOCAL}", f"kyb.*={OTHER}"), [OTHER]),
        (rules(f"kyb.case.completed={LOCAL}"), [LOCAL]),
        (rules(f"kyb.case.rejected={LOCAL}"), []),
        (rules(LOCAL, events=("kyc.*",)), []),
        (rules(LOCAL, events=("kyc.*", "kyb.*")), [LOCAL]),
        (rules(REMOTE, exposed=True), [REMOTE]),
    ],
)
def test_targets_of_a_genuine_delivery(found: Rules, wanted: list[str]) -> None:
    """Every route whose pattern matches, each URL once, unless --events leaves the event out."""
    assert [endpoint.url for endpoint in found.targets(arrival())] == wanted


@pytest.mark.parametrize(
    ("body", "wanted"),
    [(UNKNOWN, [LOCAL, OTHER]), (SUCCESSFUL, [OTHER]), (b"{}", [OTHER]), (b"no json", [OTHER])],
)
def test_targets_of_other_bodies(body: bytes, wanted: list[str]) -> None:
    """An unknown status belongs to its family; what is no event goes where everything goes."""
    found = rules(f"kyb.*={LOCAL}", OTHER).targets(arrival(body))

    assert [endpoint.url for endpoint in found] == wanted


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (rules(LOCAL, REMOTE), [LOCAL]),
        (rules(LOCAL, REMOTE, exposed=True), []),
        (rules(LOCAL, REMOTE, exposed=True, allow=True), [LOCAL, REMOTE]),
    ],
)
def test_unverified_requests_stay_on_this_machine(found: Rules, wanted: list[str]) -> None:
    """Not to other hosts, and not from the internet, unless that is allowed."""
    assert [endpoint.url for endpoint in found.targets(arrival(signed=False))] == wanted


def test_only_posts_are_forwarded() -> None:
    """What is no delivery never reaches an app."""
    assert rules(LOCAL, allow=True).targets(arrival(method="GET")) == []


def test_headers_keep_order_and_spelling() -> None:
    """Host is rewritten where it stands, what belongs to the connection stays behind."""
    request = CapturedRequest(
        "POST",
        "/hook",
        [
            ("sVix-Id", "msg_1"),
            ("HOST", "abc.ngrok.app"),
            ("Connection", "keep-alive, X-Hop"),
            ("X-Hop", "1"),
            ("TE", "trailers"),
            ("Expect", "100-continue"),
            ("Transfer-Encoding", "chunked"),
            ("X-Odd", "caf\udce9"),
            ("x-odd", "again"),
        ],
        b"12345",
    )

    headers = forwarded_headers(request, parse_endpoint("http://localhost:81/x"), "10.0.0.7")

    assert headers == [
        ("sVix-Id", "msg_1"),
        ("HOST", "localhost:81"),
        ("Content-Length", "5"),
        ("X-Odd", "caf\udce9"),
        ("x-odd", "again"),
        ("X-Forwarded-For", "10.0.0.7"),
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "abc.ngrok.app"),
    ]


def test_what_a_proxy_said_of_the_sender_stays() -> None:
    """A tunnel knows the public host and the sender's address; the listener sees the tunnel."""
    said = [("X-Forwarded-For", "1.2.3.4"), ("x-forwarded-proto", "https")]
    request = CapturedRequest("POST", "/", [("Content-Length", "0"), *said], b"")

    headers = forwarded_headers(request, parse_endpoint("http://h/"), "127.0.0.1")

    assert headers == [("Content-Length", "0"), *said]


def test_the_length_is_told_once() -> None:
    """Whatever framed the request on its way in."""
    framing = [("Content-Length", "2"), ("content-length", "2"), ("Transfer-Encoding", "chunked")]
    request = CapturedRequest("POST", "/", framing, b"{}")

    headers = forwarded_headers(request, parse_endpoint("3000"), "")

    assert [name.lower() for name, _ in headers].count("content-length") == 1
    assert "transfer-encoding" not in [name.lower() for name, _ in headers]


def test_length_is_told_where_it_was_not() -> None:
    """An empty POST may come without a length; the app gets one."""
    request = CapturedRequest("POST", "/", [], b"")

    assert ("Content-Length", "0") in forwarded_headers(request, parse_endpoint("3000"), "")


def test_what_goes_back() -> None:
    """Status, body and headers of the app, but for those of its connection."""
    headers = [
        ("Content-Type", "text/plain"),
        ("retry-after", "3"),
        ("Date", "x"),
        ("Content-Length", "2"),
        ("Connection", "close"),
    ]

    reply = returned(Answer(418, "Teapot", headers, b"no", 1.0, body_truncated=False))

    assert (reply.status, reply.body) == (418, b"no")
    assert reply.headers == (("Content-Type", "text/plain"), ("retry-after", "3"))


def test_no_answer_is_a_gateway_error() -> None:
    """504 if the app took too long, 502 otherwise, with the reason as the body."""
    assert unanswered(NoAnswer("timeout", "slow"), exposed=False).status == 504
    reply = unanswered(NoAnswer("refused", "nothing listens"), exposed=False)
    assert (reply.status, reply.body) == (502, b"nothing listens\n")


def test_strangers_learn_no_internal_address() -> None:
    """Why the app gave no answer names where it is: that stays on this machine."""
    failure = NoAnswer("refused", "nothing listens on localhost:3000")

    assert (
        unanswered(failure, exposed=True).body == b"the app behind this listener gave no answer\n"
    )


def test_part_of_an_answer_does_not_pass_as_the_whole() -> None:
    """Its status goes back, its beginning does not."""
    reply = returned(Answer(200, "OK", [("ETag", "x")], b"{", 1.0, body_truncated=True))

    assert reply.status == 200
    assert b"too long" in reply.body
    assert ("ETag", "x") not in reply.headers


def test_only_2xx_acknowledges() -> None:
    """Redirects, errors and silence do not."""
    assert [is_acknowledged(status) for status in (None, 199, 200, 299, 302, 500)] == [
        *(False, False, True, True, False, False)
    ]
