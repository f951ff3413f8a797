from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.endpoints import (
    absolute_location,
    parse_endpoint,
    sample_endpoint,
    short_url,
)
from vovecli.core.errors import VoveError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("3000", "http://localhost:3000/webhooks/vove-kyb"),
        (":3000", "http://localhost:3000/webhooks/vove-kyb"),
        (":3000/hook", "http://localhost:3000/hook"),
        ("8080/", "http://localhost:8080/"),
        ("localhost:3000/path?x=1", "http://localhost:3000/path?x=1"),
        ("127.0.0.1:3000", "http://127.0.0.1:3000/webhooks/vove-kyb"),
        ("[::1]:3000/a", "http://[::1]:3000/a"),
        ("https://example.com/hook#top", "https://example.com/hook"),
        ("http://localhost:3000", "http://localhost:3000"),
    ],
)
def test_short_forms(text: str, url: str) -> None:
    """What people type becomes a whole URL; a full URL is taken as it is."""
    assert url == parse_endpoint(text).url


def test_the_sample_endpoint_is_that_of_the_family() -> None:
    """The provider's samples listen on two paths."""
    assert sample_endpoint("kyb").url == "http://localhost:3000/webhooks/vove-kyb"
    assert sample_endpoint("kyc").url == "http://localhost:3000/webhook-endpoint"


@pytest.mark.parametrize(
    ("text", "host", "port", "target", "header"),
    [
        ("https://example.com", "example.com", 443, "/", "example.com"),
        ("http://example.com:8080/a?b", "example.com", 8080, "/a?b", "example.com:8080"),
        ("http://[::1]:3000/a", "::1", 3000, "/a", "[::1]:3000"),
    ],
)
def test_parts(text: str, host: str, port: int, target: str, header: str) -> None:
    """What the wire needs: an address, a request target, a Host header."""
    endpoint = parse_endpoint(text)

    assert (host, port, target, header) == (
        endpoint.host,
        endpoint.port,
        endpoint.target,
        endpoint.host_header,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://localhost", True),
        ("http://app.localhost", True),
        ("http://App.LOCALHOST.:3000", True),
        ("http://notlocalhost", False),
        ("http://127.8.9.1", True),
        ("http://[::1]", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
        ("http://example.com", False),
    ],
)
def test_loopback_is_told_by_the_name_alone(text: str, *, expected: bool) -> None:
    """Nothing is resolved: a name that resolves to loopback today may not tomorrow."""
    assert expected is parse_endpoint(text).is_loopback


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://x/",
        "http://",
        "http://a b/",
        "http://host:99999/",
        "0",
        "http://host:0/",
        "http://[::1",
    ],
)
def test_other_text_is_a_clear_error(text: str) -> None:
    """With a hint that shows the forms."""
    with pytest.raises(VoveError) as caught:
        parse_endpoint(text)

    assert caught.value.code == "bad-endpoint"
    assert "localhost:3000/path" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("3000/a b", "it holds a space"),
        ("localhost:3000/a\x7fb", "it holds a space"),
        ("http://", "there is no host in it"),
        ("http://host/?token=whsec_abcdef", "there is a signing secret in it"),
    ],
)
def test_what_is_said_to_be_wrong_is_wrong(text: str, why: str) -> None:
    """A path with a space in it has a host."""
    with pytest.raises(VoveError, match=why):
        parse_endpoint(text)


@given(st.text(max_size=40))
def test_any_text_is_an_endpoint_or_a_clear_error(text: str) -> None:
    """Nothing but VoveError comes out."""
    with suppress(VoveError):
        assert parse_endpoint(text).host


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/hook/", "http://h:1/hook/"),
        ("https://x/y", "https://x/y"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_a_location_is_shown_whole(location: str, url: str) -> None:
    """Relative ones against the endpoint; what is no URL as it is."""
    assert url == absolute_location("http://h:1/hook", location)


@pytest.mark.parametrize(
    ("text", "plain", "credentials"),
    [
        ("http://u:p@host/a?b", "http://host/a?b", b"u:p"),
        ("u:p@localhost:3000", "http://localhost:3000/webhooks/vove-kyb", b"u:p"),
        ("https://u%40x:p%2F%C3%BC%3A@[::1]:8443/", "https://[::1]:8443/", "u@x:p/ü:".encode()),
        ("http://token@host/", "http://host/", b"token:"),
        ("http://host/a@b", "http://host/a@b", None),
    ],
)
def test_credentials_are_kept_apart(text: str, plain: str, credentials: bytes | None) -> None:
    """As Svix and RFC 7617 send them; the URL that is shown has none, nor has `repr`."""
    endpoint = parse_endpoint(text)

    assert endpoint.url == plain
    assert repr(endpoint) == f"<Endpoint {plain}>"
    if credentials is None:
        assert endpoint.headers == []
        assert endpoint.credentials == ()
    else:
        token = base64.b64encode(credentials).decode()
        assert endpoint.headers == [("Authorization", f"Basic {token}")]
        assert endpoint.credentials[0] == token
        assert len(endpoint.credentials) == 1  # so short a password may be in any word


def test_a_password_is_named_to_be_masked() -> None:
    """Whole, as it was typed, escapes resolved."""
    assert parse_endpoint("http://u:pass%20word@h/").credentials[1] == "pass word"


@pytest.mark.parametrize("text", ["http://u:secret@", "u:secret@h:99999", "ftp://u:secret@h/"])
def test_errors_do_not_quote_credentials(text: str) -> None:
    """In any form."""
    with pytest.raises(VoveError) as caught:
        parse_endpoint(text)

    assert "secret" not in caught.value.message
    assert "***@" in caught.value.message


@pytest.mark.parametrize(
    ("url", "short"),
    [
        ("http://localhost:3000/path?q=1", ":3000/path?q=1"),
        ("http://localhost/path", "localhost/path"),
        ("http://localhost.example.com:3000/path", "localhost.example.com:3000/path"),
        ("http://127.0.0.1:3000/", "127.0.0.1:3000/"),
        ("https://localhost:3000/path", "https://localhost:3000/path"),
    ],
)
def test_the_short_form_means_the_same(url: str, short: str) -> None:
    """Hints are typed as they are."""
    assert short_url(url) == short
    assert parse_endpoint(short).url == url
