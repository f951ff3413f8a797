"""`vove history`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple, get_args

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice, whole_number
from vovecli.core.outcomes.records import Direction, RequestForm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.outcomes.records import Record

REQUEST_FORMS = get_args(RequestForm)
EventOption = Annotated[
    str | None, typer.Option(metavar="PATTERN", help="Event type; * stands for anything")
]


def past_moment(text: str) -> int:
    """Unix seconds of a moment that has gone by: `1h` (ago), `2026-01-31`."""
    from vovecli.adapters.clock import now
    from vovecli.core.times import parse_since

    return parse_since(text, now=now())


SinceOption = Annotated[
    int | None,
    typer.Option(
        parser=past_moment,
        metavar="TIME",
        help="Only records since then: 1h (ago), 2026-01-31, ...",
    ),
]
DirectionOption = Annotated[
    Direction | None,
    typer.Option(
        metavar="sent|received",
        help="Only what was sent, or only what was received",
        parser=choice("direction", get_args(Direction)),
    ),
]


class RecordOptions(NamedTuple):
    """Which records."""

    event: EventOption = None
    status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="Outcome such as refused, or HTTP status: 500, 5xx"),
    ] = None
    since: SinceOption = None
    direction: DirectionOption = None

    def find(self, limit: int | None) -> Iterator[Record]:
        """The newest of them, newest first."""
        from vovecli.commands.history import find_records

        return find_records(**self._asdict(), limit=limit)


def record_name(text: str) -> str:
    """The number of a record, or `last`."""
    name = text.lower()
    if name != "last" and not (name.isascii() and name.isdigit() and int(name)):
        raise typer.BadParameter(f"{text!r} is neither the number of a record nor last")
    return name


def history(
    ctx: typer.Context,
    *,
    wanted: RecordOptions,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            "-n",
            parser=whole_number(0),
            metavar="N",
            help="Only the newest N; 0 shows all",
        ),
    ] = 50,
    follow: Annotated[
        bool,
        typer.Option("--follow", "-f", help="Keep running, and show new records as they are added"),
    ] = False,
) -> None:
    """List the deliveries that were sent and received, newest first.

    Examples:
      vove history
      vove history --direction sent --status refused --since 1h
      vove history --event 'kyb.*' --json
      vove history --follow
      vove history 12                  # short for vove history show 12
    """
    if ctx.invoked_subcommand is not None:
        return
    from vovecli.commands.history import follow_records

    run, most = session(ctx), limit or None
    records = follow_records(wanted.find, most) if follow else wanted.find(most)
    if run.json:
        from vovecli.core.envelope import record_json

        for record in records:
            run.emit(record_json(record))
    else:
        from vovecli.ui.history import draw_records

        draw_records(run.terminal, records, filtered=any(wanted))


def show(
    ctx: typer.Context,
    record: Annotated[
        str,
        typer.Argument(
            parser=record_name, metavar="last|RECORD", help="Number of the record, or last"
        ),
    ],
    *,
    format: Annotated[
        RequestForm | None,
        typer.Option(
            metavar="|".join(REQUEST_FORMS),
            help="Print the request as a raw HTTP message, a curl command or a HAR file",
            parser=choice("format", REQUEST_FORMS),
        ),
    ] = None,
) -> None:
    """Show one record with its headers, its body and the answer.

    Examples:
      vove history show last
      vove history show 12 --json
      vove history show 12 --format http > request.http
      vove history show 12 --format curl
    """
    from vovecli.commands.history import find_named

    run = session(ctx)
    if run.json and format:
        raise typer.BadParameter("--format prints the request and --json the record: choose one")
    found = find_named(record)
    if run.json:
        from vovecli.core.envelope import record_json

        run.emit(record_json(found))
    elif format:
        from vovecli.commands.replay import request_as

        endpoint = run.endpoint(found.endpoint, event=found.event)
        sys.stdout.buffer.write(request_as(found, endpoint, format))
        sys.stdout.buffer.flush()
    else:
        from vovecli.ui.history import draw_record

        draw_record(run.terminal, found)


def export(
    ctx: typer.Context,
    out: Annotated[str, typer.Argument(metavar="OUT", help="File to write; it must not exist yet")],
    *,
    event: EventOption = None,
    since: SinceOption = None,
    direction: DirectionOption = None,
) -> None:
    """Write genuine deliveries without personal data, signed with a fresh secret.

    Every value is replaced by a pseudonym of the same look; equal values stay equal.
    Statuses, field names and timestamps stay; paths and most headers are left out.

    Examples:
      vove history export deliveries.ndjson
      vove history export kyb.ndjson --event 'kyb.*' --direction received
      vove verify deliveries.ndjson --secret-file deliveries.ndjson.secret
    """
    from vovecli.cli.redaction import export_redacted
    from vovecli.commands.export import recorded
    from vovecli.commands.history import find_records

    records = find_records(event=event, since=since, direction=direction)
    export_redacted(session(ctx), recorded(records), out)


def clear(
    ctx: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
) -> None:
    """Remove all records, with the bodies in them.

    Examples:
      vove history clear
      vove history clear --yes
    """
    from vovecli.commands.history import clear as clear_history

    run = session(ctx)
    if not yes and run.can_ask and not run.agrees("Remove all records of the history?"):
        raise KeyboardInterrupt
    removed = clear_history()
    if run.json:
        run.emit({"schema": "vove.cleared/1", "removed": removed})
    else:
        from vovecli.ui.text import count

        run.terminal.notice(f"{count(removed, 'record')} removed")


NUMBERED = "show"  # what `vove history 12` is short for
ENDING = Ending(
    settings=("history.enabled", "history.keep", "history.max_age", "history.max_size"),
    exits={
        0: "done, even if no record matches",
        2: "the command line is wrong",
        3: "there is no such record, nothing to export, or the history cannot be used",
    },
    page="guides/where-data-are.md",
)
app = command_app(history, show, export, clear)
