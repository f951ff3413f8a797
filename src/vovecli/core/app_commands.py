"""The command line of an app, taken apart as a shell would but run without one."""

from __future__ import annotations

import re
import shlex
from typing import NamedTuple

from vovecli.core.errors import Category, VoveError

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=", re.ASCII)
_VALUE = re.compile(r"(?<!\S)([A-Za-z_]\w*=)\S+", re.ASCII)
_SHELL_WORDS = ("cd", "export")
_OPERATOR = re.compile(r"[;<>|&]+")
# Outside of single quotes a shell would put something else there.
_EXPANSION = re.compile(r"\$[A-Za-z_{(]\w*|`")
_QUOTED = re.compile(r"'[^']*'")


class AppCommand(NamedTuple):
    """A program and what it is given.

    Attributes:
        variables: Assignments before the program: `PORT=3000 npm start`.
    """

    argv: tuple[str, ...]
    variables: dict[str, str]

    @property
    def shown(self) -> str:
        """Without the assignments, which may hold keys of the app's own."""
        return shlex.join(self.argv)


def parse_app_command(text: str) -> AppCommand:
    """Split a command line.

    Raises:
        VoveError: `bad-run` where it cannot be split, names no program or needs a shell.
    """
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";<>|&")
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise _bad(text, str(error)) from None
    variables: dict[str, str] = {}
    while words and _ASSIGNMENT.match(words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if not words:
        raise _bad(text, "it names no program")
    needing = [word for word in words if _OPERATOR.fullmatch(word) or word in _SHELL_WORDS]
    needing += _EXPANSION.findall(_QUOTED.sub("", text))
    if needing:
        raise _bad(text, f"{needing[0]!r} needs a shell, and it runs without one")
    return AppCommand(tuple(words), variables)


def _bad(text: str, why: str) -> VoveError:
    shown = _VALUE.sub(r"\1...", text)
    return VoveError(
        "bad-run",
        f"--run {shown!r} cannot be run: {why}",
        hint="give one program with its arguments, or a shell: --run \"sh -c '...'\"",
        category=Category.USAGE,
    )
