"""Whatever the bytes: no crash, and no proof of what did not happen."""

from __future__ import annotations

import random
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.diagnosis.forging import (
    BODY,
    ID,
    SECRET,
    TIMESTAMP,
    b64,
    content_of,
    explain,
    mac,
    signature_over,
)

from vovecli.core.codes import CAUSES
from vovecli.core.diagnosis import diagnose
from vovecli.core.mistakes.bodies import BODIES
from vovecli.core.mistakes.json_styles import style_of
from vovecli.core.mistakes.json_text import missing_closers, parse_json
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.verification import verify
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

pytestmark = pytest.mark.thorough

LETTERS = string.ascii_letters + string.digits
HEADER_TEXT = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1, max_size=80
)


def request(body: bytes, message_id: str, timestamp: str, signature: str) -> CapturedRequest:
    """A captured request."""
    headers: Headers = [
        ("svix-id", message_id),
        ("svix-timestamp", timestamp),
        ("svix-signature", signature),
    ]
    return CapturedRequest("POST", "/", headers, body)


def altered(source: random.Random) -> tuple[CapturedRequest, bytes, str]:
    """A rightly signed request of which one thing was then changed: it, the key, the only truth."""
    body, message_id, timestamp = BODY, ID, TIMESTAMP
    key, truth = SECRET.key, "no-matching-signature"
    signature = signature_over(body)
    kind = source.choice(["ref", "status", "id", "timestamp", "soon", "key", "signature"])
    if kind == "ref":  # a letter of the refId: nobody can say which it was
        at = source.choice(
            [at for at, byte in enumerate(body[:34]) if at > 9 and chr(byte) in LETTERS]
        )
        new = source.choice([char for char in LETTERS if char != chr(body[at])])
        body = body[:at] + new.encode() + body[at + 1 :]
    elif kind == "status":  # a value of which the documented ones are few
        new = source.choice(["REJECTED", "IN_PROGRESS", "successful", "H" + source.choice(LETTERS)])
        body, truth = body.replace(b"COMPLETED", new.encode()), "field-altered"
    elif kind == "id":
        at = source.randrange(4, len(ID))
        new = source.choice([char for char in LETTERS if char != ID[at]])
        message_id = ID[:at] + new + ID[at + 1 :]
    elif kind == "timestamp":  # far from the header's, and the id holds none
        message_id = "msg_1"
        signature = f"v1,{b64(mac(content_of(body, message_id)))}"
        offset = source.choice([n for n in range(3_601, 60_000) if n % 900])
        timestamp = str(int(TIMESTAMP) + offset * source.choice([-1, 1]))
    elif kind == "soon":
        offset = source.choice([n for n in range(1, 3_600) if n % 900])
        timestamp, truth = str(int(TIMESTAMP) + offset), "timestamp-renewed"
    elif kind == "key":
        key = source.randbytes(24)
    else:
        signature = "v1," + b64(source.randbytes(32))
    return request(body, message_id, timestamp, signature), key, truth


def assert_only_the_truth_is_proved(seed: int) -> None:
    """One random alteration."""
    captured, key, truth = altered(random.Random(seed))
    secret = parse_secret("whsec_" + b64(key))

    cause = diagnose(captured, read_webhook_headers(captured), [secret]).cause

    certainty = "unknown" if truth == "no-matching-signature" else "proved"
    assert (cause.code, cause.certainty) == (truth, certainty)


@pytest.mark.parametrize("block", range(5))
def test_alterations_are_never_explained_away(block: int) -> None:
    """A changed letter, id, time, key or signature has no innocent explanation."""
    for seed in range(block * 20, block * 20 + 20):
        assert_only_the_truth_is_proved(seed)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_alterations_are_never_explained_away_long() -> None:
    """The same, five thousand times."""
    for seed in range(5_000):
        assert_only_the_truth_is_proved(1_000_000 + seed)


@given(
    body=st.binary(max_size=120) | st.text(max_size=60).map(str.encode),
    signature=HEADER_TEXT | st.text("v1, =+/-_%abc0123456789\"'…", min_size=1, max_size=120),
    message_id=HEADER_TEXT,
    timestamp=st.integers(1, 99_999_999_999),
)
@example(b"", "v1,", "\udcff", 1)
@example(b"[" * 100_000, "v1," * 40, "x", 99_999_999_999)
@example(b'{"a":' * 90 + b"1" + b"}" * 90, ",,,", "x", 1)
@example(b'"\\ud800"', "v1,=", "x", 1)
@example(b"\x1f\x8b\x08", "%" * 99, "x", 1)
@example(b'{"type":"Buffer","data":[300]}', "x", "x", 1)
@example(b'{"type":"Buffer"}', "x", "x", 1)
@example(b'{"n":1e999,"m":-0.0,"k":' + b"9" * 5000 + b"}", "v1,a v1,b", "x", 1)
@settings(max_examples=60, deadline=None)
def test_no_bytes_crash_it(body: bytes, signature: str, message_id: str, timestamp: int) -> None:
    """Garbage gets a cause that is known, and is never valid."""
    verdict = verify(
        request(body, message_id, str(timestamp), signature), [SECRET], moment=timestamp
    )

    assert not verdict.valid
    assert verdict.cause is not None
    assert verdict.cause.code.partition(":")[0] in CAUSES
    assert SECRET.encoded not in repr(verdict)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.binary(max_size=80) | JSON.map(repr).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_reading_json_survives_anything(body: bytes) -> None:
    """A document or None; closers balance; styles are bytes."""
    text = body.decode("utf-8", "surrogateescape")
    parse_json(text)
    missing_closers(text)
    style_of(body)

    for row in BODIES.values():
        assert all(isinstance(signed, bytes) for _, signed in row.variants(body))


@given(
    change=st.sampled_from(
        [
            ("trailing-newline-added", lambda body: body + b"\n"),
            ("bom-added", lambda body: b"\xef\xbb\xbf" + body),
            ("body-base64-encoded", lambda body: b64(body).encode()),
        ]
    ),
    ref_id=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=12),
)
@settings(max_examples=40, deadline=None)
def test_the_name_is_that_of_what_happened(change: tuple[str, object], ref_id: str) -> None:
    """Whatever text stands in the body."""
    import json

    code, apply = change
    assert callable(apply)
    body = json.dumps({"refId": ref_id, "status": "pending"}, ensure_ascii=False).encode()

    cause = explain(apply(body), f"v1,{b64(mac(content_of(body)))}").cause

    assert (cause.code, cause.certainty) == (code, "proved")
