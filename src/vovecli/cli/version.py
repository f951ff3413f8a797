"""`vove version`."""

from __future__ import annotations

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending


def version(ctx: typer.Context) -> None:
    """Print the version.

    Examples:
      vove version
      vove version --json
    """
    session(ctx).emit_version()


ENDING = Ending(
    exits={
        0: "the version was printed",
        2: "the command line is wrong",
    },
    page="reference/commands.md",
)
app = command_app(version)
