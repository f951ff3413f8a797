"""HAR 1.2 archives, as browsers, mitmproxy, Charles, Fiddler and Proxyman write them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from vovecli.core.captures.documents.fields import (
    captured,
    decode_base64,
    moment,
    read_headers,
    read_text,
)
from vovecli.core.captures.facts import BODY_PARSED
from vovecli.core.captures.json_text import JsonValue, member

if TYPE_CHECKING:
    from vovecli.core.captures.documents.fields import Body
    from vovecli.core.requests import CapturedRequest


def matches(document: JsonValue) -> bool:
    """Whether a document is an archive, or one entry that was copied out of one."""
    return isinstance(member(document, "log", "entries"), list) or (
        isinstance(member(document, "request"), dict)
        and isinstance(member(document, "startedDateTime"), str)
    )


def read(document: JsonValue) -> list[CapturedRequest]:
    """The request of every entry.

    Raises:
        VoveError: `malformed-base64`.
    """
    entries = member(document, "log", "entries")
    return [
        _read_entry(entry, request)
        for entry in (entries if isinstance(entries, list) else [document])
        if isinstance(request := member(entry, "request"), dict)
    ]


def _read_entry(entry: JsonValue, request: JsonValue) -> CapturedRequest:
    body, facts = _body(member(request, "postData"))
    return captured(
        "har",
        method=member(request, "method"),
        target=member(request, "url"),
        headers=read_headers(member(request, "headers")),
        body=body,
        received_at=moment(member(entry, "startedDateTime")),
        facts=facts,
    )


def _body(post_data: JsonValue) -> Body:
    """The posted text; `encoding` stands in HAR 1.2 for responses only, but some write it here."""
    text = member(post_data, "text")
    if isinstance(text, str) and text:
        if member(post_data, "encoding") == "base64":
            return decode_base64(text), ()
        return read_text(text)
    return _form(member(post_data, "params"))


def _form(params: JsonValue) -> Body:
    """A form of which the archive keeps only the parsed fields."""
    fields = [
        (str(member(param, "name") or ""), str(member(param, "value") or ""))
        for param in (params if isinstance(params, list) else [])
    ]
    return (urlencode(fields).encode(), (BODY_PARSED,)) if fields else (b"", ())
