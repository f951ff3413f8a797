"""`vove version`."""

from __future__ import annotations

import typer

from vovecli.cli.group import command_app, session


def version(ctx: typer.Context) -> None:
    """Print the version.

    Examples:
      vove version
      vove version --json
    """
    session(ctx).emit_version()


app = command_app(version)
