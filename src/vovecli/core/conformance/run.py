"""One run of the suite as a conversation: it says what to send, takes the answers, yields results.

No socket and no clock: the driver in `commands.check` performs what is asked for, and tests answer
with a function.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vovecli.core.conformance.checks import Check, Evidence, Judgement, Observe, Step
from vovecli.core.conformance.deliveries import PARTS, Bench, Delivery, Part
from vovecli.core.conformance.diagnosing import diagnose
from vovecli.core.conformance.facts import Facts, Gate
from vovecli.core.conformance.frameworks import choose_snippet
from vovecli.core.conformance.gates import (
    VOCABULARY,
    decide_gates,
    likelier_family,
    may_lack_a_status,
)
from vovecli.core.conformance.probes import Answer, Exchange, Observation, Probe
from vovecli.core.conformance.reading import says_failure
from vovecli.core.conformance.retry import NOISY
from vovecli.core.conformance.suite import BY_ID, GATES, in_order
from vovecli.core.conformance.walls import CONTROLS
from vovecli.core.outcomes.checks import (
    CheckOutcome,
    CheckReport,
    CheckResult,
    CheckVerdict,
    Diagnosis,
    Severity,
)

if TYPE_CHECKING:
    from vovecli.core.catalogue import EventFamily
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.secrets import SigningSecret

BUDGET_S = 60.0
SLOW_S = 0.7
FAMILIES: tuple[EventFamily, ...] = ("kyb", "kyc")


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
        first: Whether to look long enough to tell a clock in the output.
        changed_from: The state that is expected to change: wait for that a while.
    """

    first: bool = False
    changed_from: str | None = None


@dataclass(frozen=True)
class Reply:
    """What the driver gives back.

    Attributes:
        now: Unix seconds.
        elapsed_s: Since the run began.
        message: Why there are no addresses.
    """

    now: float
    elapsed_s: float = 0.0
    answers: Sequence[Answer] = ()
    addresses: Sequence[str] = ()
    message: str = ""
    observation: Observation = field(default_factory=lambda: Observation(""))


Request = Resolve | Send | Read
Conversation = Generator[Request | CheckResult, Reply, CheckReport]
Sent = Generator[Request | CheckResult, Reply, list[Exchange]]


