"""Pseudonyms: nothing of the original remains, the shape does, the signature verifies."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.core.captures import read_captures
from vovecli.core.json_fields import fields, kind
from vovecli.core.messages import Message, message_id_moment, new_message_id
from vovecli.core.own_events import own_catalogue
from vovecli.core.pseudonyms import Pseudonyms
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify
from vovecli.core.webhook_headers import read_webhook_headers

KEY, FRESH = bytes(range(32)), parse_secret(OTHER_SECRET)
NOW = 1_790_000_000
PSEUDONYMS = Pseudonyms(KEY)


def genuine(body: bytes, *, prefix: str = "svix") -> CapturedRequest:
    """A delivery as a listener records it."""
    message = Message(new_message_id(NOW - 5, bytes(16)), NOW, body)
    headers = signed_headers([parse_secret(SECRET)], message, prefix=prefix)  # type: ignore[arg-type]  # a family
    extra = [("Host", "hooks.acme.example"), ("X-Forwarded-For", "203.0.113.77"), ("Cookie", "s=1")]
    return CapturedRequest("POST", "/hooks/s3cr3t?token=abc", [*extra, *headers], body)


def redacted_json(text: str) -> object:
    """A payload with pseudonyms."""
    return json.loads(PSEUDONYMS.body(text.encode()))


@pytest.mark.parametrize("prefix", ["svix", "webhook"])
def test_a_redacted_delivery_verifies_under_the_fresh_secret(prefix: str) -> None:
    """And under no other; its own headers are the only ones."""
    body = b'{"refId":"acme-4711","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
    request = genuine(body, prefix=prefix)

    redacted = PSEUDONYMS.redact(request, FRESH)

    assert verify(redacted, [FRESH], moment=NOW).valid
    assert not verify(redacted, [parse_secret(SECRET)], moment=NOW).valid
    assert [name for name, _ in redacted.headers] == [name for name, _ in request.headers[3:]]
    assert redacted.target == "/"
    message_id = read_webhook_headers(redacted).id
    assert message_id_moment(message_id) == NOW - 5
    assert message_id != new_message_id(NOW - 5, bytes(16))
    assert b"acme" not in redacted.body
    assert b"4711" not in redacted.body
    assert b'"status":"COMPLETED","previousStatus":"IN_REVIEW"' in redacted.body


def test_headers_that_a_capture_lacks_are_added() -> None:
    """Whatever order and family it has."""
    request = genuine(b"{}")
    bare = [pair for pair in request.headers if pair[0] != "Content-Length"]

    redacted = PSEUDONYMS.redact(CapturedRequest("POST", "/", bare, b"{}"), FRESH)

    assert redacted.headers[-1] == ("content-length", "2")


def test_an_id_of_another_form_keeps_its_look() -> None:
    """Ids that hold no moment."""
    message = Message("evt-42 A", NOW, b"{}")
    headers = signed_headers([parse_secret(SECRET)], message)

    redacted = PSEUDONYMS.redact(CapturedRequest("POST", "/", headers, b"{}"), FRESH)

    assert re.fullmatch("[a-z]{3}-[0-9]{2} [A-Z]", read_webhook_headers(redacted).id)


@pytest.mark.parametrize(
    ("value", "look"),
    [
        ("2e96ebd0-c1b8-11ee-b56a-a345411e245d", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("2E96EBD0-C1B8-11EE-B56A-A345411E245D", r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}"),
        ("deadbeef00deadbeef", r"[0-9a-f]{18}"),
        ("ada@example.org", r"[a-z]{3}@[a-z]{7}\.[a-z]{3}"),
        ("1990-02-03", r"(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"),
        (
            "1990-02-03T23:59:59.5Z",
            r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-2]{2}:[0-2]{2}:[0-2]{2}\.[0-2]Z",
        ),
        ("Ada L\u00f6velace", r"[A-Z][a-z]{2} [A-Z][\u00e0-\u00ff][a-z]{6}"),
        ("\U0001f600", r"[^\U0001f600]"),
        ("+49 (30) 1-2", r"\+[0-9]{2} \([0-9]{2}\) [0-9]-[0-9]"),
        ("KYC_USER_42", r"[A-Z]{3}_[A-Z]{4}_[0-9]{2}"),
        ("x", "[a-wyz]"),
        ("long " * 20, "([a-z]{4} ){20}"),
        ("\u05d0\u0301", "[\u05d0-\u05ea]\u0301"),
    ],
)
def test_a_value_keeps_its_look(value: str, look: str) -> None:
    """Length and kind of every character; dates stay dates."""
    found = PSEUDONYMS.text(value)

    assert re.fullmatch(look, found)
    assert found != value
    assert found == PSEUDONYMS.text(value)
    assert found != Pseudonyms(bytes(32)).text(value) or len(value) < 3


@pytest.mark.parametrize(
    "value", ["", "REJECTED", "svix.ping", "DOCUMENT_MISMATCH", "pending", "--"]
)
def test_what_says_nothing_about_anybody_stays(value: str) -> None:
    """Words of the catalogue, and what holds neither letter nor digit."""
    assert PSEUDONYMS.text(value) == value


def test_learned_words_stay() -> None:
    """They are words that many deliveries share."""
    learned = {"values": {"level": ["high"]}, "fields": {"lvl2x9": "text"}}
    pseudonyms = Pseudonyms(KEY, own_catalogue({"kyc.pending": {"learned": learned}}, "f"))

    assert pseudonyms.body(b'{"level":"high","lvl2x9":true}') == b'{"level":"high","lvl2x9":true}'
    assert b"high" not in PSEUDONYMS.body(b'{"level":"high"}')


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"status":"on_hold"}', True),
        ('{"status": "on_hold"}', True),
        ('{"previousStatus":"on_hold"}', True),
        (r'{"st\u0061tus":"REJ\u0045CTED","reason":"DOCUMENT\u005fMISMATCH"}', True),
        ('{"status":"Ada Lovelace"}', False),
        ('{"status":["on_hold"]}', False),
        ('{"state":"on_hold"}', False),
    ],
)
def test_an_unknown_status_stays(text: str, kept: object) -> None:
    """As it was written, for a report is about it; anything else in that place is replaced."""
    assert (PSEUDONYMS.body(text.encode()).decode() == text) == kept


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("120", r"[1-9]{2}0"),
        ("0", "0"),
        ("-12.50", r"-[1-9]{2}\.[1-9]0"),
        ("1e9", "[2-9]e9"),
        ("3E+10", r"[124-9]E\+10"),
    ],
)
def test_numbers_keep_their_form(text: str, pattern: str) -> None:
    """Digits, sign, point and exponent."""
    assert re.fullmatch(pattern, PSEUDONYMS.number(text))


def test_json_keeps_its_writing() -> None:
    """Spacing, order, escapes, repeated names: what a signature depends on."""
    text = '{ "refId" :\t"\\u0041bc",\n"x":"\u00e4",\r\n "refId":null, "y":[true,1.0,"\\ud83d\u00e4"] }'

    found = PSEUDONYMS.body(text.encode()).decode()

    values = re.compile(r'"(?:[^"\\]|\\.)*"(\s*:)?|[0-9.]+(?=[,\]])')

    def emptied(written: str) -> str:
        return values.sub(lambda match: match[0] if match[1] else "V", written)

    assert emptied(found) == emptied(text)
    assert "\u00e4" not in found
    assert json.loads(found)["refId"] is None


def test_ids_used_as_names_are_replaced_alike() -> None:
    """The same value has the same pseudonym wherever it stands."""
    found = redacted_json('{"refId":"user-1","by":{"user-1":{"of-user-1":1},"plain_name":2}}')

    assert isinstance(found, dict)
    ((name, plain),) = [list(found["by"])]
    assert name == found["refId"]
    assert plain == "plain_name"
    assert "user-1" not in json.dumps(found)


@pytest.mark.parametrize(
    "body", [b"", b"refId=ada&x=12", b"\xff\x00Ada", b"[" * 100_000, b"caf\xe9"]
)
def test_bodies_that_are_no_json_are_replaced_as_text(body: bytes) -> None:
    """Of the same length, where it was one."""
    found = PSEUDONYMS.body(body)

    assert len(found) == len(body)
    assert b"ada" not in found.lower()


TEXTS = st.text(min_size=6, max_size=30).filter(lambda text: any(map(str.isalnum, text[:3])))
VALUES = st.recursive(
    TEXTS | st.integers(10**6, 10**12) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.thorough
@given(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=4), st.booleans(), st.sampled_from([None, 2]))
@example("::µ:::", {}, False, None)  # the only small letter among its neighbours
@settings(max_examples=150, deadline=None)
def test_nothing_remains_and_the_signature_verifies(
    ref_id: str,
    more: dict[str, object],
    ascii_only: object,
    indent: int | None,
) -> None:
    """No value of the original, no id as name; kinds, and so the shape, are the same."""
    payload = {"refId": ref_id, "status": "pending", "userId": ref_id, **more}
    text = json.dumps(payload, ensure_ascii=bool(ascii_only), indent=indent)
    body = text.encode("utf-8", "surrogatepass") if ascii_only else text.encode("utf-8", "replace")
    request = genuine(body)

    redacted = PSEUDONYMS.redact(request, FRESH)
    line = json.dumps({"headers": redacted.headers, "body": redacted.body.decode()})
    (again,) = read_captures(line.encode(), read_file=lambda _: b"")

    assert verify(again, [FRESH], moment=NOW).valid
    found, original = json.loads(redacted.body), json.loads(body)
    assert found["refId"] == found["userId"] != ref_id
    new = {value for _, value in fields(found) if isinstance(value, (str, int))}
    old = {
        value
        for _, value in fields(original)
        if isinstance(value, (str, int)) and not isinstance(value, bool)
        and re.search(r"[^\W_]{2}", str(value)) and str(value).isprintable()
    }  # fmt: skip
    assert not {each for each in old - PSEUDONYMS._words if each in new and _has_letters(str(each))}
    assert [kind(value) for _, value in fields(found)] == [
        kind(value) for _, value in fields(original)
    ]
    assert "acme" not in line
    assert "203.0.113" not in line


def _has_letters(text: str) -> bool:
    """Whether enough of it is of a kind of which there are many."""
    return sum(char.isascii() and char.isalnum() for char in text) >= 2
