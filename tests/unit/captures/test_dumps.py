from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.captures.samples import BODY, SIZED, facts, head, read_one, refusal

from vovecli.core.captures import read_captures

VECTORS = Path(__file__).parents[2] / "vectors" / "captures"
TEXT = BODY.decode()
RAW = head(line_end="\n").decode() + TEXT
DOTTED = b'{.  "refId": "a.b",\r\n  "status": "COMPLETED".}.'
FORMATTED = b'{\n    "refId": "\xc3\xa9",\n    "status": "successful"\n}'


@pytest.mark.parametrize(
    ("file", "bodies", "expected"),
    [
        ("nghttp-verbose.txt", [b""], ["body-missing"]),
        ("curl-verbose-http2.txt", [b""], ["body-missing"]),
        ("curl-verbose.txt", [b""], ["body-missing"]),
        ("curl-trace-ascii.txt", [DOTTED], ["capture-lossy"]),
        ("httpie-colours.txt", [FORMATTED], ["content-length-mismatch"]),
    ],
)
def test_what_tools_print(file: str, bodies: list[bytes], expected: list[str]) -> None:
    """Real output; where it cannot carry the bytes, a fact says so."""
    requests = read_captures((VECTORS / file).read_bytes())

    assert [request.body for request in requests] == bodies
    assert facts(requests[0]) == expected
    assert requests[0].method == "POST"
    assert requests[0].values("svix-id")[0].startswith("msg_")


def test_a_request_file_of_the_wire_in_hexadecimal() -> None:
    """`--trace` keeps every byte, over several events, and what is received is no request."""
    sent = head() + BODY
    rows = [sent[place : place + 16] for place in range(0, len(sent), 16)]
    dump = "".join(f"{place * 16:04x}: {row.hex(' ')} ....\n" for place, row in enumerate(rows))
    answer = "<= Recv header, 2 bytes (0x2)\n0000: 4f 4b OK\n"

    start = f"== Info: x\n=> Send header, {len(sent)} bytes (0x1)\n{dump.strip()}"
    for end in (f"\n{answer}", "", "\n"):
        request = read_one(start + end)

        assert (request.headers, request.body, request.facts) == (SIZED, BODY, ())


def test_a_trace_of_text_without_dots_is_exact() -> None:
    """Only a dot may stand for another byte."""
    trace = (
        f"10:00:00.1 => Send data, {len(BODY)} bytes (0x41)\n0000: {TEXT[:40]}\n0028: {TEXT[40:]}\n"
    )
    lines = head().decode().split("\r\n")[:-1]
    offsets = [sum(len(line) + 2 for line in lines[:place]) for place in range(len(lines))]
    rows = "".join(f"{offset:04x}: {line}\n" for offset, line in zip(offsets, lines, strict=True))
    source = f"=> Send header, {len(head())} bytes (0x1)\n{rows}{trace}"

    assert (read_one(source).body, read_one(source).facts) == (BODY, ())


def test_frames_received_by_a_server() -> None:
    """Grouped by stream; answers are no requests."""
    fields = [(":method", "POST"), (":path", "/hooks"), *SIZED]
    lines = [f"[  0.001] recv (stream_id=13) {name}: {value}\n" for name, value in fields]
    answer = "[  0.003] recv (stream_id=15) :status: 200\n"

    request = read_one("".join(lines) + answer)

    assert (request.method, request.target, request.headers) == ("POST", "/hooks", SIZED)
    assert facts(request) == ["body-missing"]


def test_colours_of_a_terminal_are_taken_out() -> None:
    """They are no part of the message; colours alone are no request."""
    assert read_one(RAW.replace("POST", "\x1b[1;32mPOST\x1b[0m")).body == BODY
    assert refusal("\x1b[32mok\x1b[0m") == "not-a-request"
    assert refusal("\x1b[") == "not-a-request"


def test_arrows_of_curl_verbose() -> None:
    """Every line that was sent has one; answers and notes are no part of it."""
    lines = head(line_end="\n").decode().splitlines()
    sent = "".join(f"> {line}\n" for line in lines)
    request = read_one(f"* Connected\n{sent}* upload done\n< HTTP/1.1 200 OK\n< \n")

    assert (request.headers, request.body, facts(request)) == (SIZED, b"", ["body-missing"])
    assert request.reading == "exact"


@pytest.mark.parametrize(
    "text",
    [
        '10.0.0.1 - - [15/Jun/2025:18:26:40 +0000] "POST /hooks HTTP/1.1" 200 2 "-" "Svix/1.24.0"',
        'INFO:     10.0.0.1:51234 - "POST /hooks HTTP/1.1" 401 Unauthorized',
        "I send POST /hooks HTTP/1.1 and get 401, what is wrong?",
        'Traceback (most recent call last):\n127.0.0.1 - "POST /w HTTP/1.1" 400 -\n',
        "POST /hooks HTTP/1.1\n",
        "svix-id, svix-timestamp and svix-signature headers are missing",
        'const id = req.headers["svix-id"], timestamp = req.headers["svix-timestamp"]',
    ],
)
def test_lines_that_hold_neither_headers_nor_body_are_no_request(text: str) -> None:
    """Access logs, tracebacks, prose, programs."""
    assert refusal(text) == "not-a-request"


def test_the_timeline_of_insomnia() -> None:
    """`>` before the lines of the head, `|` before those of the body."""
    lines = "".join(f"> {name}: {value}\n" for name, value in SIZED)
    text = f"* Preparing\n\n> POST /hooks HTTP/1.1\n{lines}\n| {BODY.decode()}\n\n* Fine\n< HTTP/1.1 401\n"
    request = read_one(text)

    assert (request.body, request.reading, request.target) == (BODY, "exact", "/hooks")
