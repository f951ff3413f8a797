"""What `listen`, `send`, `history` and `check` look like in terminals of three widths."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.core.endpoints import parse_endpoint
from vovecli.core.inbox import Inbox
from vovecli.core.messages import Message, new_message_id
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.arrivals import Forward, Ready
from vovecli.core.outcomes.checks import CheckReport, CheckResult, Diagnosis
from vovecli.core.outcomes.deliveries import Attempt, Delivery, SignedRequest, Tried
from vovecli.core.outcomes.records import Record
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.ui.arrivals import TextArrivals
from vovecli.ui.checks.page import draw_report
from vovecli.ui.deliveries import TextDeliveries
from vovecli.ui.history import draw_records
from vovecli.ui.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syrupy.assertion import SnapshotAssertion

WIDTHS = (80, 100, 140)
KEY = parse_secret(SECRET, origin=".env")
NOW = 1_750_000_000
REF = "82f0dcb3-d2fd-474c-a51a-2f382d89ce54"
URL = "http://localhost:3000/webhooks/vove-kyb"
REJECTED = (
    f'{{"refId":"{REF}","status":"REJECTED","previousStatus":"IN_REVIEW",'
    '"reason":"DOCUMENT_MISMATCH"}'
).encode()
COMPLETED = f'{{"refId":"{REF}","status":"COMPLETED","previousStatus":"IN_REVIEW"}}'.encode()
PENDING = b'{"refId":"user-3","status":"pending"}'
REFUSAL = Answer(401, "Unauthorized", [], b'{"error":"Invalid signature"}', 3, body_truncated=False)


@pytest.fixture(autouse=True)
def _utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Screen:
    """A terminal of a width, both streams on it."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._bytes = io.BytesIO()
        self.out = io.TextIOWrapper(self._bytes, "utf-8", write_through=True)
        self.terminal = Terminal(out=self.out, err=self.out, environ={"COLUMNS": str(width)})

    def text(self) -> str:
        """All that is on it; no line is longer than the terminal is wide."""
        text = self._bytes.getvalue().decode()
        assert [line for line in text.splitlines() if len(line) > self.width] == []
        return text


def _request(body: bytes, n: int, *, headers: str = "") -> CapturedRequest:
    message = Message(new_message_id(NOW, bytes([n]) * 16), NOW, body)
    signed = [pair for pair in signed_headers([KEY], message) if pair[0] != headers]
    return CapturedRequest("POST", "/webhooks/vove-kyb", signed, body)


@pytest.mark.parametrize("width", WIDTHS)
def test_listen(width: int, snapshot: SnapshotAssertion) -> None:
    """Valid, rejected with its reason, repeated, invalid, refused by the app."""
    screen = Screen(width)
    view = TextArrivals(screen.terminal, out=screen.out, color=False, verbose=False)
    inbox = Inbox([KEY])
    view.show(Ready("http://localhost:3000", None, 1, [KEY]))
    for number, request in enumerate(
        [
            _request(COMPLETED, 1),
            _request(REJECTED, 2),
            _request(REJECTED, 2),
            _request(PENDING, 3, headers="Svix-Signature"),
            _request(COMPLETED.replace(b":", b": "), 4),
        ],
        start=11,
    ):
        view.show(inbox.recorded(inbox.take(request, moment=NOW)[0], number))
    for number, body in enumerate([COMPLETED, PENDING], start=16):
        arrival = inbox.recorded(inbox.take(_request(body, number), moment=NOW)[0], number)
        view.show(arrival._replace(answered=None, findings=()))
        view.show(
            Forward(
                record=number,
                at=NOW,
                message_id="msg_1",
                endpoint=URL,
                answer=REFUSAL,
                answered=401,
                error=None,
                verified=True,
            )
        )

    assert screen.text() == snapshot


def _delivery(event: str, attempt: Attempt, answer: Answer | None, **changes: object) -> Delivery:
    signed = SignedRequest(
        event, REF, Message("msg_3MdOyc1gPWrN9zFv74pXyI5fbLD", NOW, b"{}"), [], [KEY]
    )
    delivery = Delivery(
        event=event,
        message_id=signed.message.id,
        ref_id=REF,
        endpoint=parse_endpoint("3000").url,
        request=signed,
        outcome=attempt.outcome,
        attempts=(attempt,),
        answer=answer,
        ok=attempt.outcome == "delivered",
    )
    return delivery._replace(**changes)  # type: ignore[arg-type]  # fields of it


