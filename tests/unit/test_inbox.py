"""The listener's logic as transcripts: requests in, what arrived and what is answered out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.core.inbox import Inbox, Play, Recent
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.arrivals import Arrival, BrokenRequest, Reply
from vovecli.core.requests import CapturedRequest
from vovecli.core.retries import likely_attempt
from vovecli.core.secrets import SigningSecret, parse_secret
from vovecli.core.signing import signed_headers

KEY, OTHER = parse_secret(SECRET), parse_secret(OTHER_SECRET)
NOW = 1_750_000_000
REVIEW = b'{"refId":"r","status":"IN_REVIEW","previousStatus":"IN_PROGRESS"}'
COMPLETED = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'


def delivery(
    body: bytes = COMPLETED, *, number: int = 1, made_at: int = NOW, method: str = "POST"
) -> CapturedRequest:
    """A genuine delivery; the number makes its message id."""
    message_id = new_message_id(made_at, number.to_bytes(16))
    headers = signed_headers([KEY], Message(message_id, NOW, body))
    return CapturedRequest(method, "/hook", headers, body)


def forgery(body: bytes = COMPLETED) -> CapturedRequest:
    """A delivery without a signature."""
    genuine = delivery(body)
    headers = [pair for pair in genuine.headers if pair[0] != "Svix-Signature"]
    return CapturedRequest("POST", "/hook", headers, body)


def take(inbox: Inbox, request: CapturedRequest, *, moment: int = NOW) -> tuple[Arrival, Reply]:
    """Take a request and give it the next number."""
    arrival, reply = inbox.take(request, moment=moment)
    return inbox.recorded(arrival, inbox.requests), reply


def codes(arrival: Arrival) -> list[str]:
    """The codes of its findings."""
    return [finding.code for finding in arrival.findings]


def broken(method: str | None = None) -> BrokenRequest:
    """What a receiver reports of bytes that it refused."""
    return BrokenRequest(400, "malformed-chunked", "bad", method, "/hook", NOW)


def test_genuine_delivery_is_acknowledged() -> None:
    """A valid POST with a JSON body gets 200."""
    arrival, reply = take(Inbox([OTHER, KEY]), delivery())

    assert (reply.status, arrival.answered, arrival.cause, arrival.record) == (200, 200, None, 1)
    assert arrival.verdict is not None
    assert arrival.verdict.secret is KEY
    assert json.loads(reply.body) == {"verdict": "valid"}


@pytest.mark.parametrize(
    ("request_", "status", "cause"),
    [
        (forgery(), 401, "missing-header:svix-signature"),
        (CapturedRequest("POST", "/", [], b""), 401, "missing-header:svix-id"),
        (delivery(method="GET"), 405, "method-not-allowed"),
        (delivery(method="PUT"), 405, "method-not-allowed"),
        (delivery(b"no json"), 400, None),
        (delivery(b"[" * 100_000), 400, None),
        (delivery(b"[1]"), 200, None),
    ],
)
def test_answers_of_a_correct_handler(
    request_: CapturedRequest, status: int, cause: str | None
) -> None:
    """401 whatever is not verified, 405 no POST, 400 signed but no JSON, 200 the rest."""
    arrival, reply = take(Inbox([KEY]), request_)

    assert (reply.status, arrival.answered) == (status, status)
    assert (arrival.cause.code if arrival.cause else None) == cause
    assert ("body-not-json" in codes(arrival)) == (status == 400)


def test_405_names_the_method_that_is_allowed() -> None:
    """RFC 9110, 15.5.6: a 405 comes with Allow."""
    _, reply = take(Inbox([KEY]), delivery(method="GET"))

    assert ("Allow", "POST") in reply.headers


def test_age_is_judged_at_receipt() -> None:
    """Beyond the tolerance a delivery is refused; the tolerance can be widened."""
    late = NOW + 400

    assert take(Inbox([KEY]), delivery(), moment=late)[1].status == 401
    assert take(Inbox([KEY], tolerance_s=400), delivery(), moment=late)[1].status == 200


def test_repeated_message_is_marked_with_the_first_record() -> None:
    """The second delivery of an id points to the first; it is still acknowledged."""
    inbox = Inbox([KEY])
    first, _ = take(inbox, delivery())
    take(inbox, delivery(REVIEW, number=2))
    second, reply = take(inbox, delivery())
    third, _ = take(inbox, delivery())

    assert (first.duplicate_of, second.duplicate_of, third.duplicate_of) == (None, 1, 1)
    assert (first.repeated, second.repeated, reply.status) == (False, True, 200)
    assert codes(second) == ["duplicate"]
    assert (inbox.valid, inbox.duplicates) == (4, 2)


def test_repetition_before_the_first_is_recorded_is_marked_too() -> None:
    """Of two copies at the same moment the second is a repetition: the first is only unnumbered."""
    inbox = Inbox([KEY])
    first, _ = inbox.take(delivery(), moment=NOW)
    second, _ = inbox.take(delivery(), moment=NOW)

    assert inbox.recorded(second, 8).duplicate_of is None
    assert second.repeated
    assert inbox.recorded(first, 7).duplicate_of is None
    assert inbox.recorded(second, 8).duplicate_of == 7


def test_forgeries_are_not_remembered() -> None:
    """An unverified request with an id makes the genuine one no duplicate."""
    inbox = Inbox([KEY])
    take(inbox, forgery())
    genuine, _ = take(inbox, delivery())

    assert not genuine.repeated
    assert (inbox.requests, inbox.posts, inbox.valid, inbox.duplicates) == (2, 2, 1, 0)


def test_memory_of_message_ids_is_bounded() -> None:
    """The id that was unused for longest is forgotten first."""
    inbox = Inbox([KEY], remembered=2)
    for number in (1, 2, 1, 3, 1, 2):
        arrival, _ = take(inbox, delivery(number=number))

    assert not arrival.repeated
    assert inbox.duplicates == 2


def test_last_status_of_a_refid_is_known_to_the_lint() -> None:
    """What it finds is passed on, and of what it looked at: nothing of another refId, or of none."""
    inbox = Inbox([KEY])
    first, _ = take(inbox, delivery(COMPLETED))
    second, _ = take(inbox, delivery(REVIEW, number=2))
    nobody, _ = take(inbox, delivery(b'{"status":"successful"}', number=3))

    assert "late-event" in codes(second)
    assert "late-event" not in codes(first) + codes(nobody)
    assert [one.last_status for one in (first, second, nobody)] == [None, "COMPLETED", None]


def test_repetition_is_no_news_of_a_refid() -> None:
    """A late copy of an old message does not turn the last status back."""
    inbox = Inbox([KEY])
    take(inbox, delivery(REVIEW))
    take(inbox, delivery(COMPLETED, number=2))
    take(inbox, delivery(REVIEW))
    arrival, _ = take(inbox, delivery(COMPLETED, number=3))

    assert arrival.last_status == "COMPLETED"


def test_families_do_not_share_a_refid() -> None:
    """The same refId in KYB and KYC are two things."""
    inbox = Inbox([KEY])
    take(inbox, delivery(COMPLETED))
    arrival, _ = take(inbox, delivery(b'{"status":"successful","refId":"r"}', number=2))

    assert arrival.last_status is None


class TestPlay:
    """A handler that is broken on purpose."""

    def test_one_status_for_every_post(self) -> None:
        """Verified or not, every POST gets it; other methods do not."""
        inbox = Inbox([KEY], play=Play(statuses=(500,)))

        replies = [take(inbox, request)[1] for request in (delivery(), forgery())]
        assert [(reply.status, reply.body) for reply in replies] == [(500, b""), (500, b"")]
        assert take(inbox, delivery(method="GET"))[1].status == 405

    def test_script_counts_posts_and_its_last_status_stays(self) -> None:
        """One status per POST, other requests use none up."""
        inbox = Inbox([KEY], play=Play(statuses=(500, 503, 200)))
        answered = []
        for _ in range(5):
            take(inbox, delivery(method="GET"))
            answered.append(take(inbox, delivery())[0].answered)

        assert answered == [500, 503, 200, 200, 200]

    def test_body_goes_with_every_answer(self) -> None:
        """A body of one's own replaces ours, with or without a status."""
        for statuses, expected in (((), 401), ((302,), 302)):
            _, reply = take(Inbox([KEY], play=Play(statuses, "hé")), forgery())
            assert (reply.status, reply.body) == (expected, "hé".encode())


