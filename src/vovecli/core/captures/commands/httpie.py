"""Commands of HTTPie (`http`, `https`): headers as `Name:value`, the body raw or as fields."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vovecli.core.captures.commands.sent_request import SentRequest, options
from vovecli.core.captures.commands.shell_words import Word, first_unresolved
from vovecli.core.captures.http_message import METHODS

if TYPE_CHECKING:
    from vovecli.core.captures.commands.sent_request import ReadInput

_ITEM = re.compile(r"((?:[^\\:=@]|\\.)+?)(:=@|=@|:=|==|=|@|:)(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([:=@\\])")
_WITH_VALUE = frozenset(
    {"raw", "auth", "auth-type", "session", "proxy", "verify", "timeout", "print", "pretty",
     "style", "output", "cert", "cert-key", "boundary", "max-redirects", "default-scheme",
     "format-options", "response-mime"}
)  # fmt: skip
_SHORT_WITH_VALUE = frozenset("aApso")


def read_arguments(
    arguments: list[Word], read_input: ReadInput, *, has_stdin: bool
) -> list[SentRequest]:
    """The request of one HTTPie command.

    Raises:
        VoveError: What reading a file raises.
    """
    sent = SentRequest()
    operands = []
    for name, value in options(arguments, _WITH_VALUE, _SHORT_WITH_VALUE):
        if name == "url" and value:
            operands.append(value)
        elif name == "raw" and value:
            sent.body = [value]
    if operands and operands[0].text in METHODS:
        sent.method = operands.pop(0).text
    if operands:
        sent.url = operands.pop(0).text
    _read_items(sent, operands, read_input)
    if sent.body is None and has_stdin:
        sent.body = [read_input("-")]
    return [sent]


def _read_items(sent: SentRequest, items: list[Word], read_input: ReadInput) -> None:
    """Headers, and the fields that HTTPie writes as JSON with Python's `json.dumps`."""
    fields: dict[str, str] = {}
    for item in items:
        match = _ITEM.fullmatch(item.text)
        if not match:
            continue
        name, separator, text = _ESCAPED.sub(r"\1", match[1]), match[2], match[3]
        if separator == ":":
            sent.headers.append(Word(f"{name}: {text}", item.unresolved))
        elif separator in ("=", "=@", ":=", ":=@"):
            value = read_input(text).text if separator.endswith("@") else text
            fields[name] = value if ":" in separator else json.dumps(value)
    if fields and sent.body is None:
        members = ", ".join([f"{json.dumps(name)}: {value}" for name, value in fields.items()])
        sent.body = [Word(f"{{{members}}}", first_unresolved(items))]
