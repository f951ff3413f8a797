"""`vove verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from vovecli.adapters.files import STDIN, await_stdin
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.options import (
    HeaderOption,
    SecretOptions,
    StrictEventsOption,
    parse_headers,
)
from vovecli.cli.pages import Ending
from vovecli.cli.redaction import RedactOption
from vovecli.cli.values import choice
from vovecli.core.captures import FORMATS
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.verdicts import Verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vovecli.cli.session import Session
    from vovecli.commands.verify import Judge
    from vovecli.core.outcomes.verdicts import SecondOpinion, SourceResult


def verify(
    ctx: typer.Context,
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...", help="Captures; - is stdin; a folder means all files in it"
        ),
    ] = None,
    secrets: SecretOptions,
    format: Annotated[
        str | None,
        typer.Option(
            parser=choice("capture format", FORMATS),
            metavar="|".join(FORMATS),
            help="Capture format; by default, detected from the content",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(metavar="now|received|TIME", help="Moment from which the age is counted"),
    ] = None,
    tolerance: Annotated[
        str,
        typer.Option(
            metavar="DURATION", help="How far a request's timestamp may be from that moment"
        ),
    ] = "5m",
    body: Annotated[
        str | None, typer.Option(metavar="FILE", help="Body of a request built with --header")
    ] = None,
    header: HeaderOption = None,
    against: Annotated[
        str | None,
        typer.Option(
            parser=choice("library", ("svix",)),
            metavar="svix",
            help="Also verify with this library, and compare",
        ),
    ] = None,
    strict_events: StrictEventsOption = False,
    redact: RedactOption = None,
) -> int:
    """Verify captured requests and say why one fails.

    Examples:
      vove verify request.http
      vove verify captures/ --secret-file .secret --json
      curl -s localhost:4040/api/requests/http | vove verify - --against svix
      vove verify --body body.json -H 'svix-id: msg_1' -H 'svix-timestamp: 17...'
    """
    from vovecli.commands.verify import verify_by_hand, verify_sources

    run = session(ctx)
    _check_usage(sources, body, header)
    if STDIN in (sources or []):
        await_stdin()  # `vove sign ... | vove verify -` may make the development secret meanwhile
    judge = _judge(run, secrets, at, tolerance, against=bool(against))
    if body is not None:
        from vovecli.adapters.files import read_bytes

        results: Iterable[SourceResult] = [
            verify_by_hand(parse_headers(header), read_bytes(body), judge)
        ]
    else:
        results = verify_sources(sources or [], judge, capture_format=format)
    if redact is None:
        return _render(run, judge, results, strict=strict_events)
    from vovecli.cli.redaction import export_redacted

    seen = list(results)
    code = _render(run, judge, seen, strict=strict_events)
    judged = (result for result in seen if isinstance(result, Verified))
    export_redacted(run, (each.request if each.verdict.valid else None for each in judged), redact)
    return code


def _check_usage(
    sources: list[str] | None,
    body: str | None,
    header: list[str] | None,
) -> None:
    if body is None and header:
        raise typer.BadParameter("--header needs --body FILE")
    if bool(sources) == (body is not None):
        raise typer.BadParameter("give either FILE... (- is stdin) or --body FILE with --header")


def _judge(
    run: Session,
    given: SecretOptions,
    at: str | None,
    tolerance: str,
    *,
    against: bool,
) -> Judge:
    from vovecli.adapters.clock import now
    from vovecli.commands.verify import Judge, Patience
    from vovecli.core.times import parse_duration, parse_time

    moment: int | Literal["received"] | None = None
    if at is not None:
        moment = "received" if at == "received" else parse_time(at, now=now())
    secrets = run.secrets(given, store=False)
    return Judge(
        secrets=secrets,
        others=run.other_secrets(secrets),
        now=now(),
        patience=Patience(),
        at=moment,
        tolerance_s=int(parse_duration(tolerance)),
        second_opinion=_svix() if against else None,
        catalogue=run.catalogue,
    )


def _svix() -> Callable[..., SecondOpinion]:
    from vovecli.adapters.svix_sdk import second_opinion

    return second_opinion


def _render(run: Session, judge: Judge, results: Iterable[SourceResult], *, strict: bool) -> int:
    """Write results as they come; 3 (a source unreadable) over 1 (invalid) over 0."""
    from vovecli.core.drift import drifts
    from vovecli.ui.verdicts import JsonVerdicts, TextVerdicts

    view = (
        JsonVerdicts(run.terminal, judge.described, run.emit)
        if run.json
        else TextVerdicts(run.terminal, judge.described, verbose=run.verbose > 0)
    )
    code = ExitCode.OK
    for result in results:
        view.show(result)
        if isinstance(result, VoveError):
            code = ExitCode.INPUT
        elif isinstance(result, Verified) and (
            not result.verdict.valid or (strict and drifts(result.verdict.findings))
        ):
            code = max(code, ExitCode.NEGATIVE)
    view.close()
    return code


ENDING = Ending(
    settings=("secret", "secret_file"),
    exits={
        0: "every request is valid",
        1: "a request is invalid or, with --strict-events, has drifted",
        2: "the command line is wrong",
        3: "a capture or the secret cannot be used",
    },
    page="guides/why-verification-fails.md",
)
app = command_app(verify)
