"""`vove trust`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending


def trust(
    ctx: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A settings file; without it, those in force here"),
    ] = None,
) -> None:
    """Let a project's settings reach beyond this machine and its folder.

    A project's .env, vove.toml or pyproject.toml may come with a checkout. If it
    sets an endpoint on another host, a secret file elsewhere or a tunnel's domain,
    that counts only after this command, and as long as the file does not change.
    VOVE_TRUST_PROJECT=1 trusts them all (for CI).

    Examples:
      vove config            # what they set
      vove trust             # trust the files that are in force here
      vove trust vove.toml
    """
    from vovecli.adapters.trust import trust as trust_file
    from vovecli.core.errors import VoveError
    from vovecli.ui.text import printable

    run = session(ctx)
    found = [Path(file)] if file else run.settings.project_files()
    if not found:
        raise VoveError(
            "no-settings", "no settings file of a project is in force here", hint="vove config"
        )
    for path in found:
        trust_file(path)
        if run.json:
            run.emit({"schema": "vove.trust/1", "path": str(path)})
        else:
            run.terminal.line(f"trusted {printable(str(path))} as it is now")


ENDING = Ending(
    exits={
        0: "the files are trusted as they are now",
        2: "the command line is wrong",
        3: "a file cannot be read, or none is in force here",
    },
    page="guides/configuration.md",
)
app = command_app(trust)
