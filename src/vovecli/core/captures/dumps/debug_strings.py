"""Debug output that prints what is sent as quoted strings.

Python's `http.client` prints `send: b'...'`, Ruby's `Net::HTTP` `<- "..."`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.http_message import read_messages

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

_SENT = re.compile(
    r"""^(?:send: b|<- )(?:"((?:[^"\\\n]++|\\.)*+)"|'((?:[^'\\\n]++|\\.)*+)')\s*$""", re.MULTILINE
)


def read(source: bytes) -> list[CapturedRequest]:
    """Every request of the strings, joined.

    Raises:
        VoveError: Those of raw messages.
    """
    if b"send: b" not in source and b"<- " not in source:
        return []
    from vovecli.core.captures.commands.shell_escapes import ansi_c

    text = source.decode("utf-8", "surrogateescape")
    strings = [ansi_c(sent[1] or sent[2] or "") for sent in _SENT.finditer(text)]
    return read_messages("".join(strings).encode("utf-8", "surrogateescape"))
