"""Who may ask the inspector's server for what."""

from __future__ import annotations

from typing import Any

import pytest

from vovecli.core.page_access import PAGE_HEADERS, denial
from vovecli.core.requests import CapturedRequest

TOKEN = "a-token-of-this-run"
GOOD = {
    "Host": "localhost:4050",
    "Authorization": f"Bearer {TOKEN}",
    "Origin": "http://localhost:4050",
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/json",
}


STATUSES = {
    "foreign-host": 421,
    "foreign-origin": 403,
    "no-token": 401,
    "method-not-allowed": 405,
    "not-json": 415,
}


def code(method: str = "POST", target: str = "/api/send", **changed: Any) -> str | None:
    """The reason why a good request with some headers changed is refused."""
    named = {name.replace("_", "-"): value for name, value in changed.items()}
    headers = [(name, value) for name, value in (GOOD | named).items() if value is not None]
    found = denial(CapturedRequest(method, target, headers, b"{}"), TOKEN)
    assert not found or found.status == STATUSES[found.code]
    return found and found.code


def test_the_page_itself_may_do_everything() -> None:
    """Its own files need no token: they hold no data."""
    assert code() is None
    assert code("GET", "/api/records?after=1", Content_Type=None, Origin=None) is None
    assert code("GET", "/", Authorization=None, Origin=None, Sec_Fetch_Site=None) is None


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:80", "[::1]:4050", "app.localhost:1", "LOCALHOST:4050"]
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    """Any port: `ssh -L` brings another one."""
    assert code(Host=host, Origin=f"http://{host}") is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:4050", "10.0.0.1", "",
        "evil@localhost", "localhost:99999", "localhost:x", "[::1", "localhost/x", "localhost:0",
        "\u200blocalhost", "0.0.0.0",
    ],
)  # fmt: skip
def test_rebound_names_are_refused(host: str) -> None:
    """A foreign name that leads here: DNS rebinding."""
    assert code(Host=host, Origin=f"http://{host}") == "foreign-host"
    assert code("GET", "/", Host=host) == "foreign-host"


def test_a_request_has_exactly_one_host() -> None:
    """RFC 9112, 3.2."""
    headers = [("Host", "localhost"), ("host", "localhost")]

    found = denial(CapturedRequest("GET", "/", headers, b""), TOKEN)

    assert found
    assert found.status == 421
    assert code(Host=None) == "foreign-host"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://localhost:4050"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_other_pages_are_refused(headers: dict[str, Any]) -> None:
    """An app of one's own on another port is another page, too."""
    assert code(**headers) == "foreign-origin"
    assert code("GET", "/api/records", **headers) == "foreign-origin"


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer wrong", f"bearer {TOKEN}", TOKEN, "Bearer \udcff"]
)
def test_without_the_token_nothing_is_answered(authorization: str | None) -> None:
    """Neither data nor actions."""
    assert code(Authorization=authorization) == "no-token"
    assert code("GET", "/api/records", Authorization=authorization) == "no-token"


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx"]
)
def test_changes_are_json_alone(content_type: str | None) -> None:
    """A form of another page can send neither JSON nor the token."""
    assert code(Content_Type=content_type) == "not-json"
    assert code(Content_Type="Application/JSON; charset=utf-8") is None


def test_other_methods_are_refused() -> None:
    """Preflights of other pages included."""
    assert code("OPTIONS") == "method-not-allowed"
    assert code("DELETE") == "method-not-allowed"
    assert code("POST", "/") == "method-not-allowed"
    assert code("GET", "http://evil.example/api/records") is None  # a file of the page: none such


def test_every_answer_keeps_the_page_closed() -> None:
    """No frame, no script from elsewhere, no text that becomes markup, nothing kept."""
    policy = dict(PAGE_HEADERS)["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert dict(PAGE_HEADERS)["Cache-Control"] == "no-store"
