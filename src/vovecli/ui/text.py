"""Text from elsewhere, made safe to show."""

from __future__ import annotations


def printable(text: str, *, limit: int = 2000) -> str:
    """One line of untrusted text: what could steer a terminal is escaped, the length bounded.

    Control characters, bidirectional overrides and lone surrogates are not printable in Unicode's
    sense; letters, emoji and spaces are.
    """
    shown = text[:limit]
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else _escape(c) for c in shown)
    return shown if len(text) <= limit else f"{shown}... ({len(text) - limit} more)"


def printable_lines(text: str, *, limit: int = 4000) -> str:
    """Several lines of untrusted text: as `printable`, line ends kept."""
    lines = text[:limit].replace("\r\n", "\n").split("\n")
    shown = "\n".join(printable(line, limit=limit) for line in lines)
    return shown if len(text) <= limit else f"{shown}... ({len(text) - limit} more)"


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
