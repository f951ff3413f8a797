"""Exports that hold requests as plain JSON: what marks them, and the time of receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.captures.documents.fields import decode_base64, moment
from vovecli.core.captures.documents.generic import found, request
from vovecli.core.captures.http_message import read_messages
from vovecli.core.captures.json_text import JsonValue, member
from vovecli.core.captures.source import not_a_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.captures.documents.generic import Found
    from vovecli.core.requests import CapturedRequest


class Export(NamedTuple):
    """A tool's export.

    Attributes:
        matches: Whether a document has the fields that only this tool writes.
        time: Equalised key of the moment at which a request came in.
        zone: What a moment without a zone means.
    """

    name: str
    matches: Callable[[JsonValue], bool]
    time: str
    zone: str = ""

    def read(self, document: JsonValue) -> list[CapturedRequest]:
        """Every request of the export.

        Raises:
            VoveError: `malformed-base64`, `not-a-request`, and those of a raw message.
        """
        web = [each for each in found(document) if each.fields.get("type") in (None, "web")]
        return [self._request(each)._replace(received_at=self._time(each)) for each in web]

    def _request(self, each: Found) -> CapturedRequest:
        raw = each.fields.get("raw") if self is NGROK else None
        if not isinstance(raw, str) or not raw:
            return request(each, self.name)._replace(reading="exact")
        # The bytes of the whole message as they came through the tunnel.
        messages = read_messages(decode_base64(raw), format_name=self.name)
        if not messages:
            raise not_a_request("the raw bytes of the exchange are not an HTTP request")
        return messages[0]

    def _time(self, each: Found) -> int | None:
        value = each.fields.get(self.time) or each.around.get(self.time)
        zoned = f"{value}{self.zone}" if isinstance(value, str) else value
        return moment(value) or moment(zoned)


def _is_har(document: JsonValue) -> bool:
    """An archive (HAR 1.2), or one entry that was copied out of one."""
    return isinstance(member(document, "log", "entries"), list) or (
        isinstance(member(document, "request"), dict)
        and isinstance(member(document, "startedDateTime"), str)
    )


def _is_ngrok(document: JsonValue) -> bool:
    """What the inspector API gives at `/api/requests/http`: a list of exchanges, or one of them."""
    exchanges = member(document, "requests")
    one = exchanges[0] if isinstance(exchanges, list) and exchanges else document
    return isinstance(member(one, "request"), dict) and (
        isinstance(member(one, "request", "raw"), str)
        or isinstance(member(one, "tunnel_name"), str)
    )


def _is_webhook_site(document: JsonValue) -> bool:
    """One request, a list, or a page of its API (`{"data": [...]}`)."""
    data = document if isinstance(document, list) else member(document, "data")
    first = next(iter(data if isinstance(data, list) else [document]), None)
    return isinstance(member(first, "uuid"), str) and (
        isinstance(member(first, "token_id"), str) or isinstance(member(first, "created_at"), str)
    )


HAR = Export("har", _is_har, "starteddatetime")
NGROK = Export("ngrok", _is_ngrok, "start")
WEBHOOK_SITE = Export("webhook-site", _is_webhook_site, "createdat", zone="+00:00")
