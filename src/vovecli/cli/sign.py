"""`vove sign`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.compose import CompositionOptions, SeedOption
from vovecli.cli.group import command_app, session
from vovecli.cli.options import (
    HeaderCaseOption,
    Panel,
    SecretOptions,
)
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice, whole_number

if TYPE_CHECKING:
    from vovecli.cli.session import Session
    from vovecli.core.outcomes.deliveries import SignedRequest

SIGNED_FORMATS = ("http", "curl", "headers", "json")


def sign(
    ctx: typer.Context,
    *,
    event: Annotated[
        str | None, typer.Argument(metavar="EVENT", help="Event type; see vove events")
    ] = None,
    format: Annotated[
        str,
        typer.Option(
            metavar="|".join(SIGNED_FORMATS),
            help="What to print",
            parser=choice("format", SIGNED_FORMATS),
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = "http",
    count: Annotated[
        int,
        typer.Option(
            metavar="N",
            help="Print N distinct requests, one line each; needs --json",
            parser=whole_number(1),
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = 1,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="URL",
            help="Endpoint that the request names: a URL, host:port/path or a port",
            rich_help_panel=Panel.OUTPUT,
        ),
    ] = None,
    secrets: SecretOptions,
    what: CompositionOptions,
    header_case: HeaderCaseOption = "title",
    seed: SeedOption = None,
) -> None:
    """Print a signed request without sending it.

    Examples:
      vove sign kyb.case.completed > request.http && vove verify request.http
      vove sign kyb.case.rejected --reason DOCUMENT_MISMATCH --format curl
      vove sign kyc.successful --to :4000/hook --format curl | sh
      vove sign --body payload.json --format headers
      vove sign kyb.case.completed --count 1000 --json > requests.ndjson
    """
    from vovecli.adapters.clock import now
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.compose import compose

    run = session(ctx)
    run.json = run.json or format == "json"
    if to is not None and format == "headers":
        raise typer.BadParameter("--to needs --format http, curl or json: headers name no endpoint")
    if event is None and what.body is None:
        raise typer.BadParameter("give an EVENT (see: vove events) or --body FILE")
    if count > 1 and (not run.json or what.message_id):
        raise typer.BadParameter(
            "--count needs --json, and --message-id cannot be combined with it"
        )
    wanted = what.composition(header_case, run.catalogue_of([event]))
    run.say_provenance([event])
    in_force, random_bytes = run.secrets(secrets), random_source(seed)
    for _ in range(count):
        signed = compose(event, wanted, in_force, now=now(), random_bytes=random_bytes)
        _print(run, signed, format, to)


def _print(run: Session, signed: SignedRequest, format: str, to: str | None) -> None:
    if run.json:
        from vovecli.core.envelope import signed_json

        run.emit(signed_json(signed))
        return
    from vovecli.core.formats import as_curl, as_headers, as_http

    endpoint = run.endpoint(to, event=signed.event)
    if format == "curl":
        sys.stdout.write(as_curl(signed, endpoint))
    elif format == "headers":
        sys.stdout.write(as_headers(signed))
    else:
        sys.stdout.buffer.write(as_http(signed, endpoint))


ENDING = Ending(
    settings=("endpoint", "secret", "secret_file"),
    exits={
        0: "the request was printed",
        2: "the command line is wrong",
        3: "the secret, the settings or a file cannot be used",
    },
    page="guides/sending.md",
)
app = command_app(sign)
