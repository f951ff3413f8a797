"""`vove send`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.compose import (
    BodyOption,
    HeaderPrefixOption,
    MessageIdOption,
    PrettyOption,
    PreviousStatusOption,
    ReasonOption,
    RefIdOption,
    SeedOption,
    SetNewOption,
    SetOption,
    TimestampOption,
    UnsetOption,
    composition,
)
from vovecli.cli.delivery import (
    CaFileOption,
    DelayOption,
    DryRunOption,
    FaultOption,
    InsecureOption,
    NoHistoryOption,
    Outgoing,
    OwnHostOption,
    RetryOption,
    ShowResponseOption,
    TimeoutOption,
    TimeScaleOption,
    ToOption,
    delivery_options,
    print_unsent,
    run_deliveries,
)
from vovecli.cli.group import command_app, session
from vovecli.cli.load import (
    ConcurrencyOption,
    DurationOption,
    HtmlOption,
    RateOption,
    RecordOption,
    RepeatOption,
    load_plan,
    run_load,
)
from vovecli.cli.options import (
    HeaderCaseOption,
    HeaderOption,
    Panel,
    SecretFileOption,
    SecretOption,
)
from vovecli.cli.pages import Ending
from vovecli.core.outcomes.records import DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.cli.delivery import DeliveryOptions
    from vovecli.cli.session import Session
    from vovecli.core.outcomes.deliveries import SignedRequest


def send(
    ctx: typer.Context,
    *,
    events: Annotated[
        list[str] | None, typer.Argument(metavar="EVENT...", help="Event types; see vove events")
    ] = None,
    flow: Annotated[
        str | None,
        typer.Option(
            metavar="FLOW",
            help="A sequence of events such as kyb-approved; see vove flows",
            rich_help_panel=Panel.EVENT,
        ),
    ] = None,
    to: ToOption = None,
    timeout: TimeoutOption = "15s",
    delay: DelayOption = "0",
    fault: FaultOption = None,
    retry: RetryOption = "none",
    time_scale: TimeScaleOption = 1.0,
    repeat: RepeatOption = None,
    concurrency: ConcurrencyOption = None,
    rate: RateOption = None,
    duration: DurationOption = None,
    record: RecordOption = False,
    html: HtmlOption = None,
    dry_run: DryRunOption = False,
    show_response: ShowResponseOption = False,
    insecure: InsecureOption = False,
    ca_file: CaFileOption = None,
    no_history: NoHistoryOption = False,
    i_own_this_host: OwnHostOption = False,
    secret: SecretOption = None,
    secret_file: SecretFileOption = None,
    ref_id: RefIdOption = None,
    previous_status: PreviousStatusOption = None,
    reason: ReasonOption = None,
    set_: SetOption = None,
    set_new: SetNewOption = None,
    unset: UnsetOption = None,
    body: BodyOption = None,
    pretty: PrettyOption = False,
    message_id: MessageIdOption = None,
    timestamp: TimestampOption = None,
    header: HeaderOption = None,
    header_prefix: HeaderPrefixOption = "svix",
    header_case: HeaderCaseOption = "lower",
    seed: SeedOption = None,
) -> int:
    """Sign events and send them to an endpoint, in order, with one refId.

    Examples:
      vove send kyb.case.completed
      vove send --flow kyc-review --delay 500ms --to :8000/hooks/vove
      vove send kyb.case.rejected --fault bad-signature   # exit 0 if refused
      vove send kyc.successful --retry svix --time-scale 0.001
      vove send kyb.case.completed --repeat 10000 --concurrency 50
    """
    from vovecli.adapters.clock import now
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.send import compose_all

    run = session(ctx)
    options = delivery_options(
        run,
        to=to,
        timeout=timeout,
        delay=delay,
        fault=fault,
        retry=retry,
        time_scale=time_scale,
        seed=seed,
        show_response=show_response,
        insecure=insecure,
        ca_file=ca_file,
        no_history=no_history,
        own_host=i_own_this_host,
    )
    names = _names(run, events, flow, body)
    run.say_provenance(names)
    plan = load_plan(
        len(names), repeat=repeat, concurrency=concurrency, rate=rate, duration=duration
    )
    _check_usage(
        options,
        len(names),
        message_id,
        timestamp,
        is_load=plan is not None,
        record=record,
        html=html,
    )
    wanted = composition(
        ref_id=ref_id,
        previous_status=previous_status,
        reason=reason,
        set_=set_,
        set_new=set_new,
        unset=unset,
        body=body,
        pretty=pretty,
        message_id=message_id,
        timestamp=timestamp,
        header=header,
        header_prefix=header_prefix,
        header_case=header_case,
    )
    wanted = wanted._replace(catalogue=run.catalogue_of(names))
    secrets, random_bytes = run.secrets(secret, secret_file), random_source(seed)
    if plan and not dry_run:
        return run_load(
            run, names, wanted, secrets, plan, options, random_bytes, record=record, html=html
        )
    requests = compose_all(
        names, wanted, secrets, now=now, random_bytes=random_bytes, faults=options.faults
    )
    outgoing = _outgoing(run, names, requests, options)
    return print_unsent(run, outgoing) if dry_run else run_deliveries(run, outgoing, options)


def _names(
    run: Session, events: list[str] | None, flow: str | None, body: str | None
) -> Sequence[str | None]:
    """The event types to send; None for a body that is sent as it is."""
    if flow and (events or body is not None):
        raise typer.BadParameter(
            "--flow names its own events, so EVENT and --body cannot be combined with it"
        )
    if flow:
        from vovecli.core.flows import find_flow  # only where a flow was asked for

        return find_flow(flow, run.settings.flows(), run.catalogue).events
    if not events and body is None:
        raise typer.BadParameter("give an EVENT (see: vove events), --flow NAME or --body FILE")
    catalogue = run.catalogue_of(events or ())
    return [catalogue.find(event).type for event in events or ()] or [None]


def _check_usage(
    options: DeliveryOptions,
    count: int,
    message_id: str | None,
    timestamp: str | None,
    *,
    is_load: bool,
    record: bool,
    html: str | None,
) -> None:
    if message_id and (count > 1 or is_load):
        raise typer.BadParameter("--message-id needs exactly one event: messages never share an id")
    if timestamp and options.policy:
        raise typer.BadParameter(
            "--retry signs each attempt anew, so --timestamp cannot be combined with it"
        )
    if is_load and (options.policy or options.delay_s):
        raise typer.BadParameter("--retry and --delay cannot be combined with load options")
    if is_load and any(fault.name == DUPLICATE for fault in options.faults):
        raise typer.BadParameter(
            "--fault duplicate cannot be combined with load options: under "
            "load every delivery has its own id"
        )
    if record and not is_load:
        raise typer.BadParameter("--record is for load; other deliveries are recorded anyway")
    if html and not is_load:
        raise typer.BadParameter("--html is for load: add --repeat N or --duration 10s")


def _outgoing(
    run: Session,
    names: Sequence[str | None],
    requests: Iterable[SignedRequest],
    options: DeliveryOptions,
) -> Iterator[Outgoing]:
    """Where each request goes, and what is odd about its place in the sequence."""
    odd, catalogue = [""] * len(names), run.catalogue_of(names)
    if len(names) > 1:
        from vovecli.core.flows import oddities  # only where there is a sequence

        odd = oddities([catalogue.find(name or "") for name in names])
    for signed, oddity in zip(requests, odd, strict=True):
        endpoint = run.endpoint(options.to, event=signed.event)
        yield Outgoing(signed, endpoint, notes=(oddity,) if oddity else ())


ENDING = Ending(
    settings=("endpoint", "secret", "secret_file"),
    exits={
        0: "every delivery was acknowledged with 2xx, every forgery refused",
        1: "a delivery was refused, or a forgery accepted",
        2: "the command line is wrong",
        3: "the secret, the settings or a file cannot be used",
        4: "the endpoint is unreachable, or gave no answer in time",
    },
    page="guides/sending.md",
)
app = command_app(send)
