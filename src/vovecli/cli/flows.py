"""`vove flows`."""

from __future__ import annotations

from typing import Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending
from vovecli.core.flows import FLOWS, find_flow


def flows(
    ctx: typer.Context,
    *,
    flow: Annotated[str | None, typer.Argument(metavar="FLOW", help="Show only this flow")] = None,
) -> None:
    """List the sequences of events that send --flow plays, your own included.

    Examples:
      vove flows
      vove flows kyb-approved
      vove send --flow kyb-approved
    """
    run = session(ctx)
    own = run.settings.flows()
    names = [flow] if flow else [*FLOWS, *(name for name in own if name not in FLOWS)]
    catalogue = run.catalogue
    found = [find_flow(name, own, catalogue) for name in names]
    if run.json:
        from vovecli.core.envelope import flow_json

        for each in found:
            run.emit(flow_json(each))
        return
    from vovecli.ui.lists import draw_flows

    draw_flows(run.terminal, found)


ENDING = Ending(
    exits={
        0: "the flows were printed",
        2: "the command line is wrong",
        3: "the settings cannot be used",
    },
    page="reference/flows.md",
)
app = command_app(flows)
