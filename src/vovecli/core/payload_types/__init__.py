"""Types of the payloads for programs that receive them, written from the catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.payload_types.json_schema import json_schema, openapi
from vovecli.core.payload_types.pydantic import pydantic
from vovecli.core.payload_types.shapes import shapes
from vovecli.core.payload_types.typescript import typescript

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vovecli.core.catalogue import EventType
    from vovecli.core.payload_types.shapes import Shape

TYPE_FORMATS: Mapping[str, Callable[[Sequence[Shape]], str]] = {
    "json-schema": json_schema,
    "typescript": typescript,
    "pydantic": pydantic,
    "openapi": openapi,
}


def write_types(events: Sequence[EventType], format_: str) -> str:
    """The types of the payloads of these events.

    Args:
        events: In the order in which they are written.
        format_: A name of `TYPE_FORMATS`.
    """
    return TYPE_FORMATS[format_](shapes(events))
