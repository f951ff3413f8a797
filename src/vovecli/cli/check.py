"""`vove check`."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.check_app import (
    AppOptions,
    app_command,
    framework_of,
    fresh_secret,
    running_app,
    settings_file_of,
)
from vovecli.cli.check_reports import annotate, exit_code, no_commands, render, write_reports
from vovecli.cli.delivery import (
    CaFileOption,
    InsecureOption,
    TimeoutOption,
    check_own_host,
    trusted_authorities,
)
from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.options import (
    HeaderCaseOption,
    HeaderOption,
    SecretOptions,
    parse_headers,
)
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice, number
from vovecli.core.errors import Category, VoveError
from vovecli.core.names import refused_word
from vovecli.core.outcomes.checks import CHECKED_FAMILIES, FAILURES

if TYPE_CHECKING:
    from vovecli.adapters.observer import Observer
    from vovecli.cli.session import Session
    from vovecli.core.catalogue import EventType
    from vovecli.core.endpoints import Endpoint

_OWN_HEADERS = ("content-", "transfer-encoding", "svix-", "webhook-")


def check(
    ctx: typer.Context,
    *,
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="Endpoint: a URL, host:port/path or a port")
    ] = None,
    app_options: AppOptions,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CHECK", help="Checks to run: an id, a group or a pattern; repeatable"
        ),
    ] = None,
    skip: Annotated[
        list[str] | None, typer.Option(metavar="CHECK", help="Checks to leave out; repeatable")
    ] = None,
    fail_on: Annotated[
        str,
        typer.Option(
            parser=choice("grade of failure", FAILURES),
            metavar="error|warn",
            help="Lowest severity that makes the exit code 1",
        ),
    ] = "error",
    family: Annotated[
        str | None,
        typer.Option(
            metavar="kyc|kyb|both",
            help="Event families the handler must accept; by default, those it accepts",
        ),
    ] = None,
    ref_id: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A test user's refId, for an app that looks users up"),
    ] = None,
    observe: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Command that prints your app's state, to check side effects",
        ),
    ] = None,
    observe_url: Annotated[
        str | None,
        typer.Option(
            "--observe-url",
            metavar="URL",
            help="URL of a page that shows the state, instead of --observe",
        ),
    ] = None,
    wait: Annotated[
        str,
        typer.Option(
            metavar="DURATION",
            show_default=False,
            help="Wait up to this long for the endpoint to come up",
        ),
    ] = "0",
    timeout: TimeoutOption = "16s",
    insecure: InsecureOption = False,
    ca_file: CaFileOption = None,
    header: HeaderOption = None,
    allow_final: Annotated[
        bool,
        typer.Option("--allow-final", help="Also send final statuses to other machines"),
    ] = False,
    i_own_this_host: Annotated[
        bool, typer.Option("--i-own-this-host", help="Allow a host other than this machine")
    ] = False,
    rate: Annotated[
        float,
        typer.Option(
            "--rate",
            parser=number(0, 10_000),
            metavar="N",
            show_default=False,
            help="At most N requests per second, for an endpoint with a rate limit",
        ),
    ] = 0.0,
    junit: Annotated[str | None, typer.Option(metavar="FILE", help="Write JUnit XML")] = None,
    html: Annotated[str | None, typer.Option(metavar="FILE", help="Write one HTML page")] = None,
    github: Annotated[
        bool,
        typer.Option(
            "--github", help="Write annotations and the step summary (automatic in GitHub Actions)"
        ),
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the checks")] = False,
    explain: Annotated[str | None, typer.Option(metavar="CHECK", help="Explain one check")] = None,
    header_case: HeaderCaseOption = "lower",
    secrets: SecretOptions,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Make ids, refIds and wrong keys repeatable")
    ] = None,
) -> int:
    """Find out what is wrong with a handler and how to fix it.

    Examples:
      vove check http://localhost:3000/webhooks/vove-kyb
      vove check --run 'npm start' :3000/webhooks/vove-kyb
      vove check :3000/hook --observe "sqlite3 app.db 'select * from cases'"
      vove check :3000/hook --wait 30s --junit report.xml --fail-on warn
      vove check --explain retry.rotation
    """
    run = session(ctx)
    if list_ or explain is not None:
        return _explain(run, explain)
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.check import ProbeTransport
    from vovecli.commands.check import check as run_checks
    from vovecli.core.secrets import DEVELOPMENT
    from vovecli.core.suite import Options, choose
    from vovecli.core.times import parse_duration

    family = family.casefold() if family and family.casefold() in CHECKED_FAMILIES else family
    own = _own_events(run, family)
    own_family = family if family and family not in CHECKED_FAMILIES else ""
    endpoint = run.endpoint(
        url, event=own[0].type if own_family else "kyc." if family == "kyc" else None
    )
    check_own_host(endpoint, "the suite sends forgeries and odd requests", own_host=i_own_this_host)
    command = app_command(app_options, endpoint)
    observer = _observer(run, observe, observe_url)
    is_fresh = command is not None and not any(secrets)
    in_force = tuple([fresh_secret()] if is_fresh else run.secrets(secrets))
    wait_s = parse_duration(wait)
    options = Options(
        endpoint=endpoint,
        secrets=in_force,
        families=CHECKED_FAMILIES.get(family or "", ()),
        own_events=tuple(event for event in own if _goes_to(event, endpoint)),
        own_family=own_family,
        ref_id=ref_id or "",
        header_case=header_case,
        final=endpoint.is_loopback or allow_final,
        observes=observer is not None,
        is_secret_given=in_force[0].origin != DEVELOPMENT,
        chosen=choose(_listed(only), _listed(skip)),
        out_of_reach=_out_of_reach(insecure=insecure, ca_file=ca_file),
        of_app=framework_of(command),
        restarts=app_options.rehearse,
        settings_file=settings_file_of(app_options.secret_env) if app_options.rehearse else "",
    )
    how = ProbeTransport(
        headers=tuple(parse_headers(header, own=_OWN_HEADERS)),
        timeout_s=parse_duration(timeout),
        verify=trusted_authorities(insecure=insecure, ca_file=ca_file),
        rate=rate,
        wait_s=wait_s,
    )
    on_github = github or bool(os.environ.get("GITHUB_ACTIONS"))
    with (
        running_app(
            run, command, endpoint, in_force[0], names=app_options.secret_env, wait_s=wait_s
        ) as app,
        no_commands() if on_github and not run.json else nullcontext(),
    ):
        found = run_checks(
            options,
            random_bytes=random_source(seed),
            observer=observer,
            app=app,
            how=how,
        )
        report = render(run, found)
    write_reports(run, report, junit=junit, html=html, failures=FAILURES[fail_on])
    if on_github:
        annotate(run, report)
    return exit_code(report, FAILURES[fail_on])


def _own_events(run: Session, family: str | None) -> list[EventType]:
    """One's own events; of a family, where --family names one of them.

    Raises:
        VoveError: `unknown-family`.
    """
    own = [event for event in run.catalogue.events.values() if event.provenance == "own"]
    families = dict.fromkeys(event.family for event in own)
    if family is None or family in CHECKED_FAMILIES:
        return own
    if family not in families:
        raise refused_word("family", family, [*CHECKED_FAMILIES, *families], code="unknown-family")
    return [event for event in own if event.family == family]


def _goes_to(event: EventType, endpoint: Endpoint) -> bool:
    """Whether an own event is served there: it names no other endpoint."""
    from vovecli.core.endpoints import parse_endpoint

    return event.endpoint is None or parse_endpoint(event.endpoint).url == endpoint.url


def _observer(run: Session, command: str | None, url: str | None) -> Observer | None:
    """What reads the app's state, if anything does.

    Raises:
        VoveError: `bad-observe`, `bad-endpoint`.
    """
    from vovecli.adapters.observer import Observer, command_output, page_text

    if command and url:
        raise VoveError(
            "bad-observe",
            "--observe and --observe-url cannot be combined: both say where the state is",
            hint="give one of them",
            category=Category.USAGE,
        )
    if url:
        return Observer(page_text(url))
    text = command or run.settings.get("check.observe").value
    return Observer(command_output(str(text))) if text else None


def _explain(run: Session, name: str | None) -> int:
    """The list of checks, or one of them."""
    from vovecli.core.suite import SUITE, find_check

    chosen = [find_check(name)] if name is not None else SUITE
    if run.json:
        from vovecli.core.check_envelope import explanation_json

        for each in chosen:
            run.emit(explanation_json(each))
        return ExitCode.OK
    from vovecli.ui.checks.page import draw_explanation, draw_list

    if name is not None:
        draw_explanation(run.terminal, chosen[0])
    else:
        draw_list(run.terminal)
    return ExitCode.OK


def _out_of_reach(*, insecure: bool, ca_file: str | None) -> dict[str, str]:
    """What cannot be judged with a trust that the provider does not have."""
    if not insecure and not ca_file:
        return {}
    option = "--insecure" if insecure else "--ca-file"
    return {"tls.certificate": f"{option}: the provider trusts only public authorities"}


def _listed(names: list[str] | None) -> list[str]:
    """Names that were given one by one, or with commas between them."""
    return [name.strip() for text in names or () for name in text.split(",") if name.strip()]


ENDING = Ending(
    settings=("endpoint", "secret", "secret_file", "check.observe"),
    exits={
        0: "the checks passed",
        1: "a check failed, or could not be judged",
        2: "the command line is wrong",
        3: "the secret, the settings or a file cannot be used",
        4: "the endpoint is unreachable",
        130: "interrupted with Ctrl-C",
    },
    page="guides/checking.md",
)
app = command_app(check)
