"""Checks of ids that are known, or used up: a forgery under one, and what comes after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.probes.reading import alike
from vovecli.core.probes.variants import Variant
from vovecli.core.suite import sources
from vovecli.core.suite.check import Check, Evidence, Judgement, Observe, unjudged
from vovecli.core.suite.traces import NOISY, QUIET, changes, unchanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.suite.check import Step
    from vovecli.core.suite.state import RunState


def _not_reused(evidence: Evidence, state: RunState) -> Judgement:
    """A used signature over another body: refused, or dropped like the duplicate it looks like.

    Without an observer it cannot be seen whether a handler that looks for duplicates before it
    verifies drops what it acknowledges.
    """
    if transient := [one for one in evidence.exchanges if one.answer.is_transient]:
        return unjudged(transient[0])
    if len(evidence.exchanges) < _REUSED_STEPS:
        return Judgement("inconclusive", why=state.why_cut)
    first, reused, forged, moved, duplicate = evidence.exchanges
    taken = [one for one in (reused, moved) if state.accepts(one)]
    if not taken:
        return Judgement("pass", reused.answer.describe())
    got = taken[0].describe()
    if evidence.observations:
        of_forgeries = Evidence([reused, forged, moved], evidence.observations[1:])
        judgement = unchanged(of_forgeries, changes(evidence)[0], state.noise)
        if judgement.outcome == "pass":
            return Judgement("pass", got, _AS_DUPLICATE)
        if judgement.outcome != "fail":
            return judgement
        return replace(judgement, why=_WORKED_IN, severity="error")
    if alike([reused, duplicate]) and not alike([reused, first]):
        return Judgement("pass", got, _AS_DUPLICATE)
    if state.accepts(forged):
        return Judgement("fail", got, _UNSEEN_DUPLICATE, severity="info")
    return Judgement("fail", got)


_REUSED_STEPS = 5
_WORKED_IN = "a delivery under a known id is applied without its signature being verified"
_AS_DUPLICATE = "it is dropped as a duplicate before it is verified"
_UNSEEN_DUPLICATE = (
    "a known id is acknowledged whatever its signature: harmless if it is dropped as a duplicate; "
    "--observe shows whether it is"
)


def _reused(status: str) -> Sequence[Step]:
    """One message, its copy, and two about another status under its id."""
    genuine = Variant("a genuine delivery before them", message="m")
    tampered = replace(genuine, label="its signature over another body", tampered=status)
    return (
        Observe(),
        genuine,
        Observe(awaits_change=True),
        tampered,
        replace(tampered, label="its id, another signature", signature="v1,{other}"),
        replace(
            tampered,
            label="its signature over another body, under a new id",
            omit=("id",),
            headers={"svix-id": "{id}n"},
        ),
        Observe(),
        replace(genuine, label="the genuine delivery again"),
    )


def _not_used_up(evidence: Evidence, state: RunState) -> Judgement:
    """A genuine delivery after a forgery under its id: worked in, not taken for its copy."""
    if len(evidence.exchanges) < _USED_UP_STEPS:
        return Judgement("inconclusive", why=state.why_cut)
    forged, genuine, copy, plain = evidence.exchanges
    if forged.answer.is_2xx or not state.accepts(plain):
        odd = forged if forged.answer.is_2xx else plain
        return Judgement("skipped", odd.describe(), "its forgeries and controls are answered alike")
    got = genuine.describe()
    if not state.accepts(genuine):
        return Judgement("fail", got, severity="error")
    if evidence.observations:
        before, after, rest, shown = (one.text for one in evidence.observations)
        if not evidence.is_stable:
            return Judgement("skipped", got, NOISY)
        if rest == shown:
            return Judgement("inconclusive", got, QUIET)
        return Judgement("fail" if before == after else "pass", got, severity="error")
    is_taken_for_copy = alike([genuine, copy]) and not alike([genuine, plain])
    return Judgement("fail" if is_taken_for_copy else "pass", got)


_USED_UP_STEPS = 4


def _used_up(status: str) -> Sequence[Step]:
    """A forgery, the genuine delivery of its id, that one's copy, and another genuine one."""
    genuine = Variant("the genuine delivery under its id", message="m", status=status)
    forged = replace(genuine, label="a wrong signature", signature="v1,{other}")
    copy = replace(genuine, label="the genuine delivery again")
    plain, look = Variant("a genuine delivery after them", status=status), Observe()
    shown = Observe(awaits_change=True)
    return (forged, look, genuine, shown, copy, look, plain, shown)


KNOWN_IDS = (
    Check(
        "forgery.reused-signature", "warning", "A used signature vouches for no other body",
        sent="a genuine delivery, its time and signature over another body, its id with another "
        "signature, then the delivery again; with --observe the state is read",
        judge=_not_reused, gated=True, steps=_reused("later"), observed_steps=_reused("final"),
        why="an id and a signature that were seen before are not verified again: dropped as a "
        "duplicate, or applied with another body; --observe shows which",
        fix="verify each request, then check whether its id is known",
        source=sources.EXACT_BYTES,
    ),
    Check(
        "forgery.used-up-id", "warning", "A refused forgery does not use up its id",
        sent="a wrong signature under a new id, the genuine delivery of that id twice, and "
        "another; with --observe the state is read",
        judge=_not_used_up, gated=True, steps=_used_up(""), observed_steps=_used_up("final"),
        repeats=True,
        why="an id counts as processed although its delivery was refused: the genuine one is "
        "dropped as a duplicate, also when it is sent again after a refusal",
        fix="verify each request, then check whether its id is known",
        source=sources.IDEMPOTENCY,
    ),
)  # fmt: skip
