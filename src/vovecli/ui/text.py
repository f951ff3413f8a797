"""Text from elsewhere, made safe to show."""

from __future__ import annotations

import re

# Control characters, bidirectional overrides, lone surrogates: what could steer a terminal.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE_IN_LINES = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


def printable(text: str, *, limit: int = 2000) -> str:
    """One line of untrusted text: control characters escaped, length bounded."""
    return _UNSAFE.sub(_escape, _cut(text, limit))


def printable_lines(text: str, *, limit: int = 4000) -> str:
    """Several lines of untrusted text: as `printable`, line feeds kept."""
    return _UNSAFE_IN_LINES.sub(_escape, _cut(text.replace("\r\n", "\n"), limit))


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text) - limit} more)"


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
