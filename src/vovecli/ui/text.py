"""Text from elsewhere, made safe to show."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def printable(text: str, *, limit: int = 2000) -> str:
    """One line of untrusted text: what could steer a terminal is escaped, the length bounded.

    Control characters, bidirectional overrides and lone surrogates are not printable in Unicode's
    sense; letters, emoji and spaces are.
    """
    shown = text[:limit]
    if "##[" in shown or "::" in shown:
        shown = _no_workflow_command(shown)
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else _escape(c) for c in shown)
    return shown if len(text) <= limit else f"{shown}... ({len(text) - limit} more)"


def printable_lines(text: str, *, limit: int = 4000) -> str:
    """Several lines of untrusted text: as `printable`, line ends kept."""
    lines = text[:limit].replace("\r\n", "\n").split("\n")
    shown = "\n".join(printable(line, limit=limit) for line in lines)
    return shown if len(text) <= limit else f"{shown}... ({len(text) - limit} more)"


def _no_workflow_command(text: str) -> str:
    """The text so that GitHub's runner reads no command in it (actions/runner, ActionCommand.cs).

    It looks for `##[` anywhere in a line, and for `::` after the spaces at its start.
    """
    text = text.replace("##[", "##\\x5b")
    start = len(text) - len(text.lstrip())
    return f"{text[:start]}\\x3a{text[start + 1 :]}" if text.startswith("::", start) else text


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
