"""Command lines of PowerShell: backticks escape, and continue a line; quotes stand doubled."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.commands.shell_words import Word, first_unresolved, malformed
from vovecli.core.captures.escapes import powershell_character

if TYPE_CHECKING:
    from vovecli.core.captures.commands.shell_words import Budget

_PIECE = re.compile(
    r"""
      '(?P<literal>(?:[^']|'')*)'
    | "(?P<quoted>(?:[^"`]|`.|"")*)"
    | (?P<space>(?:[ \t\r]|`\r?\n)+)
    | (?P<end>[\n;|]|\#[^\n]*)
    | (?P<bare>(?:[^\s'"`;|]|`(?!\r?\n).)+)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"`(.)|\"\"", re.DOTALL)
_VARIABLE = re.compile(r"(?<!`)\$(?:[A-Za-z_][\w:.]*|\{[^}]*\}|\()")


def split_commands(text: str, budget: Budget) -> list[list[Word]]:
    """The words of every command.

    Raises:
        VoveError: `malformed-shell`.
    """
    commands: list[list[Word]] = [[]]
    pieces: list[Word] = []
    position = 0
    while position < len(text):
        budget.spend(steps=1)
        match = _PIECE.match(text, position)
        if not match:
            raise malformed("a quote is not closed")
        position = match.end()
        if match["space"] is None and match["end"] is None:
            pieces.append(_value(match))
            continue
        if pieces:
            commands[-1].append(_joined(pieces))
            pieces = []
        if match["end"]:
            commands.append([])
    if pieces:
        commands[-1].append(_joined(pieces))
    return [words for words in commands if words]


def _value(piece: re.Match[str]) -> Word:
    if piece["literal"] is not None:
        return Word(piece["literal"].replace("''", "'"))
    text = piece["quoted"] if piece["quoted"] is not None else piece["bare"]
    variable = _VARIABLE.search(text)
    return Word(_ESCAPE.sub(powershell_character, text), variable[0] if variable else "")


def _joined(pieces: list[Word]) -> Word:
    r"""The pieces as one argument; before PowerShell 7.3 a program gets `\"` as a quote only so."""
    text = "".join([piece.text for piece in pieces])
    return Word(text.replace('\\"', '"'), first_unresolved(pieces))
