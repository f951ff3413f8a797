"""The options of wget that decide what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.commands.sent_request import SentRequest
from vovecli.core.captures.commands.shell_words import Word

if TYPE_CHECKING:
    from vovecli.core.captures.commands.sent_request import ReadInput

_WITH_VALUE = frozenset(
    {"header", "method", "post-data", "body-data", "post-file", "body-file", "user-agent",
     "referer", "output-document", "output-file", "timeout", "tries", "user", "password"}
)  # fmt: skip
_SHORT_WITH_VALUE = "oOTtUePwQ"


def read_arguments(arguments: list[Word], read_input: ReadInput) -> list[SentRequest]:
    """The request of one wget command.

    Raises:
        VoveError: What reading a file raises.
    """
    sent = SentRequest()
    left = iter(arguments)
    for word in left:
        if word.text.startswith("--"):
            name, equals, text = word.text[2:].partition("=")
            value = Word(text, word.unresolved)
            if not equals and name in _WITH_VALUE:
                value = next(left, Word(""))
            _apply(sent, name, value, read_input)
        elif word.text.startswith("-") and len(word.text) > 1:
            if word.text[-1] in _SHORT_WITH_VALUE:
                next(left, None)
        else:
            sent.url = sent.url or word.text
    return [sent]


def _apply(sent: SentRequest, name: str, value: Word, read_input: ReadInput) -> None:
    if name == "method":
        sent.method = value.text
    elif name == "header":
        sent.headers.append(value)
    elif name in ("user-agent", "referer"):
        sent.headers.append(Word(f"{name.title()}: {value.text}", value.unresolved))
    elif name in ("post-data", "body-data"):
        sent.body = [value]
    elif name in ("post-file", "body-file"):
        sent.body = [read_input(value.text)]
