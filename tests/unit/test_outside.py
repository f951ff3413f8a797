"""Requests from beyond this machine."""

from __future__ import annotations

import hashlib

from vovecli.core.outside import STRANGERS_BODY_BYTES, cut, sign_of_outside
from vovecli.core.requests import CapturedRequest


def request(*headers: tuple[str, str], body: bytes = b"") -> CapturedRequest:
    """A request with those headers."""
    return CapturedRequest("POST", "/", list(headers), body)


def test_first_sign_is_named() -> None:
    """For a reader who has to find the tunnel or the page."""
    assert sign_of_outside(request(("Host", "a.example:80"))) == "Host: a.example:80"
    assert sign_of_outside(request(("X-Forwarded-Proto", "https"))) == "a header X-Forwarded-Proto"
    assert (
        sign_of_outside(request(("Sec-Fetch-Site", "cross-site"))) == "Sec-Fetch-Site: cross-site"
    )
    assert sign_of_outside(request(("Host", "[::1]:3000"), ("Sec-Fetch-Site", "none"))) == ""
    assert sign_of_outside(request(("Host", "::1"))) == ""


def test_long_body_is_cut_and_hashed() -> None:
    """What is left out can still be compared by its hash."""
    body = b"x" * (STRANGERS_BODY_BYTES + 1)

    kept, length, digest = cut(request(body=body))

    assert (len(kept.body), length) == (STRANGERS_BODY_BYTES, len(body))
    assert digest == hashlib.sha256(body).hexdigest()
    assert cut(request(body=b"short")) == (request(body=b"short"), None, None)
