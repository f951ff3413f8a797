"""The signed content: key and form are right, what was signed is not."""

from __future__ import annotations

from itertools import permutations

import pytest
from tests.unit.diagnosis.forging import (
    BODY,
    ID,
    SECRET,
    SECRET_TEXT,
    TIMESTAMP,
    b64,
    content_of,
    explain,
    mac,
    proved,
)

from vovecli.core.diagnosis import diagnose
from vovecli.core.requests import CapturedRequest
from vovecli.core.webhook_headers import read_webhook_headers

SECONDS = int(TIMESTAMP)
ID_, T, B = ID.encode(), TIMESTAMP.encode(), BODY


def codes_for(content: bytes) -> list[str]:
    """The proof for a request whose signature covers this content."""
    return proved(explain(BODY, f"v1,{b64(mac(content))}"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (B, ["body-only-hmac"]),
        (T + b"." + B, ["content-without-id"]),
        (ID_ + b"." + B, ["content-without-timestamp"]),
        (ID_ + b"." + T + b"000." + B, ["content-timestamp-ms"]),
        (ID_ + b"." + T + b"347." + B, ["content-timestamp-ms"]),
        (B + b"." + T, ["content-without-id", "content-order"]),
        (B + b"." + ID_, ["content-without-timestamp", "content-order"]),
        (T + B, ["content-without-id", "content-separator"]),
        (b"v0:" + T + b":" + B, ["content-without-id", "content-separator"]),
        (b"v0." + T + b"." + B, ["content-without-id", "content-separator"]),
        (b"v1:" + T + b":" + B, ["content-without-id", "content-separator"]),
        (b"v1." + T + b"." + B, ["content-without-id", "content-separator"]),
        (T + b":" + ID_ + b":" + B, ["content-order", "content-separator"]),
        (ID_ + b"." + b"2025-06-16T05:35:20.000Z." + B, ["content-timestamp-format"]),
        (ID_ + b"." + b"2025-06-16 05:35:20+00:00." + B, ["content-timestamp-format"]),
        (ID_ + b"." + T + b".0." + B, ["content-timestamp-format"]),
        (b"undefined.undefined." + B, ["content-undefined"]),
        (b"undefined." + T + b"." + B, ["content-undefined"]),
        (b"None.None." + B, ["content-undefined"]),
        (ID_ + b".null." + B, ["content-undefined"]),
        (ID_ + b"." + T + b".undefined", ["content-undefined"]),
        (ID_ + b"." + T + b".", ["content-undefined"]),
        (ID_ + b"." + T + b".{}", ["content-undefined"]),
        (b".." + B, ["content-undefined"]),
        (ID_ + b"." + T + b".[object Object]", ["body-object-object"]),
        (b"[object Object]", ["body-object-object"]),
        (ID_ + b"." + T + b"." + repr(B).encode(), ["python-bytes-repr"]),
        (ID_ + b"." + T + b"." + ",".join(map(str, B)).encode(), ["body-object-object"]),
    ],
)
def test_the_content_is_proved(content: bytes, expected: list[str]) -> None:
    """Signed that way, the MAC is the captured one."""
    assert set(expected) == set(codes_for(content))


@pytest.mark.parametrize(
    "order", [order for order in permutations("itb") if order != ("i", "t", "b")]
)
def test_every_other_order(order: tuple[str, ...]) -> None:
    """Five of the six."""
    parts = {"i": ID_, "t": T, "b": B}

    assert codes_for(b".".join(parts[part] for part in order)) == ["content-order"]


@pytest.mark.parametrize("separator", [b"", b":", b"\n", b"|", b"-", b",", b" ", b"_", b";", b"/"])
def test_every_other_separator(separator: bytes) -> None:
    """In both places, or in one of the two."""
    assert codes_for(separator.join([ID_, T, B])) == ["content-separator"]
    assert codes_for(ID_ + b"." + T + separator + B) == ["content-separator"]
    assert codes_for(ID_ + separator + T + b"." + B) == ["content-separator"]


@pytest.mark.parametrize("quarters", [-56, -22, -4, -1, 1, 4, 22, 56])
def test_every_time_zone(quarters: int) -> None:
    """From a quarter hour to fourteen hours, both ways."""
    moment = str(SECONDS + quarters * 900).encode()

    assert codes_for(ID_ + b"." + moment + b"." + B) == ["content-timestamp-offset"]


