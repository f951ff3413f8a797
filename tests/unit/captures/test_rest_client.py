from __future__ import annotations

import pytest
from tests.unit.captures.samples import BODY, HEADERS, SIGNATURE, WEBHOOK, facts, read_one, refusal

from vovecli.core.captures import read_captures
from vovecli.core.errors import VoveError

TEXT = BODY.decode()
FIELDS = "".join(f"{name}: {value}\n" for name, value in HEADERS)
REQUEST = f"POST http://localhost:3000/hooks HTTP/1.1\n{FIELDS}\n{TEXT}\n"


@pytest.mark.parametrize(
    "file",
    [
        REQUEST,
        REQUEST.replace("\n", "\r\n"),
        REQUEST + "\n\n  \n",
        f"### first\n# a comment\n// another\n# @name completed\n{REQUEST}\n###\n",
        REQUEST.replace("Content-Type", "# inside\n// the head\nContent-Type"),
        REQUEST.replace(" HTTP/1.1", ""),
        REQUEST.replace("POST", "post"),
        f"{REQUEST}\n###\n\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\nOK\n",
        f"{REQUEST}\n> {{%\n  client.test('x', () => 1);\n%}}\n",
        f"{REQUEST}\n> ./handler.js\n",
        f"{REQUEST}\n>>! saved.json\n",
        f"{REQUEST}\n<> 2025-01-01T000000.200.json\n",
        f'< {{%\n  request.variables.set("a", "b")\n%}}\n{REQUEST}',
        f"# Captured today\n\n{REQUEST}",
        f"{REQUEST.rstrip()}\n# what came of it\n",
        f"POST /hooks\nHost: localhost:3000\n{FIELDS}\n{TEXT}\n\n###\n",
    ],
)
def test_the_body_ends_where_both_clients_end_it(file: str) -> None:
    """Comments, separators, handlers, saved responses and blank lines are not sent."""
    request = read_one(file)

    assert (request.method, request.body, request.facts) == ("POST", BODY, ())
    assert [pair for pair in request.headers if pair[0] != "Host"] == HEADERS


def test_a_url_over_several_lines_is_one() -> None:
    """Indented lines and lines of the query continue it."""
    file = REQUEST.replace("/hooks HTTP/1.1", "\n    /hooks\n    ?a=1\n&b=2")

    assert read_one(file).target == "http://localhost:3000/hooks?a=1&b=2"


def test_a_url_alone_is_a_get() -> None:
    """In a file of several requests each is read."""
    requests = read_captures(f"### one\nhttps://example.com/health\n\n###\n{REQUEST}".encode())

    assert [(request.method, request.target) for request in requests] == [
        ("GET", "https://example.com/health"),
        ("POST", "http://localhost:3000/hooks"),
    ]


def test_comment_lines_in_a_body_are_not_sent() -> None:
    """Both clients take them out, at the start of a line or indented."""
    file = REQUEST.replace(TEXT, f"# before\n{TEXT}\n  // after")

    assert read_one(file).body == BODY


def test_variables_of_the_file_are_filled_in() -> None:
    """Defined before or after, one in another, by `@` or in a script before the request."""
    file = REQUEST.replace("r-1", "{{ref}}-{{ n }}").replace(SIGNATURE, "v1,{{mac}}")
    file = file.replace("localhost:3000", "{{host}}")
    script = f"< {{%\n request.variables.set(\"mac\", '{SIGNATURE[3:]}')\n%}}"
    request = read_one(f"@ref = {{{{prefix}}}}\n@n=1\n\n{script}\n{file}\n###\n@prefix = r")

    assert request.body == BODY
    assert request.values("svix-signature") == [SIGNATURE]
    assert request.target == "http://{{host}}/hooks"


@pytest.mark.parametrize("old", ["r-1", SIGNATURE, WEBHOOK[0][1]])
@pytest.mark.parametrize("name", ["{{unknown}}", "{{$guid}}", "{{ $processEnv MAC }}"])
def test_a_variable_without_value_is_refused(old: str, name: str) -> None:
    """In the body or in a webhook header nothing can be verified without it."""
    assert refusal(REQUEST.replace(old, name)) == "unresolved-variable"


def test_a_variable_that_is_not_signed_does_not_matter() -> None:
    """Nor does one in a request that is no webhook."""
    other = "POST http://localhost/login\n\nname={{name}}\n"
    file = f"{other}\n###\n{REQUEST.replace('localhost', '{{host}}')}".replace(
        "Content-Type: application/json", "Content-Type: {{type}}"
    )

    assert [request.body for request in read_captures(file.encode())] == [b"name={{name}}", BODY]


