"""The command group: commands are imported when they are called; global options go anywhere."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from vovecli.cli.session import Session
from vovecli.ui.terminal import ColorChoice

if TYPE_CHECKING:
    from collections.abc import Callable

# name -> one-line help, in the order of `vove --help`; the module is vovecli.cli.<name>.
COMMANDS = {
    "send": "Sign events and send them to an endpoint",
    "listen": "Receive webhooks, verify them and print what arrives",
    "replay": "Send captured or recorded deliveries again",
    "history": "List the deliveries that were sent and received",
    "check": "Tell what is wrong with a handler, and how to mend it",
    "handler": "Print a webhook handler that works, whole, for a framework",
    "verify": "Verify captured requests and say why one fails",
    "sign": "Print a signed request without sending it",
    "events": "List the event types, or explain one",
    "secret": "Show, make or fingerprint the signing secret",
    "init": "Write vove.toml and .env with a fresh secret",
    "config": "Show every setting in force and where it comes from",
    "doctor": "Look for what keeps deliveries and tunnels from working",
    "completion": "Print the completion script of a shell",
}

COLOR_CHOICES = get_args(ColorChoice)
_GLOBAL_PANEL = "Global options"


class VoveCommand(TyperCommand):
    """A command whose help keeps its lines and which takes the global options too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(*args, **kwargs)
        self.params.extend(_global_options())

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write the help as it stands: its examples must not be rewrapped."""
        _write_verbatim(self.help, formatter)


class VoveGroup(TyperGroup):
    """A group such as `vove secret`, with the same two habits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(*args, **kwargs)
        self.params.extend(_global_options())

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002
        """Write the help as it stands: its examples must not be rewrapped."""
        _write_verbatim(self.help, formatter)


class RootGroup(VoveGroup):
    """`vove` itself: a table of stubs, each replaced by the real command when it is resolved."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - typer's own signature
        super().__init__(*args, **kwargs)
        self.commands = {
            name: TyperCommand(name, help=summary, rich_markup_mode=None)
            for name, summary in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401
        """Find the command, unknown names with the nearest ones, and import it."""
        name, stub, rest = super().resolve_command(ctx, args)
        return name, stub and load_command(cast("str", name)), rest


def load_command(name: str) -> TyperCommand | TyperGroup:
    """Import the module of a command and build it."""
    module = importlib.import_module(f"vovecli.cli.{name}")
    command = typer.main.get_command(module.app)
    command.name = name
    return cast("TyperCommand | TyperGroup", command)


def command_app(*functions: Callable[..., Any]) -> typer.Typer:
    """A typer app for one command, or for a group of them where the first is run without a name."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, cls=VoveGroup)
    if len(functions) == 1:
        app.command(cls=VoveCommand)(functions[0])
        return app
    app.callback(cls=VoveGroup, invoke_without_command=True)(functions[0])
    for function in functions[1:]:
        app.command(function.__name__.rstrip("_"), cls=VoveCommand)(function)
    return app


def session(ctx: typer.Context) -> Session:
    """The session of this run."""
    return cast("Session", ctx.find_root().obj)


def _write_verbatim(text: str | None, formatter: Any) -> None:  # noqa: ANN401 - a vendored class
    formatter.write_paragraph()
    for line in (text or "").splitlines():
        formatter.write(f"{line}\n")


def _global_options() -> list[TyperOption]:
    """Fresh option objects, for `vove` and every command: so they go before or after its name."""
    return [
        _global("--json", is_flag=True, help="Print JSON lines and nothing else"),
        _global("--color", metavar="|".join(COLOR_CHOICES), help="When to use colour"),
        _global("--quiet", "-q", is_flag=True, help="No progress and no notices on stderr"),
        _global("--verbose", "-v", count=True, help="Say more"),
        _global("--profile", metavar="NAME", help="Profile of vove.toml or of the user file"),
    ]


def _global(*names: str, **attributes: Any) -> TyperOption:  # noqa: ANN401 - handed on to typer
    return TyperOption(
        param_decls=list(names),
        expose_value=False,
        callback=_remember,
        rich_help_panel=_GLOBAL_PANEL,
        **attributes,
    )


def _remember(ctx: typer.Context, param: typer.CallbackParam, value: object) -> None:
    if param.name == "color" and value not in (None, *COLOR_CHOICES):
        raise typer.BadParameter(f"{value!r} is not one of {', '.join(COLOR_CHOICES)}")
    if value and param.name:
        setattr(session(ctx), param.name, value)


app = typer.Typer(cls=RootGroup, add_completion=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def vove(
    ctx: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Print the version")] = False,
) -> None:
    """Simulate, receive, verify and check VOVE ID webhooks.

    Examples:
      vove listen                          # terminal 1: receives and verifies
      vove send kyb.case.completed         # terminal 2: signs and delivers
      vove verify request.http             # valid, or why not
    """
    if version:
        session(ctx).emit_version()
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())
