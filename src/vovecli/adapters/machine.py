"""Facts about this machine that `doctor` asks for: its clock, and what its names resolve to."""

from __future__ import annotations

import http.client
import socket
import threading
import time
import urllib.error
import urllib.request

from vovecli.core.headers import parse_http_date


def clock_skew_s(url: str, *, timeout_s: float) -> float | None:
    """Seconds, to within one, that our clock is ahead of the server's `Date`; None if not told."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - a constant of ours
    sent = time.time()
    try:
        with urllib.request.urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 - as above
            date = answer.headers["Date"]
    except urllib.error.HTTPError as answer:
        with answer:
            date = answer.headers["Date"]
    except (OSError, ValueError, http.client.HTTPException):
        return None
    told = parse_http_date(date)
    # The server's moment lies between both of ours, and its fraction of a second is cut off.
    return None if told is None else (sent + time.time()) / 2 - (told + 0.5)


def addresses(name: str, *, timeout_s: float) -> list[str] | None:
    """What a name resolves to, empty when it does not; None when the resolver does not answer."""
    found: list[list[str]] = []

    def resolve() -> None:
        try:
            results = socket.getaddrinfo(name, 443, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            results = []
        found.append(list(dict.fromkeys(str(address[0]) for *_, address in results)))

    # The resolver knows no time-out of ours; a thread that it holds does not keep us from ending.
    resolver = threading.Thread(target=resolve, daemon=True)
    resolver.start()
    resolver.join(timeout_s)
    return found[0] if found else None
