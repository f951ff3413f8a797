from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.captures.samples import BODY, HEADERS, SIGNATURE, SIZED, facts

from vovecli.core.captures import detect, read_captures
from vovecli.core.captures.ndjson import read_line
from vovecli.core.errors import VoveError

TEXT = BODY.decode()
ENCODED = base64.b64encode(BODY).decode()
PLAIN = {"headers": dict(SIZED), "body": TEXT}


def line(value: Any) -> bytes:
    """One line."""
    return json.dumps(value).encode() + b"\n"


@pytest.mark.parametrize(
    "item",
    [
        PLAIN,
        {"headers": [list(pair) for pair in SIZED], "body": TEXT},
        {"schema": "vove.signed/1", "headers": [list(pair) for pair in SIZED], "body": TEXT,
         "event": "kyb.case.completed", "signatures": [SIGNATURE], "secrets": ["fp:0"]},
        {"schema": "vove.signed/1", "headers": SIZED, "body_base64": ENCODED},
        {"method": "post", "path": "/hooks", **PLAIN},
        {"rawBody": TEXT, "body": {"a": 1}, "headers": dict(SIZED)},
        {"headers": {name: [value] for name, value in SIZED}, "body": TEXT},
        {"headers": {**dict(SIZED), "x": 1}, "body": TEXT, "n": 10**30},
        {"headers": dict(SIZED), "target": "", "url": "/hook", "body": TEXT},
    ],
)  # fmt: skip
def test_a_line_of_any_shape(item: dict[str, Any]) -> None:
    """Plain objects by the short way, all others by the careful one, with the same result."""
    request = read_line(line(item))

    assert request.format == "ndjson"
    if "log" not in item:
        assert request.body == BODY
        assert request.headers[: len(SIZED)] == SIZED
        assert request.facts == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"body": TEXT + " "}, ["content-length-mismatch"]),
        ({"body": TEXT[:9]}, ["truncated-body"]),
        ({"body": ""}, ["body-missing"]),
        ({"body": None}, ["body-missing"]),
        ({"body": json.loads(TEXT)}, ["body-parsed"]),
        ({"body": "\ud800", "headers": dict(HEADERS)}, ["lossy-utf8"]),
        ({"headers": {**dict(HEADERS), "content-length": "x"}}, []),
    ],
)
def test_a_line_tells_what_it_lacks(changes: dict[str, Any], expected: list[str]) -> None:
    """The facts are those of any JSON capture."""
    assert facts(read_line(line({**PLAIN, **changes}))) == expected


@pytest.mark.parametrize(
    "headers",
    [
        {"Svix_Id": "m"},
        {"HTTP_SVIX_ID": "m"},
        {"Svix-Id": "m", ":path": "/"},
        [["Svix-Id", "m"]],
        [["Svix-Id", ["m"]]],
        ["Svix-Id", "m"],
        {"Svix-Id": " m "},
    ],
)
def test_headers_of_a_line(headers: Any) -> None:
    """Spellings and shapes are those of any JSON capture."""
    request = read_line(line({"headers": headers, "body": "x"}))

    assert [(name.lower(), value) for name, value in request.headers] == [("svix-id", "m")]


def test_odd_bytes_in_a_line_are_kept() -> None:
    """Python programs write a byte that was no text as half a character."""
    assert read_line(line({"headers": {"a": "b"}, "body": "\udcff"})).body == b"\xff"
    assert read_line(b'{"headers": {"a": "b"}, "body": "\xff"}').body == b"\xff"


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"], ids=["UTF-8", "UTF-16"])
@pytest.mark.parametrize("item", [PLAIN, {**PLAIN, "n": 1}], ids=["short", "careful"])
def test_a_byte_order_mark_is_no_part_of_a_line(mark: bytes, item: dict[str, Any]) -> None:
    """Editors and PowerShell write one; joined files have it in the middle."""
    text = line(item) if mark == b"\xef\xbb\xbf" else line(item).decode().encode("utf-16-le")
    request = read_line(mark + text)

    assert (request.headers, request.body) == (SIZED, BODY)


def test_a_header_without_a_name_is_no_header() -> None:
    """By either way."""
    short, careful = ({**PLAIN, "headers": {**dict(SIZED), "": "x"}}, {**PLAIN, "n": 1})

    assert len(read_line(line(short)).headers) == len(read_line(line({**short, "n": 1})).headers)
    assert read_line(line(careful)).headers == SIZED


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "malformed-json"),
        (b"[" * 99_999, "malformed-json"),
        (b'{"body": "x"}', "not-a-request"),
        (b'{"headers": {}, "body": "x"}', "not-a-request"),
        (b'{"headers": [1], "body": "x"}', "not-a-request"),
        (b"17", "not-a-request"),
        (b'{"headers": {"a": "b"}, "body_base64": "?"}', "malformed-base64"),
    ],
)
def test_a_line_that_is_no_request_is_refused(text: bytes, code: str) -> None:
    """Each line for itself: the caller goes on with the next."""
    with pytest.raises(VoveError) as error:
        read_line(text)

    assert error.value.code == code


def test_a_stream_is_detected_by_its_first_two_lines() -> None:
    """Objects on lines of their own; blank lines do not count, and there is no limit."""
    source = line(PLAIN) + b"\n" + line(PLAIN) * 10_001

    assert detect(source[:1000]) == "ndjson"
    assert len(read_captures(source)) == 10_002
    assert detect(line(PLAIN)) == "json"
    assert detect(b"{}\n{}\n") == "json"
    assert read_captures(b"\n", format="ndjson") == []


NAMES = st.sampled_from(
    ["Svix-Id", "svix-id", "Svix_Id", "Content-Length", ":path", "", "é", " a "]
)
VALUES = st.sampled_from(["m", " m ", "", "5", "é", "a\nb", "\udcff", "\ud800", ["m"], 1, None])
HEADER_MAPS = st.dictionaries(NAMES, VALUES) | st.lists(st.tuples(NAMES, VALUES), max_size=4)


@given(
    headers=HEADER_MAPS,
    body=st.sampled_from(["12345", "", "é", "\udcff", "\ud800", '{"a":', None, {"a": 1}]),
    method=st.sampled_from([None, "post", "", 1]),
    target=st.sampled_from([None, "/x", "", ["/x"]]),
)
def test_the_short_way_reads_as_the_careful_one(
    headers: object, body: object, method: object, target: object
) -> None:
    """A key that the short way does not know makes no difference."""
    item = {"headers": headers, "body": body, "method": method, "path": target}

    def read(item: dict[str, object]) -> object:
        try:
            return read_line(line(item))
        except VoveError as error:
            return error.code

    assert read(item) == read({**item, "n": 1})
