"""`vove listen`."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.delivery import NoHistoryOption, close_history, open_history
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.exposure import ExposureOptions, exposure
from vovecli.cli.forwarding import ForwardingOptions, forwarding_rules
from vovecli.cli.group import command_app, session
from vovecli.cli.options import Panel, SecretOptions, StrictEventsOption
from vovecli.cli.pages import Ending
from vovecli.cli.values import port_number, whole_number
from vovecli.core.endpoints import SAMPLE_PORT, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.adapters.history_writer import HistoryWriter
    from vovecli.cli.session import Session
    from vovecli.commands.listen import Listened
    from vovecli.core.inbox import Play
    from vovecli.core.secrets import SigningSecret
    from vovecli.ui.arrivals import JsonArrivals, TextArrivals

_LAST_WORDS_S = 1.0  # for a reader of the output to take what it has not read yet
_STATUSES = range(200, 600)


def listen(
    ctx: typer.Context,
    *,
    place: Annotated[
        int | None,
        typer.Argument(parser=port_number, metavar="PORT", help="Short for --port PORT"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            "-p",
            parser=port_number,
            metavar="PORT",
            show_default="3000; 0 with --forward-to",
            help="Port to listen on; 0 takes any free one",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST", help="Name or address to listen on; localhost is 127.0.0.1 and ::1"
        ),
    ] = "localhost",
    secrets: SecretOptions,
    strict_events: StrictEventsOption = False,
    tolerance: Annotated[
        str, typer.Option(metavar="DURATION", help="How far a delivery's timestamp may be from now")
    ] = "5m",
    respond: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(200, 599),
            metavar="STATUS",
            help="Answer every POST with this status, verified or not",
            rich_help_panel=Panel.ANSWERS,
        ),
    ] = None,
    respond_script: Annotated[
        str | None,
        typer.Option(
            metavar="500,500,200",
            help="Answer POSTs with these statuses in turn; repeat the last",
            rich_help_panel=Panel.ANSWERS,
        ),
    ] = None,
    respond_body: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Body of the answers", rich_help_panel=Panel.ANSWERS),
    ] = None,
    delay: Annotated[
        str,
        typer.Option(
            metavar="DURATION",
            help="Delay each answer (16s exceeds VOVE ID's limit of 15 s)",
            rich_help_panel=Panel.ANSWERS,
        ),
    ] = "0",
    max_body: Annotated[
        str,
        typer.Option(
            metavar="SIZE", help="Refuse longer bodies with 413", rich_help_panel=Panel.ANSWERS
        ),
    ] = "1MiB",
    forwarding: ForwardingOptions,
    save: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="Write each request as a byte-exact .http file",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = None,
    exit_after: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1),
            metavar="N",
            help="Stop after N POSTs (exit code 1 if any was invalid)",
            rich_help_panel=Panel.SCRIPTS,
        ),
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Stop after this long (exit code 4)",
            rich_help_panel=Panel.SCRIPTS,
        ),
    ] = None,
    ready_file: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Write the URL there (JSON) when ready",
            rich_help_panel=Panel.SCRIPTS,
        ),
    ] = None,
    no_history: NoHistoryOption = False,
    inspect: Annotated[
        bool,
        typer.Option(
            "--inspect",
            help="Open the page of vove inspect beside the listener",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = False,
    exposure_options: ExposureOptions,
) -> int:
    """Receive webhooks on any path, verify them and print what arrives.

    Examples:
      vove listen
      vove listen 4000
      vove listen --forward-to 3000/webhooks/vove-kyb
      vove listen --forward-to kyb.*=:3000/kyb --forward-to kyc.*=:4000/kyc
      vove listen -p 0 --ready-file ready.json --exit-after 3 --timeout 60s --json
      vove listen --respond-script 500,500,200     # see how a sender retries
      vove listen --save captures/ && vove verify captures/
      vove listen --tunnel                         # a public URL for the dashboard
    """
    from vovecli.commands.listen import Until
    from vovecli.commands.listen import listen as run_listener
    from vovecli.core.inbox import Inbox, Play
    from vovecli.core.sizes import parse_size
    from vovecli.core.times import parse_duration

    run = session(ctx)
    if place is not None and port is not None:
        raise typer.BadParameter("give PORT or --port PORT, not both")
    if inspect and no_history:
        raise typer.BadParameter(
            "--inspect shows the history, so --no-history cannot be combined with it"
        )
    port = place if port is None else port
    play = _play(respond, respond_script, respond_body)
    in_force = run.secrets(secrets, announce=run.json)
    if run.json:
        _warn(run, in_force)  # otherwise the view says so
    expose = exposure(run, exposure_options)
    exposed = expose is not None or not is_loopback(host)
    rules = forwarding_rules(forwarding, run.catalogue, exposed=exposed, played=play != Play())
    if port is None:
        port = 0 if rules else SAMPLE_PORT
    inbox = Inbox(
        in_force,
        others=run.other_secrets(in_force),
        tolerance_s=int(parse_duration(tolerance)),
        play=play,
        exposed=exposed,
        catalogue=run.catalogue,
    )
    with (
        _page(run, in_force, wanted=inspect),
        _history(run, wanted=not no_history) as history,
        _view(run) as view,
    ):
        listened = run_listener(
            inbox,
            in_force,
            view.show,
            flush=view.flush,
            host=host,
            port=port,
            max_body=parse_size(max_body),
            delay_s=parse_duration(delay),
            until=Until(
                posts=exit_after, timeout_s=None if timeout is None else parse_duration(timeout)
            ),
            save=save,
            ready_file=ready_file,
            expose=expose,
            rules=rules,
            history=history,
        )
    return _exit_code(listened, strict=strict_events)


def _play(respond: int | None, script: str | None, body: str | None) -> Play:
    from vovecli.core.inbox import Play

    if respond and script is not None:
        raise typer.BadParameter("--respond and --respond-script cannot be combined")
    statuses = [respond] if respond else []
    for text in script.split(",") if script is not None else ():
        if not text.strip().isdecimal() or int(text) not in _STATUSES:
            raise typer.BadParameter(
                f"{text!r} in --respond-script is not a status from 200 to 599"
            )
        statuses.append(int(text))
    return Play(tuple(statuses), body)


def _warn(run: Session, secrets: Sequence[SigningSecret]) -> None:
    from vovecli.core.secrets import DEVELOPMENT

    if secrets[0].origin == DEVELOPMENT:
        run.terminal.notice(
            "genuine deliveries will be refused until you give their endpoint's secret: "
            "VOVE_WEBHOOK_SECRET or --secret-file"
        )


@contextmanager
def _history(run: Session, *, wanted: bool) -> Iterator[HistoryWriter | None]:
    """The history, if it is wanted and can be used, until the listener has ended."""
    writer = open_history(run) if wanted else None
    try:
        yield writer
    finally:
        if writer:
            close_history(run, writer)


@contextmanager
def _page(run: Session, secrets: Sequence[SigningSecret], *, wanted: bool) -> Iterator[None]:
    """The page of `vove inspect`, if it is wanted, until the listener has ended."""
    if not wanted:
        yield
        return
    from vovecli.cli.inspect import page_beside

    with page_beside(run, secrets):
        yield


@contextmanager
def _view(run: Session) -> Iterator[JsonArrivals | TextArrivals]:
    """Shows what arrives, whether anybody reads it or not: that must hold no delivery up."""
    from vovecli.ui.arrivals import JsonArrivals, TextArrivals
    from vovecli.ui.json_lines import json_line
    from vovecli.ui.terminal import Terminal, wants_color
    from vovecli.ui.text import count
    from vovecli.ui.unread import UnreadOutput, unread_output

    def lost_lines(lines: int) -> str:
        return f"... {count(lines, 'line')} not shown: nobody read them\n"

    def lost_json(lines: int) -> str:
        return json_line({"schema": "vove.dropped/1", "lines": lines})

    out = unread_output(sys.stdout, lost_json if run.json else lost_lines, spill=run.json)
    err = unread_output(sys.stderr, lost_lines)
    color = "never" if run.json else run.color
    terminal = Terminal(out=out, err=err, environ=os.environ, color=color, quiet=run.quiet)
    try:
        if run.json:
            yield JsonArrivals(terminal, out=out)
        else:
            paint = wants_color(run.color, os.environ, is_terminal=sys.stdout.isatty())
            yield TextArrivals(terminal, out=out, color=paint, verbose=run.verbose > 0)
    finally:
        for stream in (out, err):
            if isinstance(stream, UnreadOutput):
                stream.finish(within_s=_LAST_WORDS_S)


def _exit_code(listened: Listened, *, strict: bool) -> ExitCode:
    from vovecli.commands.listen import ENOUGH, TIME_UP

    if listened.ended_by == ENOUGH:
        good = listened.all_valid and not (strict and listened.drifted)
        return ExitCode.OK if good else ExitCode.NEGATIVE
    if listened.ended_by == TIME_UP:
        return ExitCode.UNREACHABLE
    return ExitCode.INTERRUPTED if listened.ended_by == "SIGINT" else ExitCode.TERMINATED


ENDING = Ending(
    settings=("secret", "secret_file", "history.enabled"),
    exits={
        0: "--exit-after was reached, and every POST was valid",
        1: "--exit-after was reached, and a POST was invalid or, with --strict-events, has drifted",
        2: "the command line is wrong",
        3: "the port is in use, or the secret or a file cannot be used",
        4: "--timeout ended before --exit-after was reached",
        5: "the tunnel failed",
        130: "interrupted with Ctrl-C",
    },
    page="guides/listening.md",
)
app = command_app(listen)
