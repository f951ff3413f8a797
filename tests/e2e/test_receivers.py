"""The receivers of examples/ are right: everything genuine gets in, once, and nothing else does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from tests.e2e.receivers import (
    NEW_SECRET,
    OLD_SECRET,
    RECEIVERS,
    ReceiverEndedError,
    RunningReceiver,
    StartReceiver,
    deliver,
    genuine,
    run_receiver,
)

from vovecli.adapters.handlers import read_handler
from vovecli.core.catalogue import EVENTS
from vovecli.core.handlers import FILES
from vovecli.core.secrets import encode_secret

if TYPE_CHECKING:
    from pathlib import Path

    from vovecli.core.messages import Headers

REFUSED = (400, 401)
STRANGE_SECRET = encode_secret(bytes(range(200, 224)))
SIGNATURE = "Svix-Signature"


@pytest.fixture(params=RECEIVERS)
def receiver(request: pytest.FixtureRequest, running_receiver: StartReceiver) -> RunningReceiver:
    """Each receiver in turn; it holds an old and a new secret."""
    return running_receiver(request.param)


@pytest.fixture
def ref_id() -> str:
    """A case nobody has heard of."""
    return str(uuid.uuid4())


def status_of(receiver: RunningReceiver, ref_id: str) -> object:
    """The status a receiver keeps for a case."""
    rows = receiver.query("SELECT status FROM cases WHERE ref_id = ?", ref_id)
    return rows[0][0] if rows else None


def jobs_of(receiver: RunningReceiver, ref_id: str) -> list[object]:
    """The work queued for a case, in order: it doubles if a delivery counts twice."""
    rows = receiver.query("SELECT status FROM jobs WHERE ref_id = ? ORDER BY rowid", ref_id)
    return [row[0] for row in rows]


def value(headers: Headers, name: str) -> str:
    """The value of a header."""
    return dict(headers)[name]


def changed(delivery: tuple[Headers, bytes], name: str, text: str | None) -> tuple[Headers, bytes]:
    """A delivery with one header changed, or left out, after it was signed."""
    headers, body = delivery
    replaced = [(key, text if key == name else old) for key, old in headers]
    return [(key, new) for key, new in replaced if new is not None], body


def test_every_event_is_accepted_on_every_path(receiver: RunningReceiver) -> None:
    """Every event is answered 2xx; the status of those about a case or a person is kept."""
    for path in receiver.paths:
        for event in EVENTS.values():
            ref_id = str(uuid.uuid4())
            payload = {"status": event.status, "refId": ref_id, "userId": ref_id}
            assert deliver(receiver, genuine(payload), path=path) == 200
            if event.family in ("kyb", "kyc"):
                assert status_of(receiver, ref_id) == event.status


def test_vove_send_delivers_every_event(receiver: RunningReceiver) -> None:
    """`vove send` with all eight event types ends with 0: each was accepted."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "vovecli",
            "send",
            *EVENTS,
            "--to",
            receiver.base_url + receiver.paths[0],
        ],
        env={**os.environ, "VOVE_WEBHOOK_SECRET": NEW_SECRET},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_any_deployed_secret_verifies(receiver: RunningReceiver, ref_id: str) -> None:
    """While a secret is being replaced, deliveries signed by either one are accepted."""
    for secret in (OLD_SECRET, NEW_SECRET):
        delivery = genuine({"status": "IN_PROGRESS", "refId": ref_id}, secrets=[secret])
        assert deliver(receiver, delivery) == 200


def test_one_signature_of_several_is_enough(receiver: RunningReceiver, ref_id: str) -> None:
    """Signatures by two secrets are accepted in both orders, and beside one of another version."""
    payload = {"status": "successful", "refId": ref_id}
    for secrets in ([OLD_SECRET, STRANGE_SECRET], [STRANGE_SECRET, OLD_SECRET]):
        assert deliver(receiver, genuine(payload, secrets=secrets)) == 200
    delivery = genuine(payload)
    asymmetric = "v1a," + base64.b64encode(bytes(64)).decode()
    both = f"{asymmetric} {value(delivery[0], SIGNATURE)}"
    assert deliver(receiver, changed(delivery, SIGNATURE, both)) == 200


