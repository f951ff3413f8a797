"""AWS Lambda events of HTTP requests.

API Gateway REST (payload 1.0) and HTTP (2.0), Application Load Balancer, function URL, CloudFront
(Lambda@Edge); also wrapped in SQS, SNS or EventBridge messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.documents.fields import moment, read_headers
from vovecli.core.captures.documents.generic import Found, equalised, request
from vovecli.core.captures.facts import BODY_PARSED
from vovecli.core.captures.json_text import JsonValue, NumberText, load, member
from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

_EVENT_KEYS = frozenset({"requestContext", "isBase64Encoded", "multiValueHeaders", "routeKey"})
_HEADER_KEYS = frozenset({"headers", "multiValueHeaders"})
_WRAPPERS = ("Records", "detail", "body", "Sns", "Message", "event", "requestPayload", "payload")
_MAX_WRAPPINGS = 6


def matches(document: JsonValue) -> bool:
    """Whether a document is an event, a batch of records, or an EventBridge envelope of one."""
    if isinstance(document, list):
        return bool(document) and matches(document[0])
    if not isinstance(document, dict):
        return False
    keys = document.keys()
    is_event = bool(keys & _EVENT_KEYS and keys & _HEADER_KEYS)
    return is_event or "Records" in keys or keys >= {"detail-type", "detail"}


def read(document: JsonValue) -> list[CapturedRequest]:
    """The request of every event.

    Raises:
        VoveError: `malformed-base64`.
    """
    return list(_events(document, None, 0))


def _events(value: JsonValue, sent_at: int | None, depth: int) -> Iterator[CapturedRequest]:
    """Requests in an event or in what wraps it; `sent_at` is when a queue took the message in."""
    if isinstance(value, list):
        for item in value:
            yield from _events(item, sent_at, depth)
    elif not isinstance(value, dict) or depth > _MAX_WRAPPINGS:
        return
    elif isinstance(edge := member(value, "cf", "request"), dict):
        yield _read_edge(edge)
    elif value.keys() & _HEADER_KEYS:
        yield _read_event(value, sent_at)
    else:
        yield from _wrapped(value, sent_at, depth + 1)


def _wrapped(
    value: dict[str, JsonValue], sent_at: int | None, depth: int
) -> Iterator[CapturedRequest]:
    sent = member(value, "attributes", "SentTimestamp")
    sent_at = _milliseconds(sent) or moment(value.get("Timestamp") or value.get("time")) or sent_at
    if request := _read_attributes(value, sent_at):
        yield request
        return
    for key in _WRAPPERS:
        inner = value.get(key)
        yield from _events(_parsed(inner) if isinstance(inner, str) else inner, sent_at, depth)


def _read_event(event: dict[str, JsonValue], sent_at: int | None) -> CapturedRequest:
    context = event.get("requestContext")
    epoch = member(context, "requestTimeEpoch") or member(context, "timeEpoch")
    method = {"method": member(context, "http", "method")}
    return _request(_headers(event), {**method, **event}, moment(epoch) or sent_at)


def _headers(event: dict[str, JsonValue]) -> Headers:
    """`multiValueHeaders` has every value of a header, `headers` the last one only."""
    multiple = read_headers(event.get("multiValueHeaders"))
    known = {name.lower() for name, _ in multiple}
    single = read_headers(event.get("headers"))
    return multiple + [(name, value) for name, value in single if name.lower() not in known]


def _read_edge(edge: dict[str, JsonValue]) -> CapturedRequest:
    """A CloudFront request: headers as lists of `{key, value}`, the body in `{data, encoding}`."""
    fields = edge.get("headers")
    lists = fields.values() if isinstance(fields, dict) else ()
    return _request([header for items in lists for header in read_headers(items)], edge, None)


def _read_attributes(record: dict[str, JsonValue], sent_at: int | None) -> CapturedRequest | None:
    """An SQS message that API Gateway made: headers as message attributes, the body as it came."""
    attributes = record.get("messageAttributes")
    if not isinstance(attributes, dict) or not isinstance(record.get("body"), str):
        return None
    headers = read_headers({name: member(item, "stringValue") for name, item in attributes.items()})
    if not any(name.lower() in HEADER_NAMES for name, _ in headers):
        return None
    return _request(headers, {"body": record["body"]}, sent_at)


def _request(
    headers: Headers, fields: dict[str, JsonValue], received_at: int | None
) -> CapturedRequest:
    made = request(Found(headers, equalised(fields), {}), "lambda")
    is_exact = BODY_PARSED not in made.facts
    return made._replace(received_at=received_at, reading="exact" if is_exact else "printed")


def _parsed(text: str) -> JsonValue:
    try:
        return load(text) if text.lstrip()[:1] in ("{", "[") else None
    except VoveError:
        return None


def _milliseconds(value: JsonValue) -> int | None:
    return moment(NumberText(value)) if isinstance(value, str) else None
