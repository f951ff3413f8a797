"""What ngrok's inspector API gives at `/api/requests/http`: a list of exchanges, or one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.documents.fields import captured, decode_base64, moment, read_headers
from vovecli.core.captures.http_message import read_messages
from vovecli.core.captures.json_text import JsonValue, member
from vovecli.core.captures.source import not_a_request

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest


def matches(document: JsonValue) -> bool:
    """Whether a document is an answer of the inspector API."""
    exchanges = member(document, "requests")
    one = exchanges[0] if isinstance(exchanges, list) and exchanges else document
    return isinstance(member(one, "request"), dict) and (
        isinstance(member(one, "request", "raw"), str)
        or isinstance(member(one, "tunnel_name"), str)
    )


def read(document: JsonValue) -> list[CapturedRequest]:
    """The request of every exchange; `raw` holds its bytes as they came through the tunnel.

    Raises:
        VoveError: `malformed-base64`, `not-a-request`, and those of a raw message.
    """
    exchanges = member(document, "requests")
    return [
        _read_exchange(exchange)
        for exchange in (exchanges if isinstance(exchanges, list) else [document])
        if isinstance(member(exchange, "request"), dict)
    ]


def _read_exchange(exchange: JsonValue) -> CapturedRequest:
    request = member(exchange, "request")
    start = moment(member(exchange, "start"))
    raw = member(request, "raw")
    if not isinstance(raw, str) or not raw:
        return captured(
            "ngrok",
            method=member(request, "method"),
            target=member(request, "uri"),
            headers=read_headers(member(request, "headers")),
            body=b"",
            received_at=start,
        )
    messages = read_messages(decode_base64(raw), received_at=start, format_name="ngrok")
    if not messages:
        raise not_a_request("the raw bytes of the exchange are not an HTTP request")
    return messages[0]
