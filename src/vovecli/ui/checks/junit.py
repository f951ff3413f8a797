"""A run of `vove check` as JUnit XML, the dialect that Jenkins, GitLab and GitHub actions read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from vovecli.core.suite import BY_ID
from vovecli.core.times import iso
from vovecli.ui.checks.words import app_lines, certainty, headline, rows, seen

if TYPE_CHECKING:
    from vovecli.core.outcomes.checks import CheckOutcome, CheckReport, CheckResult

# XML 1.0, 2.2: everything else may not stand in a document, not even escaped.
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_UNJUDGED = ("skipped", "inconclusive")


def junit(
    report: CheckReport, *, moment: int, version: str, failures: frozenset[CheckOutcome]
) -> str:
    """The whole document.

    Args:
        report: What was found.
        moment: Unix seconds of the run's end.
        version: Ours.
        failures: Outcomes that count as a failure (`--fail-on`).
    """
    failed = sum(check.outcome in failures for check in report.checks)
    skipped = sum(check.outcome in _UNJUDGED for check in report.checks)
    cases = [_case(check, failures) for check in report.checks]
    # A verdict that no check shows, such as that nothing answers: the file would be green.
    errors = not failed and "fail" in failures and report.verdict in ("failing", "unreachable")
    if errors:
        cases.append(_error(report))
    elements = "\n".join(cases)
    counts = (
        f'tests="{len(cases)}" failures="{failed}" errors="{errors:d}" skipped="{skipped}" '
        f'time="{report.elapsed_s:.3f}"'
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<testsuites>\n"
        f'<testsuite id="0" package="vove" name="vove check" {counts} '
        f'timestamp="{iso(moment)[:-1]}" hostname="localhost">\n'
        f"<properties>\n{_property('endpoint', report.endpoint)}\n"
        f"{_property('verdict', report.verdict)}\n"
        f"{_property('vove', version)}\n"
        f"{_property('secrets', ', '.join(report.secrets))}\n"
        f"{_property('observed', str(report.observed).lower())}\n"
        f"{_property('partial', str(report.partial).lower())}\n</properties>\n"
        f"{elements}\n<system-out>{_text(_summary(report))}</system-out>\n"
        "<system-err></system-err>\n"
        "</testsuite>\n</testsuites>\n"
    )


def _error(report: CheckReport) -> str:
    message = f"<error type={_attribute(report.verdict)} message={_attribute(headline(report))}/>"
    return f'<testcase classname="vove" name="verdict" time="0">{message}</testcase>'


def _case(check: CheckResult, failures: frozenset[CheckOutcome]) -> str:
    group, _, name = check.id.partition(".")
    head = f'<testcase classname="vove.{group}" name={_attribute(name)} time="0">'
    return f"{head}{_finding(check, failures)}</testcase>"


def _finding(check: CheckResult, failures: frozenset[CheckOutcome]) -> str:
    details = "\n".join(
        [
            *(f"{label}: {text}" for label, text in rows(check)),
            *(f"app: {line}" for line in app_lines(check)),
        ]
    )
    message = _attribute(check.why or BY_ID[check.id].title)
    if check.outcome in failures:
        return f'<failure type="{check.severity}" message={message}>{_text(details)}</failure>'
    if check.outcome in _UNJUDGED:
        return f"<skipped message={message}/>"
    if check.outcome in ("fail", "warn", "info"):
        return f"<system-out>{_text(f'{check.outcome}{chr(10)}{details}')}</system-out>"
    return ""


def _summary(report: CheckReport) -> str:
    causes = (
        f"{one.code} ({certainty(one)}): {one.message}. Fix: {one.fix}" for one in report.diagnosis
    )
    return "\n".join([headline(report), *filter(None, [seen(report)]), *causes])


def _property(name: str, value: str) -> str:
    return f"<property name={_attribute(name)} value={_attribute(value)}/>"


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_ILLEGAL.sub("\ufffd", text))
