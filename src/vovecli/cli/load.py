"""The load options of `vove send`, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vovecli.cli.delivery import DeliveryPlan, check_own_host, close_history, open_history
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.options import Panel
from vovecli.cli.values import number, whole_number
from vovecli.core.outcomes.records import is_forged

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.cli.session import Session
    from vovecli.commands.compose import Composition
    from vovecli.commands.load import LoadRun
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.faults import Fault
    from vovecli.core.load import LoadPlan
    from vovecli.core.outcomes.loads import LoadSummary
    from vovecli.core.secrets import SigningSecret

MAX_CONCURRENCY = 1000


class LoadOptions(NamedTuple):
    """How much is sent at once, and what is kept of it."""

    repeat: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1),
            metavar="N",
            help="Send everything N times",
            rich_help_panel=Panel.LOAD,
        ),
    ] = None
    concurrency: Annotated[
        int | None,
        typer.Option(
            parser=whole_number(1, MAX_CONCURRENCY),
            metavar="C",
            help="Connections at once",
            rich_help_panel=Panel.LOAD,
        ),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(
            parser=number(0.01, 100_000),
            metavar="R",
            help="Requests per second",
            rich_help_panel=Panel.LOAD,
        ),
    ] = None
    duration: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Keep sending everything for this long",
            rich_help_panel=Panel.LOAD,
        ),
    ] = None
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Record each delivery in the history; load runs do not by default",
            rich_help_panel=Panel.LOAD,
        ),
    ] = False
    html: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write one HTML page with plots of the load run",
            rich_help_panel=Panel.LOAD,
        ),
    ] = None

    def plan(self, events: int) -> LoadPlan | None:
        """What they ask for; None where they ask for no load.

        Raises:
            VoveError: `bad-duration`.
        """
        repeat, rate = self.repeat, self.rate
        if not (repeat or self.concurrency or rate or self.duration):
            return None
        from vovecli.core.times import parse_duration

        duration_s = parse_duration(self.duration) if self.duration else None
        if not repeat and not duration_s:
            raise typer.BadParameter("say when to stop: --repeat N or --duration 10s")
        from vovecli.core.load import DEFAULT_CONCURRENCY, DEFAULT_RATE_CONCURRENCY, LoadPlan

        usual = DEFAULT_RATE_CONCURRENCY if rate else DEFAULT_CONCURRENCY
        return LoadPlan(
            concurrency=self.concurrency or usual,
            requests=repeat * events if repeat else None,
            duration_s=duration_s,
            rate_per_s=rate,
        )


def run_load(
    run: Session,
    events: Sequence[str | None],
    composition: Composition,
    secrets: Sequence[SigningSecret],
    load_plan: LoadPlan,
    plan: DeliveryPlan,
    *,
    random_bytes: Callable[[int], bytes],
    options: LoadOptions,
) -> int:
    """Run the load and show what it came to, also when it is interrupted."""
    from vovecli.adapters.clock import now
    from vovecli.adapters.tls import client_context
    from vovecli.commands.load import LoadRun, recorder, signer
    from vovecli.ui.load import progress_bar

    endpoint = _endpoint(run, events, plan.to)
    check_own_host(endpoint, "load may harm an app", own_host=plan.own_host)
    faults = plan.conduct.faults
    sign = signer(events, composition, secrets, faults, now=now, random_bytes=random_bytes)
    sign(0)  # what cannot be signed is said before anything is sent
    writer = open_history(run) if options.record else None
    load = LoadRun(
        endpoint,
        load_plan,
        sign,
        timeout_s=plan.timeout_s,
        ssl_context=client_context(verify=plan.verify) if endpoint.scheme == "https" else None,
        record=recorder(endpoint, faults, writer, now=now) if writer else None,
        has_timeline=options.html is not None,
    )
    try:
        with progress_bar(run.terminal, load_plan.requests) as advance:
            load.run(advance)
    finally:
        _show(run, load.summary())
        if writer:
            close_history(run, writer)
        if options.html:
            _write_page(run, options.html, load, endpoint)
    return _exit_code(load.summary(), faults)


def _endpoint(run: Session, events: Sequence[str | None], to: str | None) -> Endpoint:
    endpoints = [run.endpoint(to, event=event) for event in events]
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


def _exit_code(summary: LoadSummary, faults: Sequence[Fault]) -> ExitCode:
    if summary.failed or not summary.requests:
        return ExitCode.UNREACHABLE
    wrong = summary.delivered if is_forged(fault.name for fault in faults) else summary.refused
    return ExitCode.NEGATIVE if wrong else ExitCode.OK
