r"""Command lines of Windows: what cmd.exe makes of carets, and how programs split what is left.

Browsers write them as "Copy as cURL (cmd)": every argument in `^"..."`, quotes in it as `\^"`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.commands.shell_words import Word, malformed

if TYPE_CHECKING:
    from vovecli.core.captures.commands.shell_words import Budget

# A caret takes the meaning of the next character; before a line end it joins the next line, whose
# first character loses its meaning too: `^` and two line ends are one line end.
_OUTSIDE = re.compile(r'\^\r?\n(\r?\n|.)?|\^(.)|(")|(\r?\n|[&|])|([^\^"\r\n&|]+|.)', re.DOTALL)
_INSIDE = re.compile(r'(")|([^"]+)')
_PIECE = re.compile(r'(\\*)"(")?|([ \t]+)|(\\+|[^\\" \t]+)', re.DOTALL)
_VARIABLE = re.compile(r"%[A-Za-z_]\w*%")
_CLIENTS = ("curl", "wget")


def split_commands(text: str, budget: Budget) -> list[list[Word]]:
    """The words of every command in a batch file or a pasted command line.

    Raises:
        VoveError: `malformed-shell`.
    """
    return [
        _split_arguments(line, budget)
        for line in _command_lines(text, budget)
        if any(client in line for client in _CLIENTS)
    ]


def _command_lines(text: str, budget: Budget) -> list[str]:
    """What cmd.exe hands over: carets resolved, split where a command ends."""
    # `\^"` in plain quotes is how older browsers wrote it: there carets count inside quotes too.
    carets_everywhere = '^\\^"' in text
    lines: list[str] = []
    pieces: list[str] = []
    position, quoted = 0, False
    while position < len(text):
        pattern = _INSIDE if quoted and not carets_everywhere else _OUTSIDE
        match = pattern.match(text, position)
        assert match  # each pattern takes any character
        position = match.end()
        budget.spend(steps=1)
        if pattern is _INSIDE:
            quoted = not match[1]
            pieces.append(match[0])
            continue
        joined, escaped, quote, end, plain = match.groups()
        quoted ^= bool(quote)
        if end and not quoted:
            lines.append("".join(pieces))
            pieces = []
        else:
            pieces.append(joined or escaped or quote or end or plain or "")
    return [*lines, "".join(pieces)]


def _split_arguments(line: str, budget: Budget) -> list[Word]:
    r"""Split as the C runtime does: `\"` and, in quotes, `""` are a quote character."""
    arguments: list[str] = []
    pieces: list[str] | None = None
    quoted = False
    for match in _PIECE.finditer(line):
        budget.spend(steps=1)
        backslashes, second_quote, space, plain = match.groups()
        if space and not quoted:
            if pieces is not None:
                arguments.append("".join(pieces))
            pieces = None
            continue
        pieces = [] if pieces is None else pieces
        if backslashes is None:
            pieces.append(space or plain)
            continue
        pieces.append("\\" * (len(backslashes) // 2))
        if len(backslashes) % 2:
            pieces.append('"')
            quoted ^= bool(second_quote)
        elif second_quote and quoted:
            pieces.append('"')
        else:
            quoted ^= not second_quote
    if quoted:
        raise malformed("a quote is not closed")
    if pieces is not None:
        arguments.append("".join(pieces))
    return [Word(text, _unresolved(text)) for text in arguments]


def _unresolved(text: str) -> str:
    match = _VARIABLE.search(text)
    return match[0] if match else ""
