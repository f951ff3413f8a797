"""The shape of JSON: which fields there are and what kind of value each holds, never a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_KINDS = {str: "text", bool: "boolean", dict: "object", list: "list", type(None): "null"}
KINDS = (*_KINDS.values(), "number")
EACH = "*"  # in a path: every element of a list
_MAX_DEPTH, _MAX_FIELDS = 8, 1000


def kind(value: object) -> str:
    """One of `KINDS`."""
    return _KINDS.get(type(value), "number")


def fields(payload: object) -> list[tuple[str, object]]:
    """Every field at any depth with its value: paths such as `data.refId` and `tags.*`.

    A hostile body is cut: what lies deeper than 8 levels or beyond 1000 fields is left out.
    """
    found: list[tuple[str, object]] = []
    for field in _fields(payload, "", _MAX_DEPTH):
        found.append(field)
        if len(found) == _MAX_FIELDS:
            break
    return found


def holder(path: str) -> str:
    """The path of what holds a field; empty for those of the payload itself."""
    return path.rpartition(".")[0]


def _fields(value: object, prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = [(EACH, each) for each in value] if isinstance(value, list) else []
    for name, child in items if depth else ():
        path = f"{prefix}{name}"
        yield path, child
        yield from _fields(child, f"{path}.", depth - 1)
