"""pydantic: a tagged union of models, unknown events included."""

from __future__ import annotations

import re
from keyword import iskeyword
from typing import TYPE_CHECKING

from vovecli.core.payload_types.shapes import UNKNOWN, UNKNOWN_MEANING, by_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.payload_types.shapes import Kind, PayloadField, Shape

_HEAD = '''\
"""Payloads of VOVE ID's webhooks. Written by: vove events --format pydantic

Verify the signature over the raw body, then:

    match parse(body):
        case UnknownEvent():
            return 200  # new statuses may come: accept them, change nothing
        case event:
            ...  # a type checker with assert_never finds a status that is forgotten
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter


class _Event(BaseModel):
    """Unknown fields are kept: new ones may come at any time."""

    model_config = ConfigDict(extra="allow", frozen=True, populate_by_name=True)
'''
_TAIL = '''\
# Event type, its status, and the fields that it always has.
_KNOWN: tuple[tuple[str, str, frozenset[str]], ...] = (
%s)


def _event_type(payload: Any) -> str:
    if isinstance(payload, BaseModel):
        return _NAMES.get(type(payload).__name__, "unknown")
    if not isinstance(payload, Mapping):
        return "unknown"
    for event, status, required in _KNOWN:
        if payload.get("status") == status and required <= payload.keys():
            return event
    return "unknown"


_NAMES = {
%s}
VoveEvent = Union[
%s]
VovePayload = Annotated[
    Union[
%s        Annotated[UnknownEvent, Tag("unknown")],
    ],
    Discriminator(_event_type),
]
_ADAPTER: TypeAdapter[VovePayload] = TypeAdapter(VovePayload)


def parse(body: bytes) -> VoveEvent | UnknownEvent:
    """The event in a verified body; raises pydantic.ValidationError for a field of another type."""
    event: VoveEvent | UnknownEvent = _ADAPTER.validate_json(body)
    return event
'''
_METHODS = ("construct", "copy", "dict", "json", "schema", "validate")  # of pydantic's models
_TYPES: Mapping[Kind, str] = {
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "list": "list[Any]",
    "object": "dict[str, Any]",
    "any": "Any",
}


def pydantic(found: Sequence[Shape]) -> str:
    """One module of models, for pydantic 2."""
    known = by_status(found)
    in_order = [shape for shape in found if shape in known]
    tail = _TAIL % (
        "".join(_row(shape) for shape in known),
        "".join(f'    "{shape.name}": {_quoted(shape.event)},\n' for shape in in_order),
        "".join(f"    {shape.name},\n" for shape in in_order) or f"    {UNKNOWN},\n",
        "".join(
            f"        Annotated[{shape.name}, Tag({_quoted(shape.event)})],\n" for shape in in_order
        ),
    )
    unknown = f'class {UNKNOWN}(_Event):\n    """{UNKNOWN_MEANING}."""\n'
    return "\n\n".join([_HEAD, *(_model(shape) for shape in found), unknown, tail])


def _model(shape: Shape) -> str:
    fields = "".join(_field(field) for field in shape.fields)
    return f'class {shape.name}(_Event):\n    """{_docstring(shape.comment)}"""\n\n{fields}'


def _field(field: PayloadField) -> str:
    name = _attribute(field.name)
    type_ = _TYPES[field.kind] if field.constant is None else f"Literal[{field.constant!r}]"
    default = "" if field.is_required else "default=None, "
    optional = "" if field.is_required else " | None"
    details = f"{default}alias={_quoted(field.name)}, description={_quoted(field.meaning)}"
    return f"    {name}: {type_}{optional} = Field({details})\n"


def _attribute(name: str) -> str:
    """As Python spells it: `previousStatus` is `previous_status`."""
    spelt = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    spelt = re.sub(r"\W", "_", spelt, flags=re.ASCII).strip("_")
    if iskeyword(spelt):
        return f"{spelt}_"
    is_free = spelt.isidentifier() and not spelt.startswith("model_") and spelt not in _METHODS
    return spelt if is_free else f"field_{spelt}"


def _row(shape: Shape) -> str:
    assert shape.mark
    required = ", ".join(map(_quoted, shape.required))
    constant = _quoted(str(shape.mark.constant))
    return f"    ({_quoted(shape.event)}, {constant}, frozenset(({required},))),\n"


def _quoted(text: str) -> str:
    """A Python literal between double quotes, where that is as good."""
    quoted = repr(text)
    return f'"{text}"' if quoted == f"'{text}'" and '"' not in text else quoted


def _docstring(text: str) -> str:
    return " ".join(text.replace("\\", "").replace('"""', "'''").split())
