from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.captures.samples import BODY, head

from vovecli.core.captures import FORMATS, detect, read_captures
from vovecli.core.captures.ndjson import read_line
from vovecli.core.errors import VoveError
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

pytestmark = pytest.mark.thorough

VECTORS = Path(__file__).parents[2] / "vectors" / "captures"
SOURCES = [path.read_bytes() for path in sorted(VECTORS.iterdir())]
# What readers look for, to be put where it does not belong.
SIGNS = [
    b"\n", b"\r\n", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b":", b"$(", b"`", b"<<E\n",
    b"###\n", b"{{x}}", b"{% ", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"HTTP/1.1 200 OK\r\n", b"POST / HTTP/1.1\r\n", b"\xff", b"\xed\xa0\x80", b"\0", b"> ",
    b"< ", b"    ", b"=> Send data, 5 bytes\n", b"0000: ", b"@a=b\n", b"curl https://x -d @f ",
    b"```\n", b'^"', b"^\n", b"null", b"1e999", b"\\ud800", b'"isBase64Encoded":true,',
    b"9" * 5000, b"\x1b[0m", b"svix-signature",
]  # fmt: skip
BUDGET_S = 2.0


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A capture with a few pieces put in, taken out or taken from another one."""
    data = draw(st.sampled_from(SOURCES))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        taken = draw(st.integers(0, 40))
        other = draw(st.sampled_from(SOURCES))
        piece = draw(st.sampled_from(SIGNS) | st.binary(max_size=4) | st.just(other[place:][:200]))
        data = data[:place] + piece + data[place + taken :]
    return data


def check(data: bytes, name: str | None = None) -> None:
    """Reading ends in requests or in a `VoveError` about the input, never otherwise."""
    requests: list[CapturedRequest] = []
    with suppress(VoveError):
        requests = read_captures(data, format=name, read_file=lambda _: b"file\n")
    for request in requests:
        assert all(isinstance(header_bytes(value), bytes) for _, value in request.headers)
        assert isinstance(request.body, bytes)
        assert request.format in (*FORMATS, "text")
        assert request.method is None or request.method == request.method.upper() != ""


def nested_mail(depth: int) -> bytes:
    """A mail whose parts stand in each other."""
    part = b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n"
    parts = b"".join([part % (each, each) for each in range(depth)])
    return b"Content-Transfer-Encoding: base64\n" + parts + b"Content-Type: text/plain\n\n"


@settings(max_examples=300)
@given(damaged(), st.sampled_from([None, *FORMATS]))
@example(b"svix-id: a\n0000: 50 4f 53 54\n0020 293 bytes (0x125)\n", None)
def test_damaged_captures_are_read_or_refused(data: bytes, name: str | None) -> None:
    """By whatever reader, chosen or forced."""
    check(data)
    check(data, name)
    assert detect(data) in FORMATS


@given(st.binary(max_size=300), st.sampled_from([None, *FORMATS]))
@example(b"", None)
@example(b"[" * 5000, None)
@example(nested_mail(1100), None)
@example(nested_mail(3000), None)
@example(b'{"headers":' * 5000, "json")
@example(b'{"headers":{"a":"b"},"body":' + b"[" * 600 + b"]" * 600 + b"}", None)
@example(b'{"Records":[{"body":"' + b"[" * 5000 + b'"}]}', None)
def test_any_bytes_are_read_or_refused(data: bytes, name: str | None) -> None:
    """Noise, and nesting that no reader follows to its end."""
    check(data, name)
    assert detect(data) in FORMATS


@given(damaged() | st.binary(max_size=100))
def test_any_line_is_read_or_refused(data: bytes) -> None:
    """A stream goes on after it."""
    with suppress(VoveError):
        assert read_line(data.replace(b"\n", b" ")).format == "ndjson"


STARTS = {
    "nothing": b"",
    "body": head([("Svix-Id", "m")]),
    "sized": head([("Svix-Id", "m"), ("Content-Length", "99")]),
    "chunks": head([("Transfer-Encoding", "chunked")]),
    "head": b"POST / HTTP/1.1\r\nSvix-Id: m\r\n",
    "value": b"POST / HTTP/1.1\r\nSvix-Id: ",
    "curl": b"A=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ncurl https://x -d ",
    "quoted": b'curl https://x -d "',
    "escaped": b"curl https://x -d $'",
    "send": b"send: b'",
    "object": b'{"',
    "definition": b"@x = ",
    "reference": b"@x = y\nPOST http://x\nSvix-Id: m\n\n{{",
    "include": b"@x = y\nPOST http://x\n\n< ",
    "cmd": b"curl https://x ^\n -d ",
    "json": b'{"headers":{"a":"b"},"body":"',
    "request file": b"@x={{y}}{{y}}\n@y=0123456789\nPOST http://x\nSvix-Id: m\n\n",
    "log": b"10:00 x | POST / HTTP/1.1\n10:00 x | a: b\n10:00 x | \n",
    "dictionary": b"{\n 'svix-id': 'a',\n 'svix-signature': 'b'\n}\n",
    "mail": nested_mail(4),
    "trace": b"=> Send header, 50 bytes\n0000: POST / HTTP/1.1\n0011: \n",
}
REPEATED = [
    b"\n", b" ", b"a", b"a ", b"\\a", b":", b'"', b"'", b"\\", b"{", b"[", b"$(", b"a`b`", b'"$A"', b"<", b"<<E,", b"{}",
    b"a:b\n", b"    a\n", b'{"a":', b"###\nPOST http://x\n\n{{x}}\n", b"POST / HTTP/1.1 ",
    b"POST / HTTP/1.1\n\n", b"```\n~~~\n", b"^\n", b"1\r\na\r\n", b"< f\n",
    b"=> Send data, 5 bytes\n0000: a\n", b"'svix-id': 'a',", b'.set("a","', b"curl x -d a\n",
    b"HTTP_SVIX_ID=a\n", b"x: POST http://x\n    a: b\n",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("piece", REPEATED, ids=repr)
def test_a_mebibyte_of_anything_is_done_within_two_seconds(start: bytes, piece: bytes) -> None:
    """Work is linear in the size of a source, or bounded."""
    data = start + piece * ((1 << 20) // len(piece))

    started = process_time()
    check(data)

    assert process_time() - started < BUDGET_S


@pytest.mark.parametrize(
    "piece", [b" ", b"a", b"a ", b"\n", b'"', b"\\a", b"    a\n", b"```\n", b"POST / HTTP/1.1 "]
)
@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_long_sources_of_little_sense_end(start: bytes, piece: bytes) -> None:
    """The short form of the same: 64 KiB, which a quadratic reader would not survive."""
    check(start + piece * ((1 << 16) // len(piece)))


def test_a_long_body_is_read_quickly() -> None:
    """Sixteen mebibytes are cut, not searched."""
    body = BODY * (1 << 18)
    message = head([("Content-Length", str(len(body)))])

    assert read_captures(message + body)[0].body == body
