"""Results of `vove check` as JSON-able objects, fields in a stable order."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vovecli.core.envelope import Json
    from vovecli.core.outcomes.checks import CheckReport, CheckResult
    from vovecli.core.suite.check import Check


def check_result_json(result: CheckResult) -> Json:
    """`vove.check-result/1`."""
    return {"schema": "vove.check-result/1", **asdict(result)}


def check_json(report: CheckReport) -> Json:
    """`vove.check/1`."""
    return {
        "schema": "vove.check/1",
        "endpoint": report.endpoint,
        "verdict": report.verdict,
        "partial": report.partial,
        "observed": report.observed,
        "unjudged": report.unjudged,
        "restarts": report.restarts,
        "summary": report.summary,
        "diagnosis": [asdict(one) for one in report.diagnosis],
        "secrets": list(report.secrets),
        "app": report.app and asdict(report.app),
        "framework": report.framework and asdict(report.framework),
        "checks": [asdict(check) for check in report.checks],
        "elapsed_s": round(report.elapsed_s, 3),
        "requests": report.requests,
    }


def explanation_json(check: Check) -> Json:
    """`vove.explanation/1`."""
    return {
        "schema": "vove.explanation/1",
        "id": check.id,
        "severity": check.severity,
        "title": check.title,
        "sent": check.sent,
        "why": check.why,
        "fix": check.fix,
        "source": check.source,
    }
