"""The conversation of a run with its driver: what is asked for, what is given back.

No socket and no clock: the driver in `commands.check` performs what is asked for, and tests answer
with a function.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from vovecli.core.outcomes.checks import CheckReport, CheckResult
from vovecli.core.probes.exchanges import Observation, Probe, ProbeAnswer, ProbeExchange, at_once
from vovecli.core.probes.variants import Variant
from vovecli.core.suite.check import (
    AnswerJudge,
    AppStart,
    Evidence,
    Judgement,
    Observe,
    Restart,
    Step,
)
from vovecli.core.suite.signatures import WRONG_SECRET
from vovecli.core.suite.state import BUDGET_S, Gate, RunState
from vovecli.core.suite.traces import NOISY

if TYPE_CHECKING:
    from vovecli.core.probes.variants import ProbeMaker
    from vovecli.core.suite.check import Check

_TRANSIENT_IN_A_ROW = 3
_DEADLY = 3
_PARALLEL = 8  # requests at once on a slow endpoint
_OF_FORGERIES = ("forgery.", "body.reserialized-")


@dataclass(frozen=True)
class Resolve:
    """Asks for the addresses of the endpoint's host."""


@dataclass(frozen=True)
class Send:
    """Asks for these probes to be sent, one after the other but for those marked `together`."""

    probes: Sequence[Probe]


@dataclass(frozen=True)
class Read:
    """Asks for the app's state, read until it no longer changes.

    Attributes:
        first: Whether to look long enough to notice a clock in the output.
        changed_from: The state that is expected to change: wait for that a while.
    """

    first: bool = False
    changed_from: str | None = None


@dataclass(frozen=True)
class DriverReply:
    """What the driver gives back.

    Attributes:
        now: Unix seconds.
        elapsed_s: Since the run began.
        message: Why there are no addresses.
    """

    now: float
    elapsed_s: float = 0.0
    answers: Sequence[ProbeAnswer] = ()
    addresses: Sequence[str] = ()
    message: str = ""
    observation: Observation = field(default_factory=lambda: Observation(""))
    start: AppStart = field(default_factory=AppStart)


Request = Resolve | Send | Read | Restart
_Result = TypeVar("_Result")
# A part of a conversation: yields requests (and results of checks), takes replies, gives a result.
Dialog = Generator[Request | CheckResult, DriverReply, _Result]
Conversation = Dialog[CheckReport]


