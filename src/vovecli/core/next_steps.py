"""What to type next after an app has refused what it should have taken."""

from __future__ import annotations

from shlex import quote

from vovecli.core.endpoints import parse_endpoint, short_url
from vovecli.core.outcomes.answers import is_acknowledged

_UNAUTHORIZED = (400, 401, 403)
_NOT_FOUND = (404, 405)


def check_command(url: str) -> str:
    """The command that checks an endpoint, as a POSIX shell takes it."""
    return f"vove check {quote(short_url(url))}"


def after_refusal(url: str, status: int | None, *, secret_given: bool) -> str:
    """The next command, after what makes it the right one; empty where there is none to name.

    Args:
        url: The endpoint.
        status: What it answered to a genuine delivery.
        secret_given: Whether somebody named the signing secret, or it is our development secret.
    """
    if status is None or is_acknowledged(status) or not parse_endpoint(url).is_loopback:
        return ""
    check = check_command(url)
    if status in _NOT_FOUND:
        return f"no handler answers at this path; find the one that does: {check}"
    if status in _UNAUTHORIZED and not secret_given:
        return (
            "no secret was given, so the app may have another one: set VOVE_WEBHOOK_SECRET to the "
            f"app's, or find out more: {check}"
        )
    return f"find out why: {check}"
