"""Words of a POSIX shell: quotes, escapes, expansions, here-documents (POSIX 2.2, 2.6, 2.7)."""

from __future__ import annotations

import re
from typing import NamedTuple

from vovecli.core.captures.commands.shell_escapes import ansi_c
from vovecli.core.errors import VoveError

SPACE = re.compile(r"(?:[ \t\r]|\\\r?\n)*")
_PLAIN = re.compile(r"""[^\s'"\\$`;&|<>()]+""")
_QUOTED_RUN = re.compile(r"""[^"\\$`]+""")
_PARAMETER = re.compile(
    r"\$(?:\{(?P<braced>\w+)\}"
    r"|\{(?P<name>\w+):?-(?P<default>[^}$`\"'\\]*)\}"
    r"|(?P<plain>[A-Za-z_]\w*|[0-9@*]))"
)
_DELIMITER = re.compile(r"""[ \t]*(?:'([^'\n]*)'|"([^"\n]*)"|(\\?)([^\s;&|<>()'"]+))""")
_LITERAL = re.compile(r"([^']*)'")
_ANSI_C = re.compile(r"((?:[^'\\]+|\\.)*)'", re.DOTALL)
_LINE_END = re.compile(r"(?<!\\)\n")
_ARGUMENTS = frozenset("123456789@*")  # a script that is only read has none
_MAX_WORDS = 100_000
_MAX_TEXT = 32_000_000  # characters that all joined words may have together


class Word(NamedTuple):
    """A word with its quotes resolved.

    Attributes:
        text: The value; odd bytes are surrogate-escaped.
        unresolved: The first expansion in it that has no value here, as it is written; else empty.
    """

    text: str
    unresolved: str = ""


class WordReader:
    """Reads the words of a text one after the other; a subclass works off the commands in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.variables: dict[str, Word] = {}
        # Where to go on after a line that a here-document follows.
        self.after_line: dict[int, int] = {}
        # What is left of both limits; shared with the readers inside this one.
        self.budget = {"words": _MAX_WORDS, "text": _MAX_TEXT}

    def substitute(self) -> Word:
        """What the commands up to a closing parenthesis print."""
        raise NotImplementedError

    def substitute_text(self, text: str) -> Word:
        """What the commands in a text print."""
        raise NotImplementedError

    def inside(self, text: str) -> WordReader:
        """A reader of a text that stands in this one, with the same variables."""
        raise NotImplementedError

    def skip(self, pattern: re.Pattern[str]) -> int:
        """Pass over what a pattern matches; gives the new position."""
        match = pattern.match(self.text, self.position)
        if match:
            self.position = match.end()
        return self.position

    def line_end(self) -> int:
        """Where the line, with those that continue it, ends."""
        match = _LINE_END.search(self.text, self.position)
        return match.start() if match else len(self.text)

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
        self.budget["words"] -= 1
        self._refuse_excess()
        pieces: list[Word] = []
        while self.position < len(self.text):
            if plain := _PLAIN.match(self.text, self.position):
                self.position = plain.end()
                pieces.append(Word(plain[0]))
            elif self.text[self.position] in "'\"\\$`":
                pieces.append(self._special())
            else:
                break
        return self.join(pieces)

    def join(self, pieces: list[Word]) -> Word:
        """The words as one, within the limits."""
        if len(pieces) == 1:
            return pieces[0]
        self.budget["text"] -= sum([len(piece.text) for piece in pieces])
        self._refuse_excess()
        return Word("".join([piece.text for piece in pieces]), first_unresolved(pieces))

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
        return self.inside(text).double_quoted("")

    def double_quoted(self, closing: str) -> Word:
        """The text up to the closing quote; a here-document has none and goes on to the end."""
        pieces: list[Word] = []
        while self.position < len(self.text):
            char = self.text[self.position]
            if char == closing:
                self.position += 1
                return self.join(pieces)
            if run := _QUOTED_RUN.match(self.text, self.position):
                self.position = run.end()
                pieces.append(Word(run[0]))
            elif char == "\\":
                pieces.append(Word(self._quoted_escape(closing)))
            elif char in "$`":
                pieces.append(self._expansion())
            else:
                self.position += 1
                pieces.append(Word(char))
        if closing:
            raise malformed("a quote is not closed")
        return self.join(pieces)

    def _refuse_excess(self) -> None:
        if min(self.budget.values()) < 0:
            raise malformed("it is too long, or its variables grow without end")

    def _special(self) -> Word:
        """A piece of a word that starts with a quote, a backslash, a dollar or a backtick."""
        text, at = self.text, self.position
        if text[at] == "'":
            return Word(self._single_quoted(_LITERAL, at + 1))
        if text.startswith("$'", at):
            return Word(ansi_c(self._single_quoted(_ANSI_C, at + 2)))
        if text[at] == '"' or text.startswith('$"', at):
            self.position = text.index('"', at) + 1
            return self.double_quoted('"')
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

    def _quoted_escape(self, closing: str) -> str:
        """In double quotes a backslash escapes only what is special there (POSIX 2.2.3)."""
        escaped = self.text[self.position + 1 : self.position + 2]
        self.position += 2
        if escaped == "\n":
            return ""
        return escaped if escaped and escaped in "$`\\" + closing else "\\" + escaped

    def _expansion(self) -> Word:
        text, at = self.text, self.position
        if text.startswith("$((", at):
            return self._unknown(text.find("))", at) + 2)
        if text.startswith("$(", at):
            self.position += 2
            return self._without_newlines(self.substitute(), at)
        if text[at] == "`":
            self.position = text.find("`", at + 1) + 1
            if not self.position:
                raise malformed("a backtick is not closed")
            return self._without_newlines(
                self.substitute_text(text[at + 1 : self.position - 1]), at
            )
        if parameter := _PARAMETER.match(text, at):
            self.position = parameter.end()
            return self._parameter(parameter)
        if text.startswith("${", at):
            return self._unknown(text.find("}", at) + 1)
        self.position += 1
        return Word("$")

    def _parameter(self, match: re.Match[str]) -> Word:
        name = match["braced"] or match["plain"] or match["name"]
        if name in self.variables:
            return self.variables[name]
        if match["default"] is not None:
            return Word(match["default"])
        return Word("") if name in _ARGUMENTS else Word(match[0], match[0])

    def _unknown(self, end: int) -> Word:
        """An expansion that is not worked out."""
        if end <= self.position:
            raise malformed("an expansion is not closed")
        written = self.text[self.position : end]
        self.position = end
        return Word(written, written[:80])

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
