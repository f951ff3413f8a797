"""The report of a run: results, diagnosis, framework and evidence put together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.codes.handlers import HANDLER_MISTAKES
from vovecli.core.conformance.evidence import evidence
from vovecli.core.conformance.frameworks import advised, recognise
from vovecli.core.conformance.report import (
    effects_of_refused,
    explained,
    verdict,
    what_is_unjudged,
)
from vovecli.core.outcomes.checks import CheckReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.conformance.conversation import Exchanger
    from vovecli.core.conformance.run import Options
    from vovecli.core.outcomes.checks import CheckResult, Diagnosis


def whole_report(
    found: Sequence[Diagnosis],
    results: Mapping[str, CheckResult],
    options: Options,
    talk: Exchanger,
    *,
    is_reached: bool,
) -> CheckReport:
    """Everything that a run has to say, without secrets.

    Args:
        found: The mistakes that were named.
        results: By check.
        options: What was asked for.
        talk: What was sent and answered.
        is_reached: Whether anything answered.
    """
    state = talk.state
    answers = [one.answer for one in state.all(*state.names)]
    framework = recognise(answers, options.of_app)
    masked = [
        replace(advised(one, framework), message=state.mask(one.message))
        for one in (*found, *effects_of_refused(results))
    ]
    diagnosis, checks = explained(masked, results)
    return CheckReport(
        endpoint=options.endpoint.url,
        verdict=verdict(results, state, is_reached=is_reached, is_partial=options.is_partial),
        diagnosis=diagnosis,
        checks=checks,
        elapsed_s=talk.elapsed_s,
        requests=talk.requests,
        framework=framework,
        wants_handler=bool(diagnosis) and HANDLER_MISTAKES[diagnosis[0].code].snippet,
        partial=options.is_partial,
        observed=options.observes and not state.unobservable,
        unjudged=what_is_unjudged(results) if is_reached else "",
        restarts=sum(one.status is not None and one.down_ms > 0 for one in answers),
        secrets=tuple(secret.fingerprint for secret in options.secrets),
        evidence=evidence(results, state),
    )
