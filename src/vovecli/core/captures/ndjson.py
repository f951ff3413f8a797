"""NDJSON: one captured request a line, in any of the JSON shapes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vovecli.core.captures.facts import captured, may_be_written_otherwise
from vovecli.core.captures.source import not_a_request, plain
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Collection

    from vovecli.core.captures.source import ReadFile
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

# A line with other keys may hold its body in another way: as base64, or raw beside parsed.
_PLAIN_KEYS = frozenset({
    "headers", "body", "method", "path", "url", "target", "id",
    "schema", "event", "message_id", "timestamp", "signatures", "secrets",  # `vove.signed/1`
})  # fmt: skip


_TARGETS = ("target", "url", "path")


def is_capture(line: bytes) -> bool:
    """Whether a line holds a request with its body: then those after it are to be captures too."""
    try:
        return _read_any(line).reading == "exact"
    except VoveError:
        return False


def read_line(line: bytes) -> CapturedRequest:
    """Read a line that holds one request.

    Raises:
        VoveError: `malformed-json`, `not-a-request`, `malformed-base64`.
    """
    try:
        item = json.loads(line.decode())
    except (ValueError, RecursionError):
        item = None  # the careful reader takes more (huge numbers, odd bytes) or says what is wrong
    if type(item) is dict and item.keys() <= _PLAIN_KEYS and (request := _read_plain(item)):
        return request
    text = plain(line)
    if text.lstrip()[:1] not in (b"{", b"["):
        raise not_a_request("the line is not JSON")
    return _read_any(text)


def read(data: bytes, _: ReadFile) -> list[CapturedRequest]:
    """Read every line that is not blank.

    Raises:
        VoveError: As `read_line`.
    """
    return [read_line(line) for line in data.splitlines() if line.strip()]


def _read_plain(item: dict[str, object]) -> CapturedRequest | None:
    """`{"headers": {...}, "body": "..."}` of plain texts, as nearly every line is; else nothing."""
    headers, text = _plain_headers(item.get("headers")), item.get("body")
    if not headers or type(text) is not str:
        return None
    target = next((item[key] for key in _TARGETS if item.get(key) is not None), "")
    if "\ufffd" in text or may_be_written_otherwise(text):  # `_read_any` has a closer look
        return None
    try:
        body = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
    return captured("ndjson", headers, body, method=item.get("method"), target=target)


def _plain_headers(fields: object) -> Headers | None:
    """A map or a list of pairs; None where a name or a value needs a closer look."""
    pairs: Collection[Any]
    if type(fields) is dict:
        pairs = fields.items()
    elif type(fields) is list and all(type(field) is list and len(field) == 2 for field in fields):  # noqa: PLR2004 - a name and a value
        pairs = fields
    else:
        return None
    try:
        names = [name for name, _ in pairs]
        joined = "\n".join(names)
        values = "".join([value for _, value in pairs])
    except TypeError:  # a value is no text
        return None
    if "" in names or "_" in joined or ":" in joined or not values.isascii():
        return None
    return [(name, value.strip()) for name, value in pairs]


def _read_any(line: bytes) -> CapturedRequest:
    from vovecli.core.captures import document_format, printed, read_document
    from vovecli.core.captures.json_text import load

    document = load(line)
    requests = read_document(document, document_format(document))
    if not requests:
        raise not_a_request("the line holds no object with headers")
    request = requests[0]._replace(format="ndjson")
    if request.reading == "exact":
        return request
    return (printed.placed([request], printed.read(line)) or [request])[0]