def test_broken_http_is_counted_and_told() -> None:
    """It is a request without a number; where the method was read, a POST counts as one."""
    inbox = Inbox([KEY])
    arrival = inbox.take_broken(broken())
    inbox.take_broken(broken("POST"))

    assert arrival.cause is not None
    assert (arrival.cause.code, arrival.answered, arrival.record) == (
        "malformed-chunked",
        400,
        None,
    )
    assert (inbox.requests, inbox.posts, inbox.valid) == (2, 1, 0)


@pytest.mark.parametrize(
    ("delay_s", "expected"),
    [
        (0, 1),
        (3, 1),
        (4, 2),
        (5, 2),
        (243, 2),
        (244, 3),
        (304, 3),
        (1600, 3),
        (2000, 4),
        (2105, 4),
        (9305, 5),
        (10**6, 8),
    ],
)
def test_attempt_is_inferred_from_the_id(delay_s: int, expected: int) -> None:
    """The time in the id and the timestamp of the attempt tell how often it was tried."""
    message_id = new_message_id(NOW - delay_s, bytes(16))

    assert likely_attempt(message_id, NOW) == (expected, delay_s)


@pytest.mark.parametrize("message_id", ["msg_1", "", new_message_id(NOW + 1, bytes(16))])
def test_no_attempt_is_inferred_from_other_ids(message_id: str) -> None:
    """An id without a time, or one from the future, tells nothing."""
    assert likely_attempt(message_id, NOW) is None