@pytest.mark.parametrize("width", WIDTHS)
def test_send(width: int, snapshot: SnapshotAssertion) -> None:
    """Delivered, refused, unreachable, a forgery that was refused; totals and one hint."""
    screen = Screen(width)
    view = TextDeliveries(screen.terminal, show_response=False)
    ok = Answer(200, "OK", [], b"", 12, body_truncated=False)
    for delivery in (
        _delivery("kyb.case.completed", Attempt(1, NOW, NOW, "delivered", 200, 12.0, None), ok),
        _delivery(
            "kyb.case.in_progress",
            Attempt(1, NOW, NOW, "refused", 401, 3.0, None),
            REFUSAL,
            hint="find out why: vove check :3000/webhooks/vove-kyb",
        ),
        _delivery(
            "kyc.pending",
            Attempt(1, NOW, NOW, "unreachable", None, None, "connection refused"),
            None,
            hint="tried port 3000 on 127.0.0.1 (refused), ::1 (refused)",
        ),
        _delivery(
            "kyb.case.rejected",
            Attempt(1, NOW, NOW, "refused", 401, 3.0, None),
            REFUSAL,
            faults=("stale",),
            expected="refuse",
            ok=True,
            notes=("on purpose: it is signed correctly, but 10 min ago", "refused, as it must be"),
        ),
    ):
        view.show(Tried(delivery))
        view.show(delivery)
    view.close()

    assert screen.text() == snapshot


@pytest.mark.parametrize("width", WIDTHS)
def test_history(width: int, snapshot: SnapshotAssertion) -> None:
    """An expected and an unexpected refusal differ without colour."""
    screen = Screen(width)
    record = Record(
        direction="sent",
        at=NOW,
        event="kyb.case.completed",
        ref_id=REF,
        message_id="msg_1",
        endpoint=URL,
        method="POST",
        target="/webhooks/vove-kyb",
        outcome="delivered",
        failed=False,
        status=200,
        latency_ms=3,
        headers=[],
        body=b"{}",
        number=12,
    )
    records = [
        record,
        record._replace(outcome="refused", status=401, faults=("bad-signature",), number=11),
        record._replace(outcome="refused", status=401, faults=("duplicate",), number=10),
        record._replace(outcome="unreachable", status=None, event="kyb.case.in_progress", number=9),
        record._replace(direction="received", outcome="valid", status=502, number=8),
        record._replace(
            direction="received",
            outcome="invalid",
            status=401,
            endpoint=None,
            cause="missing-header:svix-signature",
            number=1234,
        ),
    ]

    draw_records(screen.terminal, records)

    assert screen.text() == snapshot


@pytest.mark.parametrize("width", WIDTHS)
def test_check(width: int, snapshot: SnapshotAssertion) -> None:
    """A failing handler with its diagnosis."""
    screen = Screen(width)
    checks = (
        CheckResult(
            "delivery.valid-kyb",
            "fail",
            "error",
            sent="a genuine kyb.case.completed, signed as the provider signs, compact JSON",
            got="401 Unauthorized, in 3 ms: Invalid signature",
            why="a genuine delivery must be acknowledged with 2xx, or the provider sends it again",
            fix="verify the bytes as they came, before any parser has touched them",
            source="VOVE ID documentation, KYB Webhooks",
        ),
        CheckResult("retry.rotation", "pass", "error", sent="", got="", why="", fix="", source=""),
    )
    report = CheckReport(
        endpoint=URL,
        verdict="failing",
        diagnosis=(
            Diagnosis(
                "undecoded-secret",
                "the handler uses the text of the secret as the key, without decoding it",
                "decode the part after whsec_ from base64 before it becomes the key",
                "proved",
            ),
        ),
        checks=checks,
        elapsed_s=0.25,
        requests=94,
    )

    draw_report(screen.terminal, report)

    assert screen.text() == snapshot
