"""`vove send`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.compose import CompositionOptions, SeedOption
from vovecli.cli.delivery import DeliveryOptions, Outgoing, print_unsent, run_deliveries
from vovecli.cli.group import command_app, session
from vovecli.cli.load import LoadOptions, run_load
from vovecli.cli.options import (
    HeaderCaseOption,
    Panel,
    SecretOptions,
)
from vovecli.cli.pages import Ending
from vovecli.core.outcomes.records import DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.cli.delivery import DeliveryPlan
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
    delivery: DeliveryOptions,
    load: LoadOptions,
    secrets: SecretOptions,
    what: CompositionOptions,
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
    plan = delivery.plan(run, seed=seed)
    names = _names(run, events, flow, what.body)
    run.say_provenance(names)
    load_plan = load.plan(len(names))
    _check_usage(plan, len(names), what, load, is_load=load_plan is not None)
    wanted = what.composition(header_case, run.catalogue_of(names))
    in_force, random_bytes = run.secrets(secrets), random_source(seed)
    if load_plan and not delivery.dry_run:
        return run_load(
            run, names, wanted, in_force, load_plan, plan, random_bytes=random_bytes, options=load
        )
    requests = compose_all(
        names, wanted, in_force, now=now, random_bytes=random_bytes, faults=plan.conduct.faults
    )
    outgoing = _outgoing(run, names, requests, plan.to)
    return print_unsent(run, outgoing) if delivery.dry_run else run_deliveries(run, outgoing, plan)


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
    plan: DeliveryPlan, count: int, what: CompositionOptions, load: LoadOptions, *, is_load: bool
) -> None:
    if what.message_id and (count > 1 or is_load):
        raise typer.BadParameter("--message-id needs exactly one event: messages never share an id")
    if what.timestamp and plan.conduct.policy:
        raise typer.BadParameter(
            "--retry signs each attempt anew, so --timestamp cannot be combined with it"
        )
    if is_load and (plan.conduct.policy or plan.delay_s):
        raise typer.BadParameter("--retry and --delay cannot be combined with load options")
    if is_load and any(fault.name == DUPLICATE for fault in plan.conduct.faults):
        raise typer.BadParameter(
            "--fault duplicate cannot be combined with load options: under "
            "load every delivery has its own id"
        )
    if load.record and not is_load:
        raise typer.BadParameter("--record is for load; other deliveries are recorded anyway")
    if load.html and not is_load:
        raise typer.BadParameter("--html is for load: add --repeat N or --duration 10s")


def _outgoing(
    run: Session,
    names: Sequence[str | None],
    requests: Iterable[SignedRequest],
    to: str | None,
) -> Iterator[Outgoing]:
    """Where each request goes, and what is odd about its place in the sequence."""
    odd, catalogue = [""] * len(names), run.catalogue_of(names)
    if len(names) > 1:
        from vovecli.core.flows import oddities  # only where there is a sequence

        odd = oddities([catalogue.find(name or "") for name in names])
    for signed, oddity in zip(requests, odd, strict=True):
        endpoint = run.endpoint(to, event=signed.event)
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
