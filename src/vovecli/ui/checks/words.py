"""Words that every report of `vove check` uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.app_output import telling_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.outcomes.checks import (
        CheckOutcome,
        CheckReport,
        CheckResult,
        CheckVerdict,
        Diagnosis,
        Framework,
    )

VERDICTS: Mapping[CheckVerdict, str] = {
    "conformant": "conformant: the handler does what it should",
    "failing": "failing: the handler has mistakes",
    "inconclusive": "inconclusive: the handler could not be judged",
    "unreachable": "unreachable: the endpoint does not answer",
}
OUTCOMES: Mapping[CheckOutcome, str] = {
    "fail": "failed",
    "warn": "warned",
    "info": "noted",
    "pass": "passed",
    "inconclusive": "inconclusive",
    "skipped": "skipped",
}


def headline(report: CheckReport) -> str:
    """The verdict in a sentence, with the leading mistake where there is one."""
    words = VERDICTS[report.verdict]
    if report.partial and report.verdict == "inconclusive" and not report.summary["inconclusive"]:
        words = "the chosen checks passed; the handler as a whole was not judged"
    if report.verdict != "failing" and report.summary["warn"]:
        words = f"{words}, with {count(report.summary['warn'], 'warning')}"
    return words


def seen(report: CheckReport) -> str:
    """From where the verdict was seen, and what it lacks."""
    place = "" if report.observed else "as seen from outside; effects not observed (--observe)"
    if report.verdict == "unreachable":
        return ""
    lacking = f"not judged: {report.unjudged}" if report.unjudged else ""
    restarted = (
        f"the server went away and came back {count(report.restarts, 'time')} in between (a file "
        "watcher that sees what the app writes?)"
        if report.restarts
        else ""
    )
    return "; ".join(text for text in (lacking, place, restarted) if text)


def is_explained(report: CheckReport, result: CheckResult) -> bool:
    """Whether a check fails for the diagnosed reason, so that it is told under the diagnosis."""
    return any(result.id in one.explains for one in report.diagnosis)


def certainty(diagnosis: Diagnosis) -> str:
    """How sure it is, in a word or two."""
    return "proved" if diagnosis.certainty == "proved" else "likely, not proved"


def totals(report: CheckReport) -> str:
    """`58 checks: 2 failed, 30 passed ...; 94 requests in 0.3 s`."""
    counts = [f"{report.summary[outcome]} {words}" for outcome, words in OUTCOMES.items()]
    counted = ", ".join(text for text in counts if not text.startswith("0 "))
    return (
        f"{count(len(report.checks), 'check')}: {counted}; "
        f"{count(report.requests, 'request')} in {report.elapsed_s:.1f} s"
    )


def app_lines(result: CheckResult) -> Sequence[str]:
    """What the app itself said of a failure: its error and its own place in the source."""
    return telling_lines(result.printed) if result.outcome in ("fail", "warn", "info") else ()


def rows(result: CheckResult) -> list[tuple[str, str]]:
    """What was sent, what came, what it means, how to mend it; the empty ones left out."""
    named = [("sent", result.sent), ("got", result.got), ("why", result.why), ("fix", result.fix)]
    return [(label, text) for label, text in named if text]


def of(report: CheckReport, *outcomes: CheckOutcome) -> Sequence[CheckResult]:
    """The results with these outcomes, in the order of the outcomes."""
    return [check for outcome in outcomes for check in report.checks if check.outcome == outcome]


def offer(framework: Framework | None) -> str:
    """What is known of the framework, before the handlers to copy."""
    if framework is None:
        return "a complete, tested handler to copy, if your framework is one of these"
    names = " or ".join(framework.names)
    if not framework.stacks:
        return f"this looks like {names} ({framework.seen}); there is no tested handler for it yet"
    if framework.is_guess:
        return f"complete, tested handlers to copy; a guess: {names} ({framework.seen})"
    return f"a complete, tested handler to copy, for {names} ({framework.seen})"


def is_plain_fact(result: CheckResult) -> bool:
    """Whether a remark is one either way, so that it calls for nothing."""
    return result.id.startswith("interop.")


def count(number: int, noun: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")
