"""What a check is: data about what it sends, and a pure judgement over the answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vovecli.core.probes.reading import alike
from vovecli.core.probes.variants import Variant
from vovecli.core.suite.state import Gate, RunState

if TYPE_CHECKING:
    from vovecli.core.catalogue import EventFamily
    from vovecli.core.outcomes.checks import Severity
    from vovecli.core.probes.exchanges import Observation, ProbeExchange


@dataclass(frozen=True)
class Observe:
    """A step that reads the app's state with the observer command.

    Attributes:
        awaits_change: Whether the state is expected to change: wait for that a while.
    """

    awaits_change: bool = False


@dataclass(frozen=True)
class Restart:
    """A step that ends the app and starts it again."""

    with_secret: bool = True


@dataclass(frozen=True)
class AppStart:
    """What became of a start.

    Attributes:
        is_up: Whether it answers.
        ended: Whether it ended instead.
        words: How it ended or that it does not answer, with its last line.
    """

    is_up: bool = False
    ended: bool = False
    words: str = ""


Step = Variant | Observe | Restart


@dataclass(frozen=True)
class Evidence:
    """What came of a check's steps, in their order."""

    exchanges: Sequence[ProbeExchange] = ()
    observations: Sequence[Observation] = ()
    starts: Sequence[AppStart] = ()

    @property
    def is_stable(self) -> bool:
        """Whether the state that was read did not change by itself."""
        return all(one.is_stable for one in self.observations)


@dataclass(frozen=True)
class Judgement:
    """What the evidence means.

    Attributes:
        why: Instead of the check's own words, where there is more to say.
        severity: Where it is not the check's own.
    """

    outcome: Literal["pass", "fail", "info", "skipped", "inconclusive"]
    got: str = ""
    why: str = ""
    severity: Severity | None = None


AnswerJudge = Callable[[Evidence, RunState], Judgement]


@dataclass(frozen=True)
class Check:
    """One check of the suite.

    Attributes:
        title: What is right, in a few words.
        sent: What is sent, in words.
        judge: Judges the evidence.
        why: What it means when it does not pass.
        fix: What to change then.
        source: The sentence it stems from.
        steps: What is sent and observed.
        observed_steps: Instead, where the app's state is read and final statuses may be sent.
        needs: Other checks and controls whose answers the judgement looks at; they are sent
            silently where they were not chosen.
        gated: Whether it says nothing while genuine deliveries are refused.
        stands_alone: Whether a pass means something while genuine deliveries are refused, too.
        family: Where it is about one family only.
        twin: Sent when the check fails: the same without what is odd. If it fails too, the oddity
            is not to blame and the check is skipped.
        repeats: Whether its steps are sent once more when it fails; only if they fail again, it
            has failed.
        singly: Sent when the check fails, to name what is accepted of that which went together.
        narrows: Whether, when it fails, its deliveries since the last look but one are sent again
            one by one, until one fails, and fails again; if none does, the check is skipped.
        needs_observer: Whether it cannot do without the observer command.
        needs_restart: Whether the app is started again for it.
        only: Where it makes sense: on this machine (too odd for an app that others use), beyond
            it, or beyond it over HTTPS.
    """

    id: str
    severity: Severity
    title: str
    sent: str
    judge: AnswerJudge
    why: str
    fix: str
    source: str
    steps: Sequence[Step] = ()
    observed_steps: Sequence[Step] = ()
    needs: Sequence[str] = ()
    gated: bool = False
    stands_alone: bool = False
    family: EventFamily | None = None
    twin: Variant | None = None
    repeats: bool = False
    singly: Sequence[Step] = ()
    narrows: bool = False
    needs_observer: bool = False
    needs_restart: bool = False
    only: Literal["", "loopback", "remote", "https"] = ""

    @property
    def is_final(self) -> bool:
        """Whether it sends a decision that a live app would act on."""
        return any(isinstance(step, Variant) and step.is_final for step in self.steps)


def _judged(evidence: Evidence, is_wrong: Callable[[ProbeExchange], bool]) -> Judgement:
    """Fails for the first wrong answer; passes only when every answer is the handler's own."""
    for exchange in evidence.exchanges:
        if is_wrong(exchange):
            return Judgement("fail", described(exchange, evidence))
    for exchange in evidence.exchanges:
        if exchange.answer.is_transient:
            return unjudged(exchange)
    return Judgement("pass", summary(evidence))


def accepted(evidence: Evidence, state: RunState) -> Judgement:
    """Every delivery must be answered 2xx."""

    def is_wrong(exchange: ProbeExchange) -> bool:
        return not exchange.answer.is_transient and not state.accepts(exchange)

    return _judged(evidence, is_wrong)


def tolerated(evidence: Evidence, state: RunState) -> Judgement:  # noqa: ARG001 - a judge
    """Whatever the answer, it is no server error."""
    return _judged(evidence, lambda one: one.answer.is_crash and not one.answer.is_transient)


def refused(evidence: Evidence, state: RunState) -> Judgement:
    """No delivery may be answered 2xx; a server error refuses as well, though not cleanly."""
    judgement = _judged(evidence, lambda one: one.answer.is_2xx and not state.is_lookup(one))
    if judgement.outcome == "fail":
        return replace(judgement, why=_why_acknowledged(evidence, state))
    if judgement.outcome == "pass":
        if any(state.is_lookup(one) for one in evidence.exchanges):
            return Judgement("inconclusive", judgement.got, Gate.NEEDS_REF.value)
        if silent := [one for one in evidence.exchanges if one.answer.is_silent]:
            return Judgement("inconclusive", described(silent[0], evidence), _SILENT)
        return replace(judgement, why=_how_refused(evidence))
    return judgement


_SILENT = "no answer in time: whether it was refused cannot be seen"


def _why_acknowledged(evidence: Evidence, state: RunState) -> str:
    """Why a forgery got a 2xx, where it is not for the reason that the check is about."""
    taken = [one for one in evidence.exchanges if one.answer.is_2xx]
    if all(state.is_soft_failure(one) for one in taken):
        return "only its text refuses: the 2xx reports success to the sender and to every monitor"
    if state.accepts_any_signature:
        return "it is answered like a genuine delivery, as every forgery is"
    return ""


def _how_refused(evidence: Evidence) -> str:
    if any(exchange.answer.is_crash for exchange in evidence.exchanges):
        return (
            "refused, but by a server error or a closed connection: "
            "a 4xx says what is wrong and keeps your error log clean"
        )
    if any(exchange.answer.is_redirect for exchange in evidence.exchanges):
        return "refused by a redirect: the sender does not follow it"
    return ""


def unjudged(exchange: ProbeExchange) -> Judgement:
    """A limiter or a gateway answered, not the handler."""
    gate = Gate.LIMITED if exchange.answer.is_limited else Gate.DOWN
    return Judgement("inconclusive", exchange.answer.describe(), gate.value)


def described(exchange: ProbeExchange, evidence: Evidence) -> str:
    """One answer in words, with what was special about its probe where there are several."""
    return exchange.describe() if len(evidence.exchanges) > 1 else exchange.answer.describe()


def summary(evidence: Evidence) -> str:
    """All answers in words: one where they are alike, else their statuses."""
    answers = [exchange.answer for exchange in evidence.exchanges]
    if not answers:
        return ""
    if len(answers) == 1 or alike(evidence.exchanges):
        return answers[0].describe()
    return ", ".join(dict.fromkeys(str(answer.status or answer.error) for answer in answers))