@pytest.mark.parametrize("prefix", ["svix-", "SVIX-", "webhook-"])
def test_header_names_may_be_spelt_otherwise(
    receiver: RunningReceiver, ref_id: str, prefix: str
) -> None:
    """The case of header names does not matter, and the unbranded names are read too."""
    headers, body = genuine({"status": "pending", "refId": ref_id})
    headers = [(name.replace("Svix-", prefix), text) for name, text in headers]
    assert deliver(receiver, (headers, body)) == 200
    assert status_of(receiver, ref_id) == "pending"


def forgeries(ref_id: str) -> dict[str, tuple[Headers, bytes]]:
    """Deliveries that nobody who holds the secret has made."""
    payload = {"status": "COMPLETED", "refId": ref_id}
    good = headers, body = genuine(payload)
    message_id, timestamp = value(headers, "Svix-Id"), value(headers, "Svix-Timestamp")
    encoded = value(headers, SIGNATURE).removeprefix("v1,")
    content = f"{message_id}.{timestamp}.".encode() + body
    by_text = hmac.digest(OLD_SECRET.encode(), content, hashlib.sha256)
    by_nothing = hmac.digest(b"", content, hashlib.sha256)
    shown = {
        "by the secret's text": base64.b64encode(by_text).decode(),
        "by the empty key": base64.b64encode(by_nothing).decode(),
        "hexadecimal": base64.b64decode(encoded).hex(),
        "truncated": encoded[:8],
        "missing": "",
    }
    return {
        "another secret": genuine(payload, secrets=[STRANGE_SECRET]),
        "another body": (headers, body.replace(b"COMPLETED", b"SUCCEEDED")),
        "another id": changed(good, "Svix-Id", message_id[:-1] + "!"),
        "another time": changed(good, "Svix-Timestamp", str(int(timestamp) + 1)),
        "another version": changed(good, SIGNATURE, f"v0,{encoded}"),
        "no id": changed(good, "Svix-Id", None),
        "no timestamp": changed(good, "Svix-Timestamp", None),
        "no signature": changed(good, SIGNATURE, None),
        "too old": genuine(payload, age_s=6 * 60),
        "too new": genuine(payload, age_s=-6 * 60),
        "milliseconds": changed(good, "Svix-Timestamp", f"{timestamp}000"),
        **{name: changed(good, SIGNATURE, f"v1,{text}") for name, text in shown.items()},
    }


def test_forgeries_are_refused_without_effect(receiver: RunningReceiver, ref_id: str) -> None:
    """Whatever is not genuine and recent gets 400 or 401, and its id is not remembered."""
    for name, forgery in forgeries(ref_id).items():
        assert deliver(receiver, forgery) in REFUSED, name
    assert (status_of(receiver, ref_id), jobs_of(receiver, ref_id)) == (None, [])
    delivery = genuine({"status": "COMPLETED", "refId": ref_id})
    assert deliver(receiver, changed(delivery, SIGNATURE, "v1,AAAA")) in REFUSED
    assert deliver(receiver, delivery) == 200
    assert jobs_of(receiver, ref_id) == ["COMPLETED"]


MALFORMED_SIGNATURES = (
    "", " ", ",", "v1", "v1,", "garbage", "v1,garbage", "v1,=", "v1,a", "v1,%%%", "a,b,c",
    "v1,AAAA,BBBB", "v1,é", "v1,\udcff", "v1 v1 v1", "," * 500, "v1," + "A" * 4000,
)  # fmt: skip
MALFORMED_TIMESTAMPS = (
    "", "now", "NaN", "inf", "-1", "0", "1e400", "9" * 400, "0x10", "2026-01-31T12:00:00Z", "١٢٣",
)  # fmt: skip


def test_malformed_headers_are_refused_not_crashed_on(
    receiver: RunningReceiver, ref_id: str
) -> None:
    """Signatures and timestamps of any shape get a 4xx answer: no 5xx, no closed connection."""
    delivery = genuine({"status": "COMPLETED", "refId": ref_id})
    for name, texts in (
        (SIGNATURE, MALFORMED_SIGNATURES),
        ("Svix-Timestamp", MALFORMED_TIMESTAMPS),
    ):
        for text in texts:
            assert deliver(receiver, changed(delivery, name, text)) in REFUSED, (name, text)


