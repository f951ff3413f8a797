"""Shell scripts, as far as they lead to a curl command: its words and what it reads.

Nothing is run. `echo`, `printf` and `cat` are worked out, since a body often comes from them; what
any other command would print has no value here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.captures.commands.shell_words import (
    SPACE,
    Word,
    WordReader,
    first_unresolved,
    malformed,
)
from vovecli.core.captures.escapes import unescaped

if TYPE_CHECKING:
    from vovecli.core.captures.source import ReadFile

_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_REDIRECTION = re.compile(r"[0-9]*(<<<|<<-?|<&|<|>>|>\||>&|&>>?|>)")
_COMMENT = re.compile(r"[^\n]*")
_FORMAT = re.compile(r"%(?:(%)|([sb])|[-+ #0-9.]*[a-zA-Z])")
_DECLARATIONS = frozenset({"export", "local", "readonly", "declare", "typeset"})
_MAX_DEPTH, _INSIDE_STEPS = 16, 10


class Invocation(NamedTuple):
    """One simple command.

    Attributes:
        stdin: What it reads on its standard input, where that is known.
        source: The file that it reads on its standard input; empty where it is none.
        target: The file that its output goes to; empty where it goes to none.
    """

    words: list[Word]
    stdin: Word | None = None
    source: str = ""
    target: str = ""

    @property
    def name(self) -> str:
        """The command's first word; empty where there is only a redirection or an assignment."""
        return self.words[0].text if self.words else ""


