"""What a run found, put into results, a verdict, and a report without secrets."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vovecli.core.app_output import speaks_of_error
from vovecli.core.codes.handler_mistakes import HANDLER_MISTAKES, diagnosis
from vovecli.core.frameworks.marks import advised, recognise
from vovecli.core.outcomes.checks import CheckExchange, CheckReport, CheckResult
from vovecli.core.suite import BY_ID, GATES, JUDGED
from vovecli.core.suite.check import Judgement
from vovecli.core.suite.state import LEFT_OUT, Gate
from vovecli.core.suite.traces import QUIET

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.conformance.conversation import Exchanger
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.checks import CheckOutcome, CheckVerdict, Diagnosis, Severity
    from vovecli.core.probes.exchanges import ProbeAnswer, ProbeExchange
    from vovecli.core.suite import Options
    from vovecli.core.suite.check import Check, Evidence
    from vovecli.core.suite.state import RunState

_EXCHANGES = 6  # of one check
_BODY_CHARACTERS = 1500
_FAILED: Mapping[Severity, CheckOutcome] = {"error": "fail", "warning": "warn", "info": "info"}


def check_result(check: Check, judgement: Judgement, state: RunState) -> CheckResult:
    """A judgement in the words of its check, without the secret."""
    severity = judgement.severity or check.severity
    outcome = _FAILED[severity] if judgement.outcome == "fail" else judgement.outcome
    failed = outcome in ("fail", "warn", "info")
    return CheckResult(
        id=check.id,
        outcome=outcome,
        severity=severity,
        sent=check.sent,
        got=state.mask(judgement.got),
        why=state.mask(judgement.why) or (check.why if failed else ""),
        fix=check.fix if failed else "",
        source=check.source,
        printed=_printed(check, state) if outcome != "pass" else (),
    )


def _printed(check: Check, state: RunState) -> tuple[str, ...]:
    """What the app printed for a probe of a check: the first that made it speak of an error."""
    outputs = [one.answer.printed for one in state.sent(check.id) if one.answer.printed]
    return next(filter(speaks_of_error, outputs), outputs[0] if outputs else ())


def verdict(
    results: Mapping[str, CheckResult], state: RunState, *, is_reached: bool, is_partial: bool
) -> CheckVerdict:
    """Green only when everything that it needs was judged."""
    if not is_reached:
        return "unreachable"
    if state.is_fickle or any(result.outcome == "fail" for result in results.values()):
        return "failing"
    is_served = Gate.OPEN in state.gates.values()
    if is_partial or not is_served or any(_unjudged(results)):
        return "inconclusive"
    return "conformant"


def what_is_unjudged(results: Mapping[str, CheckResult]) -> str:
    """`forgery.unsigned, forgery.missing-id: a rate limit ...`; empty where all was judged."""
    reasons: dict[str, list[str]] = {}
    for result in _unjudged(results):
        reasons.setdefault(result.why, []).append(result.id)
    return "; ".join(f"{', '.join(ids)}: {why}" for why, ids in reasons.items())


def _unjudged(results: Mapping[str, CheckResult]) -> Iterable[CheckResult]:
    """Checks that a verdict needs and that could not be judged."""
    for id_, result in results.items():
        is_open = result.outcome == "inconclusive" or result.why == LEFT_OUT
        if (is_open and id_ in JUDGED) or result.why == QUIET:
            yield result


def without_secret(state: RunState, found: tuple[Diagnosis, ...]) -> tuple[Diagnosis, ...]:
    """Where the development secret was tried, that is why genuine deliveries are refused."""
    if state.is_open or any(one.certainty == "proved" for one in found):
        return found
    if any(one.code != "wrong-secret" for one in found):
        return found
    return (diagnosis("no-secret-given", "likely", state.genuine.answer.describe()),)


def effects_of_refused(results: Mapping[str, CheckResult], state: RunState) -> list[Diagnosis]:
    """A state that a forgery changed, though it was refused as all others were."""
    again = state.sent("forgery.effect (again)")
    if not again or state.accepts(again[-1]):  # the last one is the one that changed it
        return []
    forgeries = [one for name, one in results.items() if name.startswith("forgery.")]
    failed = {one.id for one in forgeries if one.outcome in ("fail", "warn")}
    others = failed - {"forgery.effect", "forgery.used-up-id"}
    # Where refusals come with a 2xx, the others fail for that.
    if "forgery.effect" not in failed or (others and not state.soft_failures):
        return []
    return [diagnosis("effect-of-refused", "proved", results["forgery.effect"].got)]


def fold_explained(
    found: Sequence[Diagnosis], results: Mapping[str, CheckResult]
) -> tuple[tuple[Diagnosis, ...], tuple[CheckResult, ...]]:
    """The mistakes with the checks that fail for its reason; these lose the reason of their own.

    The first mistake that explains a check has it. The gate keeps its words: they
    quote the handler's own answer.
    """
    explaining: list[Diagnosis] = []
    owner: dict[str, str] = {}
    for one in found:
        ids = [
            result.id
            for result in results.values()
            if result.outcome in ("fail", "warn", "info")
            and result.id not in (*owner, *GATES)
            and any(fnmatchcase(result.id, name) for name in HANDLER_MISTAKES[one.code].explains)
        ]
        owner |= dict.fromkeys(ids, one.code)
        explaining.append(replace(one, explains=tuple(ids)))
    folded = (
        replace(result, why=f"explained by {owner[result.id]}", fix="")
        if result.id in owner and result.why == BY_ID[result.id].why
        else result
        for result in results.values()
    )
    return tuple(explaining), tuple(folded)


def doubted(judgement: Judgement, reason: str) -> Judgement:
    """A pass that came while the endpoint may have refused everything."""
    if judgement.outcome == "pass":
        return Judgement("inconclusive", judgement.got, reason)
    return judgement


def ended(exchange: ProbeExchange) -> Judgement:
    """A probe ended the process, and again when that was back."""
    down_s = exchange.answer.down_ms / 1000
    why = f"it ended the process, twice: nothing listened for {down_s:.1f} s"
    return Judgement("fail", exchange.describe(), why, severity="error")


def killed(label: str, evidence: Evidence) -> Judgement:
    """Nothing listens any more since a probe of this check."""
    answers = "; ".join(exchange.answer.describe() for exchange in evidence.exchanges[-2:])
    why = f"the process died: nothing has listened since: {label}"
    return Judgement("fail", answers, why, severity="error")


def refused_as_forged(check: Check, state: RunState) -> str:
    """Why a family is doubted that is refused beside one that is accepted."""
    family = BY_ID[check.id].family or state.main
    return (
        f"it is refused like a forgery: add --family {state.main} if another endpoint serves "
        f"{family.upper()}"
    )


def whole_report(
    found: Sequence[Diagnosis],
    results: Mapping[str, CheckResult],
    options: Options,
    exchanger: Exchanger,
    *,
    is_reached: bool,
) -> CheckReport:
    """Everything that a run has to say, without secrets.

    Args:
        found: The mistakes that were named.
        results: By check.
        options: What was asked for.
        exchanger: What was sent and answered.
        is_reached: Whether anything answered.
    """
    state = exchanger.state
    answers = [one.answer for one in state.all(*state.names)]
    framework = recognise(answers, options.of_app)
    masked = [
        replace(advised(one, framework), message=state.mask(one.message))
        for one in (*found, *effects_of_refused(results, state))
    ]
    diagnosis, checks = fold_explained(masked, results)
    return CheckReport(
        endpoint=options.endpoint.url,
        verdict=verdict(results, state, is_reached=is_reached, is_partial=options.is_partial),
        diagnosis=diagnosis,
        checks=checks,
        elapsed_s=exchanger.elapsed_s,
        requests=exchanger.requests,
        framework=framework,
        wants_handler=bool(diagnosis) and HANDLER_MISTAKES[diagnosis[0].code].snippet,
        partial=options.is_partial,
        observed=options.observes and not state.unobservable,
        unjudged=what_is_unjudged(results) if is_reached else "",
        restarts=sum(one.status is not None and one.down_ms > 0 for one in answers),
        secrets=tuple(secret.fingerprint for secret in options.secrets),
        evidence=_evidence(results, state),
    )


def _evidence(ids: Iterable[str], state: RunState) -> Mapping[str, Sequence[CheckExchange]]:
    """What each check sent and was answered; the first of many."""
    return {
        id_: tuple(_shown(one, state) for one in state.all(id_)[:_EXCHANGES])
        for id_ in ids
        if state.was_sent(id_)
    }


def _shown(exchange: ProbeExchange, state: RunState) -> CheckExchange:
    probe, answer = exchange.probe, exchange.answer
    start = f"{probe.method} {probe.target} HTTP/1.1"
    return CheckExchange(
        label=probe.label,
        request=state.mask(_message(start, probe.headers, probe.body)),
        answer=state.mask(_answer(answer)),
        printed=answer.printed,
    )


def _answer(answer: ProbeAnswer) -> str:
    if answer.status is None:
        return answer.message or answer.error
    start = f"HTTP/1.1 {answer.status}, after {answer.latency_ms:.0f} ms"
    return _message(start, answer.headers, answer.body)


def _message(start: str, headers: Headers, body: bytes) -> str:
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    text = body.decode("utf-8", "replace")
    rest = f"\n... {len(text) - _BODY_CHARACTERS} more" if len(text) > _BODY_CHARACTERS else ""
    return "\n".join([*lines, "", text[:_BODY_CHARACTERS] + rest])
