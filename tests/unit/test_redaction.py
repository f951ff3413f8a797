"""Records without personal data."""

from __future__ import annotations

import json

from vovecli.core.lint import shown
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.records import Record
from vovecli.core.pseudonyms import KEY_BYTES, Pseudonyms
from vovecli.core.redaction import redacted

BODY = b'{"refId":"Jane-Doe-1970","status":"COMPLETED","name":"Jane Doe"}'
RECORD = Record(
    direction="received", at=1.0, event="kyb.case.completed", ref_id="Jane-Doe-1970",
    message_id="msg_1", endpoint="http://localhost:3000/hook?user=jane", method="POST",
    target="/hook?user=jane", outcome="valid", failed=False, status=200, latency_ms=1.0,
    headers=[("svix-id", "msg_1"), ("X-User", "Jane Doe"), ("Content-Type", "application/json")],
    body=BODY,
    answer=Answer(200, "OK", [("X-Who", "Jane Doe")], b'{"hello":"Jane Doe"}', 1.0, False),
)  # fmt: skip
PSEUDONYMS = Pseudonyms(bytes(KEY_BYTES))


def test_nothing_of_a_person_is_left() -> None:
    """Not in bodies, ids, paths or headers."""
    shown = repr(redacted(RECORD, PSEUDONYMS)).lower()

    assert "jane" not in shown
    assert "doe" not in shown


def test_what_says_nothing_of_anybody_stays() -> None:
    """Or the page would explain nothing."""
    shown = redacted(RECORD, PSEUDONYMS)

    assert (shown.message_id, shown.status, shown.event) == ("msg_1", 200, "kyb.case.completed")
    assert b'"status":"COMPLETED"' in shown.body
    assert [name for name, _ in shown.headers] == ["svix-id", "X-User", "Content-Type"]
    assert shown.headers[2] == ("Content-Type", "application/json")


def test_the_same_value_has_one_pseudonym() -> None:
    """A refId can be followed through list, body and sentence."""
    shown = redacted(RECORD, PSEUDONYMS)

    assert shown.ref_id
    assert shown.ref_id.encode() in shown.body
    sentence = PSEUDONYMS.sentence("refId Jane-Doe-1970 is COMPLETED", BODY)
    assert sentence == f"refId {shown.ref_id} is COMPLETED"


def test_records_with_little_in_them() -> None:
    """No refId, no endpoint, no query, no answer; a body that is no JSON."""
    bare = RECORD._replace(ref_id=None, endpoint=None, target="/hook", answer=None, body=b"\xff")

    shown = redacted(bare, PSEUDONYMS)

    assert (shown.ref_id, shown.endpoint, shown.target, shown.answer) == (None, None, "/hook", None)
    assert redacted(RECORD._replace(endpoint="http://a/b"), PSEUDONYMS).endpoint == "http://a/b"
    assert PSEUDONYMS.sentence("as it is", b"\xff") == "as it is"


def test_sentences_that_quote_in_part_or_escaped() -> None:
    """As findings do: cut after some characters, control characters escaped, names of fields."""
    long, odd, name = "Jane " * 60, "Jane\nDoe", "Jane Doe 1970"
    body = json.dumps({"a": long, "b": [odd], name: 1}).encode()

    for value in (long, odd, name):
        assert "Jane" not in PSEUDONYMS.sentence(f"status {shown(value)} is odd", body)
