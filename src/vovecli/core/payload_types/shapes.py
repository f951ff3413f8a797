"""What is known about the payload of each event, for any language to write down."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.catalogue import OPTIONAL_FIELDS, PROVENANCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.catalogue import EventType

Kind = Literal["text", "integer", "number", "boolean", "list", "object", "any"]
UNKNOWN = "UnknownEvent"
UNKNOWN_MEANING = (
    "An event that this file does not know: one with a new status, or that lacks a field. "
    "Answer 2xx and change nothing"
)
_KINDS: Mapping[type, Kind] = {
    str: "text",
    bool: "boolean",
    int: "integer",
    float: "number",
    list: "list",
    dict: "object",
}


class PayloadField(NamedTuple):
    """One field of a payload.

    Attributes:
        constant: The only value it has: by it the event is known; None where it has any.
    """

    name: str
    kind: Kind
    meaning: str
    is_required: bool
    constant: str | bool | int | None


class Shape(NamedTuple):
    """The payload of one event type.

    Attributes:
        name: As a type is called: `KybCaseCompleted`.
        comment: Meaning, advice and whose word the name is; sentences.
    """

    name: str
    event: str
    family: str
    comment: str
    fields: tuple[PayloadField, ...]

    @property
    def mark(self) -> PayloadField | None:
        """The field by whose value the event is known, if there is one."""
        return next((field for field in self.fields if field.constant is not None), None)

    @property
    def required(self) -> list[str]:
        """Names of the fields that are always there."""
        return [field.name for field in self.fields if field.is_required]


def shapes(events: Sequence[EventType]) -> list[Shape]:
    """A shape per event type."""
    names: dict[str, str] = {}
    for event in events:
        name = type_name(event.type)
        # Own events may differ in dots and underscores alone.
        names[event.type] = name + (str(len(names)) if name in names.values() else "")
    return [
        Shape(
            name=names[event.type],
            event=event.type,
            family=event.family,
            comment=f"{event.meaning}. {event.advice}. "
            f"{event.type}: {PROVENANCES[event.provenance]}.",
            fields=tuple(_field(event, name, value) for name, value in event.payload.items()),
        )
        for event in events
    ]


def type_name(text: str) -> str:
    """A name for a type in any language: `kyb.case.in_progress` is `KybCaseInProgress`."""
    name = "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", text))
    return name if name[:1].isalpha() else f"Event{name}"


def by_status(found: Sequence[Shape]) -> list[Shape]:
    """Those that have a status, the ones with more required fields first.

    A status may belong to two families: what has `previousStatus` is of KYB.
    """
    with_status = [shape for shape in found if shape.mark and shape.mark.name == "status"]
    return sorted(with_status, key=lambda shape: -len(shape.required))


def by_family(found: Sequence[Shape]) -> list[tuple[str, list[Shape]]]:
    """The families, each with its shapes, in their order."""
    order = list(dict.fromkeys(shape.family for shape in found))
    ordered = sorted(found, key=lambda shape: order.index(shape.family))
    return [(family, list(group)) for family, group in groupby(ordered, lambda each: each.family)]


def _field(event: EventType, name: str, value: object) -> PayloadField:
    is_mark = name == ("status" if event.status else next(iter(event.payload)))
    constant = value if is_mark and isinstance(value, str | bool | int) else None
    kind = _KINDS.get(type(value), "any")
    return PayloadField(name, kind, event.fields[name], name not in OPTIONAL_FIELDS, constant)