class Run:
    """The state of one run."""

    def __init__(self, options: Options, random: Callable[[int], bytes], now: float) -> None:
        self.options = options
        self.facts = Facts(options.endpoint, options.secrets)
        self.facts.main = options.families[0] if options.families else FAMILIES[0]
        self.bench = Bench(options.endpoint.target, options.secrets[0], random, options.ref_id)
        self.bench.now = now
        self.bench.family = self.facts.main
        self.results: list[CheckResult] = []
        self.left_out: list[str] = []
        self.requests = 0
        self.elapsed_s = 0.0
        self._state = Observation("")
        self._last = ""

    def conversation(self) -> Conversation:
        """Yields requests and results; takes a `Reply` for each request; returns the report."""
        is_reached = yield from self._reach()
        diagnosis: tuple[Diagnosis, ...] = ()
        if is_reached:
            yield from self._open_gates()
            yield from self._first_look()
        for check in in_order(is_slow=self._is_slow):
            if check.id in self.options.chosen:
                yield from self._examine(check, is_reached=is_reached)
        if is_reached:
            found = yield from diagnose(self.facts, self.send, has_time=self._has_time)
            diagnosis = tuple(replace(one, message=self.facts.mask(one.message)) for one in found)
        return self._report(diagnosis, is_reached=is_reached)

    def send(self, name: str, deliveries: Sequence[Delivery]) -> Sent:
        """Send deliveries and keep what came under a name."""
        evidence = yield from self._perform(name, deliveries)
        return list(evidence.exchanges)

    def _reach(self) -> Generator[Request | CheckResult, Reply, bool]:
        """Knock at every address; the first that answers is the endpoint from then on."""
        reply = yield from self._ask(Resolve())
        if not reply.addresses:
            self.facts.reached[self.options.endpoint.host] = Answer(
                error="dns", message=reply.message
            )
            return False
        knocks = yield from self._knock(reply.addresses)
        distrusted = [knock for knock in knocks if knock.answer.error == "tls"]
        if distrusted and not _heard(knocks):
            self.facts.certificate = distrusted[0].answer.message
            self.bench.unverified = True
            knocks = yield from self._knock(reply.addresses)
        genuine = _heard(knocks)
        if not genuine and (silent := [one for one in knocks if one.answer.error == "timeout"]):
            # Something took the connection: is it deaf, or does it hang on what is genuine?
            knocks = yield from self._knock([one.probe.address for one in silent], omit=PARTS)
            genuine = silent if _heard(knocks) else []
        for knock in knocks:
            self.facts.reached[knock.probe.address] = knock.answer
        if genuine:
            self.bench.address = genuine[0].probe.address
            self.facts.exchanges[f"delivery.valid-{self.facts.main}"] = [genuine[0]]
            self.facts.learn_clock(genuine[0].answer, self.bench.now)
        return bool(genuine)

    def _knock(self, addresses: Sequence[str], omit: tuple[Part, ...] = ()) -> Sent:
        probes = []
        for address in addresses:
            self.bench.address = address
            probes += self.bench.probes([Delivery(family=self.facts.main, omit=omit)])
        return (yield from self._exchange(probes))

    def _open_gates(self) -> Generator[Request | CheckResult, Reply, None]:
        """Learn which families are served and, where none is, what the controls say."""
        facts, asked = self.facts, self.options.families or FAMILIES
        for family in asked:
            if family != facts.main:
                yield from self.send(f"delivery.valid-{family}", [Delivery(family=family)])
        genuine = {family: facts.first(f"delivery.valid-{family}") for family in asked}
        if any(exchange and says_failure(exchange.answer) for exchange in genuine.values()):
            yield from self._learn_soft_failures()
        served = [family for family in asked if (one := genuine[family]) and facts.accepts(one)]
        facts.main = served[0] if served else likelier_family(facts, asked)
        self.bench.family = facts.main
        if not served:
            for name, control in CONTROLS.items():
                if name not in facts.exchanges:
                    yield from self.send(name, [control])
            if self.options.final and may_lack_a_status(facts):
                yield from self.send("vocabulary", VOCABULARY[facts.main])
        decide_gates(
            facts, asked=asked, explicit=bool(self.options.families), ref_id=self.options.ref_id
        )

    def _learn_soft_failures(self) -> Generator[Request | CheckResult, Reply, None]:
        yield from self.send("forged", [CONTROLS["forged"]])
        self.facts.learn_soft_failures()

    def _first_look(self) -> Generator[Request | CheckResult, Reply, None]:
        if not self.options.observes:
            self.facts.observable = "without --observe effects are unknown"
            return
        reply = yield from self._ask(Read(first=True))
        if not reply.observation.is_stable:
            self.facts.observable = NOISY

    def _examine(
        self, check: Check, *, is_reached: bool
    ) -> Generator[Request | CheckResult, Reply, None]:
        judgement = self._reason_not_to_run(check, is_reached=is_reached)
        if judgement is None:
            judgement = yield from self._judge(check)
        result = self._result(check, judgement)
        self.results.append(result)
        yield result

    def _reason_not_to_run(self, check: Check, *, is_reached: bool) -> Judgement | None:
        """Why a check is skipped or inconclusive before anything is sent."""
        if check.id == "delivery.reachable":
            return None
        if not is_reached:
            return Judgement("inconclusive", why="the endpoint cannot be reached")
        if check.id in GATES:
            return self._gate_result(check)
        if self.facts.gone_after:
            return Judgement(
                "inconclusive", why=f"{Gate.GONE.value} since: {self.facts.gone_after}"
            )
        if reason := self._out_of_place(check):
            return Judgement("skipped", why=reason)
        gate = self.facts.gates[check.family or self.facts.main]
        if check.gated and gate is not Gate.OPEN:
            is_judged = gate in (Gate.CLOSED, Gate.LIMITED)
            return Judgement("inconclusive" if is_judged else "skipped", why=gate.value)
        if not self._has_time():
            self.left_out.append(check.id)
            return Judgement(
                "skipped", why=f"left out: the endpoint is slow, {BUDGET_S:.0f} s are over"
            )
        return None

    def _gate_result(self, check: Check) -> Judgement | None:
        gate = self.facts.gates[check.family or self.facts.main]
        if gate in (Gate.UNASKED, Gate.ELSEWHERE):
            return Judgement("skipped", why=gate.value)
        if gate in (Gate.NEEDS_REF, Gate.LIMITED):
            got = "; ".join(one.answer.describe() for one in self.facts.all(check.id))
            return Judgement("inconclusive", got, gate.value)
        return None

    def _out_of_place(self, check: Check) -> str:
        endpoint = self.options.endpoint
        if check.only == "loopback" and not endpoint.is_loopback:
            return "too odd for an app that others use: only on this machine"
        if check.only in ("remote", "https") and endpoint.is_loopback:
            return "the endpoint is on this machine"
        if check.only == "https" and endpoint.scheme != "https":
            return "the endpoint is not HTTPS"
        if check.needs_observer and self.facts.observable:
            return self.facts.observable
        if check.is_final and not self.options.final:
            return "it sends final statuses: only on this machine, or with --allow-final"
        return ""

    def _judge(self, check: Check) -> Generator[Request | CheckResult, Reply, Judgement]:
        if check.id in self.facts.exchanges:  # sent with the gate
            evidence = Evidence(self.facts.all(check.id))
        else:
            evidence = yield from self._perform(check.id, check.steps)
        if self.facts.gone_after and check.id != "delivery.reachable":
            return _killed(self.facts.gone_after, evidence)
        if check.gated and self._may_tell_failure(evidence):
            yield from self._learn_soft_failures()
        if check.id == "forgery.wrong-secret":
            self.facts.learn_soft_failures()
        judgement = check.judge(evidence, self.facts)
        if judgement.outcome == "fail":
            judgement = yield from self._doubt(check, judgement)
        if judgement.outcome == "pass" and not self._proves(check):
            return Judgement("inconclusive", judgement.got, self.facts.gates[self.facts.main].value)
        return judgement

    def _may_tell_failure(self, evidence: Evidence) -> bool:
        return "forged" not in self.facts.exchanges and any(
            one.answer.is_2xx and says_failure(one.answer) for one in evidence.exchanges
        )

    def _doubt(
        self, check: Check, judgement: Judgement
    ) -> Generator[Request | CheckResult, Reply, Judgement]:
        """Before a check fails: does its control pass, and can the failure be repeated?"""
        if check.twin:
            twin = yield from self._perform(f"{check.id} (control)", [check.twin])
            if check.judge(twin, self.facts).outcome != "pass":
                why = f"the control without it is refused as well ({check.twin.label})"
                return Judgement("skipped", judgement.got, why)
        if check.confirm:
            evidence = yield from self._perform(f"{check.id} (again)", check.confirm)
            return check.judge(evidence, self.facts)
        return judgement

    def _proves(self, check: Check) -> bool:
        """Whether a pass means something: behind a closed gate everything is refused anyway."""
        return self.facts.is_open or check.gated or check.id in GATES or check.id.startswith("tls.")

    def _perform(
        self, name: str, steps: Sequence[Step]
    ) -> Generator[Request | CheckResult, Reply, Evidence]:
        """Send and observe in order; probes between two observations go out together."""
        steps = [step for step in steps if isinstance(step, Observe) or self._may_send(step)]
        deliveries = [step for step in steps if isinstance(step, Delivery)]
        probes = iter(self.bench.probes(deliveries))
        exchanges: list[Exchange] = []
        observations: list[Observation] = []
        group: list[Probe] = []
        for step in steps:
            if isinstance(step, Delivery):
                group.append(next(probes))
                continue
            exchanges += yield from self._exchange(group)
            group = []
            observations += yield from self._observe(step)
        exchanges += yield from self._exchange(group)
        self.facts.exchanges.setdefault(name, []).extend(exchanges)
        return Evidence(exchanges, observations)

    def _may_send(self, delivery: Delivery) -> bool:
        """Not what happens to be genuine, nor a family that was not asked for."""
        is_asked = self.facts.gates.get(delivery.family or self.facts.main) is not Gate.UNASKED
        return is_asked and self.bench.can_sign(delivery)

    def _observe(self, step: Observe) -> Generator[Request | CheckResult, Reply, list[Observation]]:
        if self.facts.observable:
            return []
        reply = yield from self._ask(
            Read(changed_from=self._state.text if step.awaits_change else None)
        )
        self._state = reply.observation
        return [reply.observation]

    def _exchange(self, probes: Sequence[Probe]) -> Sent:
        if not probes or self.facts.gone_after:
            return []
        reply = yield from self._ask(Send(probes))
        self.requests += len(reply.answers)
        exchanges = [
            Exchange(probe, answer) for probe, answer in zip(probes, reply.answers, strict=False)
        ]
        for exchange in exchanges:
            # Refused at once: it was the probe before this one that ended the process.
            if exchange.answer.gone:
                is_victim = exchange.answer.error == "refused"
                self.facts.gone_after = self._last if is_victim else exchange.probe.label
            self._last = exchange.probe.label
        return exchanges

    def _ask(self, request: Request) -> Generator[Request | CheckResult, Reply, Reply]:
        reply = yield request
        self.bench.now, self.elapsed_s = reply.now, reply.elapsed_s
        return reply

    def _has_time(self) -> bool:
        return self.elapsed_s < BUDGET_S

    @property
    def _is_slow(self) -> bool:
        return any(
            exchange.answer.latency_ms > SLOW_S * 1000
            for exchange in self.facts.all("delivery.valid-kyb", "delivery.valid-kyc")
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
            got=self.facts.mask(judgement.got),
            why=judgement.why or (check.why if failed else ""),
            fix=check.fix if failed else "",
            source=check.source,
        )

    def _report(self, diagnosis: tuple[Diagnosis, ...], *, is_reached: bool) -> CheckReport:
        return CheckReport(
            endpoint=self.options.endpoint.url,
            verdict=self._verdict(is_reached=is_reached),
            diagnosis=diagnosis,
            checks=tuple(self.results),
            elapsed_s=self.elapsed_s,
            requests=self.requests,
            left_out=tuple(self.left_out),
            snippet=choose_snippet(diagnosis, self._answers()),
        )

    def _answers(self) -> Iterator[Answer]:
        for name in self.facts.exchanges:
            yield from (exchange.answer for exchange in self.facts.all(name))

    def _verdict(self, *, is_reached: bool) -> CheckVerdict:
        if not is_reached:
            return "unreachable"
        if any(result.outcome == "fail" for result in self.results):
            return "failing"
        is_judged = any(gate is Gate.OPEN for gate in self.facts.gates.values())
        return "conformant" if is_judged else "inconclusive"


def _heard(knocks: Sequence[Exchange]) -> list[Exchange]:
    """Those that something answered, HTTP answers before connections that merely ended."""
    answered = [knock for knock in knocks if knock.answer.status is not None]
    return answered + [knock for knock in knocks if knock.answer.error in ("closed", "protocol")]


_FAILED: Mapping[Severity, CheckOutcome] = {"error": "fail", "warning": "warn", "info": "info"}


def _killed(label: str, evidence: Evidence) -> Judgement:
    answers = "; ".join(exchange.answer.describe() for exchange in evidence.exchanges[-2:])
    why = f"the process died: nothing listens any more since: {label}"
    return Judgement("fail", answers, why, severity="error")