def test_four_minutes_of_delay_are_accepted(receiver: RunningReceiver, ref_id: str) -> None:
    """The tolerance is five minutes, both ways."""
    for age_s in (240, -240):
        delivery = genuine({"status": "pending", "refId": ref_id}, age_s=age_s)
        assert deliver(receiver, delivery) == 200


def test_a_duplicate_is_accepted_and_does_nothing(receiver: RunningReceiver, ref_id: str) -> None:
    """The same id again, as it was or signed anew, is answered 2xx and has no second effect."""
    first = genuine({"status": "successful", "refId": ref_id})
    again = genuine(body=first[1], message_id=value(first[0], "Svix-Id"), age_s=5)
    suspicion = genuine({"status": "suspected", "refId": ref_id})
    assert [deliver(receiver, each) for each in (first, suspicion, first, again)] == [200] * 4
    assert jobs_of(receiver, ref_id) == ["successful", "suspected"]
    assert status_of(receiver, ref_id) == "suspected"


def test_duplicates_at_once_count_once(receiver: RunningReceiver) -> None:
    """Copies of several deliveries at the same moment: all answered 2xx, one effect for each."""
    cases = [str(uuid.uuid4()) for _ in range(4)]
    deliveries = [genuine({"status": "COMPLETED", "refId": ref_id}) for ref_id in cases]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: deliver(receiver, each), deliveries * 4))
    assert answers == [200] * 16
    assert [jobs_of(receiver, ref_id) for ref_id in cases] == [["COMPLETED"]] * 4


def test_a_late_delivery_takes_nothing_back(receiver: RunningReceiver, ref_id: str) -> None:
    """After COMPLETED, a late IN_REVIEW is answered 2xx and the case stays completed."""
    for status in ("IN_REVIEW", "IN_PROGRESS", "COMPLETED", "IN_REVIEW"):
        assert deliver(receiver, genuine({"status": status, "refId": ref_id})) == 200
    assert jobs_of(receiver, ref_id) == ["IN_REVIEW", "COMPLETED"]
    assert status_of(receiver, ref_id) == "COMPLETED"


ODD_PAYLOADS: tuple[object, ...] = (
    {"status": "ESCALATED", "refId": "r"}, {"status": "constructor", "refId": "r"},
    {"status": "__proto__", "refId": "r"}, {"status": ["IN_REVIEW"], "refId": "r"},
    {"status": {"a": 1}, "refId": {"b": 2}}, {"status": "IN_REVIEW"}, {"refId": "r"}, {}, [],
    {"status": "IN_REVIEW", "refId": 7}, {"status": "IN_REVIEW", "refId": None}, None, 42, 1.5,
    [1, {"status": "pending"}], True, "pending", {"type": "a", "data": {"status": "COMPLETED"}},
    {"status": "REJECTED", "refId": "r", "reason": "NEVER_HEARD_OF"},
    {"status": "REJECTED", "refId": "r", "reason": None, "extra": {"deep": [[[1]]]}},
    {"status": "pending", "refId": "r", "userId": "other"},
    {"status": "pending", "refId": "O'Brien\"; --"}, {"status": "pending", "refId": "../" * 100},
    {"status": "pending", "refId": "👩‍💻 شركة é \x00 \n"}, {"status": "pending", "refId": ""},
    {"status": "pending", "refId": "r", "note": "x" * 16_000},
)  # fmt: skip


def test_odd_but_genuine_payloads_are_accepted(receiver: RunningReceiver) -> None:
    """Statuses, fields, reasons and shapes that are new to the receiver are answered 2xx."""
    for payload in ODD_PAYLOADS:
        assert deliver(receiver, genuine(payload)) == 200, payload
    assert receiver.query("SELECT * FROM cases WHERE status = 'ESCALATED'") == []


SAME_PAYLOAD = (
    '{\n    "status" : "in_progress",\r\n\t"refId": "%s"\n}\n',
    '{"refId":"%s","status":"in\\u005fprogress","2":1.0,"1":1e2,"url":"a\\/b"}',
    '\t{"note":"é 👩‍💻 شركة","note":"twice","status":"in_progress","refId":"%s"} ',
)