@pytest.mark.parametrize("offset_s", [1, -1, 60, 899, 3_599, -3_599])
def test_a_timestamp_that_was_renewed(offset_s: int) -> None:
    """A changed timestamp is no time zone, and which one was signed is said."""
    content = b".".join([ID_, str(SECONDS + offset_s).encode(), B])

    diagnosis = explain(BODY, f"v1,{b64(mac(content))}")

    assert proved(diagnosis) == ["timestamp-renewed"]
    words = f"signed for {abs(offset_s)} s {'later' if offset_s > 0 else 'earlier'}"
    assert words in diagnosis.cause.message


@pytest.mark.parametrize("offset_s", [3_601, -3_601, 57 * 900, -57 * 900])
def test_far_offsets_are_not_named(offset_s: int) -> None:
    """Nobody tries every second there is; this id holds no time of its own."""
    signed = b64(mac(content_of(BODY, "msg_1", str(SECONDS + offset_s))))
    headers = [
        ("svix-id", "msg_1"),
        ("svix-timestamp", TIMESTAMP),
        ("svix-signature", f"v1,{signed}"),
    ]
    request = CapturedRequest("POST", "/", headers, BODY)

    cause = diagnose(request, read_webhook_headers(request), [SECRET]).cause

    assert cause.code == "no-matching-signature"


@pytest.mark.parametrize("prefix", ["", "v1,"])
def test_docs_kyb_node(prefix: str) -> None:
    """The provider's Node sample: the whole text as key, the body alone, base64."""
    codes = proved(explain(BODY, prefix + b64(mac(BODY, SECRET_TEXT.encode()))))

    assert codes[:3] == ["docs-kyb-node", "body-only-hmac", "undecoded-secret"]
    assert codes[3:] == ([] if prefix else ["signature-version-missing"])


@pytest.mark.parametrize("prefix", ["", "v1,"])
def test_docs_kyb_python(prefix: str) -> None:
    """The provider's Flask sample: the same in hex."""
    codes = proved(explain(BODY, prefix + mac(BODY, SECRET_TEXT.encode()).hex()))

    assert codes[:3] == ["docs-kyb-python", "body-only-hmac", "undecoded-secret"]
    assert "hex-instead-of-base64" in codes[3:]


def test_the_text_after_the_prefix_over_the_body_is_not_the_sample() -> None:
    """The sample takes the whole text for the key."""
    key = SECRET_TEXT.removeprefix("whsec_").encode()

    codes = proved(explain(BODY, b64(mac(BODY, key))))

    assert codes == ["body-only-hmac", "undecoded-secret", "signature-version-missing"]


@pytest.mark.parametrize("head", [ID_ + b"." + T + b".", b"undefined.undefined."])
def test_docs_kyc_node(head: bytes) -> None:
    """The provider's KYC sample signs a literal, whatever the request holds."""
    literal = b'{"status":"successful","userId":"2e96ebd0-c1b8-11ee-b56a-a345411e245d"}'

    assert codes_for(head + literal)[0] == "docs-kyc-node"


def test_the_other_family_of_the_same_request_matches() -> None:
    """A proxy that signs anew in one family leaves the other one stale."""
    good = b64(mac(b"msg_other.1750052121." + BODY))
    headers = [
        ("webhook-id", "msg_other"),
        ("webhook-timestamp", "1750052121"),
        ("webhook-signature", f"v1,{good}"),
    ]

    codes = proved(explain(BODY, f"v1,{b64(bytes(32))}", headers=headers))

    assert codes == ["headers-mixed-families"]


@pytest.mark.parametrize(
    "other",
    [
        [("webhook-id", "m")],
        [
            ("webhook-id", "\ud800"),
            ("webhook-timestamp", "soon"),
            ("webhook-signature", "v1,\ud800"),
        ],
    ],
)
def test_another_family_that_does_not_match_is_no_matter(other: list[tuple[str, str]]) -> None:
    """In part, or whole and as wrong."""
    diagnosis = explain(BODY, f"v1,{b64(bytes(32))}", headers=other)

    assert diagnosis.cause.code == "no-matching-signature"
