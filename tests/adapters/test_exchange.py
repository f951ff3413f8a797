"""One exchange without a socket: its bounds to the byte, and the bytes of a refusal."""

from __future__ import annotations

import pytest

from vovecli.adapters.receiver.exchange import Exchange, Limits, Refusal, refuse

CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
BODY = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"
# 1 KiB of overhead is free; a chunk of one byte has five of it, of which the byte pays for one.
MOST_TINY_CHUNKS = 256


def fed(data: bytes, limits: Limits | None = None) -> Exchange:
    """An exchange that has taken these bytes."""
    exchange = Exchange(limits or Limits())
    exchange.feed(data)
    return exchange


def test_tiny_chunks_up_to_a_number() -> None:
    """One more is refused."""
    fed(CHUNKED + b"1\r\na\r\n" * MOST_TINY_CHUNKS)
    with pytest.raises(Refusal, match="too little data") as caught:
        fed(CHUNKED + b"1\r\na\r\n" * (MOST_TINY_CHUNKS + 1))

    assert (caught.value.status, caught.value.code) == (400, "malformed-chunked")


@pytest.mark.parametrize("framing", [b"Content-Length: 11\r\n\r\n", None])
def test_body_size_to_the_byte(framing: bytes | None) -> None:
    """The limit itself is allowed."""
    limits = Limits(body_bytes=10)

    assert fed(BODY % 10 + b"x" * 10, limits).complete
    assert fed(CHUNKED + b"a\r\n0123456789\r\n0\r\n\r\n", limits).complete
    with pytest.raises(Refusal) as caught:
        fed(BODY % 11 if framing else CHUNKED + b"b\r\n01234567890\r\n", limits)

    assert (caught.value.status, caught.value.code) == (413, "body-too-large")


def test_head_size_to_the_byte() -> None:
    """The limit itself is allowed."""
    head = BODY % 0

    assert fed(head, Limits(head_bytes=len(head))).complete
    with pytest.raises(Refusal) as caught:
        fed(head, Limits(head_bytes=len(head) - 1))

    assert (caught.value.status, caught.value.code) == (431, "headers-too-large")


def test_bytes_that_are_held() -> None:
    """Of a head, of a body, of a body that is being answered, and of what follows it."""
    assert fed(b"POST /").buffered_bytes == 6
    exchange = fed(BODY % 5 + b"123")
    assert exchange.buffered_bytes == 3
    exchange.feed(b"45next")
    assert exchange.buffered_bytes == 9
    assert exchange.captured(1).body == b"12345"
    assert exchange.buffered_bytes == 9


@pytest.mark.parametrize(
    ("data", "is_last"),
    [
        (b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", False),
        (b"POST / HTTP/1.0\r\nHost: a\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: y, close\r\n\r\n", True),
        (b"POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_last_of_its_connection(data: bytes, *, is_last: bool) -> None:
    """RFC 9112, 9.3."""
    assert fed(data).is_last == is_last


def test_end_in_the_middle_says_where() -> None:
    """How much had come is part of it."""
    assert fed(b"POST /").end_of_input().code == "not-a-request"
    refusal = fed(BODY % 5 + b"123").end_of_input()

    assert (refusal.status, refusal.code) == (400, "truncated-body")
    assert "after 3 bytes of the body" in str(refusal)


def test_bytes_of_a_refusal() -> None:
    """Plain text, and the end of the connection."""
    assert refuse(Refusal(400, "not-a-request", "no"), date="D") == (
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nDate: D\r\n"
        b"Content-Length: 3\r\nConnection: close\r\n\r\nno\n"
    )


@pytest.mark.parametrize("first", [b" ", b"\t", b"\n", b"\0"])
def test_nothing_is_before_the_method(first: bytes) -> None:
    """RFC 9112, 2.2: white space there is how a request hides from a proxy."""
    with pytest.raises(Refusal, match=r"does not begin with a method|line feed") as caught:
        fed(first + BODY % 0)

    assert caught.value.status == 400