def test_foreign_ids_are_no_retries() -> None:
    """An id without a time in it says nothing of retries."""
    headers = signed_headers([KEY], Message("msg_1", NOW, COMPLETED))

    assert codes(take(Inbox([KEY]), CapturedRequest("POST", "/", headers, COMPLETED))[0]) == []


def test_likely_retry_is_marked_as_inferred() -> None:
    """A message that is older than its attempt is said to be a retry, or a resend."""
    arrival, _ = take(Inbox([KEY]), delivery(made_at=NOW - 310))

    (finding,) = arrival.findings
    assert finding.code == "likely-retry"
    assert "5 min 10 s" in finding.message
    assert "attempt 3" in finding.message
    assert "inferred" in finding.message


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=60))
def test_recent_remembers_what_was_used_last(steps: list[tuple[str, bool]]) -> None:
    """Never more than its size, and always the keys used last."""
    recent: Recent[int] = Recent(3)
    model: dict[str, int] = {}
    for number, (key, put) in enumerate(steps):
        if put:
            recent.put(key, number)
            model.pop(key, None)
            model[key] = number
            if len(model) > 3:
                del model[next(iter(model))]
        else:
            assert recent.get(key) == model.get(key)
            if key in model:
                model[key] = model.pop(key)


def from_outside(request: CapturedRequest, header: tuple[str, str]) -> CapturedRequest:
    """The request with one more header."""
    return request._replace(headers=[*request.headers, header])


OUTSIDE = [
    ("Host", "abc.ngrok-free.dev"),
    ("host", "app.example:3000"),
    ("Host", "[2001:db8::1]:80"),
    ("X-Forwarded-For", "1.2.3.4"),
    ("Forwarded", "for=1.2.3.4"),
    ("Sec-Fetch-Site", "cross-site"),
]


@pytest.mark.parametrize("header", OUTSIDE)
def test_strangers_learn_nothing(header: tuple[str, str]) -> None:
    """The refusal holds no cause, which would be an oracle for the secret; the reader sees it."""
    arrival, reply = take(Inbox([KEY]), from_outside(forgery(), header))

    assert (reply.status, reply.body) == (401, b'{"verdict": "invalid"}\n')
    assert arrival.stranger
    assert arrival.cause
    assert codes(arrival)[-1] == "from-outside"


@pytest.mark.parametrize(("exposed", "code"), [(False, "secret-unset"), (True, None)])
def test_no_short_key_is_tried_for_strangers(*, exposed: bool, code: str | None) -> None:
    """One of them would learn with each request whether a guess was right; here it explains."""
    unset = SigningSecret("undefined", b"undefined")
    message = Message(new_message_id(NOW, b"\1" * 16), NOW, COMPLETED)
    request = CapturedRequest("POST", "/hook", signed_headers([unset], message), COMPLETED)

    arrival, _ = take(Inbox([KEY], exposed=exposed), request)

    assert arrival.cause
    assert (arrival.cause.code == "secret-unset") == (code is not None)


@pytest.mark.parametrize(
    "header", [("Host", "app.localhost:3000"), ("Host", "127.0.0.1"), ("A", "b")]
)
def test_requests_of_this_machine_are_explained(header: tuple[str, str]) -> None:
    """Whoever develops a sender here reads the cause in the answer."""
    arrival, reply = take(Inbox([KEY]), from_outside(forgery(), header))

    assert b"cause" in reply.body
    assert not arrival.stranger


def test_exposed_listener_trusts_nobody_it_cannot_verify() -> None:
    """All that is not verified is a stranger's; what is verified is answered as ever."""
    inbox = Inbox([KEY], exposed=True)

    forged, refusal = take(inbox, forgery())
    get, _ = take(inbox, delivery(method="GET"))
    genuine, reply = take(inbox, delivery())
    bytes_ = inbox.take_broken(broken("POST"))

    assert (forged.stranger, get.stranger, genuine.stranger, bytes_.stranger) == (
        *(True, True, False, True),
    )
    assert (refusal.body, reply.status) == (b'{"verdict": "invalid"}\n', 200)
    assert "from-outside" not in codes(forged)
    assert (inbox.posts, inbox.valid, inbox.requests) == (1, 1, 4)


def test_strangers_do_not_advance_a_played_script() -> None:
    """They get its current answer; the first delivery still gets the first one."""
    inbox = Inbox([KEY], play=Play(statuses=(500, 200)), exposed=True)

    assert [take(inbox, forgery())[1].status for _ in range(3)] == [500] * 3
    assert [take(inbox, delivery(number=n))[1].status for n in (1, 2)] == [500, 200]
