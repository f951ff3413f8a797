from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conftest import DOCS_SAMPLE
from tests.unit.captures.samples import (
    BODY,
    HEADERS,
    SIZED,
    WEBHOOK,
    facts,
    head,
    read_one,
    refusal,
)

from vovecli.core.captures import read_captures
from vovecli.core.captures.wire_message import read_wire_message
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_a_raw_message_gives_its_exact_bytes(line_end: str) -> None:
    """Method, target, headers in order and spelling, and the body; nothing odd to tell."""
    request = read_one(head(line_end=line_end) + BODY)

    assert (request.method, request.target) == ("POST", "/hooks")
    assert (request.headers, request.body) == (SIZED, BODY)
    assert (request.received_at, request.format, request.facts) == (None, "http", ())


@pytest.mark.parametrize(
    ("start", "method", "target"),
    [
        ("POST https://example.com/a?b=1 HTTP/1.1", "POST", "https://example.com/a?b=1"),
        ("POST /hooks HTTP/2", "POST", "/hooks"),
        ("POST /hooks", "POST", "/hooks"),
        ("post /hooks HTTP/1.0", "POST", "/hooks"),
        ("POST /a path/with space HTTP/1.1", "POST", "/a path/with space"),
        ("/hooks", None, "/hooks"),
        ("/hooks HTTP/1.1", None, "/hooks"),
    ],
)
def test_start_lines_of_all_forms(start: str, method: str | None, target: str) -> None:
    """Absolute targets, other versions or none, and the provider's bare path."""
    request = read_one(head(start=start) + BODY)

    assert (request.method, request.target, request.body) == (method, target, BODY)


def test_a_missing_start_line_is_tolerated() -> None:
    """Headers and body alone are a request of unknown method."""
    request = read_one(head().partition(b"\r\n")[2] + BODY)

    assert (request.method, request.target) == (None, "")
    assert (request.headers, request.body) == (SIZED, BODY)


def test_http_2_pseudo_headers_stand_for_the_start_line() -> None:
    """They are no headers of the request."""
    dump = head([(":path", "/hooks"), (":authority", "x"), *SIZED], start=":method: post")

    request = read_one(dump.replace(b"\r\n", b"\n") + BODY)

    assert (request.method, request.target) == ("POST", "/hooks")
    assert (request.headers, request.body) == (SIZED, BODY)


def test_the_providers_sample_is_read_whole() -> None:
    """The mismatch is told; its id and signature let the diagnosis recognise it."""
    request = read_one(DOCS_SAMPLE)

    assert (request.method, request.target) == (None, "/webhook-endpoint")
    assert len(request.body) == 153
    assert request.values("svix-timestamp") == ["1719870957"]
    assert facts(request) == ["content-length-mismatch"]


@pytest.mark.parametrize("name", ["HTTP_SVIX_ID", "http_svix_id", "svix_id", "SVIX-ID", "svix-id"])
def test_spellings_of_header_names_are_the_same_header(name: str) -> None:
    """CGI, nginx and upper-case spellings give `svix-id` in some case."""
    request = read_one(head([*SIZED[:2], (name, "msg_1"), *WEBHOOK[1:]]) + BODY)

    assert request.values("svix-id") == ["msg_1"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("CONTENT_LENGTH", "Content-Length"), ("X_FORWARDED_FOR", "X_FORWARDED_FOR")],
)
def test_other_names_with_underscores_stay(name: str, expected: str) -> None:
    """Only what is known to be an environment's spelling is changed."""
    request = read_one(head([(name, "65"), *HEADERS]) + BODY)

    assert request.headers[0] == (expected, "65")


def test_folded_headers_are_joined_with_a_space() -> None:
    """RFC 9112 5.2: a folded list of signatures is a list with spaces."""
    folded = head().replace(b"Svix-Signature: ", b"Svix-Signature: v1,old\r\n\t ")

    request = read_one(folded + BODY)

    assert request.values("svix-signature") == [f"v1,old {WEBHOOK[1][1]}"]


def test_odd_bytes_of_a_header_survive() -> None:
    """Values are text with escaped bytes, so the wire's bytes can be signed again."""
    request = read_one(head().replace(b"msg_2if9", b"\xffmsg\xc3\xa9") + BODY)

    assert header_bytes(request.values("svix-id")[0]).startswith(b"\xffmsg\xc3\xa9")


@pytest.mark.parametrize(
    "line",
    [
        "no colon here",
        "Svix Id: x",
        "Svix-Id : x",
        ": x",
        "S\u00fcix: y",
        '{"status":"successful"}',
    ],
)
def test_a_line_of_the_head_that_is_no_header_is_refused(line: str) -> None:
    """A server answers it with 400, so what it would have signed is not known."""
    data = head().replace(b"Content-Type", f"{line}\r\nContent-Type".encode())

    assert refusal(data + BODY) == "malformed-header"


