"""The options that every command takes: `vove --json send ...` is `vove send ... --json`."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, cast, get_args

import typer

from vovecli.cli.option_groups import parameters_of, ungrouped
from vovecli.cli.options import Panel
from vovecli.cli.values import choice
from vovecli.ui.terminal import ColorChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.cli.session import Session

COLOR_CHOICES = get_args(ColorChoice)


def session(ctx: typer.Context) -> Session:
    """The session of this run."""
    return cast("Session", ctx.find_root().obj)


def with_global_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as typer takes it, with the global options; it never sees their values."""
    own, call = ungrouped(function)
    parameters = [*own, *parameters_of(GlobalOptions)]

    @functools.wraps(function)
    def command(*args: Any, **values: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        for name in GlobalOptions._fields:
            del values[name]
        return call(*args, **values)

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what inspect.signature looks for
    command.__annotations__ = {each.name: each.annotation for each in parameters}
    return command


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: object) -> object:
    if value and param.name:
        setattr(session(ctx), param.name, value)
    return value


def _option(*names: str, **attributes: Any) -> Any:  # noqa: ANN401 - handed on to typer
    return typer.Option(*names, callback=_remember, rich_help_panel=Panel.GLOBAL, **attributes)


class GlobalOptions(NamedTuple):
    """Each is remembered as the attribute of the session that has its name."""

    json: Annotated[bool, _option("--json", help="Print JSON lines and nothing else")] = False
    color: Annotated[
        str | None,
        _option(
            "--color",
            metavar="|".join(COLOR_CHOICES),
            help="When to use colour",
            parser=choice("colour", COLOR_CHOICES),
        ),
    ] = None
    quiet: Annotated[bool, _option("--quiet", "-q", help="Hide progress, notices and hints")] = (
        False
    )
    verbose: Annotated[
        int, _option("--verbose", "-v", count=True, show_default=False, help="Show more detail")
    ] = 0
    profile: Annotated[
        str | None,
        _option(
            "--profile",
            metavar="NAME",
            help="Use this profile of vove.toml or of your own settings",
        ),
    ] = None
