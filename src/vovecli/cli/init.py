"""`vove init`."""

from __future__ import annotations

from pathlib import Path

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending


def init(ctx: typer.Context) -> None:
    """Write a commented vove.toml, a .env with a fresh secret and its .gitignore line.

    Nothing that exists is overwritten.

    Examples:
      vove init
      vove init && vove config
    """
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.init import init as write

    run = session(ctx)
    for path, written in write(Path(), random_source()):
        if run.json:
            run.emit({"schema": "vove.init/1", "path": str(path), "written": written})
        else:
            typer.echo(f"{'wrote' if written else 'left '}  {path}")


ENDING = Ending(
    exits={
        0: "done; existing files were left unchanged",
        2: "the command line is wrong",
        3: "a file cannot be written",
    },
    page="guides/configuration.md",
)
app = command_app(init)
