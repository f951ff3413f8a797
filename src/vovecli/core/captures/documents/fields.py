"""Headers, bodies and times as the JSON of any tool holds them."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import BODY_PARSED, LOST_CHARACTERS
from vovecli.core.captures.header_names import wire_name
from vovecli.core.captures.json_text import JsonValue, NumberText, compact
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.verdicts import Finding

    Body = tuple[bytes, tuple[Finding, ...]]

_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_ZONED = re.compile(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$")
_FRACTION = re.compile(r"(?<=:[0-9]{2})\.[0-9]+")
_REPR = re.compile(r"'[^']*+'|\"[^\"]*+\"")
_EARLIEST, _LATEST = 1_000_000_000, 9_999_999_999  # 2001 to 2286, in seconds
_HEADER_KEYS = (("name", "value"), ("key", "value"), ("Name", "Value"))


def read_headers(value: JsonValue) -> Headers:
    """Headers of any shape; an empty list where the value is none.

    A map (values texts or lists), pairs, `{name, value}` objects, one flat list (Node's
    `rawHeaders`), a list of lines, or one text.
    """
    if isinstance(value, dict):
        pairs = [(name, text) for name, item in value.items() for text in _texts(item)]
    elif isinstance(value, list):
        pairs = list(_listed_headers(value))
    elif isinstance(value, str):
        pairs = list(_lines(value.splitlines()))
    else:
        return []
    if all(_REPR.fullmatch(text) for _, text in pairs):  # as a tracker keeps a program's variables
        pairs = [(name.strip("'"), text[1:-1]) for name, text in pairs]
    return [(wire_name(name), text) for name, text in pairs if not name.startswith(":")]


def read_text(text: str) -> Body:
    """The bytes of a body held as text; a lone surrogate cannot be any, which is said."""
    try:
        return text.encode("utf-8", "surrogateescape"), ()
    except UnicodeEncodeError:
        replaced = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return replaced.encode(), (LOST_CHARACTERS,)


def decode_base64(text: str) -> bytes:
    """Bytes out of base64 of either alphabet, padding and line breaks optional.

    Raises:
        VoveError: `malformed-base64`.
    """
    bare = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    if _NOT_BASE64.search(bare) or len(bare) % 4 == 1:
        raise VoveError(
            "malformed-base64",
            "the capture says its body is base64, and it is not",
            hint="export the capture again; it holds a placeholder or a cut text instead",
        )
    return base64.b64decode(bare + "=" * (-len(bare) % 4))


def parsed_body(value: JsonValue) -> Body:
    """A body that the capture holds as a JSON value: its compact form, which may be another."""
    return compact(value), (BODY_PARSED,)


def byte_values(value: JsonValue) -> bytes | None:
    """The bytes of a list of numbers (a serialised buffer), or None where it is no such list."""
    if not isinstance(value, list):
        return None
    try:
        return bytes([int(item.text) if isinstance(item, NumberText) else -1 for item in value])
    except ValueError:
        return None


def moment(value: JsonValue) -> int | None:
    """Unix seconds out of seconds, milliseconds or a date with a zone; None where unclear."""
    if isinstance(value, NumberText):
        whole = value.text.partition(".")[0]
        if not (whole.isascii() and whole.isdigit() and len(whole) in (10, 13)):
            return None
        seconds = int(whole[:10])
    elif isinstance(value, str) and _ZONED.search(value):
        try:
            date = datetime.fromisoformat(_FRACTION.sub("", value))
            # `2025-11-26-08:00` is read as a time of day: whose, only this machine would know.
            seconds = int(date.timestamp()) if date.tzinfo else 0
        except (ValueError, OverflowError):
            return None
    else:
        return None
    return seconds if _EARLIEST <= seconds <= _LATEST else None


def _listed_headers(items: list[JsonValue]) -> Iterator[tuple[str, str]]:
    texts = [item for item in items if isinstance(item, str)]
    if len(texts) == len(items) > 0:
        yield from (
            _lines(texts) if ":" in texts[0][1:] else zip(texts[::2], texts[1::2], strict=False)
        )
        return
    for item in items:
        if isinstance(item, dict):
            if not _is_switched_off(item):
                yield from _named_header(item)
        elif isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):  # noqa: PLR2004 - a pair
            yield from ((item[0], text) for text in _texts(item[1]))


def _is_switched_off(item: dict[str, JsonValue]) -> bool:
    """Whether a client keeps a header in its collection without sending it."""
    return item.get("disabled") is True or False in (item.get("enabled"), item.get("active"))


def _named_header(item: dict[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for name_key, value_key in _HEADER_KEYS:
        name = item.get(name_key)
        if isinstance(name, str):
            yield from ((name, text) for text in _texts(item.get(value_key)))
            return
    for name, value in item.items():
        yield from ((name, text) for text in _texts(value))


def _texts(value: JsonValue) -> Iterator[str]:
    """The values of one header."""
    if isinstance(value, str):
        yield _header_text(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, NumberText):
        yield value.text
    elif isinstance(value, bool):
        yield str(value).lower()


def _header_text(text: str) -> str:
    if text.isascii():
        return text.strip()
    return read_text(text)[0].decode("utf-8", "surrogateescape").strip()


def _lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and name.strip():
            yield name.strip(), _header_text(value)
