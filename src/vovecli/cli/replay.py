"""`vove replay`."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.compose import EditOptions
from vovecli.cli.delivery import DeliveryOptions, Outgoing, print_unsent, run_deliveries
from vovecli.cli.group import command_app, session
from vovecli.cli.history import past_moment
from vovecli.cli.options import (
    HeaderCaseOption,
    HeaderOption,
    SecretOptions,
    parse_headers,
)
from vovecli.cli.pages import Ending
from vovecli.core.errors import Category, VoveError
from vovecli.core.headers import FRAMING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.cli.delivery import DeliveryPlan
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
            metavar="last|RECORD|FILE...",
            help="Record numbers of vove history, last for the newest, or captures; - is stdin",
        ),
    ] = None,
    failed: Annotated[
        bool,
        typer.Option("--failed", help="Send every recorded delivery that was not acknowledged"),
    ] = False,
    since: Annotated[
        int | None,
        typer.Option(
            parser=past_moment,
            metavar="TIME",
            help="With --failed: only since then; 1h (ago), 2026-01-31, ...",
        ),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN", help="With --failed: only this event type; * stands for anything"
        ),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="With --failed: only endpoints with this in their URL"),
    ] = None,
    edits: EditOptions,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="Send it as captured: old timestamp, old signature")
    ] = False,
    delivery: DeliveryOptions,
    secrets: SecretOptions,
    header: HeaderOption = None,
    header_case: HeaderCaseOption = "lower",
) -> int:
    """Send captured or recorded deliveries again.

    The id and the bytes stay the same; timestamp and signature are fresh. With
    --set, --set-new or --unset it becomes another message, with a fresh id.

    Examples:
      vove replay last
      vove replay 12                        # a record, to where it went
      vove replay 12 --set status=REJECTED --set-new reason=FRAUD
      vove replay --failed --since 1h
      vove replay request.http --to :3000/webhooks/vove-kyb --verbatim
    """
    from vovecli.commands.compose import Composition

    run = session(ctx)
    _check_usage(sources, delivery.fault, edits, failed=failed, verbatim=verbatim)
    if not failed and (since or event or endpoint):
        raise typer.BadParameter("--since, --event and --endpoint need --failed")
    plan = delivery.plan(run)
    found: Iterable[Replayable]
    if failed:
        found = _find_failed(run, since, event, endpoint)
    else:
        from vovecli.commands.replay import find_replayable

        found = find_replayable(sources or [], lambda: run.secrets(secrets))
    in_force = [] if verbatim else run.secrets(secrets)
    wanted = Composition(headers=parse_headers(header, own=FRAMING), case=header_case)
    outgoing = _outgoing(run, found, in_force, wanted, plan, edits, verbatim=verbatim)
    return print_unsent(run, outgoing) if delivery.dry_run else run_deliveries(run, outgoing, plan)


def _check_usage(
    sources: list[str] | None,
    fault: list[str] | None,
    edits: EditOptions,
    *,
    failed: bool,
    verbatim: bool,
) -> None:
    if bool(sources) == failed:
        raise typer.BadParameter("give RECORD numbers or FILEs, or --failed (see: vove history)")
    if verbatim and fault:
        raise typer.BadParameter("--verbatim and --fault cannot be combined")
    if verbatim and any(edits):
        raise typer.BadParameter("--verbatim cannot be combined with --set, --set-new and --unset")


def _find_failed(
    run: Session, since: int | None, event: str | None, endpoint: str | None
) -> Iterable[Replayable]:
    from fnmatch import fnmatchcase

    from vovecli.commands.history import find_failed
    from vovecli.commands.replay import from_record

    records = [
        record
        for record in find_failed(since=since or 0)
        if (not event or fnmatchcase(record.event or "", event))
        and (not endpoint or endpoint in (record.endpoint or ""))
    ]
    if not records:
        filtered = " that matches" if since or event or endpoint else ""
        run.terminal.notice(f"the history holds no delivery that failed{filtered}")
    return map(from_record, records)


def _outgoing(
    run: Session,
    found: Iterable[Replayable],
    secrets: Sequence[SigningSecret],
    wanted: Composition,
    plan: DeliveryPlan,
    edits: EditOptions,
    *,
    verbatim: bool,
) -> Iterator[Outgoing]:
    from vovecli.adapters.clock import now
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.compose import broken
    from vovecli.commands.replay import as_captured, edited, signed_again, staleness
    from vovecli.core.messages import KSUID_RANDOM_BYTES, new_message_id

    headers = wanted.headers or []
    for each in found:
        if verbatim:
            signed = as_captured(each, headers=headers)
            note = staleness(signed, now=now())
        else:
            moment, note = now(), ""
            message_id = None
            if any(edits):
                message_id = new_message_id(moment, random_source()(KSUID_RANDOM_BYTES))
                each = edited(each, **edits.overrides)  # noqa: PLW2901 - from here on it is that
            signed = signed_again(
                each,
                secrets,
                now=moment,
                headers=headers,
                case=wanted.case,
                message_id=message_id,
            )
        if plan.conduct.faults:
            signed = broken(signed, plan.conduct.faults, wanted, random_bytes=random_source())
        known = each.endpoint if plan.to is None else plan.to
        endpoint = run.endpoint(known, event=signed.event)
        if known is None and not endpoint.is_loopback:
            raise VoveError(
                "host-not-confirmed",
                f"{each.source} did not go to {endpoint.url}, where the settings would send it",
                hint=f"to send it there: --to {quote(endpoint.url)}",
                category=Category.USAGE,
            )
        yield Outgoing(signed, endpoint, verbatim, (note,) if note else ())


ENDING = Ending(
    settings=("endpoint", "secret", "secret_file", "history.enabled"),
    exits={
        0: "every delivery was acknowledged with 2xx, every forgery (--fault) refused",
        1: "a delivery was refused, or a forgery accepted",
        2: "the command line is wrong",
        3: "a record, a capture, the secret or the settings cannot be used",
        4: "the endpoint is unreachable, or gave no answer in time",
    },
    page="guides/sending.md",
)
app = command_app(replay)
