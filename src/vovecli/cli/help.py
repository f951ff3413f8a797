"""`vove help`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vovecli.cli.group import COMMANDS, command_app, session
from vovecli.cli.pages import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence


def help_(
    ctx: typer.Context,
    *,
    command: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND...", help="Command: send, secret show")
    ] = None,
) -> None:
    """Show the help of a command, or the list of commands.

    Examples:
      vove help
      vove help send
      vove help secret show
      vove help --json                # one line per command
    """
    print_help(ctx, command or ())


def print_help(ctx: typer.Context, path: Sequence[str]) -> None:
    """Print the help page of a command; under `--json` without one, a line for each command.

    Raises:
        Exception: typer's usage error for a command that does not exist.
    """
    run, root = session(ctx), ctx.find_root()
    page_of: Any = root
    for name in path:
        if not hasattr(page_of.command, "resolve_command"):
            page_of.fail(f"No such command {name!r}: {page_of.command_path} has none")
        _, command, _ = page_of.command.resolve_command(page_of, [name])
        page_of = type(root)(command, info_name=name, parent=page_of)
    text = page_of.command.get_help(page_of)
    if not run.json:
        typer.echo(text)
    elif path:
        run.emit(_described(" ".join(path), page_of.command.help or "", text))
    else:
        for name, summary in COMMANDS.items():
            run.emit(_described(name, summary, None))


def _described(name: str, summary: str, text: str | None) -> dict[str, object]:
    first_line = summary.partition("\n")[0]
    return {"schema": "vove.command/1", "name": name, "summary": first_line, "help": text}


ENDING = Ending(
    exits={
        0: "the help was printed",
        2: "the command line is wrong",
    },
    page="reference/commands.md",
)
app = command_app(help_)
