"""Shell commands that send a request: curl, wget and HTTPie, in a script or pasted alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.commands.shell_words import Word
from vovecli.core.captures.variables import unresolved
from vovecli.core.webhook_headers import is_webhook

if TYPE_CHECKING:
    from vovecli.core.captures.commands.sent_request import SentRequest
    from vovecli.core.captures.commands.shell import Script
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

_PROMPT = (
    r"(?:PS [^>\n]{0,300}>|[A-Za-z]:\\[^>\n]{0,300}>|(?:[^\s#'\"][^\n'\"]{0,100})?[$%>])[ \t]*"
)
# Words that may stand before the client's name.
_LEADING = (
    "if", "then", "else", "do", "while", "until", "time", "sudo", "env", "exec", "{", "!", "@",
)  # fmt: skip
_COMMAND = (
    rf"(?:(?:[A-Za-z_]\w*=\S*|{'|'.join(map(re.escape, _LEADING))})[ \t]+)*"
    r"(?:(?:curl|wget)(?:\.exe)?[ \t]|https?[ \t][^\n]{0,200}?\b(?:POST|PUT|PATCH)[ \t])"
)
# A sentence may start with the same words: an option, an address or a next line makes a command.
_COMMAND_LINE = re.compile(
    rf"(?:^[ \t]*(?:{_PROMPT})?|[|;&(][ \t]*){_COMMAND}"
    r"[^\n]{0,4000}?(?:[ \t]-|:[0-9]|://|localhost|[\\^][ \t]*\r?$)",
    re.MULTILINE,
)
_PROMPTED = re.compile(rf"^[ \t]*{_PROMPT}(?={_COMMAND})", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n> ?")
_CMD_SIGNS = re.compile(
    r"""\^[ \t]*\r?\n|\^"|"[{\[]{1,2}""\w|^@?echo off""", re.IGNORECASE | re.MULTILINE
)


def is_command(source: bytes) -> bool:
    """Whether a line of a text calls one of the clients."""
    return bool(_COMMAND_LINE.search(source.decode("utf-8", "replace")))


def read(source: bytes, read_file: ReadFile) -> list[CapturedRequest]:
    """Every request that the commands of a script send, in order.

    Raises:
        VoveError: `malformed-shell`; `unresolved-variable` in a webhook header or a body; what
            `read_file` raises for a body in another file.
    """
    text = _PROMPTED.sub("", source.decode("utf-8", "surrogateescape"))
    sent = _windows(text, read_file) if _CMD_SIGNS.search(text) else _posix(text, read_file)
    requests = [request.captured() for request in sent]
    for request, captured in zip(sent, requests, strict=True):
        if (name := request.unresolved()) and (len(sent) == 1 or is_webhook(captured)):
            raise unresolved(name, "the command")
    return requests


def _posix(text: str, read_file: ReadFile) -> list[SentRequest]:
    from vovecli.core.captures.commands.shell import Script

    script = Script(_CONTINUED.sub("\\\n", text), read_file)
    script.run()
    return [
        sent
        for invocation in script.invocations
        for sent in _client(invocation.words, invocation.stdin, script)
    ]


def _windows(text: str, read_file: ReadFile) -> list[SentRequest]:
    from vovecli.core.captures.commands.cmd_words import split_commands
    from vovecli.core.captures.commands.shell import Script

    files = Script("", read_file)
    return [sent for words in split_commands(text) for sent in _client(words, None, files)]


def _client(words: list[Word], stdin: Word | None, script: Script) -> list[SentRequest]:
    """What one command sends; nothing where it is no client."""
    place = 0
    while place < len(words) and words[place].text in _LEADING:
        place += 1
    if place == len(words):
        return []
    name = words[place].text.rpartition("/")[2].removeprefix("@").removesuffix(".exe")
    arguments = words[place + 1 :]

    def read_input(file: str) -> Word:
        if file == "-":
            return stdin or Word("", "the standard input")
        return script.file(file)

    if name == "curl":
        from vovecli.core.captures.commands import curl

        return curl.read_arguments(arguments, read_input)
    if name == "wget":
        from vovecli.core.captures.commands import wget

        return wget.read_arguments(arguments, read_input)
    if name in ("http", "https"):
        from vovecli.core.captures.commands import httpie

        return httpie.read_arguments(arguments, read_input, has_stdin=stdin is not None)
    return []
