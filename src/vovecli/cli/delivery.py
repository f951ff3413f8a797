"""Where and how to deliver: the options that `send` and `replay` share, and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.options import Panel
from vovecli.cli.values import number
from vovecli.core.errors import Category, VoveError
from vovecli.core.times import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.adapters.history_writer import HistoryWriter
    from vovecli.adapters.sender import Sender
    from vovecli.cli.session import Session
    from vovecli.commands.send import Conduct
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.faults import Fault
    from vovecli.core.outcomes.deliveries import Delivery, DeliveryEvent, SignedRequest
    from vovecli.core.retries import RetryPolicy


TimeoutOption = Annotated[
    str,
    typer.Option(
        "--timeout",
        metavar="DURATION",
        help="How long an answer may take",
        rich_help_panel=Panel.DELIVERY,
    ),
]
InsecureOption = Annotated[
    bool,
    typer.Option(
        "--insecure", help="Accept any certificate (https)", rich_help_panel=Panel.DELIVERY
    ),
]
CaFileOption = Annotated[
    str | None,
    typer.Option(
        "--ca-file",
        metavar="PATH",
        help="Also trust this authority (https)",
        rich_help_panel=Panel.DELIVERY,
    ),
]
NoHistoryOption = Annotated[
    bool,
    typer.Option("--no-history", help="Do not record the deliveries", rich_help_panel=Panel.OUTPUT),
]
OwnHostOption = Annotated[
    bool,
    typer.Option(
        "--i-own-this-host",
        help="Allow faults and load on other machines",
        rich_help_panel=Panel.DELIVERY,
    ),
]


class DeliveryOptions(NamedTuple):
    """Where a delivery goes, and how."""

    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Endpoint: a URL, host:port/path or a port; without it VOVE_ENDPOINT, else "
            "localhost:3000/webhooks/vove-kyb (kyb.*) or localhost:3000/webhook-endpoint (kyc.*)",
            rich_help_panel=Panel.DELIVERY,
        ),
    ] = None
    timeout: TimeoutOption = "15s"
    delay: Annotated[
        str,
        typer.Option(
            metavar="DURATION", help="Wait between two deliveries", rich_help_panel=Panel.DELIVERY
        ),
    ] = "0"
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FAULT",
            help="Break the delivery on purpose; exit 0 if the handler refuses it; repeatable; see "
            "vove faults",
            rich_help_panel=Panel.EVENT,
        ),
    ] = None
    retry: Annotated[
        str,
        typer.Option(
            metavar="svix|vove-docs|none",
            help="Retry policy, or the NAME of a [retry.NAME] in vove.toml; see "
            "docs/reference/retries.md",
            rich_help_panel=Panel.DELIVERY,
        ),
    ] = "none"
    time_scale: Annotated[
        float,
        typer.Option(
            parser=number(0),
            metavar="FACTOR",
            help="Multiply the waits of --retry",
            rich_help_panel=Panel.DELIVERY,
        ),
    ] = 1.0
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print what would be sent", rich_help_panel=Panel.OUTPUT),
    ] = False
    show_response: Annotated[
        bool,
        typer.Option(
            "--show-response",
            "--show-body",
            help="Always show the handler's answer",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = False
    insecure: InsecureOption = False
    ca_file: CaFileOption = None
    no_history: NoHistoryOption = False
    i_own_this_host: OwnHostOption = False

    def plan(self, run: Session, *, seed: int | None = None) -> DeliveryPlan:
        """Parse them, and refuse those that contradict each other.

        Raises:
            VoveError: For unknown faults and policies, and bad durations.
        """
        from vovecli.adapters.randomness import random_source
        from vovecli.commands.send import Conduct

        random_bytes = random_source(seed)
        if self.fault and self.retry != "none":
            raise typer.BadParameter(
                "--fault and --retry cannot be combined: a forgery is not retried"
            )
        return DeliveryPlan(
            to=self.to,
            timeout_s=parse_duration(self.timeout),
            verify=trusted_authorities(insecure=self.insecure, ca_file=self.ca_file),
            delay_s=parse_duration(self.delay),
            conduct=Conduct(
                _faults(self.fault),
                _policy(run, self.retry),
                self.time_scale,
                chance=lambda: int.from_bytes(random_bytes(4)) / 2**32,
            ),
            show_response=self.show_response,
            history=not self.no_history,
            own_host=self.i_own_this_host,
        )


class DeliveryPlan(NamedTuple):
    """Those options, parsed.

    Attributes:
        verify: For https: False takes any certificate, a path adds an authority.
        own_host: Whether hosts other than this machine may be sent forgeries and load.
    """

    to: str | None
    timeout_s: float
    verify: bool | str
    delay_s: float
    conduct: Conduct
    show_response: bool
    history: bool
    own_host: bool


class Outgoing(NamedTuple):
    """One request and where it goes.

    Attributes:
        verbatim: Whether it is sent as it was captured, whatever its age.
        notes: What there is to say about it.
    """

    signed: SignedRequest
    endpoint: Endpoint
    verbatim: bool = False
    notes: tuple[str, ...] = ()


def check_own_host(endpoint: Endpoint, why: str, *, own_host: bool) -> None:
    """Refuse to send forgeries or load to a host that may be somebody else's.

    Raises:
        VoveError: `host-not-confirmed`.
    """
    if endpoint.is_loopback or own_host:
        return
    raise VoveError(
        "host-not-confirmed",
        f"{why}; {endpoint.host} is not this machine",
        hint="if it is your own test environment, add --i-own-this-host",
        category=Category.USAGE,
    )


def trusted_authorities(*, insecure: bool, ca_file: str | None) -> bool | str:
    """What https is verified by: False takes any certificate, a path adds an authority."""
    if insecure and ca_file:
        raise typer.BadParameter("--insecure and --ca-file cannot be combined")
    return not insecure and (ca_file or True)


def run_deliveries(run: Session, outgoing: Iterable[Outgoing], plan: DeliveryPlan) -> int:
    """Deliver one after the other, show and record them; 4 (no answer) over 1 (not ok) over 0."""
    from vovecli.core.outcomes.deliveries import Delivery
    from vovecli.ui.deliveries import JsonDeliveries, TextDeliveries

    view = (
        JsonDeliveries(run.emit)
        if run.json
        else TextDeliveries(run.terminal, show_response=plan.show_response, verbose=run.verbose > 0)
    )
    code = ExitCode.OK
    try:
        for event in _recorded(run, _events(run, outgoing, plan), plan):
            view.show(event)
            if isinstance(event, Delivery):
                code = max(code, _exit_code(event))
    finally:
        view.close()
    return code


def print_unsent(run: Session, outgoing: Iterable[Outgoing]) -> int:
    """What `--dry-run` prints: requests byte for byte, or as `vove.signed/1`."""
    import sys

    from vovecli.core.envelope import signed_json
    from vovecli.core.formats import as_http

    for signed, endpoint, *_ in outgoing:
        if run.json:
            run.emit(signed_json(signed))
        else:
            run.terminal.notice(f"would be sent to {endpoint.url}:")
            sys.stdout.buffer.write(as_http(signed, endpoint) + b"\n")
            sys.stdout.flush()
    return ExitCode.OK


def open_history(run: Session) -> HistoryWriter | None:
    """The history as the settings want it; a delivery is worth more than its record."""
    from vovecli.commands.history import open_writer

    try:
        return open_writer(run.settings)
    except VoveError as error:
        if error.code != "history-unusable":
            raise
        run.terminal.notice(f"not recorded: {error.message} ({error.hint})")
        return None


def _events(
    run: Session, outgoing: Iterable[Outgoing], plan: DeliveryPlan
) -> Iterator[DeliveryEvent]:
    """Everything that happens; deliveries to one URL share a connection."""
    import time

    from vovecli.adapters.clock import now
    from vovecli.adapters.sender import Sender
    from vovecli.commands.send import deliver

    if plan.conduct.policy:
        from vovecli.ui.deliveries import plan_text

        run.terminal.notice(plan_text(plan.conduct.policy, plan.conduct.time_scale))
    senders: dict[str, Sender] = {}
    try:
        for place, (signed, endpoint, verbatim, notes) in enumerate(outgoing):
            if plan.conduct.faults:
                check_own_host(endpoint, "a forgery may harm an app", own_host=plan.own_host)
            if place and plan.delay_s:
                time.sleep(plan.delay_s)
            sender = senders.get(endpoint.url)
            if sender is None:
                sender = Sender(endpoint, timeout_s=plan.timeout_s, verify=plan.verify)
                senders[endpoint.url] = sender
            how = plan.conduct._replace(verbatim=verbatim, notes=notes)
            yield from deliver(signed, endpoint, sender, how, now=now)
    finally:
        for sender in senders.values():
            sender.close()


def _recorded(
    run: Session, events: Iterable[DeliveryEvent], plan: DeliveryPlan
) -> Iterator[DeliveryEvent]:
    """Pass events on; write each delivery into the history, one that was cut short too."""
    from vovecli.core.outcomes.deliveries import Delivery, Tried

    unfinished = None
    records = _Records(run, wanted=plan.history)
    try:
        for event in events:
            unfinished = event.delivery if isinstance(event, Tried) else unfinished
            yield event
            if isinstance(event, Delivery):
                unfinished = None
                records.add(event)
    finally:
        if unfinished:
            records.add(unfinished)
        records.close()


class _Records:
    """The history as far as a run needs it: opened for the first delivery."""

    def __init__(self, run: Session, *, wanted: bool) -> None:
        self._run, self._wanted = run, wanted
        self._writer: HistoryWriter | None = None

    def add(self, delivery: Delivery) -> None:
        if not self._wanted:
            return
        from vovecli.commands.history import record_delivery

        self._writer = self._writer or open_history(self._run)
        self._wanted = self._writer is not None
        if self._writer:
            self._writer.append(record_delivery(delivery))

    def close(self) -> None:
        if self._writer:
            close_history(self._run, self._writer)


def close_history(run: Session, writer: HistoryWriter) -> None:
    """Store what is left; what could not be stored is said, and no reason to fail."""
    try:
        writer.close()
    except VoveError as error:
        run.terminal.notice(f"not everything was recorded: {error.message}")


def _exit_code(delivery: Delivery) -> ExitCode:
    if delivery.outcome in ("unreachable", "timeout"):
        return ExitCode.UNREACHABLE
    return ExitCode.OK if delivery.ok else ExitCode.NEGATIVE


def _faults(texts: list[str] | None) -> Sequence[Fault]:
    if not texts:
        return ()
    from vovecli.core.faults import parse_faults  # only where a fault was asked for

    return parse_faults(texts)


def _policy(run: Session, name: str) -> RetryPolicy | None:
    if name == "none":
        return None
    from vovecli.core.retries import POLICIES, find_policy  # only where retries were asked for

    return find_policy(name, {} if name in POLICIES else run.settings.table("retry"))
