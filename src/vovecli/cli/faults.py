"""`vove faults`."""

from __future__ import annotations

from typing import Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending
from vovecli.core.fault_kinds import FAULTS
from vovecli.core.faults import parse_faults


def faults(
    ctx: typer.Context,
    *,
    fault: Annotated[
        str | None, typer.Argument(metavar="FAULT", help="Show only this fault")
    ] = None,
) -> None:
    """List the ways in which send --fault breaks a delivery.

    Examples:
      vove faults
      vove faults stale
      vove send kyb.case.completed --fault bad-signature
    """
    run = session(ctx)
    found = parse_faults([fault]) if fault else [parse_faults([name])[0] for name in FAULTS]
    if run.json:
        from vovecli.core.envelope import fault_json

        for each in found:
            run.emit(fault_json(each))
        return
    from vovecli.ui.lists import draw_faults

    draw_faults(run.terminal, found)


ENDING = Ending(
    exits={
        0: "the faults were printed",
        2: "the command line is wrong",
    },
    page="reference/faults.md",
)
app = command_app(faults)
