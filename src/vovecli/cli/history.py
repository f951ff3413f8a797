"""`vove history`."""

from __future__ import annotations

from typing import Annotated, cast, get_args

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.values import choice, whole_number
from vovecli.core.outcomes.records import Direction


def history(
    ctx: typer.Context,
    *,
    event: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Event type; * stands for anything")
    ] = None,
    status: Annotated[
        str | None, typer.Option(metavar="STATUS", help="An outcome (refused), 500, or 5xx")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Not older than 1h, 2026-01-31, ...")
    ] = None,
    direction: Annotated[
        str | None,
        typer.Option(
            metavar="sent|received",
            help="Only these",
            parser=choice("direction", get_args(Direction)),
        ),
    ] = None,
    limit: Annotated[
        int,
        typer.Option(
            "--limit", "-n", parser=whole_number(0), metavar="N", help="The newest N; 0 is all"
        ),
    ] = 50,
) -> None:
    """List the deliveries that were sent and received, newest first.

    Examples:
      vove history
      vove history --direction sent --status refused --since 1h
      vove history --event 'kyb.*' --json
      vove history show 12
    """
    if ctx.invoked_subcommand is not None:
        return
    from vovecli.adapters.clock import now
    from vovecli.commands.history import find_records, parse_since

    records = find_records(
        event=event,
        status=status,
        since=parse_since(since, now=now()) if since else None,
        direction=cast("Direction | None", direction),
        limit=limit or None,
    )
    run = session(ctx)
    if run.json:
        from vovecli.core.envelope import record_json

        for record in records:
            run.emit(record_json(record))
    else:
        from vovecli.ui.history import draw_records

        filtered = any((event, status, since, direction))
        draw_records(run.terminal, records, filtered=filtered)


def show(
    ctx: typer.Context,
    record: Annotated[
        int, typer.Argument(parser=whole_number(1), metavar="RECORD", help="Its number")
    ],
) -> None:
    """Show one record with its headers and body.

    Examples:
      vove history show 12
      vove history show 12 --json
    """
    from vovecli.commands.history import find_record

    run, found = session(ctx), find_record(record)
    if run.json:
        from vovecli.core.envelope import record_json

        run.emit(record_json(found))
    else:
        from vovecli.ui.history import draw_record

        draw_record(run.terminal, found)


def export(
    ctx: typer.Context,
    out: Annotated[str, typer.Argument(metavar="OUT", help="File to write; it must be a new one")],
    *,
    event: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Event type; * stands for anything")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Not older than 1h, 2026-01-31, ...")
    ] = None,
    direction: Annotated[
        str | None,
        typer.Option(
            metavar="sent|received",
            help="Only these",
            parser=choice("direction", get_args(Direction)),
        ),
    ] = None,
) -> None:
    """Write genuine deliveries without personal data, signed by a fresh secret.

    Values are replaced by others of the same look, the same value always by the same one.
    Statuses, names of fields and timestamps stay; paths and all other headers do not.

    Examples:
      vove history export deliveries.ndjson
      vove history export kyb.ndjson --event 'kyb.*' --direction received
      vove verify deliveries.ndjson --secret-file deliveries.ndjson.secret
    """
    from vovecli.adapters.clock import now
    from vovecli.cli.redaction import export_redacted
    from vovecli.commands.export import recorded
    from vovecli.commands.history import find_records, parse_since

    records = find_records(
        event=event,
        since=parse_since(since, now=now()) if since else None,
        direction=cast("Direction | None", direction),
    )
    export_redacted(session(ctx), recorded(records), out)


def clear(ctx: typer.Context) -> None:
    """Remove all records, with the bodies in them.

    Examples:
      vove history clear
    """
    from vovecli.commands.history import clear as clear_history

    count = clear_history()
    run = session(ctx)
    if run.json:
        run.emit({"schema": "vove.cleared/1", "removed": count})
    else:
        run.terminal.notice(f"{count} record{'' if count == 1 else 's'} removed")


app = command_app(history, show, export, clear)
