"""Variables of request files: `{{name}}`, defined by `@name = value` or a script's `set` call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vovecli.core.requests import CapturedRequest

DEFINITION = re.compile(r"[ \t]*@([^\s=]+)[ \t]*=(.*)")
_REFERENCE = re.compile(r"\{\{([^{}\r\n]{1,200})\}\}")
_SET_CALL = re.compile(
    r"""\.set\(\s*(['"])([^'"\r\n]{1,200})\1\s*,\s*(['"])(.{0,1000}?)(?<!\\)\3\s*\)"""
)
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
