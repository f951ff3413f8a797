"""One run of the suite: what is examined in which order, what it means, the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vovecli.core.conformance.checks import Check, Evidence, Judgement
from vovecli.core.conformance.conversation import Talk
from vovecli.core.conformance.deliveries import Bench
from vovecli.core.conformance.diagnosing import Investigation
from vovecli.core.conformance.facts import Facts, Gate
from vovecli.core.conformance.frameworks import choose_snippet
from vovecli.core.conformance.opening import (
    FAMILIES,
    learn_soft_failures,
    look_first,
    open_gates,
    reach,
)
from vovecli.core.conformance.reading import says_failure
from vovecli.core.conformance.suite import BY_ID, GATES, in_order
from vovecli.core.outcomes.checks import CheckReport, CheckResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.conformance.conversation import Conversation, Part
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.checks import CheckOutcome, CheckVerdict, Diagnosis, Severity
    from vovecli.core.secrets import SigningSecret

BUDGET_S = 60.0
SLOW_S = 0.7


@dataclass(frozen=True)
class Options:
    """What a run was asked to do.

    Attributes:
        families: That must be served; empty: whichever are.
        ref_id: A test user that the endpoint knows; empty: fresh refIds.
        final: Whether final statuses may be sent.
        observes: Whether there is an observer command.
        chosen: Ids of the checks to report.
    """

    endpoint: Endpoint
    secrets: tuple[SigningSecret, ...]
    families: tuple[EventFamily, ...] = ()
    ref_id: str = ""
    final: bool = False
    observes: bool = False
    chosen: frozenset[str] = frozenset(BY_ID)


class Run:
    """The state of one run."""

    def __init__(self, options: Options, random: Callable[[int], bytes], now: float) -> None:
        self._options = options
        self._facts = Facts(options.endpoint, options.secrets)
        self._facts.main = options.families[0] if options.families else FAMILIES[0]
        bench = Bench(options.endpoint.target, options.secrets[0], random, options.ref_id)
        bench.now = now
        bench.family = self._facts.main
        self._talk = Talk(bench, self._facts)
        self._results: list[CheckResult] = []

    def conversation(self) -> Conversation:
        """Yields requests and results; takes a `Reply` for each request; returns the report."""
        options, talk = self._options, self._talk
        is_reached = yield from reach(talk)
        if is_reached:
            yield from open_gates(
                talk, options.families, final=options.final, ref_id=options.ref_id
            )
            yield from look_first(talk, observes=options.observes)
        for check in in_order(is_slow=self._is_slow):
            if check.id in options.chosen:
                yield from self._examine(check, is_reached=is_reached)
        found: tuple[Diagnosis, ...] = ()
        if is_reached:
            found = yield from Investigation(talk, self._has_time).diagnose()
        return self._report(found, is_reached=is_reached)

    def _examine(self, check: Check, *, is_reached: bool) -> Part[None]:
        judgement = self._reason_not_to_run(check, is_reached=is_reached)
        if judgement is None:
            judgement = yield from self._judge(check)
        result = self._result(check, judgement)
        self._results.append(result)
        yield result

    def _reason_not_to_run(self, check: Check, *, is_reached: bool) -> Judgement | None:
        """Why a check is skipped or inconclusive before anything is sent."""
        if check.id == "delivery.reachable":
            return None
        if not is_reached:
            return Judgement("inconclusive", why="the endpoint cannot be reached")
        if check.id in GATES:
            return self._gate_result(check)
        if self._facts.gone_after:
            return Judgement(
                "inconclusive", why=f"{Gate.GONE.value} since: {self._facts.gone_after}"
            )
        if reason := self._out_of_place(check):
            return Judgement("skipped", why=reason)
        gate = self._facts.gates[check.family or self._facts.main]
        if check.gated and gate is not Gate.OPEN:
            is_judged = gate in (Gate.CLOSED, Gate.LIMITED)
            return Judgement("inconclusive" if is_judged else "skipped", why=gate.value)
        if not self._has_time():
            return Judgement(
                "skipped", why=f"left out: the endpoint is slow, {BUDGET_S:.0f} s are over"
            )
        return None

    def _gate_result(self, check: Check) -> Judgement | None:
        gate = self._facts.gates[check.family or self._facts.main]
        if gate in (Gate.UNASKED, Gate.ELSEWHERE):
            return Judgement("skipped", why=gate.value)
        if gate in (Gate.NEEDS_REF, Gate.LIMITED):
            got = "; ".join(one.answer.describe() for one in self._facts.all(check.id))
            return Judgement("inconclusive", got, gate.value)
        return None

    def _out_of_place(self, check: Check) -> str:
        endpoint = self._options.endpoint
        if check.only == "loopback" and not endpoint.is_loopback:
            return "too odd for an app that others use: only on this machine"
        if check.only in ("remote", "https") and endpoint.is_loopback:
            return "the endpoint is on this machine"
        if check.only == "https" and endpoint.scheme != "https":
            return "the endpoint is not HTTPS"
        if check.needs_observer and self._facts.observable:
            return self._facts.observable
        if check.is_final and not self._options.final:
            return "it sends final statuses: only on this machine, or with --allow-final"
        return ""

    def _judge(self, check: Check) -> Part[Judgement]:
        if check.id in self._facts.exchanges:  # sent with the gate
            evidence = Evidence(self._facts.all(check.id))
        else:
            evidence = yield from self._talk.perform(check.id, check.steps)
        if self._facts.gone_after and check.id != "delivery.reachable":
            return _killed(self._facts.gone_after, evidence)
        if check.gated and self._may_tell_failure(evidence):
            yield from learn_soft_failures(self._talk)
        if check.id == "forgery.wrong-secret":
            self._facts.learn_soft_failures()
        judgement = check.judge(evidence, self._facts)
        if judgement.outcome == "fail":
            judgement = yield from self._doubt(check, judgement)
        if judgement.outcome == "pass" and not self._proves(check):
            return Judgement(
                "inconclusive", judgement.got, self._facts.gates[self._facts.main].value
            )
        return judgement

    def _may_tell_failure(self, evidence: Evidence) -> bool:
        return "forged" not in self._facts.exchanges and any(
            one.answer.is_2xx and says_failure(one.answer) for one in evidence.exchanges
        )

    def _doubt(self, check: Check, judgement: Judgement) -> Part[Judgement]:
        """Before a check fails: does its control pass, and can the failure be repeated?"""
        if check.twin:
            twin = yield from self._talk.perform(f"{check.id} (control)", [check.twin])
            if check.judge(twin, self._facts).outcome != "pass":
                why = f"the control without it is refused as well ({check.twin.label})"
                return Judgement("skipped", judgement.got, why)
        if check.confirm:
            evidence = yield from self._talk.perform(f"{check.id} (again)", check.confirm)
            return check.judge(evidence, self._facts)
        return judgement

    def _proves(self, check: Check) -> bool:
        """Whether a pass means something: behind a closed gate everything is refused anyway."""
        return (
            self._facts.is_open or check.gated or check.id in GATES or check.id.startswith("tls.")
        )

    def _has_time(self) -> bool:
        return self._talk.elapsed_s < BUDGET_S

    @property
    def _is_slow(self) -> bool:
        return any(
            exchange.answer.latency_ms > SLOW_S * 1000
            for exchange in self._facts.all("delivery.valid-kyb", "delivery.valid-kyc")
        )

    def _result(self, check: Check, judgement: Judgement) -> CheckResult:
        severity = judgement.severity or check.severity
        outcome = _FAILED[severity] if judgement.outcome == "fail" else judgement.outcome
        failed = outcome in ("fail", "warn", "info")
        return CheckResult(
            id=check.id,
            outcome=outcome,
            severity=severity,
            sent=check.sent,
            got=self._facts.mask(judgement.got),
            why=judgement.why or (check.why if failed else ""),
            fix=check.fix if failed else "",
            source=check.source,
        )

    def _report(self, found: tuple[Diagnosis, ...], *, is_reached: bool) -> CheckReport:
        answers = (one.answer for name in self._facts.exchanges for one in self._facts.all(name))
        diagnosis = tuple(replace(one, message=self._facts.mask(one.message)) for one in found)
        return CheckReport(
            endpoint=self._options.endpoint.url,
            verdict=self._verdict(is_reached=is_reached),
            diagnosis=diagnosis,
            checks=tuple(self._results),
            elapsed_s=self._talk.elapsed_s,
            requests=self._talk.requests,
            snippet=choose_snippet(diagnosis, answers),
        )

    def _verdict(self, *, is_reached: bool) -> CheckVerdict:
        if not is_reached:
            return "unreachable"
        if any(result.outcome == "fail" for result in self._results):
            return "failing"
        is_judged = any(gate is Gate.OPEN for gate in self._facts.gates.values())
        return "conformant" if is_judged else "inconclusive"


_FAILED: Mapping[Severity, CheckOutcome] = {"error": "fail", "warning": "warn", "info": "info"}


def _killed(label: str, evidence: Evidence) -> Judgement:
    answers = "; ".join(exchange.answer.describe() for exchange in evidence.exchanges[-2:])
    why = f"the process died: nothing listens any more since: {label}"
    return Judgement("fail", answers, why, severity="error")