def test_space_before_the_colon_is_tolerated_without_a_start_line() -> None:
    """Such text was not taken from the wire but typed or printed."""
    data = head().partition(b"\r\n")[2].replace(b"Svix-Id:", b"Svix-Id :")

    assert read_one(data + BODY).values("svix-id") == [WEBHOOK[0][1]]
    with_colons = data.replace(b"Content-Type", b"X-Link : http://[::1]/\r\nContent-Type")
    assert read_one(with_colons + BODY).values("x-link") == ["http://[::1]/"]


def test_duplicated_headers_are_all_kept() -> None:
    """What they mean is for the verification to judge."""
    request = read_one(head([*SIZED, ("svix-id", "msg_2")]) + BODY)

    assert request.values("svix-id") == [WEBHOOK[0][1], "msg_2"]


def test_blank_lines_before_the_message_are_skipped() -> None:
    """RFC 9112 2.2 tells servers to."""
    assert read_one(b"\r\n\n  \n" + head() + BODY).body == BODY


def test_several_messages_of_one_stream_come_in_order() -> None:
    """Requests behind each other, a response glued to a body, and blank lines between."""
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    health = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"

    requests = read_captures(head() + BODY + response + b"\n\n" + health + head() + BODY)

    assert [request.method for request in requests] == ["POST", "GET", "POST"]
    assert [request.body for request in requests] == [BODY, b"", BODY]
    assert [facts(request) for request in requests] == [[], [], []]


def test_messages_without_a_length_end_where_the_next_begins() -> None:
    """Only then are the line ends between them not part of a body."""
    one = head(HEADERS, line_end="\n") + BODY

    requests = read_captures(one + b"\n\n" + one + b"\n")

    assert [request.body for request in requests] == [BODY, BODY + b"\n"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \r\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK",
        b"hello world",
        b"name: value\nother: thing\n",
        b"<!doctype html>\n<p>Host: x</p>",
        b"\x00\x01\x02\xff" * 40,
        b"/etc/passwd",
        b"POST",
    ],
)
def test_what_holds_no_request_is_refused(data: bytes) -> None:
    """Nothing, a response alone, prose, settings, pages and binary data."""
    assert refusal(data) == "not-a-request"


@pytest.mark.parametrize(
    "encode",
    [
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le"),
        lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
        lambda data: data.decode().encode("utf-16-le"),
        lambda data: data.decode().encode("utf-16-be"),
    ],
    ids=["bom", "utf-16-le", "utf-16-be", "utf-16-le, no bom", "utf-16-be, no bom"],
)
def test_encodings_of_the_file_are_no_part_of_the_message(
    encode: Callable[[bytes], bytes],
) -> None:
    """A BOM, and UTF-16 as Windows PowerShell writes it."""
    assert read_one(encode(head() + BODY)).body == BODY


def test_a_bom_in_the_body_belongs_to_it() -> None:
    """Only the start of the file is the editor's."""
    body = b"\xef\xbb\xbf{}"

    assert read_one(head([("Content-Length", "5"), *HEADERS]) + body).body == body


def test_more_requests_than_the_limit_are_refused() -> None:
    """A source of unlimited size must be NDJSON."""
    assert refusal(b"GET / HTTP/1.1\nHost: x\n\n" * 10_001) == "too-many-requests"


@pytest.mark.parametrize(
    ("extra", "body"),
    [
        ("svix_id: other", "{}"),
        ("X: {{x}}", "{}"),
        ("#h: 1", '# comment\n{"a":1}'),
        ("X: y", "< ./x.json"),
        ("X: y", "POST / HTTP/1.1\r\n\r\n"),
    ],
)
def test_delivery_as_it_was_on_the_wire_is_taken_as_it_is(extra: str, body: str) -> None:
    """What `listen --save` writes is what was judged: no variables, comments, files, aliases."""
    webhook = "".join(f"{name}: {value}\r\n" for name, value in WEBHOOK)
    head = f"POST / HTTP/1.1\r\n{webhook}{extra}\r\nContent-Length: {len(body)}\r\n\r\n"
    request = read_one(head + body)

    assert request.body == body.encode()
    assert tuple(extra.split(": ")) in request.headers


def test_a_message_with_two_framings_is_not_taken_by_its_length() -> None:
    """RFC 9112, 6.1: Transfer-Encoding overrides Content-Length."""
    webhook = "".join(f"{name}: {value}\r\n" for name, value in WEBHOOK)
    head = f"POST / HTTP/1.1\r\n{webhook}Content-Length: 2\r\n"

    assert read_wire_message(f"{head}\r\n{{}}".encode())
    assert read_wire_message(f"{head}Transfer-Encoding: chunked\r\n\r\n{{}}".encode()) is None


def test_a_request_file_with_exact_framing_stays_one() -> None:
    """Its variables are not sent as they are."""
    head = "POST / HTTP/1.1\r\nContent-Length: 2\r\nSvix-Id: {{id}}\r\n\r\n"

    assert refusal(head + "{}") == "unresolved-variable"
