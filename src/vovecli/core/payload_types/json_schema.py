"""JSON Schema (2020-12) of the payloads, and an OpenAPI 3.1 document of the webhooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from vovecli.core.payload_types.shapes import UNKNOWN, UNKNOWN_MEANING, by_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.payload_types.shapes import Kind, PayloadField, Shape

_TYPES: Mapping[Kind, Mapping[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "list": {"type": "array"},
    "object": {"type": "object"},
    "any": {},
}
_TITLE = "Payloads of VOVE ID's webhooks"
_HEADERS: Mapping[str, str] = {
    "svix-id": "The message: the same each time it is tried. Deduplicate by it",
    "svix-timestamp": "Unix seconds of this attempt; refuse what is more than five minutes away",
    "svix-signature": (
        "One or more signatures with spaces between them: v1, and base64 of "
        "HMAC-SHA256(key, id.timestamp.body); any may match"
    ),
}
_RESPONSES = {
    "2XX": {"description": "The delivery is acknowledged, within 15 seconds"},
    "4XX": {"description": "Refused: the signature is not valid"},
    "5XX": {"description": "Not taken; the delivery is tried again"},
}


def json_schema(found: Sequence[Shape]) -> str:
    """One schema: any of the events, or one that is not known here."""
    return _dump(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": _TITLE,
            "description": "Written by: vove events --format json-schema",
            "anyOf": [{"$ref": f"#/$defs/{name}"} for name in _schemas(found)],
            "$defs": _schemas(found),
        }
    )


def openapi(found: Sequence[Shape]) -> str:
    """A document whose webhooks are the events."""
    return _dump(
        {
            "openapi": "3.1.0",
            "info": {
                "title": _TITLE,
                "version": "1",
                "description": "Written by: vove events --format openapi. " + UNKNOWN_MEANING + ".",
            },
            "webhooks": {shape.event: {"post": _operation(shape)} for shape in found},
            "components": {
                "schemas": _schemas(found),
                "parameters": {name: _parameter(name) for name in _HEADERS},
            },
        }
    )


def _schemas(found: Sequence[Shape]) -> dict[str, Any]:
    known = [_whole(shape) for shape in by_status(found)]
    unknown = {
        "description": UNKNOWN_MEANING,
        "type": "object",
        **({"not": {"anyOf": known}} if known else {}),
    }
    return {shape.name: _schema(shape) for shape in found} | {UNKNOWN: unknown}


def _whole(shape: Shape) -> dict[str, Any]:
    """That a payload has the status of an event and all its fields, of whatever type."""
    assert shape.mark
    return {
        "properties": {shape.mark.name: {"const": shape.mark.constant}},
        "required": shape.required,
    }


def _schema(shape: Shape) -> dict[str, Any]:
    return {
        "description": shape.comment,
        "type": "object",
        "properties": {field.name: _property(field) for field in shape.fields},
        "required": shape.required,
    }


def _property(field: PayloadField) -> dict[str, Any]:
    described = {"description": field.meaning} if field.meaning else {}
    if field.constant is not None:
        return {"const": field.constant} | described
    return {**_TYPES[field.kind]} | described


def _operation(shape: Shape) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{shape.name}"}}}
    return {
        "operationId": shape.name,
        "summary": shape.event,
        "description": shape.comment,
        "tags": [shape.family],
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in _HEADERS],
        "requestBody": {"required": True, "content": content},
        "responses": _RESPONSES,
    }


def _parameter(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": _HEADERS[name],
        "schema": {"type": "string"},
    }


def _dump(document: Mapping[str, object]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
