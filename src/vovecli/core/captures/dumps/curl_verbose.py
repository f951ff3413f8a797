"""`curl -v`: the head of the request behind arrows, the body not printed; quoted mail is alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.http_message import read_messages

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

_SENT = re.compile(rb"^> ?([^\n]*\n?)", re.MULTILINE)
_REQUEST_LINE = re.compile(rb"^> [A-Z]{3,10} [^ \t\r\n]{1,8192} HTTP/[0-9]", re.MULTILINE)


def read(source: bytes) -> list[CapturedRequest]:
    """Every request whose lines stand behind arrows.

    Raises:
        VoveError: Those of raw messages.
    """
    if not (first := _REQUEST_LINE.search(source)):
        return []
    return read_messages(b"".join(_SENT.findall(source, first.start())))
