"""Points in time and lengths of time, as people type and read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import inf

from vovecli.core.errors import Category, VoveError

_UNITS_S = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)?", re.ASCII)
_MAX_DURATION_S = 36_500 * 86_400  # a century: what is longer is a slip
_SHOWN_CHARACTERS = 80
_MAX_TIMESTAMP = 99_999_999_999  # eleven digits: what a webhook timestamp may have


def parse_duration(text: str) -> float:
    """Seconds out of `500ms`, `15s`, `5m`, `2h`, `1d`; a bare number is seconds.

    Raises:
        VoveError: `bad-duration`.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _UNITS_S[match[2] or "s"] if match else inf
    if seconds > _MAX_DURATION_S:
        shown = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
        raise VoveError(
            "bad-duration",
            f"{shown!r} is not a duration",
            hint="write 500ms, 15s, 5m, 2h or 1d, at most 36500d; a bare number is seconds",
            category=Category.USAGE,
        )
    return seconds


def parse_time(text: str, *, now: int) -> int:
    """Unix seconds out of Unix seconds, ISO 8601 (no zone: UTC), `now`, or relative `-10m`, `+2h`.

    Raises:
        VoveError: `bad-time`.
    """
    text = text.strip()
    if text == "now":
        return now
    if text[:1] in ("-", "+"):
        seconds = parse_duration(text[1:])
        moment = round(now - seconds if text[0] == "-" else now + seconds)
    else:
        moment = _absolute(text)
    if not 0 < moment <= _MAX_TIMESTAMP:
        raise _bad_time(text)
    return moment


def parse_since(text: str, *, now: int) -> int:
    """Unix seconds out of a time, or of a length of time that has gone by: `1h`.

    Raises:
        VoveError: `bad-time`.
    """
    try:
        return parse_time(text, now=now)
    except VoveError as error:
        try:
            return round(now - parse_duration(text))
        except VoveError:
            raise error from None


def _absolute(text: str) -> int:
    if text.isascii() and text.isdigit():
        return int(text[:20])
    try:
        parsed = datetime.fromisoformat(text)
        return int((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise _bad_time(text) from None


def _bad_time(text: str) -> VoveError:
    return VoveError(
        "bad-time",
        f"{text!r} is not a time",
        hint="write Unix seconds, ISO 8601 (2026-01-31T12:00:00Z), or relative: -10m, +2h",
        category=Category.USAGE,
    )


def format_duration(seconds: float) -> str:
    """A length of time in its two largest units: `4 min 3 s`, `2 d 5 h`."""
    left, parts = round(abs(seconds)), []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def iso(moment: float) -> str:
    """Unix seconds as `2026-01-31T12:00:00Z`."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
