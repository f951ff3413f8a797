r"""Command lines of Windows, split into words as PowerShell or cmd.exe and a program do it.

Browsers write both; "Copy as cURL (cmd)" has every argument in `^"..."`, and quotes in it as `\^"`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.commands.shell_words import Word, first_unresolved, malformed
from vovecli.core.captures.escapes import powershell_unescaped
from vovecli.core.captures.json_text import is_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.captures.commands.shell_words import Budget

# Backticks escape, and continue a line; quotes are doubled in quotes of their kind.
_POWERSHELL = re.compile(
    r"""
      '(?P<literal>(?:[^']|'')*+)'
    | "(?P<quoted>(?:[^"`]|`.|"")*+)"
    | (?P<space>(?:[ \t\r]|`\r?\n)+)
    | (?P<end>[\n;|]|\#[^\n]*)
    | (?P<bare>(?:[^\s'"`;|]|`(?!\r?\n).)+)
    """,
    re.VERBOSE | re.DOTALL,
)
_POWERSHELL_VARIABLE = re.compile(r"(?<!`)\$(?:[A-Za-z_][\w:.]*|\{[^}]*\}|\()")
# The C runtime: `\"` and, in quotes, `""` are a quote character; backslashes count before one only.
_ARGUMENTS = re.compile(
    r"""
      "(?P<quoted>(?:[^"\\]|""|(?:\\\\)*+\\"|\\+(?![\\"]))*+)(?P<backslashes>(?:\\\\)*+)"
    | (?P<space>[ \t\r]+)
    | (?P<bare>(?:[^ \t\r"\\]|(?:\\\\)*+\\"|\\+(?![\\"]))+)
    | (?P<end>\0)
    """,
    re.VERBOSE,
)
_QUOTE = re.compile(r'(\\*)""?')
_CMD_VARIABLE = re.compile(r"%[A-Za-z_]\w*%")
# A caret takes the meaning of the next character; before a line end it joins the next line, whose
# first character loses its meaning too: `^` and two line ends are one line end.
_CARET = r"\^\r?\n(\r?\n|.)?|\^(.)"
_END = r"(\r?\n|[&|])"
_CLIENTS = ("curl", "wget")


def split_powershell(text: str, budget: Budget) -> list[list[Word]]:
    """The words of every command.

    Raises:
        VoveError: `malformed-shell`.
    """

    def value(piece: re.Match[str]) -> Word:
        if piece["literal"] is not None:
            return Word(piece["literal"].replace("''", "'"))
        text = piece["quoted"] if piece["quoted"] is not None else piece["bare"]
        variable = _POWERSHELL_VARIABLE.search(text)
        return Word(powershell_unescaped(text), variable[0] if variable else "")

    return [
        [word._replace(text=_handed_over(word.text)) for word in words]
        for words in _commands(text, _POWERSHELL, value, budget)
    ]


def split_cmd(text: str, budget: Budget) -> list[list[Word]]:
    """The words of every command of a batch file, or of a pasted command line, that is a client's.

    Raises:
        VoveError: `malformed-shell`.
    """

    def value(piece: re.Match[str]) -> Word:
        text = _QUOTE.sub(_half, piece["quoted"] or piece["bare"] or "")
        text += (piece["backslashes"] or "")[::2]
        variable = _CMD_VARIABLE.search(text)
        return Word(text, variable[0] if variable else "")

    lines = [line for line in _cmd_lines(text) if any(client in line for client in _CLIENTS)]
    return [words for line in lines for words in _commands(line, _ARGUMENTS, value, budget)]


def _commands(
    text: str, pieces: re.Pattern[str], value: Callable[[re.Match[str]], Word], budget: Budget
) -> list[list[Word]]:
    """The words of a text, of which each may be several pieces, up to an end and after it."""
    commands: list[list[Word]] = [[]]
    word: list[Word] = []
    position = 0
    while position < len(text):
        budget.spend(steps=1)
        piece = pieces.match(text, position)
        if not piece:
            raise malformed("a quote is not closed")
        position = piece.end()
        if piece["space"] is None and piece["end"] is None:
            word.append(value(piece))
            continue
        if word:
            commands[-1].append(_joined(word))
            word = []
        if piece["end"]:
            commands.append([])
    if word:
        commands[-1].append(_joined(word))
    return [words for words in commands if words]


def _joined(pieces: list[Word]) -> Word:
    return Word("".join([piece.text for piece in pieces]), first_unresolved(pieces))


def _handed_over(text: str) -> str:
    """What a program is given: before PowerShell 7.3 a quote in it needed a backslash.

    What is JSON as it is written was written for a later one.
    """
    return text if is_json(text.encode("utf-8", "replace")) else text.replace('\\"', '"')


def _half(quote: re.Match[str]) -> str:
    return "\\" * (len(quote[1]) // 2) + '"'


def _cmd_lines(text: str) -> list[str]:
    """What cmd.exe hands over: carets resolved, split where a command ends."""
    # `\^"` in plain quotes is how older browsers wrote it: there carets count inside quotes too.
    everywhere = '^\\^"' in text
    quoted = r'("(?:\^.|[^"^])*+"?)' if everywhere else r'("[^"]*+"?)'

    def resolved(match: re.Match[str]) -> str:
        joined, escaped, inside, end = match.groups()
        if inside and everywhere:
            return re.sub(_CARET, r"\1\2", inside, flags=re.DOTALL)
        return "\0" if end else joined or escaped or inside or ""

    return re.sub(f"{_CARET}|{quoted}|{_END}", resolved, text, flags=re.DOTALL).split("\0")
