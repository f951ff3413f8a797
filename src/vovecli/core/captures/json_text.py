"""JSON text to values and back, with the spelling of numbers kept."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import NamedTuple

from vovecli.core.errors import VoveError


class NumberText(NamedTuple):
    """A number as it was spelt, so that `1.0` stays `1.0` and no digit is lost."""

    text: str


JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | NumberText | str | bool | None


_DECODER = json.JSONDecoder(parse_int=NumberText, parse_float=NumberText, parse_constant=NumberText)
_MAX_DOCUMENTS = 20_000
_HALF = re.compile("[\ud800-\udfff]")
_SPACE = re.compile(r"[ \t\r\n]*")


def load(text: bytes | str) -> JsonValue:
    """Parse one JSON document, or several that follow each other as a list of them.

    Every number is a `NumberText`.

    Raises:
        VoveError: `malformed-json`.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    values: list[JsonValue] = []
    position = _skip_space(text, 0)
    try:
        while (position < len(text) and len(values) < _MAX_DOCUMENTS) or not values:
            value, position = _DECODER.raw_decode(text, position)
            values.append(value)
            position = _skip_space(text, position)
    except (ValueError, RecursionError) as error:
        raise malformed_json(error) from None
    return values if len(values) > 1 else values[0]


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def malformed_json(error: Exception) -> VoveError:
    """The error for text that is not JSON, with the place where it stops to be."""
    if isinstance(error, json.JSONDecodeError):
        why = f"{error.msg}, line {error.lineno} column {error.colno}"
    else:
        why = "it is nested too deeply"
    return VoveError(
        "malformed-json",
        f"the capture is not valid JSON: {why}",
        hint="export it again; it may have been cut by an editor or when it was copied",
    )


def is_json(body: bytes) -> bool:
    """Whether a body is a JSON object or list in UTF-8."""
    try:
        return isinstance(json.loads(body.decode()), dict | list)
    except (ValueError, RecursionError):
        return False


def compact(value: JsonValue) -> bytes:
    """The value without white space, as `JSON.stringify` writes it; numbers as they were spelt."""
    return encode(_text(value))


def encode(text: str) -> bytes:
    """JSON text as bytes; half a character that is no byte is escaped, as ECMAScript does it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _HALF.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def _text(value: JsonValue) -> str:
    if isinstance(value, NumberText):
        return value.text
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, list):
        return "[" + ",".join([_text(item) for item in value]) + "]"
    if isinstance(value, dict):
        members = [f"{encode_basestring(key)}:{_text(item)}" for key, item in value.items()]
        return "{" + ",".join(members) + "}"
    return "null" if value is None else str(value).lower()


def member(value: JsonValue, *path: str) -> JsonValue:
    """The value at a path of keys, or None where an object or a key on the way is missing."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value
