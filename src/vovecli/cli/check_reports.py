"""What `vove check` shows and writes of a run, and the exit code that it ends with."""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vovecli.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.cli.session import Session
    from vovecli.core.outcomes.checks import CheckOutcome, CheckReport, CheckResult


def render(run: Session, found: Iterator[CheckResult | CheckReport]) -> CheckReport:
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


def write_reports(
    run: Session,
    report: CheckReport,
    *,
    junit: str | None,
    html: str | None,
    failures: frozenset[CheckOutcome],
) -> None:
    """Write the files that were asked for."""
    from vovecli import __version__
    from vovecli.adapters.clock import now

    if junit:
        from vovecli.ui.checks.junit import junit as junit_text

        run.write_report(
            junit, junit_text(report, moment=now(), version=__version__, failures=failures)
        )
    if html:
        from vovecli.commands.handler import find_handler
        from vovecli.ui.checks.html import html as html_text

        stacks = report.framework.stacks if report.framework else ()
        whole = [find_handler(stack) for stack in stacks]
        run.write_report(html, html_text(report, moment=now(), version=__version__, handlers=whole))


@contextmanager
def no_commands() -> Iterator[None]:
    """Let GitHub's runner take nothing for a command that a handler answers."""
    from vovecli.adapters.randomness import random_source

    token = random_source()(16).hex()
    sys.stdout.write(f"::stop-commands::{token}\n")
    sys.stdout.flush()
    try:
        yield
    finally:
        sys.stdout.write(f"::{token}::\n")
        sys.stdout.flush()


def annotate(run: Session, report: CheckReport) -> None:
    """Annotations for GitHub on standard output, or on standard error where that holds JSON."""
    from vovecli.core.masking import mask_loaded
    from vovecli.ui.checks.github import step_summary, workflow_commands

    stream = sys.stderr if run.json else sys.stdout
    for command in workflow_commands(report):
        stream.write(mask_loaded(command) + "\n")
    stream.flush()
    if place := os.environ.get("GITHUB_STEP_SUMMARY"):
        from vovecli.adapters.files import write_text

        write_text(place, mask_loaded(step_summary(report)) + "\n", append=True)


def exit_code(report: CheckReport, failures: frozenset[CheckOutcome]) -> ExitCode:
    """4 where nothing answered, 1 where something failed or could not be judged."""
    if report.verdict == "unreachable":
        return ExitCode.UNREACHABLE
    failed = report.verdict == "failing" or any(one.outcome in failures for one in report.checks)
    if report.verdict == "inconclusive" and not _is_chosen_part_good(report):
        return ExitCode.NEGATIVE
    return ExitCode.NEGATIVE if failed else ExitCode.OK


def _is_chosen_part_good(report: CheckReport) -> bool:
    """Whether all that keeps a run from its verdict is that checks were left out by choice."""
    return report.partial and not any(one.outcome == "inconclusive" for one in report.checks)
