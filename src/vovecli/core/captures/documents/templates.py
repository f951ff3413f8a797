"""Collections of HTTP clients: `{{name}}` in any text, defined in a list of variables."""

from __future__ import annotations

from vovecli.core.captures.json_text import JsonValue, member
from vovecli.core.captures.variables import Variables

_LISTS = ("variable", "variables", "values")  # Postman's collections and environments, Hoppscotch


def filled(document: JsonValue) -> JsonValue:
    """The document with the variables filled in that it defines itself.

    Raises:
        VoveError: `unresolved-variable`, when the values grow without end.
    """
    values: dict[str, str] = {}
    for name in _LISTS:
        items = member(document, name)
        for item in items if isinstance(items, list) else []:
            key, value = member(item, "key"), member(item, "value")
            if isinstance(key, str) and isinstance(value, str):
                values[key] = value
    return _filled(document, Variables(values=values)) if values else document


def _filled(value: JsonValue, variables: Variables) -> JsonValue:
    if isinstance(value, str):
        return variables.fill(value)
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    return value
