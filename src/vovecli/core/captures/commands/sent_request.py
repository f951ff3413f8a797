"""What a command sends, gathered option by option, and the request it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.commands.shell_words import Word, first_unresolved, malformed
from vovecli.core.captures.facts import captured
from vovecli.core.captures.header_names import wire_name
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.verdicts import Finding
    from vovecli.core.requests import CapturedRequest

    # The text of a file by its name; `-` is the standard input.
    ReadInput = Callable[[str], Word]

_MAX_BODY = 64_000_000


def options(
    words: list[Word], long_with_value: frozenset[str], short_with_value: frozenset[str]
) -> Iterator[tuple[str, Word | None]]:
    """Options by the names they are given with, and their values; a bare word is a `url`."""
    left = iter(words)
    for word in left:
        text = word.text
        if text.startswith("--"):
            name, equals, value = text[2:].partition("=")
            if equals:  # curl itself refuses this form; generators and people write it
                yield name, Word(value, word.unresolved)
            else:
                yield name, next(left, Word("")) if name in long_with_value else None
        elif text.startswith("-") and len(text) > 1:
            yield from _short_options(word, left, short_with_value)
        else:
            yield "url", word


def _short_options(
    word: Word, left: Iterator[Word], with_value: frozenset[str]
) -> Iterator[tuple[str, Word | None]]:
    """Letters behind one dash; the first that takes a value takes the rest, or the next word."""
    for place, letter in enumerate(word.text[1:], start=2):
        if letter in with_value:
            rest = word.text[place:]
            yield letter, Word(rest, word.unresolved) if rest else next(left, Word(""))
            return
        yield letter, None


class SentRequest:
    """The parts of a request as a command line gives them.

    Attributes:
        headers: Lines `Name: value`, as curl takes them.
        body: The pieces of the body; None where the command has none.
    """

    def __init__(self) -> None:
        self.method: str | None = None
        self.url = ""
        self.headers: list[Word] = []
        self.body: list[Word] | None = None
        self.facts: tuple[Finding, ...] = ()

    def add_to_body(self, piece: Word, joint: str) -> None:
        """Add a piece, joined to what is there unless that is empty."""
        if self.body and self.body[0].text:
            self.body += [Word(joint), piece]
        else:
            self.body = [piece]

    def unresolved(self) -> str:
        """The first expansion without a value that matters to the signature, or nothing."""
        for line in self.headers:
            name = line.text.partition(":")[0].strip().lower()
            if line.unresolved and (name in HEADER_NAMES or line.unresolved.lower() in name):
                return line.unresolved
        return first_unresolved(self.body or [])

    def captured(self) -> CapturedRequest:
        """The request; its method is the one a client takes when none is given.

        Raises:
            VoveError: `malformed-shell`, when the body is too large.
        """
        if sum(len(piece.text) for piece in self.body or ()) > _MAX_BODY:
            raise malformed("its body is too large")
        method = self.method or ("GET" if self.body is None else "POST")
        headers = self._header_list()
        text = "".join([piece.text for piece in self.body or ()])
        body = text.encode("utf-8", "surrogateescape")
        return captured("curl", headers, body, method=method, target=self.url, facts=self.facts)

    def _header_list(self) -> Headers:
        """The header list; `Name:` without a value takes a header out, `Name;` sends it empty."""
        headers: Headers = []
        for text, _ in self.headers:
            name, colon, value = text.partition(":")
            if value.strip():
                headers.append((wire_name(name.strip()), value.strip()))
            elif not colon and text.endswith(";"):
                headers.append((wire_name(text[:-1].strip()), ""))
        return headers
