"""A short way round typer's pydantic adapters, which cost a third of a start-up.

Since 0.29 typer builds a pydantic adapter for every parameter of a command that runs, those that
nobody gave included, and so imports pydantic. Defaults, text that stays text and values with a
parser of their own need none.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_TEXT = (str, list[str])


class _PlainValue:
    """What typer's `RuntimeParam` does, for values that no adapter would change."""

    def __init__(
        self, convert: Callable[[Any], object] | None, by_adapter: Callable[[], Any]
    ) -> None:
        self._convert, self._by_adapter = convert, by_adapter

    def coerce(self, value: Any, param: Any, ctx: Any) -> object:  # noqa: ANN401 - typer's own
        """The value of the parameter out of what was on the command line."""
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        if value == param.default or getattr(param, "count", False):
            return value
        if not self._convert:
            return self._by_adapter().coerce(value, param=param, ctx=ctx)
        return tuple(map(self._convert, value)) if several else self._convert(value)


def keep_plain(params: Iterable[Any]) -> None:
    """Keep parameters of plain types from typer's adapters.

    Where a version of typer has none, nothing happens; where it builds them in another way, it
    builds them as ever, and `tests/contracts/test_lazy_imports.py` says so.
    """
    for param in params:
        descriptor = getattr(param, "type_descriptor", None)
        by_adapter = getattr(param, "get_runtime_param", None)
        if descriptor and by_adapter:
            convert = descriptor.parameter_info.parser
            if descriptor.annotation in _TEXT:
                convert = convert or _same
            param.get_runtime_param = partial(_PlainValue, convert, by_adapter)


def _same(text: str) -> str:
    return text
