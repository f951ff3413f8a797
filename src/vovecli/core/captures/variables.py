"""Variables of request files and collections: `{{name}}`, defined in the capture itself.

By `@name = value`, a script's `set` call, or a list of variables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vovecli.core.captures.json_text import JsonValue
    from vovecli.core.requests import CapturedRequest

DEFINITION = re.compile(r"[ \t]*@([^\s=]+)[ \t]*=(.*)")
_REFERENCE = re.compile(r"\{\{([^{}\r\n]{1,200})\}\}")
_SET_CALL = re.compile(
    r"""\.set\(\s*(['"])([^'"\r\n]{1,200})\1\s*,\s*(['"])(.{0,1000}?)(?<!\\)\3\s*\)"""
)
_LISTS = ("variable", "variables", "values")  # Postman's collections and environments, Hoppscotch
_MAX_NESTING, _MAX_CALLS = 8, 100
_MAX_FILLED = 8_000_000  # characters that the values may add to one file


class Variables:
    """The variables that a capture defines itself; of two definitions the later one counts."""

    def __init__(self, lines: Iterable[str] = (), values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})
        self._left = _MAX_FILLED
        for line in lines:
            if match := DEFINITION.fullmatch(line):
                self._values[match[1]] = match[2].strip()
            elif 0 < line.count(".set(") <= _MAX_CALLS:
                self._values.update((call[2], call[4]) for call in _SET_CALL.finditer(line))

    def fill(self, text: str) -> str:
        """The text with every known variable filled in; unknown ones stay as they are written.

        Raises:
            VoveError: `unresolved-variable`, when the values grow without end.
        """
        for _ in range(_MAX_NESTING):
            filled = _REFERENCE.sub(self._value, text) if "{{" in text else text
            if filled == text:
                break
            text = filled
        return text

    def _value(self, match: re.Match[str]) -> str:
        value = self._values.get(match[1].strip(), match[0])
        self._left -= len(value)
        if self._left < 0:
            raise unresolved(match[0], "the file, where it grows without limit")
        return value


def filled_document(document: JsonValue) -> JsonValue:
    """The document with the variables filled in that it defines itself.

    Raises:
        VoveError: `unresolved-variable`, when the values grow without end.
    """
    from vovecli.core.captures.json_text import member

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


def refuse_unresolved(text: str, where: str) -> None:
    """Refuse a text in which a variable is left.

    Raises:
        VoveError: `unresolved-variable`.
    """
    if match := _REFERENCE.search(text):
        raise unresolved(match[0], where)


def refuse_template(request: CapturedRequest) -> None:
    """Refuse a request of which a webhook header holds a variable.

    Raises:
        VoveError: `unresolved-variable`.
    """
    for name, value in request.headers:
        if name.lower() in HEADER_NAMES:
            refuse_unresolved(value, f"the header {name}")


def unresolved(name: str, where: str) -> VoveError:
    """The error for a variable whose value the capture does not hold."""
    return VoveError(
        "unresolved-variable",
        f"{name} has no value in {where}",
        hint="define the variable in the capture, or write its value in its place",
    )
