"""Checks of what comes more than once, late, or signed more than once: the answers to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.probes.reading import alike
from vovecli.core.probes.variants import Variant
from vovecli.core.suite import sources
from vovecli.core.suite.check import Check, Evidence, Judgement, Observe, accepted, described
from vovecli.core.suite.effects import NOISY, TRACELESS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.suite.check import Step
    from vovecli.core.suite.state import RunState


def _not_dropped(evidence: Evidence, state: RunState) -> Judgement:
    """A genuine delivery after a refused one under its id: worked in, not taken for its copy."""
    if len(evidence.exchanges) < _AFTER_FORGERY_STEPS:
        return Judgement("inconclusive", why=state.why_cut)
    plain, forged, genuine, copy = evidence.exchanges
    if forged.answer.is_2xx or forged.answer.is_transient:
        return Judgement("skipped", forged.describe(), "the forgery before it is not refused")
    judgement = accepted(Evidence([genuine]), state)
    if judgement.outcome != "pass":
        return replace(judgement, severity="error")
    got = described(genuine, evidence)
    if evidence.observations:
        if not evidence.is_stable:
            return Judgement("skipped", got, NOISY)
        before, shown, refused, after = (one.text for one in evidence.observations)
        if before == shown:
            return Judgement("skipped", got, TRACELESS)
        return Judgement("fail" if refused == after else "pass", got, severity="error")
    is_taken_for_copy = alike([genuine, copy]) and not alike([genuine, plain])
    return Judgement("fail" if is_taken_for_copy else "pass", got)


_AFTER_FORGERY_STEPS = 4


def _after_forgery(status: str) -> Sequence[Step]:
    genuine = Variant("then the genuine delivery", message="m", status=status)
    shown = Observe(awaits_change=True)
    return (
        Observe(), replace(genuine, label="a genuine delivery before them", message=""), shown,
        replace(genuine, label="a wrong signature under its id", signature="v1,{other}"),
        Observe(), genuine, shown,
        replace(genuine, label="the genuine delivery again"),
    )  # fmt: skip


RETRY = (
    Check(
        "retry.rotation", "error", "Any signature of the list may match",
        sent="two signatures, the good one second, then first",
        judge=accepted, gated=True,
        steps=(
            Variant("good one second", signature="v1,{other} v1,{mac}"),
            Variant("good one first", signature="v1,{mac} v1,{other}"),
        ),
        why="during a rotation every delivery carries two signatures: the handler would refuse "
        "them",
        fix="split the header at spaces and accept when any v1 entry matches",
        source=sources.ROTATION,
    ),
    Check(
        "retry.foreign-version", "warning", "Signatures of other versions are ignored",
        sent="a v1a signature before the good one",
        judge=accepted, gated=True,
        steps=(Variant("v1a first", signature="v1a,{ed25519} v1,{mac}"),),
        why="a delivery may carry a signature of a newer version beside the known one",
        fix="split the header at spaces, look at v1 entries, ignore the rest",
        source=sources.VERSIONS,
    ),
    Check(
        "retry.same-id", "error", "A message may be sent again",
        sent="the same id twice, with a fresh timestamp and signature",
        judge=accepted, gated=True,
        steps=(
            Variant("first attempt, 5 s ago", message="m", age_s=5),
            Variant("second attempt", message="m"),
        ),
        why="the sender sends a message again if it saw no answer; a refusal makes it keep trying",
        fix="answer 2xx for an id that was processed before",
        source=sources.SAME_ID,
    ),
    Check(
        "retry.duplicate", "error", "A duplicate is acknowledged",
        sent="identical bytes twice",
        judge=accepted, gated=True,
        steps=(Variant("first", message="m"), Variant("identical again", again=True)),
        why="a duplicate is not the sender's error; if you refuse it, it comes again",
        fix="answer 2xx for an id that was processed before",
        source=sources.TWICE,
    ),
    Check(
        "retry.terminal-flip", "info", "A success may turn into a suspicion",
        sent="successful, then suspected for the same user",
        judge=accepted, gated=True, family="kyc",
        steps=(
            Variant("successful", family="kyc", case="c", status="successful"),
            Variant("suspected afterwards", family="kyc", case="c", status="suspected"),
        ),
        why="screening goes on after the first result; a refused suspicion is never seen",
        fix="acknowledge it and hold the user back for a review",
        source=sources.AML,
    ),
    Check(
        "retry.unknown-ref", "warning", "An unknown refId is acknowledged",
        sent="a genuine delivery about a refId that nobody knows",
        judge=accepted, gated=True,
        steps=(Variant("unknown refId", ref="fresh"),),
        why="it will be retried for 27 h, and 5 days of failures disable the endpoint",
        fix="answer 2xx, and log or set aside what cannot be matched",
        source=sources.DISABLED,
    ),
    Check(
        "retry.after-forgery", "warning", "A refused forgery does not use up its id",
        sent="a genuine delivery, a wrong signature under a new id, then the genuine delivery of "
        "that id, twice; with --observe the state is read",
        judge=_not_dropped, gated=True, steps=_after_forgery(""),
        observed_steps=_after_forgery("final"), repeats=True,
        why="an id counts as processed although its delivery was refused: the genuine one is "
        "dropped as a duplicate, also when it is sent again after a refusal",
        fix="verify each request, then check whether its id is known, and store it together with "
        "the effect",
        source=sources.IDEMPOTENCY,
    ),
)  # fmt: skip
