"""`vove inspect`."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.delivery import OwnHostOption
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.history import RecordOptions, record_name
from vovecli.cli.options import Panel, SecretOptions
from vovecli.cli.pages import Ending
from vovecli.cli.values import port_number
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from vovecli.cli.session import Session
    from vovecli.commands.inspection import Means
    from vovecli.core.outcomes.arrivals import Ready
    from vovecli.core.secrets import SigningSecret

_END_S = 5.0
_MOST_EXPORTED = 200


def inspect(
    ctx: typer.Context,
    *,
    records: Annotated[
        list[str] | None,
        typer.Argument(
            parser=record_name,
            metavar="last|RECORD...",
            help="Number of the record to show first; with --export, the records to write",
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            "-p",
            parser=port_number,
            metavar="PORT",
            show_default="4050 or the next free one",
            help="Port of the page, only on this machine",
        ),
    ] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the URL, but do not open the browser")
    ] = False,
    redact: Annotated[
        bool,
        typer.Option(
            "--redact",
            help="Show pseudonyms instead of personal data",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = False,
    export: Annotated[
        str | None,
        typer.Option(
            "--export",
            metavar="FILE",
            help="Write the records to an HTML page without personal data, and open nothing",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = None,
    filters: RecordOptions,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help="Where the page sends to; by default, where a delivery went before, or as vove "
            "send",
            rich_help_panel=Panel.DELIVERY,
        ),
    ] = None,
    i_own_this_host: OwnHostOption = False,
    secrets: SecretOptions,
) -> int:
    """Open a page in the browser that shows deliveries and sends them again.

    It follows the history and shows what vove listen, send and replay record in
    other terminals. It runs until Ctrl-C, and nothing leaves this machine.

    Examples:
      vove inspect
      vove inspect last --port 4051 --no-open
      vove inspect --redact                        # to share the screen
      vove inspect --export failed.html --status invalid --since 1h
    """
    from vovecli.commands.inspect import inspect as serve

    run = session(ctx)
    if not export and (any(filters) or len(records or ()) > 1):
        raise typer.BadParameter("the page has its own filters: these choose what --export writes")
    if export and records and any(filters):
        raise typer.BadParameter("name records or filter them, not both")
    if to is not None:
        run.endpoint(to, event=None)  # said now, not at the first click
    in_force = run.secrets(secrets)
    means = _means(run, in_force, to=to, own_host=i_own_this_host, redact=redact or bool(export))
    if export:
        numbers = (
            _numbers(records) if records else [one.number for one in filters.find(_MOST_EXPORTED)]
        )
        return _export(run, means, numbers, export)
    with ExitStack() as stack:

        def announce(ready: Ready) -> None:
            _announce(run, ready)
            if not (no_open or run.json) and sys.stdout.isatty():
                _open(run, ready.url, stack)

        ended_by = serve(means, announce, port=port, record=_first(records))
    return ExitCode.INTERRUPTED if ended_by == "SIGINT" else ExitCode.TERMINATED


@contextmanager
def page_beside(run: Session, secrets: Sequence[SigningSecret]) -> Iterator[None]:
    """The page in a process of its own, until the block ends: it takes no time from a listener.

    The secrets go through a pipe: neither command lines nor the environment show them.

    Raises:
        VoveError: What keeps the page from being served.
    """
    import multiprocessing

    processes = multiprocessing.get_context("spawn")
    ours, theirs = processes.Pipe()
    process = processes.Process(
        target=_serve_beside, args=[theirs, list(secrets), run.profile], daemon=True
    )
    _start(process)
    theirs.close()
    with ExitStack() as stack:
        stack.callback(_end, process)
        try:
            url, code, message, hint = ours.recv()
        except EOFError:
            raise VoveError(
                "page-ended",
                "the page ended before it was served",
                hint="start it alone to see why: vove inspect",
            ) from None
        if code:
            raise VoveError(code, message, hint=hint)
        run.terminal.notice(f"inspect at {url}")
        if not run.json and sys.stdout.isatty():
            _open(run, url, stack)
        yield


def _serve_beside(pipe: Connection, secrets: Sequence[SigningSecret], profile: str | None) -> None:
    """What the process of `page_beside` does."""
    import multiprocessing

    from vovecli.cli.session import Session
    from vovecli.commands.inspect import inspect as serve

    run = Session()
    run.profile, run.quiet = profile, True
    for secret in secrets:
        secret.hide()
    parent = multiprocessing.parent_process()
    assert parent
    try:
        serve(
            _means(run, secrets),
            lambda ready: pipe.send((ready.url, "", "", "")),
            port=None,
            parent=parent.sentinel,
        )
    except VoveError as error:
        pipe.send(("", error.code, error.message, error.hint))


def _start(process: SpawnProcess) -> None:
    """Start it; Ctrl-C goes to both, and until the other can end in order it must not hear it."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process.start()
    finally:
        signal.signal(signal.SIGINT, handler)


def _end(process: SpawnProcess) -> None:
    process.terminate()
    process.join(_END_S)
    if process.is_alive():
        process.kill()


def _means(
    run: Session,
    secrets: Sequence[SigningSecret],
    *,
    to: str | None = None,
    own_host: bool = False,
    redact: bool = False,
) -> Means:
    """What the page may use."""
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.inspection import Means
    from vovecli.core.pseudonyms import KEY_BYTES, Pseudonyms

    random_bytes = random_source()
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
        run.terminal.notice("no browser was found: open the address yourself")


def _export(run: Session, means: Means, numbers: Sequence[int], place: str) -> int:
    """Write a page of its own, which needs no script; nothing is overwritten."""
    from vovecli.adapters.clock import now
    from vovecli.commands.export import write_page
    from vovecli.commands.inspect import page_contents
    from vovecli.ui.inspections import static_page
    from vovecli.ui.text import count

    found = page_contents(means, numbers)
    text = static_page(found.inspections, found.comparisons, style=found.style, moment=now())
    write_page(place, text, count=len(numbers))
    if run.json:
        run.emit({"schema": "vove.page/1", "file": place, "records": len(numbers)})
    else:
        records = count(len(numbers), "record")
        run.terminal.notice(f"{place}: {records} without personal data; open it in a browser")
    return ExitCode.OK


def _numbers(records: Sequence[str]) -> list[int]:
    from vovecli.commands.history import find_named

    return [find_named(record).number for record in records]


def _first(records: Sequence[str] | None) -> int | None:
    return _numbers(records)[0] if records else None


ENDING = Ending(
    settings=("endpoint", "secret", "secret_file", "history.enabled"),
    exits={
        0: "the records were written (--export)",
        2: "the command line is wrong",
        3: "the port is in use, or the history or the secret cannot be used",
        130: "interrupted with Ctrl-C",
        143: "terminated, or the terminal was closed",
    },
    page="guides/inspect.md",
)
app = command_app(inspect)
