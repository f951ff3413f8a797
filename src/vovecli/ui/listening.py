"""What a listener says on standard error: its start, its changes, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.outcomes.arrivals import AppChange, Overflow
from vovecli.core.secrets import DEVELOPMENT
from vovecli.core.times import format_duration
from vovecli.ui.text import count, printable
from vovecli.ui.tunnel import public_url_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.core.outcomes.arrivals import KeepingChange, Ready, Summary
    from vovecli.core.secrets import SigningSecret


def ready_lines(ready: Ready, odd: str) -> Iterator[str]:
    """Where it listens, the secret with notes on it, the public URL.

    Args:
        ready: What was started.
        odd: The mark before a note.
    """
    yield f"listening on {ready.url} (any path); Ctrl-C stops"
    if ready.elsewhere:
        yield f"other machines reach it on {ready.elsewhere}; so can anybody else on the network"
    yield _secrets_line(ready.secrets)
    for secret in ready.secrets:
        for note in secret.notes:
            yield f"{odd} {note.message}"
    if ready.public_url:
        yield from public_url_lines(ready.public_url)


def summary_line(summary: Summary) -> str:
    """`12 requests, 11 valid, 1 invalid, 2 duplicates in 3 min`."""
    parts = [
        count(summary.requests, "request"),
        f"{summary.valid} valid",
        f"{summary.invalid} invalid",
    ]
    if summary.duplicates:
        parts.append(count(summary.duplicates, "duplicate"))
    if summary.forwarded or summary.failed:
        parts += [f"{summary.forwarded} forwarded", f"{summary.failed} failed"]
    return f"{', '.join(parts)} in {format_duration(summary.elapsed_s)}"


def change_line(change: AppChange | KeepingChange | Overflow) -> str:
    """What has changed around the deliveries: the app, the history, strangers."""
    if isinstance(change, AppChange):
        return _app_line(change)
    if isinstance(change, Overflow):
        return (
            "too many unverified requests: those beyond 20 a second are answered with 429 and not "
            f"shown ({change.unseen} so far)"
        )
    if change.message:
        return (
            f"deliveries are answered with 503 until they can be kept: {printable(change.message)}"
        )
    return "deliveries are kept again"


def _secrets_line(secrets: Sequence[SigningSecret]) -> str:
    if secrets[0].origin == DEVELOPMENT:
        fingerprint = secrets[0].fingerprint
        return f"using the development secret {fingerprint}: genuine deliveries will be refused"
    named = (f"{secret.fingerprint} from {printable(secret.origin)}" for secret in secrets)
    return f"signing secret {' and '.join(named)}"


def _app_line(change: AppChange) -> str:
    if change.state == "up":
        return f"{change.endpoint} is up"
    if change.state == "back":
        return f"{change.endpoint} is back; send it what it missed: vove replay --failed"
    if change.state == "waiting":
        return f"waiting for {change.endpoint}: {printable(change.message)}"
    if change.state == "absent":
        return (
            f"{change.endpoint} has not come up: {printable(change.message)}; "
            "until it does, deliveries are answered with 502 at once"
        )
    return (
        f"{change.endpoint} is gone: {printable(change.message)}; "
        "until it is back, deliveries are answered with 502"
    )
