"""The Python packages svix and standardwebhooks and we agree on what is signed, both ways."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
import standardwebhooks
import svix.webhooks
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.messages import Headers, Message
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import encode_secret, parse_secret
from vovecli.core.signing import HeaderPrefix, signature, signed_headers
from vovecli.core.verification import TOLERANCE_S, verify

LIBRARIES: dict[str, Any] = {
    "svix": svix.webhooks.Webhook,
    "standardwebhooks": standardwebhooks.Webhook,
}
# A malformed signature or a body that is no UTF-8 is a plain ValueError to both packages.
REFUSALS = (standardwebhooks.webhooks.WebhookVerificationError, ValueError)
MAX_TIMESTAMP = 99_999_999_999

both_libraries = pytest.mark.parametrize("library", LIBRARIES)

# One character over and over is taken for a placeholder: the first byte keeps that from coming up.
keys = st.binary(min_size=23, max_size=63).map(lambda rest: b"\x01" + rest)
secret_texts = st.builds(
    lambda key, padded: encode_secret(key) if padded else encode_secret(key).rstrip("="),
    keys,
    st.booleans(),
)
message_ids = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=64
) | st.from_regex(r"msg_[0-9A-Za-z]{27}", fullmatch=True)
# Both packages decode the body before they sign or verify it.
text_bodies = st.text(st.characters(codec="utf-8"), max_size=200).map(str.encode)
ages_s = st.integers(-TOLERANCE_S + 30, TOLERANCE_S - 30)


def is_genuine_to(library: str, secret: str, headers: Headers, body: bytes) -> bool:
    """What a package says about a delivery now."""
    options = {"json_parse": False} if library == "standardwebhooks" else {}
    try:
        LIBRARIES[library](secret).verify(body, dict(headers), **options)
    except REFUSALS:
        return False
    return True


@both_libraries
@given(secret_texts, message_ids, st.integers(1, MAX_TIMESTAMP), text_bodies)
def test_what_they_sign_we_accept(
    library: str, secret: str, message_id: str, timestamp: int, body: bytes
) -> None:
    """A signature made by the package is ours to the letter, and valid to us."""
    moment = datetime.fromtimestamp(timestamp, UTC)
    theirs = LIBRARIES[library](secret).sign(message_id, moment, body.decode())
    ours = parse_secret(secret)
    assert signature(ours.key, Message(message_id, timestamp, body)) == theirs
    headers = [
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", theirs),
    ]
    request = CapturedRequest("POST", "/", headers, body)
    assert verify(request, [ours], moment=timestamp).valid


@pytest.mark.parametrize(
    ("library", "prefix"),
    [("svix", "svix"), ("svix", "webhook"), ("standardwebhooks", "webhook")],
)
@given(st.lists(secret_texts, min_size=1, max_size=3), message_ids, ages_s, text_bodies)
def test_what_we_sign_they_accept(
    library: str,
    prefix: HeaderPrefix,
    secrets: list[str],
    message_id: str,
    age_s: int,
    body: bytes,
) -> None:
    """Our headers satisfy the package, whichever of the secrets that signed it holds."""
    message = Message(message_id, int(time.time()) - age_s, body)
    headers = signed_headers([parse_secret(each) for each in secrets], message, prefix=prefix)
    for secret in secrets:
        assert is_genuine_to(library, secret, headers, body)


@both_libraries
@given(st.data(), secret_texts, message_ids, text_bodies.filter(len))
def test_what_was_changed_nobody_accepts(
    library: str, data: st.DataObject, secret: str, message_id: str, body: bytes
) -> None:
    """One bit of the body, the id, the time or the key: the package and we both refuse."""
    now = int(time.time())
    signer = parse_secret(secret)
    part = data.draw(st.sampled_from(["body", "id", "timestamp", "key"]))
    bit = 1 << data.draw(st.integers(0, 7))
    headers = dict(signed_headers([signer], Message(message_id, now, body), prefix="webhook"))
    if part == "body":
        body = flipped(body, data.draw(st.integers(0, len(body) - 1)), bit)
    elif part == "id":
        headers["Webhook-Id"] += "x"
    elif part == "timestamp":
        headers["Webhook-Timestamp"] = str(now + bit)
    else:
        secret = encode_secret(flipped(signer.key, len(signer.key) - 1, bit))
    assert not is_genuine_to(library, secret, [*headers.items()], body)
    request = CapturedRequest("POST", "/", [*headers.items()], body)
    assert not verify(request, [parse_secret(secret)], moment=now, explain=False).valid


def flipped(text: bytes, place: int, bit: int) -> bytes:
    """The bytes with some bits of one turned over."""
    return text[:place] + bytes([text[place] ^ bit]) + text[place + 1 :]
