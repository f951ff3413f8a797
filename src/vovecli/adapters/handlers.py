"""The tested handlers of `examples/receivers`, which a wheel holds as package data."""

from __future__ import annotations

from pathlib import Path

from vovecli.core.handlers import FILES, Handler, parse_handler

_PACKAGE = Path(__file__).parents[1]


def read_handler(name: str) -> Handler:
    """The handler of a stack.

    Args:
        name: A key of `core.handlers.FILES`.
    """
    source = (_folder() / name / FILES[name]).read_text(encoding="utf-8")
    return parse_handler(name, source)


def _folder() -> Path:
    """In the package of a wheel, at the top of a source checkout."""
    installed = _PACKAGE / "handlers"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "examples" / "receivers"
