"""The options that every command takes: `vove --json send ...` is `vove send ... --json`."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args, get_type_hints

import typer

from vovecli.cli.options import Panel
from vovecli.cli.values import choice
from vovecli.ui.terminal import ColorChoice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vovecli.cli.session import Session

COLOR_CHOICES = get_args(ColorChoice)


def session(ctx: typer.Context) -> Session:
    """The session of this run."""
    return cast("Session", ctx.find_root().obj)


def with_global_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with the global options among its parameters; it never sees their values."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        own = {name: value for name, value in kwargs.items() if name not in _GLOBALS}
        return function(*args, **own)

    hints = get_type_hints(function, include_extras=True)
    signature = inspect.signature(function)
    own = [
        each.replace(annotation=hints.get(each.name, each.annotation))
        for each in signature.parameters.values()
    ]
    command.__signature__ = signature.replace(parameters=[*own, *_PARAMETERS])  # type: ignore[attr-defined]  # what inspect.signature looks for
    command.__annotations__ = hints | {each.name: each.annotation for each in _PARAMETERS}
    return command


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: object) -> object:
    if value and param.name:
        setattr(session(ctx), param.name, value)
    return value


def _option(*names: str, **attributes: Any) -> Any:  # noqa: ANN401 - handed on to typer
    return typer.Option(*names, callback=_remember, rich_help_panel=Panel.GLOBAL, **attributes)


# parameter name, which is the attribute of the session -> type and default
_GLOBALS: Mapping[str, tuple[Any, object]] = {
    "json": (
        Annotated[bool, _option("--json", help="Print JSON lines and nothing else")],
        False,
    ),
    "color": (
        Annotated[
            str | None,
            _option(
                "--color",
                metavar="|".join(COLOR_CHOICES),
                help="When to use colour",
                parser=choice("colour", COLOR_CHOICES),
            ),
        ],
        None,
    ),
    "quiet": (
        Annotated[bool, _option("--quiet", "-q", help="Hide progress, notices and hints")],
        False,
    ),
    "verbose": (
        Annotated[
            int, _option("--verbose", "-v", count=True, show_default=False, help="Show more detail")
        ],
        0,
    ),
    "profile": (
        Annotated[
            str | None,
            _option(
                "--profile",
                metavar="NAME",
                help="Use this profile of vove.toml or of your own settings",
            ),
        ],
        None,
    ),
}
_PARAMETERS = [
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)
    for name, (hint, default) in _GLOBALS.items()
]