class Script(WordReader):
    """A script that is worked off command by command.

    Attributes:
        invocations: Every command that was met outside of substitutions, in order.
        started: Where the last of them starts, or the one that could not be read.
    """

    def __init__(self, text: str, read_file: ReadFile) -> None:
        super().__init__(text)
        self.invocations: list[Invocation] = []
        self.started = 0
        self._read_file = read_file
        self._files: dict[str, Word] = {}
        self._depth = 0

    def run(self) -> None:
        """Work off the whole script.

        Raises:
            VoveError: `malformed-shell`, and what reading a file raises.
        """
        self._work_off("", printing=False)

    def substitute(self) -> Word:
        """Work off the commands up to a closing parenthesis and give what they print."""
        self._deepen()
        kept = len(self.invocations)
        printed = self._work_off(")", printing=True)
        del self.invocations[kept:]
        self._depth -= 1
        return printed

    def inside(self, text: str) -> Script:
        """A reader of a text that stands in this one, with the same variables and files."""
        self.budget.spend(steps=_INSIDE_STEPS)
        inner = Script(text, self._read_file)
        inner.variables, inner.budget = self.variables, self.budget
        inner._files, inner._depth = self._files, self._depth
        inner._deepen()
        return inner

    def file(self, name: str) -> Word:
        """A file that the script wrote before, or one that lies beside it.

        Raises:
            VoveError: What `read_file` raises.
        """
        if name in self._files:
            return self._files[name]
        return Word(self._read_file(name).decode("utf-8", "surrogateescape"))

    def input(self, invocation: Invocation) -> Word | None:
        """What a command reads on its standard input; None where nobody gave it.

        Raises:
            VoveError: What `read_file` raises.
        """
        return self.file(invocation.source) if invocation.source else invocation.stdin

    def _deepen(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise malformed("it is nested too deeply")

    def _work_off(self, closing: str, *, printing: bool) -> Word:
        printed: list[Word] = []
        piped: Word | None = None
        while not self._at_end(closing):
            self.budget.spend(steps=1)
            if self._passed_separator():
                piped = None
                continue
            if not closing:
                self.started = self.position
            invocation = self._command(piped)
            self.invocations.append(invocation)
            self._declare(invocation)
            piped = None
            # Only now, where it matters: a file that some other command prints may be missing.
            if invocation.target:
                self._files[invocation.target] = self._output(invocation)
            elif self._passed_pipe():
                piped = self._output(invocation)
            elif printing:
                printed.append(self._output(invocation))
        return self.join(printed)

    def _at_end(self, closing: str) -> bool:
        """Whether the commands end here; passes over the closing character."""
        if self.skip(SPACE) >= len(self.text):
            if closing:
                raise malformed(f"a {closing} is missing")
            return True
        if closing and self.text[self.position] == closing:
            self.position += 1
            return True
        return False

    def _passed_separator(self) -> bool:
        """Pass over one character that stands between commands, or over a comment."""
        char = self.text[self.position]
        if char == "#":
            self.skip(_COMMENT)
            return True
        if char not in "\n;&|()" or (char == "&" and _REDIRECTION.match(self.text, self.position)):
            return False
        self.position = self.after_line.get(self.position, self.position + 1)
        return True

    def _passed_pipe(self) -> bool:
        at = self.position
        if self.text[at : at + 1] != "|" or self.text[at + 1 : at + 2] == "|":
            return False
        self.position += 1
        return True

    def _command(self, stdin: Word | None) -> Invocation:
        words: list[Word] = []
        source = target = ""
        while self.skip(SPACE) < len(self.text) and self.text[self.position] not in "\n;|()#":
            if redirection := _REDIRECTION.match(self.text, self.position):
                self.position = redirection.end()
                if redirection[1].startswith("<<"):
                    stdin, source = self._here(redirection[1]), ""
                elif redirection[1] == "<":
                    source = self.word().text
                else:
                    target = self.word().text
            elif self.text[self.position] == "&":
                break
            elif not words and (assigned := _ASSIGNMENT.match(self.text, self.position)):
                self.position = assigned.end()
                self.variables[assigned[1]] = self.value()
            else:
                words.append(self.word())
        return Invocation(words, stdin, source, target)

    def _here(self, operator: str) -> Word:
        if operator != "<<<":
            return self.here_document(strip_tabs=operator == "<<-")
        word = self.word()
        return Word(word.text + "\n", word.unresolved)

    def _declare(self, invocation: Invocation) -> None:
        """Keep the variables of `export NAME=value` and `read NAME <<EOF`."""
        name, arguments = invocation.name, invocation.words[1:]
        if name == "read" and arguments and (given := self.input(invocation)):
            self.variables[arguments[-1].text] = Word(given.text.strip(" \t\n"), given.unresolved)
        elif name in _DECLARATIONS:
            for text, unresolved in arguments:
                variable, equals, value = text.partition("=")
                if equals:
                    self.variables[variable] = Word(value, unresolved)

    def _output(self, invocation: Invocation) -> Word:
        """What a command prints; unresolved where that is not known."""
        name, arguments = invocation.name, invocation.words[1:]
        if name == "echo":
            return _echo(arguments)
        if name == "printf" and arguments:
            text = _printf(arguments[0].text, [word.text for word in arguments[1:]])
            return Word("", name) if text is None else Word(text, first_unresolved(arguments))
        if name == "cat" or (not name and (invocation.stdin or invocation.source)):
            return self._cat(arguments, self.input(invocation))
        return Word("", name)

    def _cat(self, arguments: list[Word], stdin: Word | None) -> Word:
        names = [text for text, _ in arguments if text == "-" or not text.startswith("-")] or ["-"]
        inputs = [stdin if name == "-" else self.file(name) for name in names]
        return self.join([Word("", "cat") if word is None else word for word in inputs])


def _echo(arguments: list[Word]) -> Word:
    flags = ""
    while arguments and re.fullmatch(r"-[neE]+", arguments[0].text):
        flags += arguments[0].text[1:]
        arguments = arguments[1:]
    text = " ".join([word.text for word in arguments])
    text = unescaped(text) if "e" in flags else text
    return Word(text if "n" in flags else text + "\n", first_unresolved(arguments))


def _printf(form: str, arguments: list[str]) -> str | None:
    """What `printf` prints for a format of plain text, `%s` and `%b`; None for anything else."""
    left = arguments[::-1]
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        if match[1]:
            return "%"
        known = known and bool(match[2])
        argument = left.pop() if left else ""
        return unescaped(argument) if match[2] == "b" else argument

    text = unescaped(form)
    printed = [_FORMAT.sub(value, text)]
    while known and left and len(left) < len(arguments):
        printed.append(_FORMAT.sub(value, text))
    return "".join(printed) if known else None
