"""Exports of webhook.site: one request, a list, or a page of its API (`{"data": [...]}`)."""

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
    """Whether a document holds requests with the fields that only webhook.site writes."""
    first = next(iter(_items(document)), None)
    return isinstance(member(first, "uuid"), str) and (
        isinstance(member(first, "token_id"), str) or isinstance(member(first, "created_at"), str)
    )


def read(document: JsonValue) -> list[CapturedRequest]:
    """Every request of an export; e-mails and DNS look-ups among them are none.

    Raises:
        VoveError: `malformed-base64`.
    """
    return [_read_item(item) for item in _items(document) if _is_web(item)]


def _items(document: JsonValue) -> list[JsonValue]:
    data = document if isinstance(document, list) else member(document, "data")
    return data if isinstance(data, list) else [document]


def _is_web(item: JsonValue) -> bool:
    return isinstance(item, dict) and item.get("type") in (None, "web")


def _read_item(item: JsonValue) -> CapturedRequest:
    body, facts = _body(item)
    return captured(
        "webhook-site",
        method=member(item, "method"),
        target=member(item, "url"),
        headers=read_headers(member(item, "headers")),
        body=body,
        received_at=_created(member(item, "created_at")),
        facts=facts,
    )


def _body(item: JsonValue) -> Body:
    content = member(item, "content")
    if isinstance(content, str) and content:
        return read_text(content)
    encoded = member(item, "content_base64")
    if isinstance(encoded, str) and encoded:
        return decode_base64(encoded), ()
    form = member(item, "request")
    if isinstance(form, dict) and form:
        fields = [(name, value) for name, value in form.items() if isinstance(value, str)]
        return urlencode(fields).encode(), (BODY_PARSED,)
    return b"", ()


def _created(text: JsonValue) -> int | None:
    """webhook.site writes `2025-09-01 10:44:40` and means UTC."""
    return (moment(text) or moment(f"{text}+00:00")) if isinstance(text, str) else None
