"""`vove inspect`."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.delivery import OwnHostOption
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.history import record_name
from vovecli.cli.options import Panel, SecretFileOption, SecretOption
from vovecli.cli.pages import Ending
from vovecli.cli.values import whole_number

if TYPE_CHECKING:
    from vovecli.cli.session import Session
    from vovecli.commands.inspection import Means
    from vovecli.core.outcomes.arrivals import Ready

_MAX_PORT = 65535


def inspect(
    ctx: typer.Context,
    *,
    record: Annotated[
        str | None,
        typer.Argument(
            parser=record_name, metavar="last|RECORD", help="Record to show first; its number"
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            "-p",
            parser=whole_number(0, _MAX_PORT),
            metavar="PORT",
            show_default="4050 or the next free one",
            help="Port of the page, on this machine alone",
        ),
    ] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Do not open the browser, only print the URL")
    ] = False,
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            help="Show pseudonyms instead of personal data",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help="Where the page sends to; else where a delivery went, or as vove send",
            rich_help_panel=Panel.DELIVERY,
        ),
    ] = None,
    i_own_this_host: OwnHostOption = False,
    secret: SecretOption = None,
    secret_file: SecretFileOption = None,
) -> int:
    """Open a page that shows what happened, and lets you do it again.

    It follows the history: whatever vove listen, send and replay record in other
    terminals appears. It runs until Ctrl-C, and nothing leaves this machine.

    Examples:
      vove inspect
      vove inspect last --port 4051 --no-open
      vove inspect --redact                        # to share the screen
    """
    from vovecli.commands.inspect import inspect as serve

    run = session(ctx)
    means = page_means(run, secret, secret_file, to=to, own_host=i_own_this_host, redact=redact)
    with ExitStack() as stack:

        def announce(ready: Ready) -> None:
            _announce(run, ready)
            if not (no_open or run.json) and sys.stdout.isatty():
                _open(run, ready.url, stack)

        ended_by = serve(means, announce, port=port, record=_number(record))
    return ExitCode.INTERRUPTED if ended_by == "SIGINT" else ExitCode.TERMINATED


def page_means(
    run: Session,
    secret: list[str] | None,
    secret_file: list[str] | None,
    *,
    to: str | None,
    own_host: bool,
    redact: bool,
) -> Means:
    """What the page may use, out of the options."""
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.inspection import Means
    from vovecli.core.pseudonyms import KEY_BYTES, Pseudonyms

    secrets, random_bytes = run.secrets(secret, secret_file), random_source()
    others = list(run.other_secrets(secrets))  # read now: from here on they are masked
    return Means(
        settings=run.settings,
        secrets=secrets,
        others=others,
        catalogue=run.catalogue,
        endpoint=lambda to, event: run.endpoint(to, event=event),
        random_bytes=random_bytes,
        to=to,
        own_host=own_host,
        pseudonyms=Pseudonyms(random_bytes(KEY_BYTES), run.catalogue) if redact else None,
    )


def _announce(run: Session, ready: Ready) -> None:
    if run.json:
        from vovecli.core.arrival_envelope import ready_json

        run.emit(ready_json(ready))
        return
    sys.stdout.write(f"{ready.url}\n")
    sys.stdout.flush()
    run.terminal.notice("the page follows the history; Ctrl-C ends it")


def _open(run: Session, url: str, stack: ExitStack) -> None:
    from vovecli.adapters.browser import has_display, opened

    if not (has_display() and stack.enter_context(opened(url))):
        run.terminal.notice("no browser was found here: open the address in one")


def _number(record: str | None) -> int | None:
    from vovecli.commands.history import find_named

    return None if record is None else find_named(record).number


ENDING = Ending(
    settings=("endpoint", "secret", "secret_file", "history.enabled"),
    exits={
        3: "the port is in use, the history is off or cannot be used, or the secret cannot be",
        130: "interrupted with Ctrl-C",
        143: "terminated, or the terminal was closed",
    },
    page="guides/inspect.md",
)
app = command_app(inspect)
