"""`vove events`."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice
from vovecli.core.payloads import sample_payload


def events(
    ctx: typer.Context,
    *,
    event: Annotated[
        str | None, typer.Argument(metavar="EVENT", help="Event type to explain")
    ] = None,
    format: Annotated[
        Literal["json-schema", "typescript", "pydantic", "openapi"] | None,
        typer.Option(
            parser=choice("format", ("json-schema", "typescript", "pydantic", "openapi")),
            metavar="json-schema|typescript|pydantic|openapi",
            help="Print types of the payloads for a program that receives them",
        ),
    ] = None,
) -> None:
    """List the event types, or explain one.

    Examples:
      vove events
      vove events kyb.case.rejected
      vove events --format typescript > vove-events.ts
      vove events --json
    """
    run = session(ctx)
    known = run.catalogue
    chosen = [known.find(event)] if event else list(known.events.values())
    if format:
        if run.json:
            raise typer.BadParameter("--format prints a file and --json prints lines: choose one")
        from vovecli.core.payload_types import write_types

        sys.stdout.write(write_types(chosen, format))
        return
    samples = [sample_payload(each, ref_id=each.sample_ref_id) for each in chosen]
    if run.json:
        from vovecli.core.envelope import event_json

        for each, sample in zip(chosen, samples, strict=True):
            run.emit(event_json(each, sample=sample))
        return
    from vovecli.ui.events import draw_event, draw_events

    if event:
        draw_event(run.terminal, chosen[0], samples[0])
    else:
        draw_events(run.terminal, chosen)


ENDING = Ending(
    exits={
        0: "the events were printed",
        2: "the command line is wrong",
        3: "the settings cannot be used",
    },
    page="reference/events.md",
)
app = command_app(events)
