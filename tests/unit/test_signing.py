from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.core.messages import Message
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import (
    header_bytes,
    hmac_sha256,
    prepared_hmac,
    signature,
    signed_content,
    signed_headers,
)

MESSAGE = Message("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')


def test_signs_the_example_of_standard_webhooks() -> None:
    """The vector of the specification."""
    assert (
        signature(parse_secret(SECRET).key, MESSAGE)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_signs_the_example_of_svix() -> None:
    """The vector of Svix's documentation."""
    message = Message(
        "msg_loFOjxBNrRLzqYUf",
        1731705121,
        b'{"event_type":"ping","data":{"success":true}}',
    )

    assert (
        signature(parse_secret(OTHER_SECRET).key, message)
        == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    )


@given(key=st.binary(max_size=70), contents=st.lists(st.binary(), max_size=3))
@example(b"k" * 64, [b"a"])
@example(b"k" * 65, [b"a", b"b"])
def test_a_prepared_key_gives_the_same_macs(key: bytes, contents: list[bytes]) -> None:
    """Those of the standard library, for keys up to a block and longer ones."""
    mac = prepared_hmac(key)

    assert list(map(mac, contents)) == [hmac_sha256(key, content) for content in contents]


def test_headers_stand_as_the_provider_prints_them() -> None:
    """Names, spelling and order of the sample request; one signature per secret."""
    secrets = [parse_secret(OTHER_SECRET), parse_secret(SECRET)]

    headers = signed_headers(secrets, MESSAGE)

    assert [name for name, _ in headers] == [
        "Accept",
        "Content-Length",
        "Content-Type",
        "Svix-Id",
        "Svix-Signature",
        "Svix-Timestamp",
        "User-Agent",
    ]
    first, second = dict(headers)["Svix-Signature"].split(" ")
    assert first != second == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert dict(headers)["Content-Length"] == "20"


def test_the_unbranded_names() -> None:
    """`webhook-*` instead of `svix-*`."""
    names = [name for name, _ in signed_headers([parse_secret(SECRET)], MESSAGE, prefix="webhook")]

    assert names[3:6] == ["Webhook-Id", "Webhook-Signature", "Webhook-Timestamp"]


def test_header_bytes_gives_back_the_wire() -> None:
    """Bytes that are no UTF-8 survive the way through text."""
    wire = b"caf\xe9 \xc3\xa9"

    assert wire == header_bytes(wire.decode("utf-8", "surrogateescape"))
    assert signed_content("a", "1", b"\xff") == b"a.1.\xff"
