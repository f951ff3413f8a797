"""`vove events`."""

from __future__ import annotations

from typing import Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.core.catalogue import EVENTS, find_event
from vovecli.core.payloads import sample_payload


def events(
    ctx: typer.Context,
    *,
    event: Annotated[
        str | None, typer.Argument(metavar="EVENT", help="Event type to explain")
    ] = None,
) -> None:
    """List the event types, or explain one.

    Examples:
      vove events
      vove events kyb.case.rejected
      vove events --json
    """
    run = session(ctx)
    chosen = [find_event(event)] if event else list(EVENTS.values())
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


app = command_app(events)