@pytest.mark.parametrize("text", SAME_PAYLOAD)
def test_the_body_is_verified_as_it_arrived(
    receiver: RunningReceiver, ref_id: str, text: str
) -> None:
    """Bodies that do not survive being parsed and written again are accepted."""
    assert deliver(receiver, genuine(body=(text % ref_id).encode())) == 200
    assert status_of(receiver, ref_id) == "in_progress"


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", None],
)
def test_the_content_type_decides_nothing(
    receiver: RunningReceiver, ref_id: str, content_type: str | None
) -> None:
    """The signature says who sent it; the content type is not covered by it."""
    delivery = genuine({"status": "in_progress", "refId": ref_id})
    assert deliver(receiver, changed(delivery, "Content-Type", content_type)) == 200


SIGNED_GARBAGE = (
    b"", b" ", b"not json", b"{", b'{"status": "pending"', b"\xff\xfe\x00",
    b"[" * 15_000, b"status=pending&refId=r", bytes(range(256)),
)  # fmt: skip


def test_signed_garbage_is_refused_not_crashed_on(receiver: RunningReceiver) -> None:
    """A genuine signature over something that is no JSON gets a 4xx answer."""
    for body in SIGNED_GARBAGE:
        assert deliver(receiver, genuine(body=body)) in REFUSED, body[:30]


def test_text_no_database_takes_is_not_crashed_on(receiver: RunningReceiver) -> None:
    """Half a surrogate pair, which JSON can write and UTF-8 cannot, and bytes that are no UTF-8."""
    for ref_id in (b"\\ud800", b"\xff"):
        body = b'{"status": "pending", "refId": "%b"}' % ref_id
        assert deliver(receiver, genuine(body=body)) in (200, *REFUSED)


def test_other_methods_and_paths_are_not_found(receiver: RunningReceiver, ref_id: str) -> None:
    """GET and other paths are answered 404 or 405, whatever the signature."""
    delivery = genuine({"status": "pending", "refId": ref_id})
    assert deliver(receiver, delivery, path="/other") in (404, 405)
    assert deliver(receiver, delivery, method="GET") in (404, 405)
    assert deliver(receiver, delivery, path=f"{receiver.paths[0]}?from=test") == 200


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_killed_receiver_loses_and_doubles_nothing(name: str, tmp_path: Path) -> None:
    """Killed while deliveries come in, started again and sent all of them anew: one effect each."""
    cases = [str(uuid.uuid4()) for _ in range(24)]
    deliveries = [genuine({"status": "COMPLETED", "refId": ref_id}) for ref_id in cases]
    with run_receiver(name, state=tmp_path) as receiver, ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(deliver, receiver, delivery) for delivery in deliveries]
        assert answers[5].result() == 200
        receiver.kill()
        accepted = [
            ref_id
            for ref_id, answer in zip(cases, answers, strict=True)
            if answer.exception() is None and answer.result() == 200
        ]
    with run_receiver(name, state=tmp_path) as receiver:
        assert [["COMPLETED"]] * len(accepted) == [jobs_of(receiver, ref_id) for ref_id in accepted]
        assert [deliver(receiver, delivery) for delivery in deliveries] == [200] * 24
        assert [jobs_of(receiver, ref_id) for ref_id in cases] == [["COMPLETED"]] * 24


@pytest.mark.parametrize("name", RECEIVERS)
@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_without_a_secret_nothing_is_accepted(name: str, secret: str, tmp_path: Path) -> None:
    """An unset secret ends the program or refuses all; it never becomes the empty key."""
    headers, body = genuine({"status": "COMPLETED", "refId": "r"})
    content = f"{value(headers, 'Svix-Id')}.{value(headers, 'Svix-Timestamp')}.".encode() + body
    mac = base64.b64encode(hmac.digest(b"", content, hashlib.sha256)).decode()
    try:
        with run_receiver(name, secret, state=tmp_path) as receiver:
            answer = deliver(receiver, changed((headers, body), SIGNATURE, f"v1,{mac}"))
    except ReceiverEndedError:
        return
    assert answer >= 400


@pytest.mark.parametrize("name", FILES)
def test_each_receiver_is_one_short_file(name: str) -> None:
    """The file to copy says where it is saved, how it is started, and is short."""
    handler = read_handler(name)
    assert handler.start
    assert f"Save as:  {handler.file}\n" in handler.source
    assert len(handler.source.splitlines()) < 180
