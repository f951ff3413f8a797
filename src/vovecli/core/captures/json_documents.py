"""JSON documents: which tool wrote one, and the requests in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vovecli.core.captures.json_text import JsonValue
    from vovecli.core.requests import CapturedRequest


def shape(document: JsonValue) -> str:
    """The format of a document by the fields that only that tool writes."""
    first = document[0] if isinstance(document, list) and document else document
    if not isinstance(first, dict):
        return "json"
    return "json"


def read(document: JsonValue, name: str) -> list[CapturedRequest]:
    """Every request of a document of the named format, in order."""
    del name
    from vovecli.core.captures import json_capture

    return json_capture.read(document)
