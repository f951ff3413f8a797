"""Plain answers are read without h11, and exactly as h11 reads them."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vovecli.adapters.wire_connection import WireAnswer, read_plain

printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
odd_lines = st.one_of(
    st.sampled_from(
        [
            "Content-Length: 2", "content-length:+2", "Content-Length: 2, 2", "CONTENT-LENGTH:  ",
            "Connection: keep-alive", "connection:Keep-Alive ", "Connection: close, x",
            "Connection:", "Transfer-Encoding: chunked",
            "Keep-Alive: timeout=5", "Upgrade: h2c", " folded", ":",
        ]
    ),
    st.text(printable, max_size=8),
    st.text(st.characters(min_codepoint=0x09, max_codepoint=0xFF), max_size=8),
)  # fmt: skip


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Plain answers, most of them with something odd about them."""
    version = draw(st.sampled_from(["HTTP/1.1"] * 9 + ["HTTP/1.0", "HTTP/1.2", "http/1.1"]))
    status = draw(st.sampled_from(["200", "404"] * 5 + ["599", "204", "304", "100", "600", "20"]))
    reason = draw(st.sampled_from([" OK", " ", " No Case"] * 3 + ["", "  two", " caf\xe9", " \t"]))
    body = draw(st.binary(max_size=4))
    lines = draw(st.lists(st.just("X-A: b") | odd_lines, max_size=2))
    lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([f"{version} {status}{reason}", *draw(st.permutations(lines))])
    end = draw(st.sampled_from([b"\r\n\r\n"] * 9 + [b"\n\n", b"\r\n\r\n\r\n"]))
    return head.encode("latin-1") + end + body


def read_by_h11(data: bytes) -> tuple[WireAnswer, bool]:
    """What h11 makes of a whole answer, and whether the connection can be kept."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="POST", target="/", headers=[("Host", "-")]))
    parser.receive_data(data)
    response = parser.next_event()
    assert isinstance(response, h11.Response)
    body = b""
    while isinstance(event := parser.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    headers = [(name.decode(), value.decode()) for name, value in response.headers.raw_items()]
    reply = WireAnswer(response.status_code, response.reason.decode(), headers, body)
    return reply, parser.their_state is h11.DONE and not parser.trailing_data[0]


@given(answers())
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
@example(b"HTTP/1.1 200 \r\nContent-Length:2 \r\nConnection: keep-alive\r\n\r\nok")
def test_what_is_plain_is_the_same_to_h11(data: bytes) -> None:
    """Status, reason, headers, body, and that another request can follow."""
    plain = read_plain(data)

    assert plain is None or read_by_h11(data) == (plain, True)


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


def test_a_plain_answer() -> None:
    """The common case is taken."""
    headers = [("Content-Type", "text/plain"), ("Content-Length", "2")]

    assert read_plain(PLAIN) == WireAnswer(200, "OK", headers, b"ok")


@pytest.mark.parametrize(
    "data",
    [
        PLAIN[:-1],
        PLAIN + b"x",
        PLAIN.replace(b"200", b"204"),
        PLAIN.replace(b"200", b"101"),
        PLAIN.replace(b"/1.1", b"/1.0"),
        PLAIN.replace(b"Length: 2", b"Length: +2"),
        PLAIN.replace(b"Length: 2", b"Length: 2\r\nContent-Length: 2"),
        PLAIN.replace(b"Length: 2", b"Length: 2\r\nConnection: close"),
        PLAIN.replace(b"Length: 2", b"Length: 2\r\nTransfer-Encoding: chunked"),
        PLAIN.replace(b"Length: 2", b"Length: 2\r\n folded"),
        PLAIN.replace(b"plain", b"pl\xe9in"),
        PLAIN.replace(b"Content-Length: 2\r\n", b""),
        PLAIN[:20],
        b"",
    ],
)
def test_everything_else_is_left_to_h11(data: bytes) -> None:
    """Whatever is not plain beyond doubt."""
    assert read_plain(data) is None
