"""Shell commands that send a request: curl, wget and HTTPie, in a script or pasted alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.commands.shell_words import Word
from vovecli.core.captures.variables import unresolved
from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import is_webhook

if TYPE_CHECKING:
    from vovecli.core.captures.commands.sent_request import SentRequest
    from vovecli.core.captures.commands.shell import Invocation, Script
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

_PROMPT = (
    r"(?:PS(?: [^>\n]{0,300})?>|[A-Za-z]:\\[^>\n]{0,300}>|(?:[^\s#'\"][^\n'\"]{0,100})?[$%>])[ \t]*"
)
# Words that may stand before the client's name.
_LEADING = (
    "if", "then", "else", "do", "while", "until", "time", "sudo", "env", "exec", "{", "!", "@",
)  # fmt: skip
_COMMAND = (
    rf"(?:(?:[A-Za-z_]\w{{0,60}}+=\S{{0,200}}+|{'|'.join(map(re.escape, _LEADING))})"
    r"[ \t]++){0,8}+"
    r"(?:(?:curl|wget)(?:\.exe)?[ \t]|https?[ \t][^\n]{0,200}?\b(?:POST|PUT|PATCH)[ \t])"
)
# A sentence may start with the same words: an option, an address or a next line makes a command.
_COMMAND_LINE = re.compile(
    rf"(?:^[ \t]*(?:{_PROMPT})?|[|;&(][ \t]*){_COMMAND}"
    r"[^\n]{0,300}?(?:[ \t]-|:[0-9]|://|localhost|[\\^`][ \t]*\r?$)",
    re.MULTILINE,
)
_PROMPTED = re.compile(rf"^[ \t]*{_PROMPT}(?={_COMMAND})", re.MULTILINE)
_CONTINUED = re.compile(r"\\\n> ?")
_CONTINUATION = re.compile(r"\\\r?\n")
# In single quotes, only fish has an escaped quote; POSIX shells close them before it: `'\\''`.
_FISH_SIGN = re.compile(r"(?<!['\\])(?:\\\\)*\\'(?=\w)")
_FISH_SET = re.compile(r"^[ \t]*set[ ](?:-\w+[ ])*+(\w+)[ ](?=['\"])", re.MULTILINE)
_FISH_STRING = re.compile(
    r"\\.|\"(?:[^\"\\]|\\.)*+(?:\"|\Z)|'((?:[^'\\]|\\.)*+)(?:'|\Z)", re.DOTALL
)
_FISH_ESCAPE = re.compile(r"\\([\\'])")
_ZSH_HISTORY = re.compile(r"^: [0-9]{9,11}:[0-9]{1,9};", re.MULTILINE)
_POWERSHELL_SIGNS = re.compile(r"[ \t]`[ \t]*\r?\n|^[ \t]*PS(?: [^>\n]{0,300})?>", re.MULTILINE)
_CMD_SIGNS = re.compile(
    r"""\^[ \t]*\r?\n|[ \t=]\^"|"[{\[]{1,2}""\w|^@?echo off""", re.IGNORECASE | re.MULTILINE
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
    sent = _sent(source.decode("utf-8", "surrogateescape"), read_file)
    requests = [request.captured() for request in sent]
    for request, captured in zip(sent, requests, strict=True):
        if (name := request.unresolved()) and (len(sent) == 1 or is_webhook(captured)):
            raise unresolved(name, "the command")
    return requests


def _sent(text: str, read_file: ReadFile) -> list[SentRequest]:
    """What the commands send, their words split as the shell does that they were written for."""
    from vovecli.core.captures.commands.shell import Invocation, Script

    if _ZSH_HISTORY.search(text):  # which writes a line end of a command after a backslash
        text = _ZSH_HISTORY.sub("", text).replace("\\\n", "\n")
    if "$'" not in text and (_FISH_SIGN.search(text) or _FISH_SET.search(text)):
        text = _FISH_SET.sub(r"\1=", _FISH_STRING.sub(_posix_string, text))
    commands = _PROMPTED.sub("", text)
    # Only POSIX shells continue a line with a backslash; then the other signs are just text.
    posix = _CONTINUATION.search(text) is not None
    if not posix and _CMD_SIGNS.search(text):
        from vovecli.core.captures.commands.windows_words import split_cmd as split_commands
    elif not posix and _POWERSHELL_SIGNS.search(text):
        from vovecli.core.captures.commands.windows_words import split_powershell as split_commands
    else:
        script = _run(Script(_CONTINUED.sub("\\\n", commands), read_file))
        return [sent for found in script.invocations for sent in _client(found, script)]
    script = Script("", read_file)
    words_of_each = split_commands(commands, script.budget)
    return [sent for words in words_of_each for sent in _client(Invocation(words), script)]


def _posix_string(string: re.Match[str]) -> str:
    """A string of fish in single quotes as the other shells write it; any other as it is."""
    if string[1] is None:
        return string[0]
    return "'" + _FISH_ESCAPE.sub(r"\1", string[1]).replace("'", "'\\''") + "'"


def _run(script: Script) -> Script:
    """Work a script off; what cannot be read after its last client may be what that printed."""
    try:
        script.run()
    except VoveError:
        if not script.invocations or _COMMAND_LINE.search(script.text, script.started):
            raise
    return script


def _client(invocation: Invocation, script: Script) -> list[SentRequest]:
    """What one command sends; nothing where it is no client."""
    words, place = invocation.words, 0
    while place < len(words) and words[place].text in _LEADING:
        place += 1
    if place == len(words):
        return []
    name = words[place].text.rpartition("/")[2].removeprefix("@").removesuffix(".exe")
    arguments = words[place + 1 :]

    def read_input(file: str) -> Word:
        if file == "-":
            return script.input(invocation) or Word("", "the standard input")
        return script.file(file)

    if name in ("curl", "wget"):
        from vovecli.core.captures.commands import curl

        read = curl.read_arguments if name == "curl" else curl.read_wget_arguments
        return read(arguments, read_input)
    if name in ("http", "https"):
        from vovecli.core.captures.commands import httpie

        has_input = bool(invocation.stdin or invocation.source)
        return httpie.read_arguments(arguments, read_input, has_stdin=has_input)
    return []
