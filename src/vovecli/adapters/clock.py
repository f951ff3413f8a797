"""The clock, and how far it is off: a server of the internet is asked for its date."""

from __future__ import annotations

import time

from vovecli.core.headers import parse_http_date


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def clock_skew_s(url: str, *, timeout_s: float) -> float | None:
    """Seconds, to within one, that our clock is ahead of the server's `Date`; None without one."""
    import http.client  # only where a server is asked
    import urllib.error
    import urllib.request

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
    theirs = parse_http_date(date)
    # The server's moment lies between both of ours, and its fraction of a second is cut off.
    return None if theirs is None else (sent + time.time()) / 2 - (theirs + 0.5)
