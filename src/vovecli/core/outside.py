"""Requests from beyond this machine: how one shows, and what an unverified one is worth."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from vovecli.core.endpoints import is_loopback
from vovecli.core.headers import header_values

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

# Of the body of a request that anybody may have sent.
STRANGERS_BODY_BYTES = 4096
_PROXY_HEADERS = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded"}


def sign_of_outside(request: CapturedRequest) -> str:
    """What shows that a request came from beyond this machine, in words; empty where nothing does.

    A tunnel or a proxy keeps the `Host` that was asked for, or says that it passed the request on;
    a browser says that another site made it (Fetch Metadata, 2.4).
    """
    for name, value in request.headers:  # in one go: every request passes here
        lower = name.lower()
        if lower == "host" and not _is_local(value):
            return f"Host: {value}"
        if lower in _PROXY_HEADERS:
            return f"a header {name}"
        if lower == "sec-fetch-site" and value == "cross-site":
            return "Sec-Fetch-Site: cross-site"
    return ""


def is_cross_site(request: CapturedRequest) -> bool:
    """Whether a page of another site made the reader's browser send it."""
    return "cross-site" in header_values(request.headers, "sec-fetch-site")


def cut(request: CapturedRequest) -> tuple[CapturedRequest, int | None, str | None]:
    """A stranger's request as it is kept: with the beginning of its body.

    Returns:
        The request; length and SHA-256 of the whole body where it was cut, else None.
    """
    body = request.body
    if len(body) <= STRANGERS_BODY_BYTES:
        return request, None, None
    kept = request._replace(body=body[:STRANGERS_BODY_BYTES])
    return kept, len(body), hashlib.sha256(body).hexdigest()


@lru_cache(maxsize=64)
def _is_local(host: str) -> bool:
    """Whether a `Host`, with or without a port, is this machine."""
    name, colon, port = host.rpartition(":")
    has_port = colon and port.isdecimal() and not name.endswith(":")
    return is_loopback(name if has_port else host)
