"""One run of the suite: what is examined in which order, what it means, the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.conformance.connect import (
    EVENT_FAMILIES,
    is_control_good,
    learn_effects,
    learn_families,
    look_first,
    reach,
)
from vovecli.core.conformance.conversation import Exchanger
from vovecli.core.conformance.investigation import IN_TURN, Investigation
from vovecli.core.conformance.report import (
    check_result,
    doubted,
    ended,
    killed,
    refused_as_forged,
    whole_report,
    without_secret,
)
from vovecli.core.outcomes.checks import CheckResult
from vovecli.core.probes.variants import ProbeMaker, Variant
from vovecli.core.suite import ESSENTIAL, GATES, STEPS, in_groups
from vovecli.core.suite.blockers import unreached
from vovecli.core.suite.check import Check, Evidence, Judgement, Step
from vovecli.core.suite.delivery import OWN_EVENTS
from vovecli.core.suite.state import LEFT_OUT, Gate, RunState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.core.conformance.conversation import Conversation, Dialog, DriverReply, Request
    from vovecli.core.outcomes.checks import CheckReport
    from vovecli.core.suite import Options

_CONTROL = Variant("a genuine delivery in between")


class Run:
    """The state of one run."""

    def __init__(self, options: Options, random: Callable[[int], bytes], now: float) -> None:
        self._options = options
        self._state = RunState(options.endpoint, options.secrets)
        self._state.main = options.families[0] if options.families else EVENT_FAMILIES[0]
        maker = ProbeMaker(options.endpoint.target, options.secrets[0], random, options.ref_id)
        maker.now = now
        maker.spelling = str.lower if options.header_case == "lower" else str.title
        maker.family = self._state.main
        self._state.settings_file = options.settings_file
        self._state.is_own_demanded = bool(options.own_family)
        self._own = [Variant(event.type, event=event) for event in options.own_events]
        self._exchanger = Exchanger(maker, self._state, {**STEPS, OWN_EVENTS: self._own})
        self._results: dict[str, CheckResult] = {}

    def results(
        self, perform: Callable[[Request], DriverReply]
    ) -> Iterator[CheckResult | CheckReport]:
        """Run the suite: the results as they come, the report last.

        Args:
            perform: Does what the run asks for, and says what came of it.
        """
        conversation = self._conversation()
        reply: DriverReply | None = None
        while True:
            try:
                step = conversation.send(reply)  # type: ignore[arg-type]  # None starts it, and follows results
            except StopIteration as end:
                yield end.value
                return
            if isinstance(step, CheckResult):
                yield step
                reply = None
            else:
                reply = perform(step)

    def _conversation(self) -> Conversation:
        options, exchanger = self._options, self._exchanger
        yield from look_first(exchanger, observes=options.observes)
        is_reached = yield from reach(exchanger)
        if is_reached:
            yield from learn_families(
                exchanger, options.families, final=options.final, ref_id=options.ref_id
            )
            if options.ref_id:
                yield from exchanger.send("control-before", [_CONTROL])
            else:
                self._state.keep("control-before", [])
            yield from learn_effects(exchanger, final=options.final)
        *groups, rehearsal = in_groups(is_slow=self._state.is_slow)
        for group in groups:
            yield from self._examine(group, is_reached=is_reached)
        found = tuple(unreached(self._state))
        if is_reached:
            found = yield from Investigation(exchanger, options.chosen).diagnose()
            if not options.is_secret_given:
                found = without_secret(self._state, found)
        yield from self._examine(rehearsal, is_reached=is_reached)
        return whole_report(found, self._results, options, exchanger, is_reached=is_reached)

    def _examine(self, group: Sequence[Check], *, is_reached: bool) -> Dialog[None]:
        """Send, judge, and ask for a genuine delivery after forgeries before a pass is believed."""
        essential = [check.id for check in group if check in ESSENTIAL]
        if is_reached and essential and not self._state.shut:
            yield from self._exchanger.ensure_at_once(essential)
        judged: list[tuple[Check, Judgement]] = []
        has_forgeries = any(check.id.startswith("forgery.") for check in group)
        for check in group:
            if check.id not in self._options.chosen:
                continue
            judgement = self._reason_not_to_run(check, is_reached=is_reached)
            if judgement is None:
                judgement = yield from self._judge(check)
            judged.append((check, judgement))
            if not has_forgeries:
                yield from self._tell(judged)
        if has_forgeries and (reason := (yield from self._doubt_refusals())):
            judged = [(check, doubted(judgement, reason)) for check, judgement in judged]
        yield from self._tell(judged)

    def _tell(self, judged: list[tuple[Check, Judgement]]) -> Dialog[None]:
        for check, judgement in judged:
            self._results[check.id] = result = check_result(check, judgement, self._state)
            self._state.outcomes[check.id] = judgement.outcome
            yield result
        judged.clear()

    def _doubt_refusals(self) -> Dialog[str]:
        """Why what was refused since the last genuine delivery may have been refused unread."""
        state = self._state
        if not state.is_open or state.gone_after or state.shut:
            return ""
        last: str = ""
        for _ in range(IN_TURN):
            sent = yield from self._exchanger.send("control", [_CONTROL])
            if not sent:
                return LEFT_OUT
            (control,) = sent
            if is_control_good(state, control):
                return ""
            last = control.answer.describe()
        state.shut = f"since the forgeries, a genuine delivery is answered {last}: a ban or a limit"
        return state.shut

    def _reason_not_to_run(self, check: Check, *, is_reached: bool) -> Judgement | None:
        """Why a check is skipped or inconclusive before anything is sent."""
        state = self._state
        if check.id in GATES:
            return self._gate_result(check, is_reached=is_reached)
        if not is_reached:
            return Judgement("inconclusive", why="the endpoint cannot be reached")
        if state.gone_after and not self._has_evidence(check):
            return Judgement("inconclusive", why=f"nothing has listened since: {state.gone_after}")
        if reason := self._out_of_place(check):
            return Judgement("skipped", why=reason)
        gate = state.gates[check.family or state.main]
        if check.gated and gate is not Gate.OPEN:
            is_judged = gate in (Gate.CLOSED, Gate.LIMITED, Gate.DOWN, Gate.LATE)
            return Judgement("inconclusive" if is_judged else "skipped", why=gate.value)
        if state.shut and not self._has_evidence(check):
            return Judgement("inconclusive", why=state.shut)
        if not self._exchanger.has_time and not self._has_evidence(check):
            return Judgement("skipped", why=LEFT_OUT)
        return None

    def _has_evidence(self, check: Check) -> bool:
        return bool(self._state.sent(check.id))

    def _gate_result(self, check: Check, *, is_reached: bool) -> Judgement | None:
        if not check.family:
            return None
        if not is_reached:
            return Judgement("inconclusive", why="the endpoint cannot be reached")
        gate = self._state.gates[check.family]
        got = "; ".join(one.answer.describe() for one in self._state.all(check.id))
        if gate is Gate.CLOSED and self._state.all(check.id)[0].answer.is_transient:
            return Judgement("fail", got)
        if gate is Gate.OPEN and self._state.all(check.id)[0].answer.is_transient:
            return Judgement("pass", f"{got}; later: {gate.value}")
        if gate in (Gate.UNASKED, Gate.ELSEWHERE):
            return Judgement("skipped", why=gate.value)
        if gate in (Gate.NEEDS_REF, Gate.LIMITED, Gate.DOWN, Gate.LATE):
            return Judgement("inconclusive", got, gate.value)
        if gate is Gate.DOUBTED:
            why = refused_as_forged(check, self._state)
            return Judgement("fail", got, why, severity="warning")
        return None

    def _out_of_place(self, check: Check) -> str:
        endpoint = self._options.endpoint
        if reason := self._options.out_of_reach.get(check.id):
            return reason
        if check.only == "loopback" and not endpoint.is_loopback:
            return "too unusual for an app that others use: sent only on this machine"
        if check.only in ("remote", "https") and endpoint.is_loopback:
            return "the endpoint is on this machine"
        if check.only == "https" and endpoint.scheme != "https":
            return "the endpoint is not HTTPS"
        if check.needs_restart and not self._options.restarts:
            return "the app was not restarted: add --run and --rehearse"
        if check.needs_observer and self._state.unobservable:
            return self._state.unobservable
        if check.id == OWN_EVENTS and not self._options.own_events:
            return "you have declared no event of your own for this endpoint"
        may_decide = check.is_final or check.id == OWN_EVENTS
        if may_decide and not self._options.final:
            return "it sends final statuses: sent only on this machine, or with --allow-final"
        return ""

    def _judge(self, check: Check) -> Dialog[Judgement]:
        state = self._state
        if check.id not in GATES:
            yield from self._exchanger.ensure(*check.needs)
        if state.was_sent(check.id):
            evidence = Evidence(state.all(check.id))
        else:
            evidence = yield from self._exchanger.perform(check.id, self._steps(check))
        if state.gone_during == check.id:
            return killed(state.gone_after, evidence)
        deadly = [one for one in evidence.exchanges if one.answer.is_deadly]
        if deadly and not check.needs_restart:
            return ended(deadly[0])
        is_cut = check.id in state.cut
        if is_cut and (evidence.observations or not evidence.exchanges):
            return Judgement("inconclusive", why=state.why_cut)
        judgement = check.judge(evidence, state)
        if judgement.outcome == "fail":
            judgement = yield from self._exchanger.doubt(check, self._steps(check), evidence)
        if judgement.outcome == "pass" and is_cut:
            return Judgement("inconclusive", judgement.got, state.why_cut)
        # Behind a closed gate everything is refused anyway.
        proves = state.is_open or check.gated or check.stands_alone
        if judgement.outcome == "pass" and not proves:
            return Judgement("inconclusive", judgement.got, state.gates[state.main].value)
        return judgement

    def _steps(self, check: Check) -> Sequence[Step]:
        if check.id == OWN_EVENTS:
            return self._own
        observes = self._options.final and not self._state.unobservable
        return check.observed_steps if check.observed_steps and observes else check.steps
