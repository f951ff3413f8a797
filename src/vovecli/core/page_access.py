"""Who may ask the inspector's server for what: it shows personal data and can send requests.

Every web page that the user has open can reach a port of this machine. Its requests carry a foreign
`Origin` or `Sec-Fetch-Site`, a name that was rebound to 127.0.0.1 a foreign `Host`, and none of
them the token, which no cookie holds: cookies ignore ports (RFC 6265, 8.5), so that other servers
of this machine would be sent it.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from vovecli.core.endpoints import is_loopback
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

API = "/api/"  # below it are data and actions; all else is the page's own files
_READS, _CHANGES = ("GET", "HEAD"), ("POST",)

# Sent with every answer. Scripts and styles come from the page's own files alone, and no text can
# become markup: trusted types forbid `innerHTML` and its kin.
PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'; trusted-types 'none'"
        ),
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


class Denial(NamedTuple):
    """Why a request is refused.

    Attributes:
        status: The HTTP status.
    """

    status: int
    code: str
    message: str


def denial(request: CapturedRequest, token: str) -> Denial | None:
    """Why a request may not pass; None where it may.

    Args:
        request: As received.
        token: Random, of this run.
    """
    hosts = request.values("host")
    if len(hosts) != 1 or not _is_loopback_authority(hosts[0]):
        return Denial(421, "foreign-host", "this page answers only under names of this machine")
    path = urlsplit(request.target).path if request.target.startswith("/") else ""
    if not path.startswith(API):
        is_read = request.method in _READS
        return None if is_read else Denial(405, "method-not-allowed", "the page can only be read")
    if request.method not in (*_READS, *_CHANGES):
        return Denial(405, "method-not-allowed", "GET reads, POST changes")
    if _is_foreign(request, hosts[0]):
        return Denial(403, "foreign-origin", "requests of other pages are not answered")
    if not _has_token(request, token):
        return Denial(
            401,
            "no-token",
            "the address lacks the token of this run: open the one that vove prints",
        )
    if request.method in _CHANGES and not _is_json(request):
        return Denial(415, "not-json", "a request that changes something must be JSON")
    return None


def _is_loopback_authority(host: str) -> bool:
    """Whether a `Host` names this machine; any port, so that `ssh -L` works."""
    try:
        parts = urlsplit(f"//{host}")
        port = parts.port
    except ValueError:
        return False
    is_plain = parts.netloc == host and "@" not in host and port != 0
    return is_plain and parts.hostname is not None and is_loopback(parts.hostname)


def _is_foreign(request: CapturedRequest, host: str) -> bool:
    """Fetch Metadata, 2.4, and RFC 6454, 7: where a browser says who asks, it is our own page."""
    origins, sites = request.values("origin"), request.values("sec-fetch-site")
    return any(origin.lower() != f"http://{host}".lower() for origin in origins) or any(
        site != "same-origin" for site in sites
    )


def _has_token(request: CapturedRequest, token: str) -> bool:
    given = request.values("authorization")
    expected = f"Bearer {token}".encode()
    return len(given) == 1 and hmac.compare_digest(header_bytes(given[0]), expected)


def _is_json(request: CapturedRequest) -> bool:
    types = request.values("content-type")
    return [each.partition(";")[0].strip().lower() for each in types] == ["application/json"]
