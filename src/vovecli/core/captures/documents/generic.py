"""JSON captures of no particular tool: objects with headers and a body, alone, nested or listed.

Keys count without their case, dashes and underscores: `rawBody`, `raw_body` and `RawBody` are one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

from vovecli.core.captures.documents.fields import (
    byte_values,
    decode_base64,
    moment,
    parsed_body,
    read_headers,
    read_text,
)
from vovecli.core.captures.facts import BODY_PARSED, captured, may_be_written_otherwise
from vovecli.core.captures.header_names import wire_name
from vovecli.core.captures.json_text import JsonValue, NumberText, member
from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.captures.documents.fields import Body
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

    JsonObject = dict[str, JsonValue]

_HEADERS = ("rawheaders", "multivalueheaders", "headers", "header", "requestheaders", "httpheaders")
_METHODS = ("method", "httpmethod", "requestmethod", "verb")
_TARGETS = ("target", "url", "uri", "originalurl", "path", "rawpath", "requesturi", "pathinfo")
_TIMES = ("at", "receivedat", "received")
_BASE64 = (
    "bodybase64",
    "bodyb64",
    "base64body",
    "rawbodybase64",
    "rawbase64",
    "bodybytesbase64",
    "contentbase64",
)
_NAMED_BODIES = ("rawbody", "bodyraw", "bodytext", "bodystring", "body", "requestbody")
_BODIES = (*_NAMED_BODIES, "content", "payload", "data", "text", "raw", "json")
_BASE64_FLAGS = ("isbase64encoded", "isbase64", "base64encoded", "base64")
_ENCODINGS = ("bodyencoding", "encoding", "contentencoding")
_ANSWERS = frozenset({"response", "res", "resp", "responses", "reply", "answer"})
_STATUSES, _STATUS_DIGITS = ("status", "statusCode", "status_code"), 3
_WRAPPED = ("raw", "text", "string", "content", "body", "data", "value")
_WRAPPED_JSON = {"type", "json"}  # MockServer's
_MOMENT_IN_BASE64 = re.compile(r"(?ai)(?:svix|webhook)-timestamp: MT[\w+/]{12}==$")  # ten digits
_DASHES = str.maketrans("", "", "-_")


def matches(_: JsonValue) -> bool:
    """Any document may be one: this is the format of what no tool is known for."""
    return True


def read(document: JsonValue) -> list[CapturedRequest]:
    """Every request of a document; none where no object in it has headers.

    Raises:
        VoveError: `malformed-base64`.
    """
    return [request(each, "json") for each in found(document)]


def why_no_headers(document: JsonValue) -> str:
    """What a document without headers is, and where its headers are to be had."""
    first = document[0] if isinstance(document, list) and document else document
    first = member(first, "data") or first
    first = first[0] if isinstance(first, list) and first else first
    keys = set(first) if isinstance(first, dict) else set()
    if keys & {"msgId", "endpointId"} or str(member(first, "id") or "").startswith("atmpt_"):
        return (
            "it is a Svix message attempt, and that export has no headers; open the attempt in the "
            "dashboard (Webhooks -> endpoint -> message attempt) and add the three headers it shows"
        )
    if member(first, "headers") == {}:
        return (
            "its `headers` are empty: JSON.stringify of a Headers object gives {}; "
            "print Object.fromEntries(request.headers)"
        )
    return "it is JSON, and no object in it has headers"


class Found(NamedTuple):
    """An object that has headers, by its equalised keys, and the object around it."""

    headers: Headers
    fields: JsonObject
    around: JsonObject


def equalised(value: JsonObject) -> JsonObject:
    """An object with its keys in one spelling."""
    return {key.lower().translate(_DASHES): item for key, item in value.items()}


def found(value: JsonValue, around: JsonObject | None = None) -> Iterator[Found]:
    """Every object of a document that has headers, and is no answer."""
    if isinstance(value, list):
        for item in value:
            yield from found(item, around)
    elif isinstance(value, dict):
        fields = equalised(value)
        if headers := _headers(value, fields):
            is_record = any(_MOMENT_IN_BASE64.match(f"{name}: {text}") for name, text in headers)
            yield (_record if is_record else Found)(headers, fields, around or {})
            return
        for key, item in fields.items():
            if key not in _ANSWERS:
                yield from found(item, fields)


def _headers(value: JsonObject, fields: JsonObject) -> Headers:
    """The headers under any of the usual keys, else those the object is itself (smee, CGI)."""
    for key in _HEADERS:
        if headers := read_headers(fields.get(key)):
            return headers
    if any(wire_name(key).lower() in HEADER_NAMES for key in value):
        return read_headers({key: text for key, text in value.items() if key not in _BODIES})
    return []


def _record(headers: Headers, fields: JsonObject, around: JsonObject) -> Found:
    """A record of Kafka: its headers are bytes, which proxies write in base64, as the body."""
    decoded = [(name, _text_of(value)) for name, value in headers]
    value = fields.get("value")
    body = {"bodybase64" if isinstance(value, str) else "body": value}
    return Found(decoded, body | fields, around)


def _text_of(value: str) -> str:
    try:
        return decode_base64(value).decode("utf-8", "surrogateescape")
    except VoveError:
        return value


def request(each: Found, name: str) -> CapturedRequest:
    """The request; a body or a time that the object lacks is looked for around it.

    Args:
        each: The object.
        name: Of the format.

    Raises:
        VoveError: `malformed-base64`.
    """
    fields, around = each.fields, each.around
    found_body = _body(fields, _BODIES) or _body(around, _NAMED_BODIES)
    body, facts = found_body or (b"", ())
    text = _first(fields, _BODIES)
    # Our own lines, which have a schema, say where a body is in base64.
    is_open = BODY_PARSED in facts or (
        isinstance(text, str) and may_be_written_otherwise(text) and "schema" not in fields
    )
    is_known = found_body or any(key in fields for key in _BODIES)
    made = captured(
        name, each.headers, body,
        method=_first(fields, _METHODS),
        target=_first(fields, _TARGETS),
        received_at=moment(_first(fields, _TIMES) or _first(around, _TIMES)),
        answered=_answered(fields) or _answered(around),
        facts=facts,
    )  # fmt: skip
    # Without a text that is the body, what else the document holds may be, as a wrapper's content.
    return made if is_known and not is_open else made._replace(reading="printed")


def _answered(fields: JsonObject) -> int | None:
    """The status of the response beside a request."""
    answers = [fields.get(key) for key in _ANSWERS]
    statuses = [
        answer.get(key) for answer in answers if isinstance(answer, dict) for key in _STATUSES
    ]
    texts = [status.text for status in statuses if isinstance(status, NumberText)]
    return next(
        (int(text) for text in texts if text.isdigit() and len(text) == _STATUS_DIGITS), None
    )


def _body(fields: JsonObject, keys: tuple[str, ...]) -> Body | None:
    for key in _BASE64:
        if isinstance(text := fields.get(key), str):
            return decode_base64(text), ()
    if isinstance(posted := fields.get("postdata"), dict):  # HAR's, always a wrapper
        return _unwrap({"mimeType": None, **posted})
    value = _first(fields, keys)
    return None if value is None else _decode(value, _encoding(fields))


def _encoding(fields: JsonObject) -> str:
    if any(fields.get(flag) in (True, "true") for flag in _BASE64_FLAGS):
        return "base64"
    return str(_first(fields, _ENCODINGS) or "").lower()


def _decode(value: JsonValue, encoding: str) -> Body:
    if isinstance(value, str):
        return (decode_base64(value), ()) if encoding == "base64" else read_text(value)
    if isinstance(value, dict):
        return _unwrap(value)
    octets = byte_values(value)
    # A list of numbers is a buffer only where it spells JSON; else it is a parsed JSON list.
    return (octets, ()) if octets and octets[:1] in (b"{", b"[") else parsed_body(value)


def _unwrap(value: JsonObject) -> Body:
    """A body inside an object: a Node buffer, a typed array, Postman's or HAR's form, or parsed."""
    if value.get("type") == "Buffer" and (octets := byte_values(value.get("data"))) is not None:
        return octets, ()
    if value.get("type") == "JSON" and value.keys() <= _WRAPPED_JSON:
        return parsed_body(value.get("json"))
    is_typed_array = list(value) == [str(place) for place in range(len(value))]
    if is_typed_array and (octets := byte_values(list(value.values()))):
        return octets, ()
    if value.keys() & {"mode", "mimeType", "encoding"}:
        text = _first(value, _WRAPPED)
        if isinstance(text, str):
            return _decode(text, _encoding(value))
    if isinstance(params := value.get("params"), list):  # a form of which HAR keeps the fields
        return urlencode(
            [header for param in params for header in read_headers([param])]
        ).encode(), (BODY_PARSED,)
    return parsed_body(value)


def _first(fields: JsonObject, keys: tuple[str, ...]) -> JsonValue:
    """The value of the first of the keys that is there and not null."""
    return next((value for key in keys if (value := fields.get(key)) is not None), None)
