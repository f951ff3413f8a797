"""TypeScript: a discriminated union, so that a `switch` that forgets a status does not compile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.payload_types.shapes import (
    UNKNOWN,
    UNKNOWN_MEANING,
    by_family,
    by_status,
    type_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.payload_types.shapes import Kind, PayloadField, Shape

_HEAD = """\
// Payloads of VOVE ID's webhooks. Written by: vove events --format typescript
// Verify the signature over the raw body before you parse it.
//
//   const payload: unknown = JSON.parse(body);
//   if (!isKnown(payload)) return 200; // new statuses may come: accept them, change nothing
//   switch (payload.status) { ... }    // an error if a status is forgotten
"""
_UNKNOWN = f"""\
/** {UNKNOWN_MEANING}. */
export interface {UNKNOWN} {{
  readonly [field: string]: unknown;
}}
"""
_GUARD = """\
const KNOWN: readonly (readonly [status: string, required: Readonly<Record<string, string>>])[] = [
%s];

/** Whether a parsed payload is one of the events above, by its status and its fields. */
export function isKnown(payload: unknown): payload is VoveEvent {
  if (typeof payload !== "object" || payload === null) return false;
  const fields = payload as UnknownEvent;
  return KNOWN.some(
    ([status, required]) =>
      fields["status"] === status &&
      Object.entries(required).every(([name, type]) => typeof fields[name] === type),
  );
}
"""
_TYPES: Mapping[Kind, str] = {
    "text": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "list": "readonly unknown[]",
    "object": "{ readonly [field: string]: unknown }",
    "any": "unknown",
}
_TYPEOF: Mapping[Kind, str] = {**_TYPES, "list": "object", "object": "object"}


def typescript(found: Sequence[Shape]) -> str:
    """One module of types and the guard that separates known events from new ones."""
    known = by_status(found)
    parts = [_HEAD, *(_interface(shape) for shape in found)]
    parts += [
        _union(f"{type_name(family)}Event", [shape.name for shape in group])
        for family, group in by_family(found)
    ]
    parts += [
        "/** Every event that has a status. */\n"
        + _union("VoveEvent", [shape.name for shape in found if shape in known]),
        _UNKNOWN,
        _GUARD % "".join(_row(shape) for shape in known),
    ]
    return "\n".join(parts)


def _interface(shape: Shape) -> str:
    fields = "".join(_field(field) for field in shape.fields)
    return f"/** {_comment(shape.comment)} */\nexport interface {shape.name} {{\n{fields}}}\n"


def _field(field: PayloadField) -> str:
    type_ = _TYPES[field.kind] if field.constant is None else json.dumps(field.constant)
    comment = f"  /** {_comment(field.meaning)} */\n" if field.meaning else ""
    mark = "" if field.is_required else "?"
    return f"{comment}  readonly {_key(field.name)}{mark}: {type_};\n"


def _union(name: str, members: Sequence[str]) -> str:
    lines = "".join(f"\n  | {member}" for member in members) or " never"
    return f"export type {name} ={lines};\n"


def _row(shape: Shape) -> str:
    assert shape.mark
    required = {
        field.name: _TYPEOF[field.kind]
        for field in shape.fields
        if field.is_required and field.kind != "any"
    }
    return f"  [{json.dumps(shape.mark.constant)}, {json.dumps(required)}],\n"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else json.dumps(name)


def _comment(text: str) -> str:
    return " ".join(text.replace("*/", "* /").split())
