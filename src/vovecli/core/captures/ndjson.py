"""NDJSON: one captured request a line, in any of the JSON shapes."""

from __future__ import annotations

import json

from vovecli.core.captures.facts import body_facts, parse_length
from vovecli.core.captures.source import not_a_request
from vovecli.core.requests import CapturedRequest

# A line with other keys may hold its body in another way: as base64, or raw beside parsed.
_PLAIN_KEYS = frozenset({"headers", "body", "method", "path", "url", "target", "id"})


def read_line(line: bytes) -> CapturedRequest:
    """Read a line that holds one request.

    Raises:
        VoveError: `malformed-json`, `not-a-request`, `malformed-base64`.
    """
    try:
        item = json.loads(line)
    except (ValueError, RecursionError):
        item = (
            None  # the careful reader accepts more (huge numbers, odd bytes) or says what is wrong
        )
    if type(item) is dict and item.keys() <= _PLAIN_KEYS and (request := _read_plain(item)):
        return request
    return _read_any(line)


def read_lines(data: bytes) -> list[CapturedRequest]:
    """Read every line that is not blank."""
    return [read_line(line) for line in data.splitlines() if line.strip()]


def _read_plain(item: dict[str, object]) -> CapturedRequest | None:
    """`{"headers": {...}, "body": "..."}` of plain texts, as nearly every line is; else nothing."""
    fields, text = item.get("headers"), item.get("body")
    if type(fields) is not dict or type(text) is not str:
        return None
    announced = None
    for name, value in fields.items():
        if type(value) is not str or not value.isascii() or "_" in name or name[:1] == ":":
            return None
        if name.lower() == "content-length":
            announced = parse_length(value)
    method = item.get("method")
    verb = method.upper() if isinstance(method, str) and method else None
    target = item.get("target") or item.get("url") or item.get("path") or ""
    try:
        body = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return None
    return CapturedRequest(
        verb,
        target if isinstance(target, str) else "",
        list(fields.items()),
        body,
        None,
        "ndjson",
        body_facts(verb, announced, body),
    )


def _read_any(line: bytes) -> CapturedRequest:
    from vovecli.core.captures import documents
    from vovecli.core.captures.json_text import load

    document = load(line)
    requests = documents.read(document, documents.shape(document))
    if not requests:
        raise not_a_request("the line holds no object with headers")
    return requests[0]._replace(format="ndjson")
