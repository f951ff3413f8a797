"""The load options of `vove send`, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.delivery import DeliveryOptions, check_own_host, close_history, open_history
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.options import Panel
from vovecli.cli.values import number, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.cli.session import Session
    from vovecli.commands.compose import Composition
    from vovecli.commands.load import LoadRun
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.load import LoadPlan
    from vovecli.core.outcomes.loads import LoadSummary
    from vovecli.core.secrets import SigningSecret

MAX_CONCURRENCY = 1000

RepeatOption = Annotated[
    int | None,
    typer.Option(
        "--repeat",
        parser=whole_number(1),
        metavar="N",
        help="Send everything N times",
        rich_help_panel=Panel.LOAD,
    ),
]
ConcurrencyOption = Annotated[
    int | None,
    typer.Option(
        "--concurrency",
        parser=whole_number(1, MAX_CONCURRENCY),
        metavar="C",
        help="Connections at once",
        rich_help_panel=Panel.LOAD,
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--rate",
        parser=number(0.01, 100_000),
        metavar="R",
        help="Requests per second",
        rich_help_panel=Panel.LOAD,
    ),
]
DurationOption = Annotated[
    str | None,
    typer.Option(
        "--duration",
        metavar="DURATION",
        help="Keep sending everything for this long",
        rich_help_panel=Panel.LOAD,
    ),
]
RecordOption = Annotated[
    bool,
    typer.Option(
        "--record",
        help="Record each delivery in the history; load runs do not by default",
        rich_help_panel=Panel.LOAD,
    ),
]
HtmlOption = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="FILE",
        help="Write one HTML page with plots of the load run",
        rich_help_panel=Panel.LOAD,
    ),
]


def load_plan(
    events: int,
    *,
    repeat: int | None,
    concurrency: int | None,
    rate: float | None,
    duration: str | None,
) -> LoadPlan | None:
    """What the options ask for; None where they ask for no load.

    Raises:
        VoveError: `bad-duration`.
    """
    if not (repeat or concurrency or rate or duration):
        return None
    if not repeat and not duration:
        raise typer.BadParameter("say when to stop: --repeat N or --duration 10s")
    from vovecli.core.load import DEFAULT_CONCURRENCY, DEFAULT_RATE_CONCURRENCY, LoadPlan
    from vovecli.core.times import parse_duration

    return LoadPlan(
        concurrency=concurrency or (DEFAULT_RATE_CONCURRENCY if rate else DEFAULT_CONCURRENCY),
        requests=repeat * events if repeat else None,
        duration_s=parse_duration(duration) if duration else None,
        rate_per_s=rate,
    )


def run_load(
    run: Session,
    events: Sequence[str | None],
    composition: Composition,
    secrets: Sequence[SigningSecret],
    plan: LoadPlan,
    options: DeliveryOptions,
    random_bytes: Callable[[int], bytes],
    *,
    record: bool,
    html: str | None,
) -> int:
    """Run the load and show what it came to, also when it is interrupted."""
    from vovecli.adapters.clock import now
    from vovecli.adapters.tls import client_context
    from vovecli.commands.load import LoadRun, recorder, signer
    from vovecli.ui.load import progress_bar

    endpoint = _endpoint(run, events, options)
    check_own_host(endpoint, "load may harm an app", own_host=options.own_host)
    sign = signer(events, composition, secrets, options.faults, now=now, random_bytes=random_bytes)
    sign(0)  # what cannot be signed is said before anything is sent
    writer = open_history(run) if record else None
    load = LoadRun(
        endpoint,
        plan,
        sign,
        timeout_s=options.timeout_s,
        ssl_context=client_context(verify=options.verify) if endpoint.scheme == "https" else None,
        record=recorder(endpoint, options.faults, writer, now=now) if writer else None,
        has_timeline=html is not None,
    )
    try:
        with progress_bar(run.terminal, plan.requests) as advance:
            load.run(advance)
    finally:
        _show(run, load.summary())
        if writer:
            close_history(run, writer)
        if html:
            _write_page(run, html, load, endpoint)
    return _exit_code(load.summary(), options)


def _endpoint(run: Session, events: Sequence[str | None], options: DeliveryOptions) -> Endpoint:
    endpoints = [run.endpoint(options.to, event=event) for event in events]
    if len({endpoint.url for endpoint in endpoints}) > 1:
        raise typer.BadParameter("load goes to one endpoint: give --to URL")
    return endpoints[0]


def _show(run: Session, summary: LoadSummary) -> None:
    if run.json:
        from vovecli.core.envelope import load_json

        run.emit(load_json(summary))
    else:
        from vovecli.ui.load import draw_load

        draw_load(run.terminal, summary)


def _write_page(run: Session, place: str, load: LoadRun, endpoint: Endpoint) -> None:
    from vovecli.adapters.clock import now
    from vovecli.ui.load_page import load_page

    page = load_page(load.summary(), load.slices(), endpoint=endpoint.url, moment=now())
    run.write_report(place, page)


def _exit_code(summary: LoadSummary, options: DeliveryOptions) -> ExitCode:
    if summary.failed or not summary.requests:
        return ExitCode.UNREACHABLE
    wrong = summary.refused
    if options.faults:
        from vovecli.core.faults import is_forgery

        wrong = summary.delivered if is_forgery(options.faults) else summary.refused
    return ExitCode.NEGATIVE if wrong else ExitCode.OK
