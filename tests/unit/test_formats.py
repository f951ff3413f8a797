from __future__ import annotations

import json
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import SECRET

from vovecli.core.endpoints import parse_endpoint
from vovecli.core.errors import VoveError
from vovecli.core.formats import as_curl, as_har, as_headers, as_http, shell_quote
from vovecli.core.messages import Message
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.deliveries import SignedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

ENDPOINT = parse_endpoint("http://localhost:3000/hook?a=1")


def signed(body: bytes) -> SignedRequest:
    """A request with that body."""
    secrets = [parse_secret(SECRET)]
    message = Message("msg_1", 1614265330, body)
    return SignedRequest(None, None, message, signed_headers(secrets, message), secrets)


def test_http_is_byte_exact() -> None:
    """CRLF, the provider's header order, nothing after the body."""
    text = as_http(signed(b"{}\xff"), ENDPOINT)

    head, _, body = text.partition(b"\r\n\r\n")
    assert body == b"{}\xff"
    assert head.split(b"\r\n")[:3] == [
        b"POST /hook?a=1 HTTP/1.1",
        b"Host: localhost:3000",
        b"Accept: */*",
    ]


def test_headers_are_one_a_line() -> None:
    """As curl -H @file takes them."""
    assert as_headers(signed(b"{}")).splitlines()[1] == "Content-Length: 2"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40))
@settings(max_examples=60, deadline=None)
def test_quoting_survives_a_real_shell(text: str) -> None:
    """Whatever the text, bash hands the same bytes on."""
    script = f"printf %s {shell_quote(text)}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)

    assert text.encode() == done.stdout


def test_curl_leaves_the_length_to_curl() -> None:
    """A wrong length would be worse than none."""
    command = as_curl(signed(b"it's"), ENDPOINT)

    assert "Content-Length" not in command
    assert command.endswith("--data-raw 'it'\\''s'\n")


@pytest.mark.parametrize("body", [b"\xff", b"a\0b"])
def test_curl_refuses_what_no_command_line_can_hold(body: bytes) -> None:
    """Rather than send other bytes."""
    with pytest.raises(VoveError) as caught:
        as_curl(signed(body), ENDPOINT)

    assert caught.value.code == "body-not-text"


def test_a_har_without_an_answer() -> None:
    """Status 0, as browsers write it; every list that HAR asks for is there."""
    signed = SignedRequest("kyc.pending", "u", Message("msg_1", 1, b"{}"), [("A", "b")], [])

    (entry,) = json.loads(as_har(signed, parse_endpoint("3000"), at=1, answer=None))["log"][
        "entries"
    ]

    assert entry["response"]["status"] == 0
    assert entry["request"]["headers"][-1] == {"name": "A", "value": "b"}
    assert entry["startedDateTime"] == "1970-01-01T00:00:01Z"


def test_a_har_with_an_answer() -> None:
    """Its body and its type."""
    signed = SignedRequest("kyc.pending", "u", Message("msg_1", 1, b"{}"), [], [])
    answer = Answer(401, "No", [("Content-Type", "text/html")], b"<p>", 2.0, body_truncated=False)

    (entry,) = json.loads(as_har(signed, parse_endpoint("3000"), at=1, answer=answer))["log"][
        "entries"
    ]

    assert entry["response"]["content"] == {"size": 3, "mimeType": "text/html", "text": "<p>"}
    assert entry["time"] == 2.0
