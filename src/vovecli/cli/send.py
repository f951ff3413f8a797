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
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.options import HeaderOption, SecretFileOption, SecretOption
from vovecli.core.catalogue import find_event

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vovecli.cli.session import Session
    from vovecli.core.outcomes.deliveries import Delivery
    from vovecli.core.outcomes.signed import SignedRequest


def send(
    ctx: typer.Context,
    *,
    events: Annotated[
        list[str] | None, typer.Argument(metavar="EVENT...", help="Event types; see vove events")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="URL", help="Endpoint: a URL, host:port/path or a port")
    ] = None,
    timeout: Annotated[
        str, typer.Option(metavar="DURATION", help="How long an answer may take")
    ] = "15s",
    dry_run: Annotated[bool, typer.Option(help="Print what would be sent")] = False,
    show_response: Annotated[bool, typer.Option(help="Always show the handler's answer")] = False,
    insecure: Annotated[bool, typer.Option(help="Accept any certificate (https)")] = False,
    ca_file: Annotated[
        str | None, typer.Option(metavar="PATH", help="Also trust this authority (https)")
    ] = None,
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
    seed: SeedOption = None,
) -> int:
    """Sign events and send them to an endpoint, in order, with one refId.

    Examples:
      vove send kyb.case.completed
      vove send kyc.in_progress kyc.successful --to :8000/hooks/vove
      vove send kyb.case.rejected --reason DOCUMENT_MISMATCH --show-response
    """
    from vovecli.adapters.clock import now
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.send import compose_all

    run = session(ctx)
    _check_usage(events, body, message_id, insecure=insecure, ca_file=ca_file)
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
    )
    signed = compose_all(
        events or [None],
        wanted,
        run.secrets(secret, secret_file),
        now=now,
        random_bytes=random_source(seed),
    )
    if dry_run:
        return _print_unsent(run, to, signed)
    verify = False if insecure else ca_file or True
    deliveries = _deliver(run, to, signed, timeout=timeout, verify=verify)
    return _render(run, deliveries, show_response=show_response)


def _check_usage(
    events: list[str] | None,
    body: str | None,
    message_id: str | None,
    *,
    insecure: bool,
    ca_file: str | None,
) -> None:
    for event in events or ():
        find_event(event)
    if not events and body is None:
        raise typer.BadParameter("give an EVENT (see: vove events) or --body FILE")
    if message_id and len(events or ()) > 1:
        raise typer.BadParameter("--message-id goes with one event: ids are never shared")
    if insecure and ca_file:
        raise typer.BadParameter("--insecure and --ca-file exclude each other")


def _deliver(
    run: Session,
    to: str | None,
    requests: Iterable[SignedRequest],
    *,
    timeout: str,
    verify: bool | str,
) -> Iterable[Delivery]:
    """Deliver one after the other; events of one family share a connection."""
    from vovecli.adapters.clock import now
    from vovecli.adapters.sender import Sender
    from vovecli.commands.send import deliver
    from vovecli.core.times import parse_duration

    senders: dict[str, Sender] = {}
    timeout_s = parse_duration(timeout)
    try:
        for signed in requests:
            endpoint = run.endpoint(to, event=signed.event)
            sender = senders.get(endpoint.url)
            if sender is None:
                sender = senders[endpoint.url] = Sender(
                    endpoint, timeout_s=timeout_s, verify=verify
                )
            yield deliver(signed, endpoint, sender, now=now)
    finally:
        for sender in senders.values():
            sender.close()


def _render(run: Session, deliveries: Iterable[Delivery], *, show_response: bool) -> int:
    """Write deliveries as they end; 4 (no answer) over 1 (refused) over 0."""
    from vovecli.ui.deliveries import JsonDeliveries, TextDeliveries

    view = (
        JsonDeliveries(run.emit)
        if run.json
        else TextDeliveries(run.terminal, show_response=show_response)
    )
    code = ExitCode.OK
    for delivery in deliveries:
        view.show(delivery)
        if delivery.outcome in ("unreachable", "timeout"):
            code = ExitCode.UNREACHABLE
        elif not delivery.ok:
            code = max(code, ExitCode.NEGATIVE)
    return code


def _print_unsent(run: Session, to: str | None, requests: Iterable[SignedRequest]) -> int:
    import sys

    from vovecli.core.envelope import signed_json
    from vovecli.core.formats import as_http

    for signed in requests:
        endpoint = run.endpoint(to, event=signed.event)
        if run.json:
            run.emit(signed_json(signed))
        else:
            run.terminal.notice(f"would be sent to {endpoint.url}:")
            sys.stdout.buffer.write(as_http(signed, endpoint) + b"\n")
            sys.stdout.flush()
    return ExitCode.OK


app = command_app(send)
