"""The conversation of a run with its driver: what is asked for, what is given back.

No socket and no clock: the driver in `commands.check` performs what is asked for, and tests answer
with a function.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from vovecli.core.conformance.checks import Evidence, Observe, Step
from vovecli.core.conformance.deliveries import Delivery
from vovecli.core.conformance.facts import Facts, Gate
from vovecli.core.conformance.probes import Answer, Exchange, Observation, Probe
from vovecli.core.outcomes.checks import CheckReport, CheckResult

if TYPE_CHECKING:
    from vovecli.core.conformance.deliveries import Bench


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
_Result = TypeVar("_Result")
# A part of a conversation: yields requests (and results of checks), takes replies, gives a result.
Part = Generator[Request | CheckResult, Reply, _Result]
Conversation = Part[CheckReport]


class Talk:
    """Sends deliveries and reads the state, and keeps what came.

    Attributes:
        requests: How many HTTP requests were sent.
        elapsed_s: Since the run began, by the last reply.
    """

    def __init__(self, bench: Bench, facts: Facts) -> None:
        self.bench = bench
        self.facts = facts
        self.requests = 0
        self.elapsed_s = 0.0
        self._state = Observation("")
        self._last = ""

    def send(self, name: str, deliveries: Sequence[Delivery]) -> Part[list[Exchange]]:
        """Send deliveries; what came is kept under a name."""
        evidence = yield from self.perform(name, deliveries)
        return list(evidence.exchanges)

    def perform(self, name: str, steps: Sequence[Step]) -> Part[Evidence]:
        """Send and observe in order; what came is kept under a name."""
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
            exchanges += yield from self.exchange(group)
            group = []
            observations += yield from self._observe(step)
        exchanges += yield from self.exchange(group)
        self.facts.exchanges.setdefault(name, []).extend(exchanges)
        return Evidence(exchanges, observations)

    def exchange(self, probes: Sequence[Probe]) -> Part[list[Exchange]]:
        """Send probes as they are; none once nothing listens any more."""
        if not probes or self.facts.gone_after:
            return []
        reply = yield from self.ask(Send(probes))
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

    def ask(self, request: Request) -> Part[Reply]:
        """Hand a request to the driver."""
        reply = yield request
        self.bench.now, self.elapsed_s = reply.now, reply.elapsed_s
        return reply

    def _may_send(self, delivery: Delivery) -> bool:
        """Not what happens to be genuine, nor a family that was not asked for."""
        is_asked = self.facts.gates.get(delivery.family or self.facts.main) is not Gate.UNASKED
        return is_asked and self.bench.can_sign(delivery)

    def _observe(self, step: Observe) -> Part[list[Observation]]:
        if self.facts.observable:
            return []
        state = self._state.text if step.awaits_change else None
        reply = yield from self.ask(Read(changed_from=state))
        self._state = reply.observation
        return [reply.observation]
