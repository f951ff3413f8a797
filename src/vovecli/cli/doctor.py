"""`vove doctor`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending


def doctor(
    ctx: typer.Context,
    *,
    network: Annotated[
        bool,
        typer.Option(
            "--network", help="Also ask a server for the time and DNS for ngrok's addresses"
        ),
    ] = False,
) -> int:
    """Check everything that listening and tunnels depend on, and say how to fix it.

    It looks at settings, secret and ports and, for a tunnel, at the ngrok agent,
    its authtoken and proxies. Only with --network does it check the clock and DNS;
    nothing leaves the machine otherwise. The exit code is 3 if it finds a problem.

    Examples:
      vove doctor
      vove doctor --network
      vove doctor --json
    """
    from vovecli.commands.doctor import doctor as examine
    from vovecli.core.outcomes.examined import examined_json
    from vovecli.ui.doctor import draw_examined

    run = session(ctx)
    problems = 0
    for examined in examine(run.settings, os.environ, network=network):
        problems += examined.condition == "problem"
        if run.json:
            run.emit(examined_json(examined))
        else:
            draw_examined(run.terminal, examined)
    return ExitCode.INPUT if problems else ExitCode.OK


ENDING = Ending(
    exits={
        0: "nothing needs to be fixed",
        2: "the command line is wrong",
        3: "something needs to be fixed",
    },
    page="guides/tunnel.md",
)
app = command_app(doctor)
