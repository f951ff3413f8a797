"""What a body shows by its looks when nothing could be proved: likely causes, never more."""

from __future__ import annotations

import json

from vovecli.core.diagnosis import transcoding
from vovecli.core.diagnosis.bodies import (
    MAX_REWRITTEN_BYTES,
    completed,
    without_bom,
    without_comments,
)
from vovecli.core.diagnosis.faults import Fault
from vovecli.core.diagnosis.json_text import Items, Members, parse_json

# Taking one of these back makes JSON of what is none: that it happened is likely, then.
REVEALING = {
    "bom-added": without_bom,
    "json-comment": without_comments,
    "smart-quotes": transcoding.plain_quotes,
    "body-compressed": transcoding.decompressed,
    "body-json-string": transcoding.from_json_string,
    "body-base64-encoded": transcoding.from_base64,
    "body-percent-encoded": transcoding.from_percent_encoding,
    "body-html-escaped": transcoding.from_html,
    "python-bytes-repr": transcoding.from_bytes_repr,
    "truncated-body": completed,
}
REPLACEMENT = "\ufffd".encode()


def likely_fault(body: bytes) -> Fault | None:
    """The fault that a body's looks suggest, or None when it looks as it should."""
    if b"[object " in body[:100]:
        return Fault("body-object-object")
    if REPLACEMENT in body:
        return Fault("lossy-utf8", "U+FFFD stands in it")
    if len(body) > MAX_REWRITTEN_BYTES or (_is_json(body) and not _is_mojibake(body)):
        return None
    return _revealed(body)


def _revealed(body: bytes) -> Fault | None:
    if _is_json(body):
        return Fault("charset-converted", "it reads like UTF-8 taken for Latin-1")
    for code, builder in REVEALING.items():
        if any(_is_json(candidate) for _, candidate in builder(body)):
            return Fault(code)
    if isinstance(parse_json(body.decode("utf-8", "surrogateescape")), Members | Items):
        return Fault("body-parsed", "it is an object as a console prints it")
    return None


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False


def _is_mojibake(body: bytes) -> bool:
    """Whether characters that are not ASCII are, as Latin-1 bytes, UTF-8 again."""
    if body.isascii():
        return False
    try:
        body.decode("utf-8").encode("cp1252", "strict").decode("utf-8")
    except UnicodeError:
        return False
    return True