class Exchanger:
    """Sends deliveries and reads the state, and keeps what came.

    Args:
        maker: Makes the probes.
        state: Keeps what came.
        steps: What each check and control sends, by name.

    Attributes:
        requests: How many HTTP requests were sent.
        elapsed_s: Since the run began, by the last reply.
    """

    def __init__(
        self, maker: ProbeMaker, state: RunState, steps: Mapping[str, Sequence[Step]]
    ) -> None:
        self.maker = maker
        self.state = state
        self.requests = 0
        self.elapsed_s = 0.0
        self._steps = steps
        self._observed = Observation("")
        self._observed_at = -1
        self._last = ""
        self._transient = 0
        self._deadly = 0

    @property
    def has_time(self) -> bool:
        """Whether the run's time is not over."""
        return self.elapsed_s + self.state.latency_s < BUDGET_S

    def steps(self, name: str) -> Sequence[Step]:
        """What a check or a control sends."""
        return self._steps[name]

    def ensure(self, *names: str) -> Dialog[None]:
        """Send what these checks and controls send, unless it was sent already."""
        for name in names:
            if not self.state.was_sent(name):
                yield from self.perform(name, self._steps[name])

    def ensure_at_once(self, names: Sequence[str]) -> Dialog[None]:
        """The same, in parallel on a slow endpoint: forgeries have no order and no effect."""
        if not self.state.is_slow:
            yield from self.ensure(*names)
            return
        made = {
            name: self._probes(self._steps[name]) for name in names if not self.state.was_sent(name)
        }
        probes = [(name, probe) for name, probes in made.items() for probe in probes]
        answered: list[ProbeExchange] = []
        for begin in range(0, len(probes), _PARALLEL):
            first, *others = (probe for _, probe in probes[begin : begin + _PARALLEL])
            together = [replace(probe, together=True) for probe in others]
            answered += yield from self.exchange([first, *together], "")
        for name in made:
            self.state.keep(name, [])
        for (name, _), exchange in zip(probes, answered, strict=False):
            self.state.keep(name, [exchange])
        self.state.cut |= {name for name, _ in probes[len(answered) :]}

    def send(self, name: str, deliveries: Sequence[Variant]) -> Dialog[list[ProbeExchange]]:
        """Send deliveries; what came is kept under a name."""
        evidence = yield from self.perform(name, deliveries)
        return list(evidence.exchanges)

    def perform(
        self, name: str, steps: Sequence[Step], shared: dict[str, str] | None = None
    ) -> Dialog[Evidence]:
        """Send and observe in order; what came is kept under a name.

        Args:
            name: Of a check or a control.
            steps: What to send, and when to look.
            shared: The ids and refIds of its cases, where they are shared with other steps.
        """
        planned = self._probes(steps, shared)
        probes, made = iter(planned), len(planned)
        exchanges: list[ProbeExchange] = []
        observations: list[Observation] = []
        starts: list[AppStart] = []
        group: list[Probe] = []
        for step in steps:
            if isinstance(step, Restart):
                exchanges += yield from self.exchange(group, name)
                group = []
                starts.append((yield from self._restart(step)))
            elif isinstance(step, Observe):
                exchanges += yield from self.exchange(group, name)
                group = []
                observations += yield from self._observe(step)
            elif self._may_send(step):
                probe = next(probes)
                if starts and not starts[-1].is_up:
                    made -= 1
                else:
                    group.append(probe)
        exchanges += yield from self.exchange(group, name)
        self.state.keep(name, exchanges)
        if len(exchanges) < made and not starts:
            self.state.cut.add(name)
        if name != "again":
            yield from self._contrast(exchanges)
        return Evidence(exchanges, observations, starts)

    def _contrast(self, exchanges: Sequence[ProbeExchange]) -> Dialog[None]:
        """What is taken where genuine deliveries are refused shows a mistake if they still are."""
        state = self.state
        if state.was_sent("again") and not state.is_open and any(map(state.accepts, exchanges)):
            yield from self.perform("again", self._steps["again"])

    def doubt(self, check: Check, steps: Sequence[Step], evidence: Evidence) -> Dialog[Judgement]:
        """Before a check fails: does its control pass, and can the failure be repeated?"""
        again, judge = f"{check.id} (again)", check.judge
        if check.id.startswith(_OF_FORGERIES) and not self.state.accepts_any_signature:
            # A limit or a lock that answers 2xx takes anything from some moment on.
            yield from self.perform("forged again", [WRONG_SECRET])
        judgement = judge(evidence, self.state)
        if check.twin:
            twin = yield from self.perform(f"{check.id} (control)", [check.twin])
            if judge(twin, self.state).outcome != "pass":
                why = f"the control without it is refused as well ({check.twin.label})"
                return Judgement("skipped", judgement.got, why)
        if check.repeats:
            return judge((yield from self.perform(again, steps)), self.state)
        if check.singly:
            found = judge((yield from self.perform(again, check.singly)), self.state)
            return found if found.outcome == "fail" else judgement
        if check.narrows:
            narrowed = yield from self._narrow(again, steps, judge)
            if not narrowed and again in self.state.cut:
                return Judgement("inconclusive", judgement.got, self.state.why_cut)
            return narrowed or Judgement("skipped", judgement.got, NOISY)
        return judgement

    def _narrow(
        self, name: str, steps: Sequence[Step], judge: AnswerJudge
    ) -> Dialog[Judgement | None]:
        """Find the first delivery before the last look that fails by itself, and again.

        Returns:
            The judgement over it; None where none fails twice.
        """
        *steps, last = steps
        begin = max(place for place, step in enumerate(steps) if isinstance(step, Observe)) + 1
        made, suspects = steps[:begin], steps[begin:]
        shared: dict[str, str] = {}
        before = yield from self.perform(name, made, shared)
        states = [*before.observations]
        for suspect in suspects:
            sent = yield from self.perform(name, [suspect, last], shared)
            if name in self.state.cut:
                break
            exchanges = [*before.exchanges, *sent.exchanges]
            evidence = Evidence(exchanges, [*states, *sent.observations])
            if judge(evidence, self.state).outcome == "fail":
                control = Observe(awaits_change=True)  # of its own the state must not change
                again = yield from self.perform(name, [*made, suspect, last, control])
                *seen, rest = again.observations
                found = judge(Evidence(again.exchanges, seen), self.state)
                is_shown = found.outcome == "fail" and rest.text == seen[-1].text
                return found if is_shown else None
            states[-1:] = sent.observations
        return None

    def exchange(self, probes: Sequence[Probe], name: str) -> Dialog[list[ProbeExchange]]:
        """Send probes as they are; none once nothing listens any more, or when time is over."""
        exchanges: list[ProbeExchange] = []
        whole = [probes] if probes else []
        # On a slow endpoint one after the other, to look at the clock in between.
        for group in at_once(probes) if self.state.is_slow else whole:
            if self.state.gone_after or self.state.shut or not self.has_time:
                break
            reply = yield from self.ask(Send(group))
            came = list(map(ProbeExchange, group, reply.answers))
            self.requests += len(came)
            self._notice(came, name)
            # What was still under way when time was over says nothing.
            is_over = reply.elapsed_s >= BUDGET_S
            exchanges += [one for one in came if not (is_over and one.answer.is_silent)]
        return exchanges

    def ask(self, request: Request) -> Dialog[DriverReply]:
        """Hand a request to the driver."""
        reply = yield request
        self.maker.now, self.elapsed_s = reply.now, reply.elapsed_s
        return reply

    def _notice(self, exchanges: Sequence[ProbeExchange], name: str) -> None:
        """See whether the process ended, or nothing but a limit or a gateway answers any more."""
        for exchange in exchanges:
            answer = exchange.answer
            self._transient = self._transient + 1 if answer.is_transient else 0
            if self._transient > _TRANSIENT_IN_A_ROW and not self.state.shut:
                gate = Gate.LIMITED if answer.is_limited else Gate.DOWN
                self.state.shut = f"{gate.value}, {self._transient} times in a row"
            # Refused at once: it was the probe before this one that ended the process.
            if answer.gone:
                is_victim = answer.error == "refused"
                self.state.gone_after = self._last if is_victim else exchange.probe.label
                self.state.gone_during = name
            self._deadly += answer.is_deadly
            if self._deadly >= _DEADLY and not self.state.shut:
                self.state.shut = "requests like the last ones end the process"
            self._last = exchange.probe.label

    def _probes(self, steps: Sequence[Step], shared: dict[str, str] | None = None) -> list[Probe]:
        return self.maker.probes(
            [step for step in steps if isinstance(step, Variant) and self._may_send(step)], shared
        )

    def _may_send(self, delivery: Variant) -> bool:
        """Not what happens to be genuine, nor a family that was not asked for."""
        is_asked = self.state.gates.get(delivery.family or self.state.main) is not Gate.UNASKED
        return is_asked and self.maker.can_sign(delivery)

    def _restart(self, step: Restart) -> Dialog[AppStart]:
        """What ended it before is over then."""
        reply = yield from self.ask(step)
        self.state.gone_after = self.state.gone_during = ""
        self._observed_at = -1
        return reply.start

    def _observe(self, step: Observe) -> Dialog[list[Observation]]:
        if self.state.unobservable:
            return []
        if self._observed_at == self.requests and not step.awaits_change:
            return [self._observed]  # nothing was sent since
        state = self._observed.text if step.awaits_change else None
        reply = yield from self.ask(Read(changed_from=state))
        self._observed, self._observed_at = reply.observation, self.requests
        return [reply.observation]
