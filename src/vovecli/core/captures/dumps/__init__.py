"""What tools print of a request in forms of their own: traces, frames, flows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.dumps import curl_trace, curl_verbose, mitmdump, nghttp

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

# Each gives nothing for a text that is not of its form.
_FORMS = (curl_trace, curl_verbose, nghttp, mitmdump)


def read(source: bytes) -> list[CapturedRequest]:
    """Every request in a dump, by the first reader that knows its form; else none.

    Raises:
        VoveError: Those of raw messages.
    """
    return next((requests for form in _FORMS if (requests := form.read(source))), [])
