"""`vove replay`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
from vovecli.cli.options import (
    HeaderCaseOption,
    HeaderOption,
    SecretFileOption,
    SecretOption,
    parse_headers,
)
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.cli.delivery import DeliveryOptions
    from vovecli.cli.session import Session
    from vovecli.commands.compose import Composition
    from vovecli.commands.replay import Replayable
    from vovecli.core.secrets import SigningSecret


def replay(
    ctx: typer.Context,
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RECORD|FILE...", help="Numbers of vove history, or captures; - is stdin"
        ),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Every recorded delivery that was not acknowledged")
    ] = False,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --failed: not older than 1h, ...")
    ] = None,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="As captured: old timestamp, old signature")
    ] = False,
    to: ToOption = None,
    timeout: TimeoutOption = "15s",
    delay: DelayOption = "0",
    fault: FaultOption = None,
    retry: RetryOption = "none",
    time_scale: TimeScaleOption = 1.0,
    dry_run: DryRunOption = False,
    show_response: ShowResponseOption = False,
    insecure: InsecureOption = False,
    ca_file: CaFileOption = None,
    no_history: NoHistoryOption = False,
    i_own_this_host: OwnHostOption = False,
    secret: SecretOption = None,
    secret_file: SecretFileOption = None,
    header: HeaderOption = None,
    header_case: HeaderCaseOption = "lower",
) -> int:
    """Send captured or recorded deliveries again.

    Id and bytes stay the same, timestamp and signature are fresh.

    Examples:
      vove replay 12                        # a record, to where it went
      vove replay --failed --since 1h
      vove replay request.http --to :3000/webhooks/vove-kyb --verbatim
    """
    from vovecli.commands.compose import Composition

    run = session(ctx)
    _check_usage(sources, fault, since, failed=failed, verbatim=verbatim)
    options = delivery_options(
        run,
        to=to,
        timeout=timeout,
        delay=delay,
        fault=fault,
        retry=retry,
        time_scale=time_scale,
        show_response=show_response,
        insecure=insecure,
        ca_file=ca_file,
        no_history=no_history,
        own_host=i_own_this_host,
    )
    found = _find(run, sources or [], since, failed=failed)
    secrets = [] if verbatim else run.secrets(secret, secret_file)
    wanted = Composition(headers=parse_headers(header), case=header_case)
    outgoing = _outgoing(run, found, secrets, wanted, options, verbatim=verbatim)
    return print_unsent(run, outgoing) if dry_run else run_deliveries(run, outgoing, options)


def _check_usage(
    sources: list[str] | None,
    fault: list[str] | None,
    since: str | None,
    *,
    failed: bool,
    verbatim: bool,
) -> None:
    if bool(sources) == failed:
        raise typer.BadParameter("give RECORD numbers or FILEs, or --failed (see: vove history)")
    if since and not failed:
        raise typer.BadParameter("--since goes with --failed")
    if verbatim and fault:
        raise typer.BadParameter("--verbatim and --fault exclude each other")


def _find(
    run: Session, sources: Sequence[str], since: str | None, *, failed: bool
) -> Iterable[Replayable]:
    from vovecli.adapters.clock import now
    from vovecli.commands.history import find_failed, parse_since
    from vovecli.commands.replay import find_replayable, from_record

    if not failed:
        return find_replayable(sources)
    records = list(find_failed(since=parse_since(since, now=now()) if since else 0))
    if not records:
        run.terminal.notice("the history holds no delivery that failed")
    return map(from_record, records)


def _outgoing(
    run: Session,
    found: Iterable[Replayable],
    secrets: Sequence[SigningSecret],
    wanted: Composition,
    options: DeliveryOptions,
    *,
    verbatim: bool,
) -> Iterator[Outgoing]:
    from vovecli.adapters.clock import now
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.compose import broken
    from vovecli.commands.replay import as_captured, signed_again, staleness

    headers = wanted.headers or []
    for each in found:
        if verbatim:
            signed = as_captured(each, headers=headers)
            note = staleness(signed, now=now())
        else:
            moment, note = now(), ""
            signed = signed_again(each, secrets, now=moment, headers=headers, case=wanted.case)
        if options.faults:
            signed = broken(signed, options.faults, wanted, random_bytes=random_source())
        known = each.endpoint if options.to is None else options.to
        endpoint = run.endpoint(known, event=signed.event)
        if known is None and not endpoint.is_loopback:
            raise VoveError(
                "host-not-confirmed",
                f"{each.source} did not go to {endpoint.url}, where the settings would send it",
                hint=f"if it shall go there: --to {endpoint.url}",
                category=Category.USAGE,
            )
        yield Outgoing(signed, endpoint, verbatim, (note,) if note else ())


app = command_app(replay)
