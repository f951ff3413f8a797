"""Words that every report of `vove check` uses."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from vovecli.core.app_output import speaks_of_error, telling_lines
from vovecli.core.endpoints import short_url
from vovecli.core.suite import GATES
from vovecli.ui.text import count

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

_MOST_NAMES = 3
_ID_LIST = re.compile(r"[a-z]+\.[a-z0-9-]+(?:, [a-z]+\.[a-z0-9-]+){3,}")
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
    lacking = f"not judged: {_ID_LIST.sub(_folded, report.unjudged)}" if report.unjudged else ""
    restarted = (
        f"the server went away and came back {count(report.restarts, 'time')} in between (a file "
        "watcher that sees what the app writes?)"
        if report.restarts
        else ""
    )
    return "; ".join(text for text in (lacking, place, restarted) if text)


def _folded(ids: re.Match[str]) -> str:
    first, *others = ids[0].split(", ")
    return f"{first} and {count(len(others), 'other')}"


def next_steps(report: CheckReport) -> list[tuple[str, str]]:
    """What to type next, each with what it is for; empty where nothing is left to do."""
    if report.verdict == "unreachable" and report.app:
        return []
    if report.verdict == "unreachable":
        target = shlex.quote(short_url(report.endpoint))
        return [
            (f"vove check --run 'npm start' {target}", "starts your app and waits for it"),
            ("add --wait 30s", "waits for an app that you start"),
        ]
    failed = [one for one in of(report, "fail", "warn") if one.id not in GATES]
    if not failed and not report.diagnosis:
        return []
    steps = []
    if report.wants_handler:
        known = report.framework if report.framework and not report.framework.is_guess else None
        stack = known.stacks[0] if known and known.stacks else ""
        steps.append((f"vove handler {stack}".rstrip(), "a complete handler that works"))
    telling = next((one for one in failed if not is_explained(report, one)), None)
    if telling := telling or next(iter(failed or of(report, "fail")), None):
        steps.append((f"vove check --explain {telling.id}", "what that check is about"))
    return [*steps, ("add --html report.html", "every request and answer on one page")]


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


def own_error(report: CheckReport) -> Sequence[str]:
    """What the app itself said of the first failure that made it speak of an error."""
    failed = of(report, "fail", "warn")
    return next((app_lines(one) for one in failed if speaks_of_error(one.printed)), ())


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
    names = " or ".join(framework.names[:_MOST_NAMES])
    if len(framework.names) > _MOST_NAMES:
        names += " or others"
    if not framework.stacks:
        return f"this looks like {names} ({framework.seen}); there is no tested handler for it yet"
    if framework.is_guess:
        return f"complete, tested handlers to copy; a guess: {names} ({framework.seen})"
    return f"a complete, tested handler to copy, for {names} ({framework.seen})"


def is_plain_fact(result: CheckResult) -> bool:
    """Whether a remark is one either way, so that it calls for nothing."""
    return result.id.startswith("interop.")
