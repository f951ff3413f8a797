"""The options of wget that decide what is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.commands.sent_request import SentRequest, options
from vovecli.core.captures.commands.shell_words import Word

if TYPE_CHECKING:
    from vovecli.core.captures.commands.sent_request import ReadInput

_WITH_VALUE = frozenset(
    {"header", "method", "post-data", "body-data", "post-file", "body-file", "user-agent",
     "referer", "output-document", "output-file", "timeout", "tries", "user", "password"}
)  # fmt: skip
_SHORT_WITH_VALUE = frozenset("oOTtUePwQ")


def read_arguments(arguments: list[Word], read_input: ReadInput) -> list[SentRequest]:
    """The request of one wget command.

    Raises:
        VoveError: What reading a file raises.
    """
    sent = SentRequest()
    for name, value in options(arguments, _WITH_VALUE, _SHORT_WITH_VALUE):
        if value is not None:
            _apply(sent, name, value, read_input)
    return [sent]


def _apply(sent: SentRequest, name: str, value: Word, read_input: ReadInput) -> None:
    if name == "url":
        sent.url = sent.url or value.text
    elif name == "method":
        sent.method = value.text
    elif name == "header":
        sent.headers.append(value)
    elif name in ("user-agent", "referer"):
        sent.headers.append(Word(f"{name.title()}: {value.text}", value.unresolved))
    elif name in ("post-data", "body-data"):
        sent.body = [value]
    elif name in ("post-file", "body-file"):
        sent.body = [read_input(value.text)]
