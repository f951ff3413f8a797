"""JSON captures of no particular tool: objects with headers and a body, alone, nested or listed.

Keys count without their case, dashes and underscores: `rawBody`, `raw_body` and `RawBody` are one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.captures.documents.fields import (
    byte_values,
    captured,
    decode_base64,
    moment,
    parsed_body,
    read_headers,
    read_text,
)
from vovecli.core.captures.facts import BODY_PARSED, may_be_base64
from vovecli.core.captures.header_names import wire_name
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.captures.documents.fields import Body
    from vovecli.core.captures.json_text import JsonValue
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

    JsonObject = dict[str, JsonValue]

_HEADERS = ("rawheaders", "multivalueheaders", "headers", "header", "requestheaders", "httpheaders")
_METHODS = ("method", "httpmethod", "requestmethod", "verb")
_TARGETS = ("target", "url", "uri", "originalurl", "path", "rawpath", "requesturi", "pathinfo")
_TIMES = ("at", "receivedat", "received")
_BASE64 = ("bodybase64", "bodyb64", "base64body", "rawbodybase64", "rawbase64", "bodybytesbase64")
_NAMED_BODIES = ("rawbody", "bodyraw", "bodytext", "bodystring", "body", "requestbody")
_BODIES = (*_NAMED_BODIES, "content", "postdata", "payload", "data", "text", "raw", "json")
_BASE64_FLAGS = ("isbase64encoded", "isbase64", "base64encoded", "base64")
_ENCODINGS = ("bodyencoding", "encoding", "contentencoding")
_ANSWERS = frozenset({"response", "res", "resp", "responses", "reply", "answer"})
_WRAPPED = ("raw", "text", "string", "content", "body", "data", "value")
_DASHES = str.maketrans("", "", "-_")


def matches(_: JsonValue) -> bool:
    """Any document may be one: this is the format of what no tool is known for."""
    return True


def read(document: JsonValue) -> list[CapturedRequest]:
    """Every request of a document; none where no object in it has headers.

    Raises:
        VoveError: `malformed-base64`.
    """
    return [_request(found) for found in _found(document, {})]


class _Found(NamedTuple):
    """An object that has headers, by its equalised keys, and the object around it."""

    headers: Headers
    fields: JsonObject
    around: JsonObject


def _found(value: JsonValue, around: JsonObject) -> Iterator[_Found]:
    if isinstance(value, list):
        for item in value:
            yield from _found(item, around)
    elif isinstance(value, dict):
        fields = {key.lower().translate(_DASHES): item for key, item in value.items()}
        if headers := _headers(value, fields):
            yield _Found(headers, fields, around)
            return
        for key, item in fields.items():
            if key not in _ANSWERS:
                yield from _found(item, fields)


def _headers(value: JsonObject, fields: JsonObject) -> Headers:
    """The headers under any of the usual keys, else those the object is itself (smee, CGI)."""
    for key in _HEADERS:
        if headers := read_headers(fields.get(key)):
            return headers
    if any(wire_name(key).lower() in HEADER_NAMES for key in value):
        return read_headers({key: text for key, text in value.items() if key not in _BODIES})
    return []


def _request(found: _Found) -> CapturedRequest:
    """The request; a body or a time that the object lacks is looked for around it."""
    fields, around = found.fields, found.around
    found_body = _body(fields, _BODIES) or _body(around, _NAMED_BODIES)
    body, facts = found_body or (None, ())
    text = _first(fields, _BODIES)
    is_open = BODY_PARSED in facts or (isinstance(text, str) and may_be_base64(text))
    is_known = found_body or any(key in fields for key in _BODIES)
    request = captured(
        "json",
        method=_first(fields, _METHODS),
        target=_first(fields, _TARGETS),
        headers=found.headers,
        body=body,
        received_at=moment(_first(fields, _TIMES) or _first(around, _TIMES)),
        facts=facts,
    )
    # Without a text that is the body, what else the document holds may be, as a wrapper's content.
    return request if is_known and not is_open else request._replace(reading="printed")


def _body(fields: JsonObject, keys: tuple[str, ...]) -> Body | None:
    for key in _BASE64:
        if isinstance(text := fields.get(key), str):
            return decode_base64(text), ()
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
    is_typed_array = list(value) == [str(place) for place in range(len(value))]
    if is_typed_array and (octets := byte_values(list(value.values()))):
        return octets, ()
    if value.keys() & {"mode", "mimeType", "encoding"}:
        text = _first(value, _WRAPPED)
        if isinstance(text, str):
            return _decode(text, _encoding(value))
    return parsed_body(value)


def _first(fields: JsonObject, keys: tuple[str, ...]) -> JsonValue:
    """The value of the first of the keys that is there and not null."""
    return next((value for key in keys if (value := fields.get(key)) is not None), None)
