"""`vove check`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.exit_codes import ExitCode
from vovecli.cli.group import command_app, session
from vovecli.cli.options import HeaderCaseOption, SecretFileOption, SecretOption
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice, number
from vovecli.core.errors import Category, VoveError
from vovecli.core.names import refused_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vovecli.adapters.observer import Observer
    from vovecli.cli.session import Session
    from vovecli.core.catalogue import EventFamily, EventType
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.checks import CheckOutcome, CheckReport, CheckResult

_FAMILIES: dict[str, tuple[EventFamily, ...]] = {
    "kyc": ("kyc",),
    "kyb": ("kyb",),
    "both": ("kyb", "kyc"),
}
_FAILURES: dict[str, frozenset[CheckOutcome]] = {
    "error": frozenset({"fail"}),
    "warn": frozenset({"fail", "warn"}),
}


def check(
    ctx: typer.Context,
    *,
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="Endpoint: a URL, host:port/path or a port")
    ] = None,
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
            parser=choice("grade of failure", _FAILURES),
            metavar="error|warn",
            help="What makes the exit code 1",
        ),
    ] = "error",
    family: Annotated[
        str | None,
        typer.Option(
            metavar="kyc|kyb|both",
            help="Event families that the handler must accept; by default those it does",
        ),
    ] = None,
    ref_id: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A test user's refId, for an app that looks them up"),
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
            help="URL of a page that shows it instead",
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
    allow_final: Annotated[
        bool,
        typer.Option("--allow-final", help="Send final statuses to other machines, too"),
    ] = False,
    i_own_this_host: Annotated[
        bool, typer.Option("--i-own-this-host", help="Allow another machine than this one")
    ] = False,
    rate: Annotated[
        float,
        typer.Option(
            "--rate",
            parser=number(0, 10_000),
            metavar="N",
            show_default=False,
            help="Requests per second at most, for an endpoint that limits them",
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
    secret: SecretOption = None,
    secret_file: SecretFileOption = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Repeatable ids, refIds and wrong keys")
    ] = None,
) -> int:
    """Find out what is wrong with a handler and how to fix it.

    Examples:
      vove check http://localhost:3000/webhooks/vove-kyb
      vove check :3000/hook --observe "sqlite3 app.db 'select * from cases'"
      vove check :3000/hook --wait 30s --junit report.xml --fail-on warn
      vove check --explain retry.rotation
    """
    run = session(ctx)
    if list_ or explain is not None:
        return _explain(run, explain)
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.check import check as run_checks
    from vovecli.core.conformance.run import Options
    from vovecli.core.conformance.suite import choose
    from vovecli.core.secrets import DEVELOPMENT
    from vovecli.core.times import parse_duration

    own = _own_events(run, family)
    own_family = family if family and family not in _FAMILIES else ""
    endpoint = run.endpoint(
        url, event=own[0].type if own_family else "kyc." if family == "kyc" else None
    )
    _check_host(endpoint, own_host=i_own_this_host)
    observer = _observer(run, observe, observe_url)
    secrets = tuple(run.secrets(secret, secret_file))
    options = Options(
        endpoint=endpoint,
        secrets=secrets,
        families=_FAMILIES.get(family or "", ()),
        own_events=tuple(event for event in own if _goes_to(event, endpoint)),
        own_family=own_family,
        ref_id=ref_id or "",
        header_case=header_case,
        final=endpoint.is_loopback or allow_final,
        observes=observer is not None,
        is_secret_given=secrets[0].origin != DEVELOPMENT,
        chosen=choose(_listed(only), _listed(skip)),
    )
    found = run_checks(
        options,
        random_bytes=random_source(seed),
        observer=observer,
        wait_s=parse_duration(wait),
        rate=rate,
    )
    on_github = github or bool(os.environ.get("GITHUB_ACTIONS"))
    with _no_commands(random_source()) if on_github and not run.json else nullcontext():
        report = _render(run, found)
    _write_reports(run, report, junit=junit, html=html, failures=_FAILURES[fail_on])
    if on_github:
        _annotate(run, report)
    return _exit_code(report, _FAILURES[fail_on])


def _own_events(run: Session, family: str | None) -> list[EventType]:
    """One's own events; of a family, where --family names one of them.

    Raises:
        VoveError: `unknown-family`.
    """
    own = [event for event in run.catalogue.events.values() if event.provenance == "own"]
    families = dict.fromkeys(event.family for event in own)
    if family is None or family in _FAMILIES:
        return own
    if family not in families:
        raise refused_word("family", family, [*_FAMILIES, *families], code="unknown-family")
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
            "--observe and --observe-url both say where the state is",
            hint="give one of them",
            category=Category.USAGE,
        )
    if url:
        return Observer(page_text(url))
    text = command or run.settings.get("check.observe").value
    return Observer(command_output(str(text))) if text else None


def _explain(run: Session, name: str | None) -> int:
    """The list of checks, or one of them."""
    from vovecli.core.conformance.suite import SUITE, find_check

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


def _check_host(endpoint: Endpoint, *, own_host: bool) -> None:
    """Refuse to send forgeries to a host that may be somebody else's.

    Raises:
        VoveError: `host-not-confirmed`.
    """
    if not endpoint.is_loopback and not own_host:
        raise VoveError(
            "host-not-confirmed",
            f"the suite sends forgeries and odd requests; {endpoint.host} is not this machine",
            hint="add --i-own-this-host if it is yours, and an environment for tests",
            category=Category.USAGE,
        )


def _listed(names: list[str] | None) -> list[str]:
    """Names that were given one by one, or with commas between them."""
    return [name.strip() for text in names or () for name in text.split(",") if name.strip()]


def _render(run: Session, found: Iterator[CheckResult | CheckReport]) -> CheckReport:
    """Show results as they come; the report, which is last, at the end."""
    from vovecli.core.outcomes.checks import CheckReport
    from vovecli.ui.checks.json_lines import JsonChecks
    from vovecli.ui.checks.page import CheckPage

    view = JsonChecks(run.emit) if run.json else CheckPage(run.terminal, verbose=run.verbose > 0)
    report: CheckReport | None = None
    counts = Counter[str]()
    try:
        for one in found:
            if isinstance(one, CheckReport):
                report = one
            else:
                view.show(one)
                counts[one.outcome] += 1
    except KeyboardInterrupt:
        done = ", ".join(f"{count} {outcome}" for outcome, count in counts.items()) or "none"
        run.terminal.notice(f"\nstopped early; checks until then: {done}")
        raise
    assert report, "a run ends with its report"
    view.close(report)
    return report


def _write_reports(
    run: Session,
    report: CheckReport,
    *,
    junit: str | None,
    html: str | None,
    failures: frozenset[CheckOutcome],
) -> None:
    from vovecli.adapters.clock import now

    if junit:
        from vovecli.ui.checks.junit import junit as junit_text

        _write(run, junit, junit_text(report, moment=now(), failures=failures))
    if html:
        from vovecli.commands.handler import find_handler
        from vovecli.ui.checks.html import html as html_text

        stacks = report.framework.stacks if report.framework else ()
        whole = [find_handler(stack) for stack in stacks]
        _write(run, html, html_text(report, moment=now(), handlers=whole))


def _write(run: Session, place: str, text: str) -> None:
    from vovecli.adapters.files import write_text

    write_text(place, text)
    run.terminal.notice(f"written: {place}")


@contextmanager
def _no_commands(random_bytes: Callable[[int], bytes]) -> Iterator[None]:
    """Let GitHub's runner take nothing for a command that a handler answers."""
    token = random_bytes(16).hex()
    sys.stdout.write(f"::stop-commands::{token}\n")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write(f"::{token}::\n")
        sys.stdout.flush()


def _annotate(run: Session, report: CheckReport) -> None:
    """Annotations for GitHub on standard output, or on standard error where that holds JSON."""
    from vovecli.ui.checks.github import step_summary, workflow_commands

    stream = sys.stderr if run.json else sys.stdout
    for command in workflow_commands(report):
        stream.write(command + "\n")
    stream.flush()
    if place := os.environ.get("GITHUB_STEP_SUMMARY"):
        from vovecli.adapters.files import write_text

        write_text(place, step_summary(report) + "\n", append=True)


def _exit_code(report: CheckReport, failures: frozenset[CheckOutcome]) -> ExitCode:
    if report.verdict == "unreachable":
        return ExitCode.UNREACHABLE
    failed = any(one.outcome in failures for one in report.checks)
    if report.verdict == "inconclusive" and not _is_chosen_part_good(report):
        return ExitCode.NEGATIVE
    return ExitCode.NEGATIVE if failed else ExitCode.OK


def _is_chosen_part_good(report: CheckReport) -> bool:
    """Whether all that keeps a run from its verdict is that checks were left out by choice."""
    return report.partial and not any(one.outcome == "inconclusive" for one in report.checks)


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
