from __future__ import annotations

import json

import pytest
from tests.unit.captures.samples import BODY, HEADERS, facts, head, read_one, refusal


def sized(length: object) -> bytes:
    """A head that announces a length."""
    return head([("Content-Length", str(length)), *HEADERS])


CHUNKED = head([("Transfer-Encoding", "chunked"), *HEADERS])
PRETTY = json.dumps(json.loads(BODY), indent=2).encode()


@pytest.mark.parametrize("surplus", [b"\n", b"\r\n", b"\n\n \t\n"])
def test_blank_space_after_the_announced_length_is_the_editors(surplus: bytes) -> None:
    """Content-Length bounds the body; that something stands after it is told."""
    request = read_one(sized(len(BODY)) + BODY + surplus)

    assert (request.body, facts(request)) == (BODY, ["trailing-bytes-ignored"])


def test_without_a_length_everything_is_the_body() -> None:
    """A newline at the end may have been sent; only the signature can tell."""
    request = read_one(head(HEADERS) + BODY + b"\n")

    assert (request.body, request.facts) == (BODY + b"\n", ())


@pytest.mark.parametrize("surplus", [b"\n$ echo done\n", b"garbage", b',"x":1}'])
def test_other_bytes_after_the_length_belong_to_the_body(surplus: bytes) -> None:
    """Whether they were added, or the length is wrong, is for the signature to show."""
    request = read_one(sized(len(BODY)) + BODY + surplus)

    assert (request.body, facts(request)) == (BODY + surplus, ["content-length-mismatch"])


@pytest.mark.parametrize(
    ("body", "length", "code"),
    [
        (BODY[:20], len(BODY), "truncated-body"),
        (BODY, len(BODY) + 1, "content-length-mismatch"),
        (b"", len(BODY), "body-missing"),
        (b"[1, 2", 10, "truncated-body"),
        (b"plain", 10, "content-length-mismatch"),
    ],
)
def test_a_body_shorter_than_announced_is_kept(body: bytes, length: int, code: str) -> None:
    """Cut JSON says so; else only the length does."""
    request = read_one(sized(length) + body)

    assert (request.body, facts(request)) == (body, [code])


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "body-missing"), (BODY[:-1], "truncated-body"), (b'[{"a":1}', "truncated-body")],
)
def test_faults_show_without_a_length_too(body: bytes, code: str) -> None:
    """No body at all, or one that ends in the middle."""
    assert facts(read_one(head(HEADERS) + body)) == [code]


@pytest.mark.parametrize("end", [b"\\", b",", b" // x", b"</pre>", b"\n%"])
def test_a_body_with_something_after_it_is_not_cut(end: bytes) -> None:
    """The last character alone says nothing about what is missing."""
    assert facts(read_one(head(HEADERS) + BODY + end)) == []
    assert facts(read_one(head(HEADERS) + b"[" * 100_000)) == []


@pytest.mark.parametrize("cut", [b'{"a', b'{"a":tru', b'{"a":1,', b'{"a":"\\u00', b'{"a":"b\\'])
def test_a_body_that_is_cut_anywhere_is_named(cut: bytes) -> None:
    """In a string, a word or an escape."""
    assert facts(read_one(head(HEADERS) + cut)) == ["truncated-body"]


