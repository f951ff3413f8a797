from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.captures.samples import BODY, HEADERS, SIZED, facts, head, read_one, refusal

from vovecli.core.captures import read_captures

VECTORS = Path(__file__).parents[2] / "vectors" / "captures"
TEXT = BODY.decode()
RAW = head(line_end="\n").decode() + TEXT
DOTTED = b'{.  "refId": "a.b",\r\n  "status": "COMPLETED".}.'
FORMATTED = b'{\n    "refId": "\xc3\xa9",\n    "status": "successful"\n}'
COMPACT = b'{"status":"successful","refId":"\xc3\xa9","n":1.0}'
LOSSY = b'{"a":"\xef\xbf\xbd\'x"}'
UNSIZED = head(HEADERS, line_end="\n").decode() + TEXT


def prefixed(prefix: str, text: str = RAW) -> str:
    """The text with something before each line."""
    return "".join(f"{prefix}{line}\n" for line in text.split("\n"))


@pytest.mark.parametrize(
    "prefix",
    [
        "    ",
        "\t",
        "> ",
        "< ",
        ">> ",
        "// ",
        "[info] ",
        "web-1  | ",
        "2024-07-01 21:55:57,412 INFO [handler] ",
        "Jul  1 21:55:57 host app[123]: ",
    ],
)
@pytest.mark.parametrize("text", [RAW, UNSIZED])
def test_lines_with_the_same_beginning(prefix: str, text: str) -> None:
    """Indentation, quote marks, arrows, comment marks and logs; without it they are a message."""
    request = read_one(prefixed(prefix, text))

    assert (request.method, request.target, request.body.rstrip()) == ("POST", "/hooks", BODY)
    assert request.values("svix-id") == [HEADERS[1][1]]
    assert request.received_at is None


def test_text_after_an_indented_message_is_no_part_of_it() -> None:
    """Indentation ends where the next line is not indented."""
    assert read_one(f"See:\n\n{prefixed('    ')}\nThat is all.\n").body == BODY


def test_spaces_at_the_end_of_a_prefix_may_be_lost() -> None:
    """Editors and terminals trim lines that are otherwise empty."""
    assert read_one(prefixed("app | ").replace("app | \n", "app |\n")).body == BODY


def test_other_lines_of_a_log_are_passed_over() -> None:
    """Other programs write between, and times differ from line to line."""
    lines = RAW.split("\n")
    log = "".join(
        f"10:00:{n:02} web | {line}\n10:00:{n:02} db | x\n" for n, line in enumerate(lines)
    )

    assert read_one(f"starting\n{log}").body == BODY


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2024-07-01T21:55:57.412Z", 1719870957),
        ("2024-07-01 23:55:57,412+02:00", 1719870957),
        ("2024-07-01T21:55:57", None),
    ],
)
def test_a_log_tells_the_moment_of_receipt(time: str, expected: int | None) -> None:
    """Only with its zone is a time one moment."""
    assert read_one(prefixed(f"{time} web | ")).received_at == expected
    assert read_one(f"{time} received: {RAW}").received_at == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("INFO received ", "\n"),
        ("--> ", "\n--> END POST (65-byte body)\n<-- 200 OK (3ms)\n"),
        ("---request begin---\n", "\n---request end---\n[writing POST data]\n"),
        ("Here is the request:\n\n", ""),
        ("E..4..@.@.\x7f\x00\x00\x01 ", ""),
    ],
)
@pytest.mark.parametrize("text", [RAW, UNSIZED])
def test_a_message_logged_at_once(before: str, after: str, text: str) -> None:
    """Something stands before its first line only, or lines of other text."""
    request = read_one(before + text.replace("HTTP/", "http/", 1) + after)

    assert (request.method, request.target, request.body.rstrip()) == ("POST", "/hooks", BODY)


def test_messages_logged_one_after_the_other() -> None:
    """Each with its own beginning."""
    log = f"first {RAW}\nsecond {RAW}\n"

    assert [request.body for request in read_captures(log.encode())] == [BODY, BODY]


@pytest.mark.parametrize(
    "text",
    [
        f"# An issue\n\nWe get this:\n\n```http\n{RAW}\n```\n\n```js\nconst x = 1\n```\n",
        f"~~~\n{UNSIZED}\n~~~\n",
        f"- a list\n\n  ```\n  {UNSIZED.replace(chr(10), chr(10) + '  ')}\n  ```\n",
        f"````md\n```http\n{UNSIZED}\n```\n````\n",
        f"```sh\r\ncurl https://x -H 'Svix-Id: {HEADERS[1][1]}' -d '{TEXT}'\r\n```\r\n",
        f"```\n{{broken\n```\n```\n{RAW}\n```",
    ],
)
def test_markdown_fences(text: str) -> None:
    """Any capture in a block; other blocks are passed over, and no line end is part of a body."""
    request = read_one(text)

    assert (request.body, request.values("svix-id")) == (BODY, [HEADERS[1][1]])


def test_a_fence_that_cannot_be_read_tells_why() -> None:
    """When no other block holds a request."""
    assert refusal("# x\n```\n{broken\n```\n") == "malformed-json"
    assert refusal("# x\n```\nconst x = 1\n```\n") == "not-a-request"
    assert refusal("```\nnever closed\n") == "not-a-request"


def test_fences_nested_without_end_are_refused() -> None:
    """Nesting is bounded."""
    deep = "".join("`" * n + "\n" for n in range(1500, 2, -1))
    closing = "".join("`" * n + "\n" for n in range(3, 1501))

    assert refusal(deep + closing) == "not-a-request"


