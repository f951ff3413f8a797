"""JSON captures of no particular tool: objects with headers and a body, alone, nested or listed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.documents.fields import (
    byte_values,
    captured,
    decode_base64,
    moment,
    parsed_body,
    read_headers,
    read_text,
)
from vovecli.core.captures.header_names import wire_name
from vovecli.core.captures.json_text import JsonValue, NumberText
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.captures.documents.fields import Body
    from vovecli.core.requests import CapturedRequest

    JsonObject = dict[str, JsonValue]

_HEADERS = (
    "rawHeaders", "raw_headers", "multiValueHeaders", "headers", "header", "requestHeaders",
    "request_headers", "httpHeaders", "http_headers",
)  # fmt: skip
_METHODS = ("method", "httpMethod", "http_method", "requestMethod", "REQUEST_METHOD", "verb")
_TARGETS = ("target", "url", "uri", "originalUrl", "path", "rawPath", "REQUEST_URI", "PATH_INFO")
_TIMES = ("at", "received_at", "receivedAt", "received")
_BASE64 = (
    "body_base64", "bodyBase64", "base64_body", "base64Body", "body_b64", "bodyB64",
    "raw_body_base64", "rawBodyBase64", "raw_base64", "rawBase64",
)  # fmt: skip
_NAMED_BODIES = (
    "rawBody", "raw_body", "bodyRaw", "body_raw", "bodyText", "body_text", "body",
    "requestBody", "request_body",
)  # fmt: skip
_BODIES = (*_NAMED_BODIES, "content", "postData", "payload", "data", "text", "raw", "json")
_BASE64_FLAGS = ("isBase64Encoded", "is_base64_encoded", "isBase64", "is_base64", "base64")
_ENCODINGS = ("bodyEncoding", "body_encoding", "encoding", "contentEncoding")
_ANSWERS = frozenset({"response", "res", "resp", "responses", "reply", "answer"})
_WRAPPED = ("raw", "text", "string", "content", "body")


def read(document: JsonValue) -> list[CapturedRequest]:
    """Every request of a document; none where no object in it has headers.

    Raises:
        VoveError: `malformed-base64`.
    """
    return [read_object(item, around) for item, around in _requests(document, {})]


def read_object(item: JsonObject, around: JsonObject) -> CapturedRequest:
    """One object that has headers; a body or a time that it lacks is looked for around it."""
    body, facts = _body(item, _BODIES) or _body(around, _NAMED_BODIES) or (None, ())
    return captured(
        "json",
        method=_first(item, _METHODS),
        target=_first(item, _TARGETS),
        headers=_headers(item),
        body=body,
        received_at=moment(_first(item, _TIMES) or _first(around, _TIMES)),
        facts=facts,
    )


def _requests(value: JsonValue, around: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    if isinstance(value, list):
        for item in value:
            yield from _requests(item, around)
    elif isinstance(value, dict):
        if _headers(value):
            yield value, around
            return
        for key, item in value.items():
            if key not in _ANSWERS:
                yield from _requests(item, value)


def _headers(item: JsonObject) -> list[tuple[str, str]]:
    """The headers under any of the usual keys, else those the object is itself (smee, CGI)."""
    for key in _HEADERS:
        if headers := read_headers(item.get(key)):
            return headers
    if any(wire_name(key).lower() in HEADER_NAMES for key in item):
        return read_headers({key: text for key, text in item.items() if key not in _BODIES})
    return []


def _body(item: JsonObject, keys: tuple[str, ...]) -> Body | None:
    for key in _BASE64:
        if isinstance(text := item.get(key), str):
            return decode_base64(text), ()
    for key in keys:
        if (value := item.get(key)) is not None:
            return _decode(value, _encoding(item))
    return None


def _encoding(item: JsonObject) -> str:
    if any(item.get(flag) is True for flag in _BASE64_FLAGS):
        return "base64"
    return str(_first(item, _ENCODINGS) or "").lower()


def _decode(value: JsonValue, encoding: str) -> Body:
    if isinstance(value, str) and not isinstance(value, NumberText):
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
    if "0" in value and (octets := byte_values(list(value.values()))) is not None:
        return octets, ()
    if value.keys() & {"mode", "mimeType", "encoding"}:
        text = _first(value, (*_WRAPPED, "data"))
        if isinstance(text, str):
            return _decode(text, _encoding(value))
    return parsed_body(value)


def _first(item: JsonObject, keys: tuple[str, ...]) -> JsonValue:
    """The value of the first of the keys that is there and not null."""
    return next((value for key in keys if (value := item.get(key)) is not None), None)
