"""What tools print of a request: traces, logs, and prefixed, indented or quoted text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.dumps import (
    curl_trace,
    debug_strings,
    fences,
    mitmdump,
    nghttp,
    prefixed,
    printed_headers,
)

if TYPE_CHECKING:
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

_COLOUR = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
# Each gives nothing for a text that is not of its form; the most particular form comes first.
_FORMS = (curl_trace, nghttp, mitmdump, debug_strings, prefixed, printed_headers)


def read(source: bytes, read_file: ReadFile) -> list[CapturedRequest]:
    """Every request in a dump, by the first reader that knows its form; else none.

    Raises:
        VoveError: Those of raw messages, and in Markdown fences those of any capture.
    """
    if b"\x1b[" in source:
        from vovecli.core.captures import http_text

        plain = _COLOUR.sub(b"", source)
        return [] if plain == source else http_text.read(plain, read_file)
    if requests := fences.read(source, read_file):
        return requests
    return next((requests for form in _FORMS if (requests := form.read(source))), [])