@pytest.mark.parametrize(
    ("file", "bodies", "expected"),
    [
        ("nghttp-verbose.txt", [b""], ["body-missing"]),
        ("curl-verbose-http2.txt", [b""], ["body-missing"]),
        ("curl-verbose.txt", [b""], ["body-missing"]),
        ("curl-trace-ascii.txt", [DOTTED], ["capture-lossy"]),
        ("httpie-colours.txt", [FORMATTED], ["content-length-mismatch"]),
        ("mitmdump-flow-detail-3.txt", [COMPACT, LOSSY], ["body-parsed"]),
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


@pytest.mark.parametrize(
    ("shown", "length", "body", "expected"),
    [
        (f"    {TEXT}", len(BODY), BODY, []),
        ('    {\n        "a": 1\n    }', 7, b'{"a":1}', ["body-parsed"]),
        ('    {\n        "a": 1\n    }', 8, b'{\n    "a": 1\n}', ["content-length-mismatch"]),
        ("    not JSON", 3, b"not JSON", ["content-length-mismatch"]),
        ("", 5, b"", ["body-missing"]),
    ],
)  # fmt: skip
def test_mitmdump_formats_bodies(shown: str, length: int, body: bytes, expected: list[str]) -> None:
    """The compact form is taken where the announced length proves it, and that is told."""
    flow = (
        f"127.0.0.1:1: POST http://x/hooks HTTP/2.0\n    Svix-Id: m\n    Content-Length: {length}\n"
    )

    request = read_one(
        f"[10:00:00.1] Proxy listening\n{flow}\n{shown}\n\n << 200 OK 2b\n    A: b\n"
    )

    assert (request.target, request.body, facts(request)) == ("http://x/hooks", body, expected)
    assert read_one(f"{flow}\n{shown}").body == body


@pytest.mark.parametrize(
    "text",
    [
        f"send: {head()!r}\nsend: {BODY!r}\nreply: 'HTTP/1.1 200 OK\\r\\n'\nheader: A: b\n",
        "<- " + '"' + head().decode().replace("\r\n", "\\r\\n") + '"\n'
        + "<- " + '"' + TEXT.replace('"', '\\"') + '"\n-> "HTTP/1.1 200 OK\\r\\n"\n',
    ],
)  # fmt: skip
def test_debug_output_of_http_libraries(text: str) -> None:
    """Python's http.client and Ruby's Net::HTTP quote what they send."""
    request = read_one(text)

    assert (request.headers, request.body) == (SIZED, BODY)


ENVIRONMENT = [("HTTP_" + name.upper().replace("-", "_"), value) for name, value in HEADERS]


def joined(form: str, pairs: list[tuple[str, str]], separator: str = "") -> str:
    """Each pair in a form with `NAME`, `name` and `VALUE` in it."""
    return separator.join(
        form.replace("NAME", name).replace("name", name.lower()).replace("VALUE", value)
        for name, value in pairs
    )


NODE = "{\n" + joined("  'name': 'VALUE',\n", SIZED) + "  host: 'x'\n}\n"
VAR_DUMP = "".join(f'  ["{n}"]=>\n  string({len(v)}) "{v}"\n' for n, v in SIZED)


@pytest.mark.parametrize(
    "text",
    [
        f"{NODE}{TEXT}\n",
        f"{NODE}Body: <Buffer {BODY.hex(' ')}>\n",
        f"{dict(SIZED)}\n{BODY!r}\n",
        f"{dict(ENVIRONMENT)}\nraw body: {TEXT}\n",
        "{" + joined('"NAME"=>"VALUE"', ENVIRONMENT, ", ") + f"}}\n{TEXT}",
        "{" + joined('"NAME" => "VALUE"', ENVIRONMENT, ", ") + f"}}\n\n{TEXT}\n",
        "Array\n(\n" + joined("    [NAME] => VALUE\n", SIZED) + f")\n{TEXT}\n",
        f"array(5) {{\n{VAR_DUMP}}}\n{TEXT}",
        "REQUEST_METHOD=post\n" + joined("NAME=VALUE\n", ENVIRONMENT) + f"\n{TEXT}\n",
        "map[" + joined("NAME:[VALUE]", SIZED, " ") + f"]\n{TEXT}\n",
    ],
    ids=["node", "buffer", "python", "wsgi", "rack", "ruby", "print_r", "var_dump", "cgi", "go"],
)
def test_headers_as_programs_print_them(text: str) -> None:
    """Dictionaries of several languages, with the body as text, literal or buffer after them."""
    request = read_one(text)

    assert request.values("svix-signature") == [dict(HEADERS)["Svix-Signature"]]
    assert request.values("svix-id") == [dict(HEADERS)["Svix-Id"]]
    assert (request.body, request.facts) == (BODY, ())


def test_a_printed_buffer_shows_the_first_bytes_only() -> None:
    """Node prints fifty bytes and says how many more there are."""
    printed = "{ 'svix-id': 'm', 'svix-signature': 'v1,x' }\n<Buffer 7b 22 ... 63 more bytes>\n"

    request = read_one(printed)

    assert (request.body, facts(request)) == (b'{"', ["truncated-body"])


def test_one_header_in_a_text_makes_no_request() -> None:
    """Documentation mentions them."""
    assert refusal("headers['svix-signature'] = 'v1,x'\n") == "not-a-request"
    assert refusal("{ 'svix-signature': 'v1,x' }") == "malformed-json"


def test_colours_of_a_terminal_are_taken_out() -> None:
    """They are no part of the message; colours alone are no request."""
    assert read_one(RAW.replace("POST", "\x1b[1;32mPOST\x1b[0m")).body == BODY
    assert refusal("\x1b[32mok\x1b[0m") == "not-a-request"
    assert refusal("\x1b[") == "not-a-request"
