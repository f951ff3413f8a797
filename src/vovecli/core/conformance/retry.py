"""Checks of what comes more than once, late, or signed more than once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from vovecli.core.conformance import sources
from vovecli.core.conformance.checks import Check, Evidence, Judgement, Observe, accepted, tolerated
from vovecli.core.conformance.deliveries import STATUSES, Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.conformance.probes import Observation
    from vovecli.core.conformance.state import RunState

NOISY = "the observer's output changes by itself, so effects cannot be told from noise"


def unchanged(evidence: Evidence, state: RunState) -> Judgement:  # noqa: ARG001 - a judge
    """The state must be the same before and after; the exchanges name what changed it."""
    if not all(one.is_stable for one in evidence.observations):
        return Judgement("skipped", why=NOISY)
    states = [one.text for one in evidence.observations]
    for place, (before, after) in enumerate(pairwise(states)):
        if before != after:
            between = _between(evidence, place, len(states) - 1)
            return Judgement(
                "fail", f"the state changed after: {between}; {difference(before, after)}"
            )
    return Judgement("pass", "the state did not change")


def _between(evidence: Evidence, place: int, gaps: int) -> str:
    """The label of what was sent in a gap between two observations."""
    if gaps == len(evidence.exchanges):
        return evidence.exchanges[place].probe.label
    return "one of the deliveries"


def difference(before: str, after: str) -> str:
    """The first line that came or went."""
    old, new = before.splitlines(), after.splitlines()
    for mark, lines, others in (("now", new, old), ("gone", old, new)):
        for line in lines:
            if line not in others:
                return f"{mark}: {line.strip()[:100]}"
    return "lines were repeated or moved"


def _no_second_effect(evidence: Evidence, state: RunState) -> Judgement:
    """The first delivery shows in the state; the second and the re-signed one must not."""
    before, *after = evidence.observations
    if not all(one.is_stable for one in evidence.observations):
        return Judgement("skipped", why=NOISY)
    if before.text == after[0].text:
        why = "a genuine delivery leaves no trace in the observer's output"
        return Judgement("skipped", why=why)
    return unchanged(Evidence(evidence.exchanges[1:], after), state)


def _keeps_final_status(evidence: Evidence, state: RunState) -> Judgement:
    """2xx; and where the final status showed in the state, it still does after the late event."""
    judgement = accepted(evidence, state)
    if judgement.outcome != "pass" or not evidence.observations:
        return judgement
    if not all(one.is_stable for one in evidence.observations):
        return judgement
    before, final, late = (_count_final(one, state) for one in evidence.observations)
    if final <= before:
        return Judgement("pass", f"{judgement.got}; the observer does not show the status")
    if late < final:
        lost = difference(evidence.observations[1].text, evidence.observations[2].text)
        return Judgement("fail", f"the late event overwrote the final status; {lost}")
    return judgement


def _count_final(observed: Observation, state: RunState) -> int:
    return observed.text.lower().count(STATUSES[state.main]["final"].lower())


_TWICE: Sequence[Delivery] = (
    Delivery("the first delivery", message="m", status="final", age_s=4),
    Delivery("the identical delivery again", again=True),
    Delivery("the same id, signed afresh", message="m", status="final"),
)
_TWICE_OBSERVED = (
    Observe(), _TWICE[0], Observe(awaits_change=True), _TWICE[1], Observe(), _TWICE[2], Observe(),
)  # fmt: skip

RETRY = (
    Check(
        "retry.rotation", "error", "Any signature of the list may match",
        sent="two signatures, the good one second, then first",
        judge=accepted, gated=True,
        steps=(
            Delivery("good one second", signature="v1,{other} v1,{mac}"),
            Delivery("good one first", signature="v1,{mac} v1,{other}"),
        ),
        why="while a secret is rotated every delivery carries two signatures: all would be refused",
        fix="split the header at spaces and accept when any v1 entry matches",
        source=sources.ROTATION,
    ),
    Check(
        "retry.foreign-version", "warning", "Signatures of other versions are passed over",
        sent="a v1a signature before the good one",
        judge=accepted, gated=True,
        steps=(Delivery("v1a first", signature="v1a,{ed25519} v1,{mac}"),),
        why="a signature of a newer version beside the known one must not disturb",
        fix="split the header at spaces, look at v1 entries, ignore the rest",
        source=sources.VERSIONS,
    ),
    Check(
        "retry.same-id", "error", "A message may be sent again",
        sent="the same id twice, with a fresh timestamp and signature",
        judge=accepted, gated=True,
        steps=(
            Delivery("first attempt", message="m", age_s=5),
            Delivery("second attempt", message="m"),
        ),
        why="the sender repeats a message whose answer it did not see; a refusal makes it go on",
        fix="answer 2xx for an id that was processed before",
        source=sources.SAME_ID,
    ),
    Check(
        "retry.duplicate", "error", "A duplicate is acknowledged",
        sent="identical bytes twice",
        judge=accepted, gated=True,
        steps=(Delivery("first", message="m"), Delivery("identical again", again=True)),
        why="a duplicate is no error of the sender: refused, it comes again",
        fix="answer 2xx for an id that was processed before",
        source=sources.TWICE,
    ),
    Check(
        "retry.concurrent-duplicate", "warning", "Two copies at once do no harm",
        sent="the same delivery twice at the same moment",
        judge=tolerated, gated=True,
        steps=(
            Delivery("one copy", message="a"),
            Delivery("the other copy", again=True, together=True),
            Delivery("one copy, second try", message="b"),
            Delivery("the other copy, second try", again=True, together=True),
        ),
        why="two copies race and one crashes, most often on a unique index",
        fix="insert the id first and treat a conflict as: already seen, answer 2xx",
        source=sources.TWICE,
    ),
    Check(
        "retry.duplicate-effect", "error", "A duplicate has no second effect",
        sent="a delivery, its identical copy and one signed afresh; the state is read in between",
        judge=_no_second_effect, gated=True, needs_observer=True,
        steps=_TWICE_OBSERVED, confirm=_TWICE_OBSERVED,
        why="the same message was worked in twice",
        fix="store the svix-id in the same transaction as the effect, with a unique index",
        source=sources.IDEMPOTENCY,
    ),
    Check(
        "retry.out-of-order", "warning", "A late event does not undo a decision",
        sent="the final status, then the earlier one late; with --observe the state is read",
        judge=_keeps_final_status, gated=True,
        steps=(
            Observe(),
            Delivery("the final status", case="c", status="final"),
            Observe(awaits_change=True),
            Delivery("the earlier status, late", case="c", status="later"),
            Observe(),
        ),
        why="a retried message overtakes nothing: it arrives after newer ones",
        fix="acknowledge it, and keep the state that is further along",
        source=sources.ORDER,
    ),
    Check(
        "retry.terminal-flip", "info", "A success may turn into a suspicion",
        sent="successful, then suspected for the same user",
        judge=accepted, gated=True, family="kyc",
        steps=(
            Delivery("successful", family="kyc", case="c", status="successful"),
            Delivery("suspected afterwards", family="kyc", case="c", status="suspected"),
        ),
        why="screening goes on after the first result; a refused suspicion is never seen",
        fix="acknowledge it and hold the user back for a review",
        source=sources.AML,
    ),
    Check(
        "retry.unknown-ref", "warning", "An unknown refId is acknowledged",
        sent="a genuine delivery about a refId that nobody knows",
        judge=accepted, gated=True,
        steps=(Delivery("unknown refId", ref="fresh"),),
        why="it will be retried for 27 h, and 5 days of failures disable the endpoint",
        fix="answer 2xx, and log or park what cannot be matched",
        source=sources.DISABLED,
    ),
)  # fmt: skip
