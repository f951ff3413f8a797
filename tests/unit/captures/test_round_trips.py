from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.captures import read_captures

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

pytestmark = pytest.mark.thorough

_TOKEN = st.from_regex(r"X-[A-Za-z0-9-]{1,10}", fullmatch=True)
_VALUE = st.text(
    st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp", "Zs"]), min_size=1, max_size=20
).map(lambda text: text.replace("{{", "{"))
_EXTRA = st.lists(st.tuples(_TOKEN, _VALUE), max_size=4, unique_by=lambda pair: pair[0].lower())
HEADERS = _EXTRA.map(lambda extra: [("Svix-Id", "msg_1"), *extra])
BYTES = st.binary(max_size=200)
TEXT = st.text(st.characters(blacklist_categories=["Cs"]), max_size=200)
PAYLOADS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


def read(source: bytes, name: str | None = None) -> CapturedRequest:
    """The first request of a source."""
    return read_captures(source, format=name)[0]


def raw(headers: Headers, body: bytes, line_end: str = "\r\n") -> bytes:
    """A raw message."""
    lines = ["POST /hooks HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    return line_end.join(lines).encode() + body


@given(HEADERS, BYTES, st.sampled_from(["\r\n", "\n"]))
def test_raw_messages_with_a_length(headers: Headers, body: bytes, line_end: str) -> None:
    """Any bytes, twice in one stream."""
    sized = [*headers, ("Content-Length", str(len(body)))]
    message = raw(sized, body, line_end)

    requests = read_captures(message + message)

    assert [(request.headers, request.body) for request in requests] == [(sized, body)] * 2
    assert all(not request.facts for request in requests)


@given(HEADERS, st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_raw_messages_in_chunks(headers: Headers, chunks: list[bytes]) -> None:
    """Whatever the pieces are."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    request = read(raw([*headers, ("Transfer-Encoding", "chunked")], framed))

    assert (request.headers[:-1], request.body) == (headers, b"".join(chunks))


def single_quoted(text: str) -> str:
    """As `shlex.quote` and Postman write it."""
    return "'" + text.replace("'", "'\\''") + "'"


def ansi_quoted(data: bytes) -> str:
    """As browsers write what has control characters in it."""
    return "$'" + "".join(f"\\x{octet:02x}" for octet in data) + "'"


def caret_quoted(text: str) -> str:
    r"""As browsers write it for cmd.exe: `^"`, with a caret before whatever is special."""
    escaped = text.replace('"', '\\"')
    kept = " _-:=+~'/.,?;()*`"
    marked = "".join(c if c.isalnum() or c in kept else "^" + c for c in escaped)
    return f'^"{marked}^"'


@given(HEADERS, TEXT.filter(lambda text: "\0" not in text))
def test_curl_commands(headers: Headers, body: str) -> None:
    """In single quotes, as other tools export them."""
    options = "".join(f" \\\n  -H {single_quoted(f'{name}: {value}')}" for name, value in headers)
    request = read(f"curl -X POST https://x{options} --data-raw {single_quoted(body)}".encode())

    assert (request.headers, request.body) == (headers, body.encode())


@given(BYTES.map(lambda body: body.replace(b"\0", b"")))
def test_curl_commands_with_escaped_bytes(body: bytes) -> None:
    """Any bytes but NUL, which no argument can hold."""
    request = read(f"curl https://x -H 'Svix-Id: m' --data-raw {ansi_quoted(body)}".encode())

    assert request.body == body


@given(TEXT.filter(lambda text: not set(text) & set("\\%\r\n\0")))
def test_curl_commands_for_windows(body: str) -> None:
    """Backslashes aside, which the two parsers of Windows see differently."""
    command = f'curl ^"https://x^" ^\n -H ^"Svix-Id: m^" ^\n --data-raw {caret_quoted("x" + body)}'

    assert read(command.encode()).body == b"x" + body.encode()


@given(HEADERS, BYTES)
def test_exports_with_base64(headers: Headers, body: bytes) -> None:
    """Ngrok keeps the message, AWS and others the body; any bytes survive."""
    message = raw([*headers, ("Content-Length", str(len(body)))], body)
    encoded = base64.b64encode(body).decode()
    pairs = [{"name": name, "value": value} for name, value in headers]
    exports: list[Any] = [
        {"request": {"raw": base64.b64encode(message).decode()}, "tunnel_name": "x"},
        {"requestContext": {}, "headers": dict(headers), "body": encoded, "isBase64Encoded": True},
        {"headers": headers, "body_base64": encoded},
        {"headers": dict(headers), "body": {"type": "Buffer", "data": list(body)}},
        {"log": {"entries": [{"request": {
            "headers": pairs, "postData": {"text": encoded, "encoding": "base64"}}}]}},
    ]  # fmt: skip

    for export in exports:
        request = read(json.dumps(export).encode())
        assert (request.headers[: len(headers)], request.body) == (headers, body)


@given(HEADERS, TEXT)
def test_exports_with_text(headers: Headers, body: str) -> None:
    """Any text survives, however JSON escapes it."""
    pairs = [{"name": name, "value": value} for name, value in headers]
    lists = {name: [value] for name, value in headers}
    exports: list[Any] = [
        {"headers": dict(headers), "body": body},
        {"requestContext": {}, "multiValueHeaders": lists, "body": body},
        {"uuid": "1", "token_id": "2", "headers": lists, "content": body},
        {"log": {"entries": [{"request": {"headers": pairs, "postData": {"text": body}}}]}},
    ]

    for export in exports:
        for ensure_ascii in (True, False):
            request = read(json.dumps(export, ensure_ascii=ensure_ascii).encode())
            assert (request.headers, request.body) == (headers, body.encode())


@given(HEADERS, PAYLOADS.filter(lambda value: value is not None))
def test_parsed_bodies_are_compact_json(headers: Headers, payload: Any) -> None:
    """What JavaScript would have sent, if it sent it compactly."""
    if isinstance(payload, str):
        payload = [payload]
    source = json.dumps({"headers": dict(headers), "body": payload}, indent=2)

    expected = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    assert read(source.encode()).body == expected.encode()


@given(HEADERS, TEXT.filter(str.split))
def test_request_files(headers: Headers, body: str) -> None:
    """Text that has none of the marks of such a file in it."""
    lines = [line for line in body.split("\n") if line[:1].isalnum()] or ["x"]
    text = "\n".join(line.replace("{{", "").replace("HTTP/", "") for line in lines)
    fields = "".join(f"{name}: {value}\n" for name, value in headers)

    request = read(f"### one\nPOST https://x\n{fields}\n{text}\n\n###\n".encode())

    assert (request.headers, request.body) == (headers, text.encode().removesuffix(b"\r"))