def test_variables_that_grow_without_end_are_refused() -> None:
    """A small file cannot ask for gigabytes, nor turn in a circle."""
    circle = f"@a = {{{{b}}}}\n@b = {{{{a}}}}\n{REQUEST.replace('r-1', '{{a}}')}"
    doubling = "".join(f"@v{n} = {{{{v{n + 1}}}}}{{{{v{n + 1}}}}}\n" for n in range(7))
    file = f"{doubling}@v7 = {'x' * 100_000}\n{REQUEST.replace('r-1', '{{v0}}')}"

    assert refusal(file) == "unresolved-variable"
    assert refusal(circle) == "unresolved-variable"


def test_a_length_in_the_file_can_keep_a_newline_at_the_end() -> None:
    """Blank lines are trimmed unless the Content-Length counts them."""
    file = REQUEST.replace("Svix-Id", f"Content-Length: {len(BODY) + 1}\nSvix-Id")

    assert read_one(f"# x\n{file}\n\n").body == BODY + b"\n"


def test_a_length_that_does_not_fit_is_told() -> None:
    """The clients count themselves, so the text is what is sent."""
    request = read_one("# x\n" + REQUEST.replace("Svix-Id", "Content-Length: 3\nSvix-Id"))

    assert (request.body, facts(request)) == (BODY, ["content-length-mismatch"])


@pytest.mark.parametrize(
    ("line", "content"),
    [
        ("< ./payload.json", BODY + b"\n"),
        ("<   payload.json  ", BODY),
        ("<@ ./payload.json", BODY.replace(b"r-1", b"{{ref}}")),
        ("<@utf8 payload.json", BODY),
    ],
)
def test_a_body_from_a_file_is_its_bytes(line: str, content: bytes) -> None:
    """`<` takes the file as it is, `<@` fills in variables; blank lines after it are trimmed."""
    names: list[str] = []

    def read_file(name: str) -> bytes:
        names.append(name)
        return content

    request = read_one(f"@ref = r-1\n{REQUEST.replace(TEXT, line)}\n\n", read_file=read_file)

    assert names[0].endswith("payload.json")
    assert request.body == content.replace(b"{{ref}}", b"r-1")


def test_files_and_text_of_one_body_are_joined_by_line_ends() -> None:
    """As multipart bodies are written."""
    file = REQUEST.replace(TEXT, "--b\n< a\n--b\n< a\n--b--")
    contents = iter([b"\r\n1"])  # a file is read once

    request = read_one(file, read_file=lambda _: next(contents))

    assert request.body == b"--b\n\r\n1\n--b\n\r\n1\n--b--"


def test_a_file_that_cannot_be_had_is_refused() -> None:
    """Without a reader of files, or with the reader's own error."""

    def refuse(name: str) -> bytes:
        raise VoveError("outside-folder", name)

    file = REQUEST.replace(TEXT, "< ../x.json")
    with pytest.raises(VoveError) as error:
        read_captures(file.encode(), read_file=refuse)

    assert error.value.code == "outside-folder"
    assert refusal(file) == "unresolved-variable"


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_files_beside_are_limited(size: int) -> None:
    """In their number and in their bytes together."""
    lines = "\n".join(f"< {n % 101}.json" for n in range(200))

    with pytest.raises(VoveError) as error:
        read_captures(REQUEST.replace(TEXT, lines).encode(), read_file=lambda _: b"x" * size)

    assert error.value.code == "too-many-files"


def test_curl_commands_between_separators_are_read() -> None:
    """REST Client sends them too."""
    fields = " ".join(f"-H '{name}: {value}'" for name, value in HEADERS)
    command = f"curl http://{{{{host}}}} {fields} \\\n  -d '{TEXT}'"

    request = read_one(f"// a\n### as curl\n@host = x\n\n{command}\n\n###\n", name="http")

    assert (request.target, request.body) == ("http://x", BODY)


def test_a_raw_message_is_not_taken_for_a_request_file() -> None:
    """Its length says what is body: separators, comments and braces in it were sent."""
    body = '{\n"a":"{{b}}"\n}\n###\n# not a comment\n// nor this\n< file\n'
    raw = f"POST /hooks HTTP/1.1\nContent-Length: {len(body)}\n{FIELDS}\n{body}"

    assert read_one(raw).body == body.encode()


def test_a_request_file_without_a_request_is_refused() -> None:
    """Comments and definitions alone, or prose behind a hash."""
    assert refusal("# only a comment\n@a = b\n") == "not-a-request"
    assert refusal("# Title\n\nSome text about webhooks.\n") == "not-a-request"


def test_a_length_that_ends_within_a_line_end_takes_all_of_it() -> None:
    """What was inserted elsewhere did not remove it."""
    source = f"POST http://x/ HTTP/1.1\r\nContent-Length: {len(BODY) + 1}\r\nSvix-Id: m\r\n\r\n"

    assert read_one(f"### one\r\n{source}".encode() + BODY + b"\r\n\r\n").body == BODY + b"\r\n"
