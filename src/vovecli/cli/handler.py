"""`vove handler`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending


def handler(
    ctx: typer.Context,
    *,
    stack: Annotated[
        str | None,
        typer.Argument(metavar="STACK", help="Framework or language; without it, list them"),
    ] = None,
) -> None:
    """Print a complete webhook handler that works, or list them all.

    Each is one file that verifies the raw body and uses a database to skip
    duplicates. Its first lines say how to install and start it.

    Examples:
      vove handler
      vove handler flask > app.py
      vove handler express --json
    """
    from vovecli.commands.handler import find_handler, handlers

    run = session(ctx)
    chosen = [find_handler(stack)] if stack is not None else handlers()
    if run.json:
        from dataclasses import asdict

        for each in chosen:
            run.emit({"schema": "vove.handler/1", **asdict(each)})
        return
    from vovecli.ui.handlers import draw_handlers, draw_next_steps

    if stack is None:
        draw_handlers(run.terminal, chosen)
    else:
        sys.stdout.buffer.write(chosen[0].source.encode())
        sys.stdout.buffer.flush()
        draw_next_steps(run.terminal, chosen[0])


ENDING = Ending(
    exits={
        0: "the handler was printed",
        2: "the command line is wrong",
    },
    page="guides/checking.md",
)
app = command_app(handler)
