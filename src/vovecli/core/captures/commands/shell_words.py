"""Words of a POSIX shell: quotes, escapes, expansions, here-documents (POSIX 2.2, 2.6, 2.7)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import NamedTuple

from vovecli.core.captures.escapes import unescaped
from vovecli.core.errors import VoveError

SPACE = re.compile(r"(?:[ \t\r]|\\\r?\n)*")
_PLAIN = re.compile(r"""[^\s'"\\$`;&|<>()]+""")
_LITERAL = re.compile(r"([^']*)'")
_ANSI_C = re.compile(r"((?:[^'\\]++|\\.)*+)'", re.DOTALL)
_QUOTED = re.compile(r"""(?:[^"\\$`]++|\\.)++""", re.DOTALL)
_QUOTED_ESCAPE = re.compile(r"""\\(?:\n|(["$`\\]))""")
_HERE = re.compile(r"(?:[^\\$`]++|\\.)++|\\$", re.DOTALL)
_HERE_ESCAPE = re.compile(r"\\(?:\n|([$`\\]))")
_PARAMETER = re.compile(
    r"\$(?:\{(?P<braced>\w+)\}"
    r"|\{(?P<name>\w+):?-(?P<default>[^}$`\"'\\]*)\}"
    r"|(?P<plain>[A-Za-z_]\w*|[0-9@*]))"
)
_DELIMITER = re.compile(r"""[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|(\\?)([^\s;&|<>()'"]+))""")
_LINE_END = re.compile(r"(?<!\\)\n")
_ARGUMENTS = frozenset("123456789@*")  # a script that is only read has none
_MAX_STEPS = 100_000
_MAX_TEXT = 32_000_000


class Word(NamedTuple):
    """A word with its quotes resolved.

    Attributes:
        text: The value; odd bytes are surrogate-escaped.
        unresolved: The first expansion in it that has no value here, as it is written; else empty.
    """

    text: str
    unresolved: str = ""


class Budget:
    """How much one source may cost: steps of reading, and characters of text put together."""

    def __init__(self) -> None:
        self._steps, self._text = _MAX_STEPS, _MAX_TEXT

    def spend(self, *, steps: int = 0, text: int = 0) -> None:
        """Take from what is left.

        Raises:
            VoveError: `malformed-shell`, when nothing is left.
        """
        self._steps -= steps
        self._text -= text
        if self._steps < 0 or self._text < 0:
            raise malformed("it is too long, or its variables grow without limit")


class WordReader(ABC):
    """Reads the words of a text one after the other; a subclass works off the commands in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.variables: dict[str, Word] = {}
        self.budget = Budget()
        # Where to go on after a line that a here-document follows.
        self.after_line: dict[int, int] = {}
        self._line_end = -1

    @abstractmethod
    def substitute(self) -> Word:
        """What the commands up to a closing parenthesis print."""

    @abstractmethod
    def inside(self, text: str) -> WordReader:
        """A reader of a text that stands in this one, with the same variables and budget."""

    def skip(self, pattern: re.Pattern[str]) -> int:
        """Pass over what a pattern that always matches does; gives the new position."""
        match = pattern.match(self.text, self.position)
        assert match
        self.position = match.end()
        return self.position

    def line_end(self) -> int:
        """Where the line, with those that continue it, ends."""
        if self._line_end < self.position:
            match = _LINE_END.search(self.text, self.position)
            self._line_end = match.start() if match else len(self.text)
        return self._line_end

    def join(self, pieces: list[Word]) -> Word:
        """The pieces as one word."""
        if len(pieces) == 1:
            return pieces[0]
        self.budget.spend(text=sum([len(piece.text) for piece in pieces]))
        return Word("".join([piece.text for piece in pieces]), first_unresolved(pieces))

    def word(self) -> Word:
        """The next word after white space.

        Raises:
            VoveError: `malformed-shell`.
        """
        self.skip(SPACE)
        return self.value()

    def value(self) -> Word:
        """The word at this very place, which may be empty; expansions are not split at spaces.

        Raises:
            VoveError: `malformed-shell`.
        """
        pieces: list[Word] = []
        while self.position < len(self.text):
            self.budget.spend(steps=1)
            if plain := _PLAIN.match(self.text, self.position):
                self.position = plain.end()
                pieces.append(Word(plain[0]))
            elif self.text[self.position] in "'\"\\$`":
                pieces.append(self._special())
            else:
                break
        return self.join(pieces)

    def here_document(self, *, strip_tabs: bool) -> Word:
        """The text of a here-document, which starts after the line that is being read."""
        delimiter = _DELIMITER.match(self.text, self.position)
        if not delimiter:
            raise malformed("a here-document has no delimiter")
        self.position = delimiter.end()
        end = next(part for part in delimiter.group(1, 2, 4) if part is not None)
        newline = self.line_end()
        lines, after = [], self.after_line.get(newline, newline + 1)
        while after < len(self.text):
            start, after = after, self.text.find("\n", after) + 1 or len(self.text)
            line = self.text[start:after]
            line = line.lstrip("\t") if strip_tabs else line
            if line.rstrip("\r\n") == end:
                break
            lines.append(line)
        self.after_line[newline] = after
        text = "".join(lines)
        if delimiter[4] is None or delimiter[3]:
            return Word(text)
        return self.inside(text).expanded(_HERE, _HERE_ESCAPE, closing="")

    def expanded(self, run: re.Pattern[str], escape: re.Pattern[str], *, closing: str) -> Word:
        """Text up to its closing quote, or to the end where it has none, expansions filled in.

        Raises:
            VoveError: `malformed-shell`.
        """
        pieces: list[Word] = []
        while self.position < len(self.text):
            self.budget.spend(steps=1)
            if match := run.match(self.text, self.position):
                self.position = match.end()
                pieces.append(Word(escape.sub(_escaped, match[0])))
            elif self.text[self.position] == closing:
                self.position += 1
                return self.join(pieces)
            else:
                pieces.append(self._expansion())
        if closing:
            raise malformed("a quote is not closed")
        return self.join(pieces)

    def _special(self) -> Word:
        """A piece of a word that starts with a quote, a backslash, a dollar or a backtick."""
        text, at = self.text, self.position
        if text[at] == "'":
            return Word(self._single_quoted(_LITERAL, at + 1))
        if text.startswith("$'", at):
            return Word(unescaped(self._single_quoted(_ANSI_C, at + 2)))
        if text[at] == '"' or text.startswith('$"', at):
            self.position = text.index('"', at) + 1
            return self.expanded(_QUOTED, _QUOTED_ESCAPE, closing='"')
        if text[at] == "\\":
            end = at + (3 if text.startswith("\\\r\n", at) else 2)
            self.position = end
            escaped = text[at + 1 : end]
            return Word("" if escaped in ("\n", "\r\n") else escaped)
        return self._expansion()

    def _single_quoted(self, pattern: re.Pattern[str], start: int) -> str:
        match = pattern.match(self.text, start)
        if not match:
            raise malformed("a quote is not closed")
        self.position = match.end()
        return match[1]

    def _expansion(self) -> Word:
        text, at = self.text, self.position
        if parameter := _PARAMETER.match(text, at):
            self.position = parameter.end()
            return self._parameter(parameter)
        if text.startswith("$((", at):
            return self._unknown("))")
        if text.startswith("$(", at):
            self.position += 2
            return self._without_newlines(self.substitute(), at)
        if text.startswith("${", at):
            return self._unknown("}")
        if text[at] == "`":
            return self._backticks(at)
        self.position += 1
        return Word(text[at])

    def _parameter(self, match: re.Match[str]) -> Word:
        name = match["braced"] or match["plain"] or match["name"]
        if name in self.variables:
            return self.variables[name]
        if match["default"] is not None:
            return Word(match["default"])
        return Word("") if name in _ARGUMENTS else Word(match[0], match[0])

    def _unknown(self, closing: str) -> Word:
        """An expansion that is not worked out."""
        start, end = self.position, self.text.find(closing, self.position)
        if end < 0:
            raise malformed("an expansion is not closed")
        self.position = end + len(closing)
        written = self.text[start : self.position]
        return Word(written, written[:80])

    def _backticks(self, start: int) -> Word:
        end = self.text.find("`", start + 1)
        if end < 0:
            raise malformed("a backtick is not closed")
        self.position = end + 1
        inner = self.inside(self.text[start + 1 : end] + ")")
        return self._without_newlines(inner.substitute(), start)

    def _without_newlines(self, printed: Word, start: int) -> Word:
        """What a substitution gives: its output without the newlines at the end (POSIX 2.6.3)."""
        written = self.text[start : min(self.position, start + 80)]
        return Word(printed.text.rstrip("\n"), printed.unresolved and written)


def first_unresolved(words: list[Word]) -> str:
    """The first expansion in the words that has no value, or nothing."""
    return next((word.unresolved for word in words if word.unresolved), "")


def malformed(why: str) -> VoveError:
    """The error for a command that a shell would refuse, or that was cut off."""
    return VoveError(
        "malformed-shell",
        f"the shell command cannot be read: {why}",
        hint="copy the whole command again, from curl to the last quote",
    )


def _escaped(match: re.Match[str]) -> str:
    """In double quotes a backslash escapes only what is special there (POSIX 2.2.3)."""
    return match[1] or ""