def test_a_request_without_body_by_its_method_lacks_nothing() -> None:
    """A GET has none, and Content-Length 0 announces none."""
    assert read_one(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").facts == ()
    assert read_one(sized(0)).facts == ()


@pytest.mark.parametrize("length", ["x", "-1", "+65", "6 5", "0x41", "", "65, 66", "٦٥", "9" * 30])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    """RFC 9112 6.3: it is an unrecoverable error."""
    assert refusal(sized(length) + BODY) == "malformed-header"


def test_lengths_that_agree_are_one() -> None:
    """RFC 9110 8.6 allows the same number twice, on one line or two; never two numbers."""
    twice = sized(f"{len(BODY)}, {len(BODY)}") + BODY
    two_lines = head([("Content-Length", str(len(BODY)))] * 2 + HEADERS) + BODY
    conflict = head([("Content-Length", "1"), ("Content-Length", "2"), *HEADERS]) + BODY

    assert (read_one(twice).body, read_one(two_lines).body) == (BODY, BODY)
    assert refusal(conflict) == "malformed-header"


def test_a_body_whose_line_ends_were_converted_is_kept_whole() -> None:
    """The length fits the text with LF: its first bytes alone would be nobody's body."""
    converted = PRETTY.replace(b"\n", b"\r\n")

    request = read_one(sized(len(PRETTY)) + converted)

    assert (request.body, facts(request)) == (converted, ["content-length-mismatch"])


def test_a_converted_body_may_have_a_newline_more() -> None:
    """Editors do both: no byte is taken away that a hypothesis would put back."""
    converted = PRETTY.replace(b"\n", b"\r\n")

    assert read_one(sized(len(PRETTY)) + converted + b"\r\n").body == converted + b"\r\n"
    assert read_one(sized(len(PRETTY) + 1) + converted + b"\r\n").body == converted + b"\r\n"


def test_a_body_that_was_formatted_is_kept_whole() -> None:
    """The length fits its compact form: a viewer or an editor formatted it."""
    for end in (b"", b"\n"):
        request = read_one(sized(len(BODY)) + PRETTY + end)

        assert (request.body, facts(request)) == (PRETTY + end, ["content-length-mismatch"])


def test_a_wrong_length_does_not_swallow_the_next_message() -> None:
    """A line that starts a message ends the body before it."""
    response = b"\n\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"

    request = read_one(sized(len(BODY) + 4) + BODY + response)

    assert (request.body, facts(request)) == (BODY, ["content-length-mismatch"])


def test_an_empty_body_before_a_response_is_missing() -> None:
    """As in dumps that leave the body out."""
    request = read_one(sized(len(BODY)) + b"HTTP/1.1 200 OK\r\n\r\n")

    assert (request.body, facts(request)) == (b"", ["body-missing"])


@pytest.mark.parametrize(
    "chunks",
    [
        b"41\r\n" + BODY + b"\r\n0\r\n\r\n",
        b"41\n" + BODY + b"\n0\n\n",
        b"041;name=value\r\n" + BODY + b"\r\n0\r\nTrailer: x\r\n\r\n",
        b"5\r\n" + BODY[:5] + b"\r\n3C\r\n" + BODY[5:] + b"\r\n0\r\n\r\n",
        b"41\r\n" + BODY + b"\r\n0\r\n",
    ],
    ids=["one", "line feeds", "extension and trailer", "two", "no last line"],
)
def test_chunks_are_joined(chunks: bytes) -> None:
    """RFC 9112 7.1; the last blank line may be missing."""
    request = read_one(CHUNKED + chunks)

    assert (request.body, request.facts) == (BODY, ())


def test_a_message_after_a_chunked_one_is_read() -> None:
    """Chunks say where they end, and override a Content-Length."""
    both = head([("Content-Length", "3"), ("Transfer-Encoding", "gzip, chunked"), *HEADERS])
    data = both + b"2\r\n{}\r\n0\r\n\r\n"

    from vovecli.core.captures import read_captures

    assert [request.body for request in read_captures(data + data)] == [b"{}", b"{}"]


@pytest.mark.parametrize(
    "chunks",
    [b"41\r\n" + BODY[:9], b"41\r\n" + BODY, b"41\r\n" + BODY + b"\r\n", b"4", b""],
)
def test_chunks_that_break_off_are_a_truncated_body(chunks: bytes) -> None:
    """What is there is kept."""
    request = read_one(CHUNKED + chunks)

    assert BODY.startswith(request.body)
    assert facts(request) == ["truncated-body"]


@pytest.mark.parametrize(
    "chunks",
    [b"zz\r\n" + BODY + b"\r\n0\r\n\r\n", b"5\r\n" + BODY + b"\r\n0\r\n\r\n", b"-1\r\n\r\n"],
)
def test_chunks_that_cannot_be_are_refused(chunks: bytes) -> None:
    """A size that is no number, or data that does not end where the size says."""
    assert refusal(CHUNKED + chunks) == "malformed-chunked"


def test_chunks_that_a_tool_joined_are_taken_as_they_are() -> None:
    """JSON in place of a size: HTTPie and others print the body, not the frames."""
    request = read_one(CHUNKED + BODY)

    assert (request.body, request.facts) == (BODY, ())


def test_a_compressed_body_is_kept_as_sent() -> None:
    """The signature is over the bytes on the wire."""
    body = bytes.fromhex("1f8b0800") + b"\r\n\n\0\xff"

    assert read_one(sized(len(body)) + body).body == body
