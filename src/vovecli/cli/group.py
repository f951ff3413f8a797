"""The command group: commands are imported when they are called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup

from vovecli.cli.global_options import session, with_global_options
from vovecli.cli.pages import MAX_WIDTH, Ending, HelpPage
from vovecli.cli.plain_values import keep_plain

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS", "USAGE_ERROR", "app", "command_app", "load_command", "session"]

# name -> one-line help, in the order of `vove --help`; the module is vovecli.cli.<name>.
COMMANDS = {
    "send": "Sign events and send them to an endpoint",
    "listen": "Receive webhooks, verify them and print what arrives",
    "check": "Find out what is wrong with a handler and how to fix it",
    "handler": "Print a complete webhook handler for your framework",
    "verify": "Verify captured requests and say why one fails",
    "sign": "Print a signed request without sending it",
    "replay": "Send captured or recorded deliveries again",
    "history": "List the deliveries that were sent and received",
    "inspect": "Open a page that shows deliveries and sends them again",
    "events": "List the event types, or explain one",
    "learn": "Learn what events look like from genuine deliveries",
    "flows": "List the sequences of events that send --flow plays",
    "faults": "List the ways in which send --fault breaks a delivery",
    "secret": "Show, make or fingerprint the signing secret",
    "init": "Write vove.toml and .env with a fresh secret",
    "trust": "Let a project's settings reach beyond this machine",
    "config": "Show every setting in force and where it comes from",
    "doctor": "Diagnose delivery and tunnel problems",
    "completion": "Print the completion script of a shell",
    "help": "Show the help of a command",
    "version": "Print the version",
}
# What a wrong command line raises; typer names it since 0.28.
USAGE_ERROR = cast("type[Exception]", getattr(typer, "TyperException", typer.BadParameter.__base__))


class _Parsed(HelpPage):
    """What commands and groups have in common."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own class
        """Parse the arguments; an error knows which command it came from."""
        ctx.find_root().obj.command = ctx.command_path
        keep_plain(self.get_params(ctx))  # type: ignore[attr-defined]  # of the class it is mixed into
        return cast("list[str]", super().parse_args(ctx, args))  # type: ignore[misc]  # the same


class VoveCommand(_Parsed, TyperCommand):
    """A command."""


class VoveGroup(_Parsed, TyperGroup):
    """A group such as `vove secret`.

    Attributes:
        numbered: The command that a number alone, or `last`, is short for; empty where it is none.
    """

    numbered = ""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer's own class
        """Find the command; `vove history 12` is `vove history show 12`."""
        if self.numbered and (args[0].isdigit() or args[0] == "last"):
            args = [self.numbered, *args]
        return super().resolve_command(ctx, args)


class RootGroup(VoveGroup):
    """`vove` itself: a table of stubs, each replaced by the real command when it is resolved."""

    ending = Ending(page="reference/commands.md, docs/reference/exit-codes.md")

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
    command.ending = getattr(module, "ENDING", Ending())  # type: ignore[attr-defined]  # of HelpPage
    if isinstance(command, VoveGroup):
        for part in command.commands.values():
            part.ending = command.ending  # type: ignore[attr-defined]  # of HelpPage
        command.numbered = getattr(module, "NUMBERED", "")
    return cast("TyperCommand | TyperGroup", command)


def command_app(*functions: Callable[..., Any]) -> typer.Typer:
    """A typer app for one command, or for a group of them where the first is run without a name."""
    first, *others = (with_global_options(function) for function in functions)
    app = typer.Typer(add_completion=False, rich_markup_mode=None, cls=VoveGroup)
    if not others:
        app.command(cls=VoveCommand)(first)
        return app
    app.callback(cls=VoveGroup, invoke_without_command=True)(first)
    for function in others:
        app.command(function.__name__.rstrip("_"), cls=VoveCommand)(function)
    return app


def vove(
    ctx: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", "-V", help="Print the version")] = False,
) -> None:
    """Simulate, receive, verify and check VOVE ID webhooks.

    Examples:
      vove listen                          # terminal 1: receives and verifies
      vove send kyb.case.completed         # terminal 2: signs and delivers
      vove verify request.http             # valid, or why not
      vove check :3000/webhooks/vove-kyb   # is my handler right?
    """
    if version:
        session(ctx).emit_version()
        raise typer.Exit
    if ctx.invoked_subcommand is None:
        from vovecli.cli.help import print_help

        print_help(ctx, ())


app = typer.Typer(
    cls=RootGroup,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": MAX_WIDTH},
)
app.callback(invoke_without_command=True)(with_global_options(vove))
