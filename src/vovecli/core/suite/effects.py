"""Effects: what deliveries do to the app's state, which only the observer sees."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.probes.variants import STATUSES, Variant
from vovecli.core.suite import sources
from vovecli.core.suite.check import (
    Check,
    Evidence,
    Judgement,
    Observe,
    accepted,
    tolerated,
)
from vovecli.core.suite.traces import NOISY, QUIET, TRACELESS, Change, changes, unchanged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.probes.exchanges import Observation, ProbeExchange
    from vovecli.core.suite.check import Step
    from vovecli.core.suite.state import RunState

_UNCOUNTED = "the observer's output does not show which deliveries were applied"
_NUMBER = re.compile(r"\d+")
_MESSAGES, _COPIES = 20, 5


def _no_second_effect(evidence: Evidence, state: RunState) -> Judgement:
    """The first delivery shows in the state; the second and the re-signed one must not."""
    if not evidence.is_stable:
        return Judgement("skipped", why=NOISY)
    genuine, *_ = changes(evidence)
    if not genuine:
        return Judgement("inconclusive", why=QUIET)
    copies = Evidence(evidence.exchanges[1:], evidence.observations[1:])
    return unchanged(copies, genuine, state.noise)


def _one_effect_of_two(evidence: Evidence, state: RunState) -> Judgement:
    """No server error; and where the state is read, two copies at once leave what one leaves."""
    judgement = tolerated(evidence, state)
    if judgement.outcome != "pass" or not evidence.observations or not evidence.is_stable:
        return judgement
    alone, *copies = evidence.exchanges
    last = evidence.observations[-1]
    if once := _shown(last, alone):
        for copy in copies:
            if (times := _shown(last, copy)) > once:
                return _doubled(f"its refId shows {times} times, that of one alone {once}")
        return Judgement("pass", "two copies at once left what one leaves")
    grown = [_growth(change, state) for change in changes(evidence)]
    if grown[0] and all(growth == 2 * grown[0] for growth in grown[1:]):
        return _doubled(f"the state grew by {grown[1]}, after one alone by {grown[0]}")
    return judgement


def _doubled(got: str) -> Judgement:
    return Judgement("fail", got, "both copies were applied: the effect came twice", "error")


def _shown(observed: Observation, exchange: ProbeExchange) -> int:
    """How often a delivery's refId occurs in the state."""
    return observed.text.count(exchange.probe.ref_id)


def _growth(change: Change, state: RunState) -> int:
    """By how much the one number that differs grew; 0 where any request changes it, or more."""
    before, after = change.before, change.after
    if change.places <= state.noise or _NUMBER.sub("#", before) != _NUMBER.sub("#", after):
        return 0
    pairs = zip(_NUMBER.findall(before), _NUMBER.findall(after), strict=True)
    grown = [int(new) - int(old) for old, new in pairs if old != new]
    return grown[0] if len(grown) == 1 else 0


def _as_many_effects(evidence: Evidence, state: RunState) -> Judgement:
    """As many effects as messages, however often and in which order their copies came."""
    if not evidence.is_stable:
        return Judgement("skipped", why=NOISY)
    alone, *copies = evidence.exchanges
    last = evidence.observations[-1]
    if once := _shown(last, alone):
        times = {copy.probe.ref_id: _shown(last, copy) for copy in copies}
        doubled = sum(count > once for count in times.values())
        lost = sum(count < once for count in times.values())
    elif grown := _growth(changes(evidence)[0], state):
        effects = _growth(changes(evidence)[1], state) / grown
        doubled, lost = effects > _MESSAGES, effects < _MESSAGES
    else:
        return Judgement("skipped", why=_UNCOUNTED)
    if doubled or lost:
        words = [f"{doubled} twice or more"] * bool(doubled) + [f"{lost} not at all"] * bool(lost)
        return Judgement("fail", f"of {_MESSAGES} messages {' and '.join(words)}")
    return Judgement("pass", f"{_MESSAGES} effects of {len(copies)} deliveries")


def _all_distinct(evidence: Evidence, state: RunState) -> Judgement:
    """Each event under a new id shows, whatever the events before it looked like.

    A handler that keeps the state that is further along ignores a step back. Only where it took
    one, after the same statuses in the other order, is the repeated one missed for its likeness.
    """
    if not evidence.is_stable:
        return Judgement("skipped", why=NOISY)
    texts = [one.text for one in evidence.observations]
    _, back, first, other, repeated = map(bool, changes(evidence))
    if not first:
        return Judgement("skipped", why=TRACELESS)
    if back and other and not repeated:
        got = "the first event left a trace; its like under a new id, after another, did not"
        return Judgement("fail", got)
    status = STATUSES[state.main][""]
    shows_status = texts[3].count(status) > texts[2].count(status)
    if shows_status and not other:
        return Judgement("fail", "an event with another status left no trace: only the first did")
    return Judgement("pass", "each event left its trace" if repeated else "no event was dropped")


def _keeps_final_status(evidence: Evidence, state: RunState) -> Judgement:
    """2xx; and where the final status showed in the state, it still does after the late event."""
    judgement = accepted(evidence, state)
    if judgement.outcome != "pass" or not evidence.observations or not evidence.is_stable:
        return judgement
    before, final, late = (_count_final(one, state) for one in evidence.observations)
    if final <= before:
        return Judgement("pass", f"{judgement.got}; the observer does not show the status")
    if late < final:
        lost = changes(evidence)[1].describe()
        return Judgement("fail", f"the late event overwrote the final status; {lost}")
    return judgement


def _count_final(observed: Observation, state: RunState) -> int:
    return observed.text.lower().count(STATUSES[state.main]["final"].lower())


_CHANGED = Observe(awaits_change=True)
_PAIRS = (
    Variant("one copy", message="a"),
    Variant("the other copy", again=True, together=True),
    Variant("one copy, second try", message="b"),
    Variant("the other copy, second try", again=True, together=True),
)
_PAIRS_OBSERVED: Sequence[Step] = (
    Observe(),
    Variant("one alone", status="final"),
    _CHANGED,
    Variant("one copy", message="a", status="final"),
    _PAIRS[1],
    _CHANGED,
    Variant("one copy, second try", message="b", status="final"),
    _PAIRS[3],
    _CHANGED,
)
# Five rounds, each beginning with another message: no copy comes in the order of the first ones.
_CROWD = tuple(
    Variant(
        f"message {number}", message=str(number), status="final", together=(round_, place) != (0, 0)
    )
    for round_ in range(_COPIES)
    for place in range(_MESSAGES)
    for number in [(place * 7 + round_ * 3) % _MESSAGES]
)
_ONCE = "store the svix-id in the same transaction as the effect, with a unique index"

EFFECTS = (
    Check(
        "retry.concurrent-duplicate", "warning", "Two copies at once do no harm",
        sent="the same delivery twice at the same moment; with --observe the state is read",
        judge=_one_effect_of_two, gated=True, steps=_PAIRS, observed_steps=_PAIRS_OBSERVED,
        why="two copies race, and one crashes, usually on a unique index",
        fix="insert the id first, under a unique index; on a conflict answer 2xx, because it was "
        "seen before",
        source=sources.TWICE,
    ),
    Check(
        "retry.duplicate-effect", "error", "A duplicate has no second effect",
        sent="a delivery, its identical copy and one signed afresh; the state is read in between",
        judge=_no_second_effect, gated=True, needs_observer=True,
        steps=(
            Observe(),
            Variant("the first delivery", message="m", status="final", age_s=4), _CHANGED,
            Variant("the identical delivery again", again=True), Observe(),
            Variant("the same id, signed afresh", message="m", status="final"), Observe(),
        ),
        repeats=True,
        why="the same message was applied twice",
        fix=_ONCE,
        source=sources.IDEMPOTENCY,
    ),
    Check(
        "retry.volume", "error", "Many messages at once have one effect each",
        sent=f"{_MESSAGES} messages, {_COPIES} copies of each, out of order and at once",
        judge=_as_many_effects, gated=True, needs_observer=True, only="loopback",
        steps=(Observe(), Variant("one alone", status="final"), _CHANGED, *_CROWD, _CHANGED),
        why="under load, messages are applied twice, or lost after they were acknowledged",
        fix=_ONCE,
        source=sources.TWICE,
    ),
    Check(
        "retry.distinct-events", "error", "Events that look alike are not mistaken for duplicates",
        sent="events about one user under new ids, the last with the body of the first",
        judge=_all_distinct, gated=True, needs_observer=True,
        steps=(
            Observe(),
            Variant("a later status", case="back", status="later"), _CHANGED,
            Variant("then an earlier one", case="back"), _CHANGED,
            Variant("a status", case="c"), _CHANGED,
            Variant("another status", case="c", status="later"), _CHANGED,
            Variant("the first status under a new id", case="c"), _CHANGED,
        ),
        why="duplicates are recognised by their content (the body, the refId or the status), so "
        "genuine events are dropped",
        fix="deduplicate by svix-id alone: it is new for each event, and the same for its retries",
        source=sources.IDEMPOTENCY,
    ),
    Check(
        "retry.out-of-order", "warning", "A late event does not undo a decision",
        sent="the final status, then the earlier one late; with --observe the state is read",
        judge=_keeps_final_status, gated=True,
        steps=(
            Observe(),
            Variant("the final status", case="c", status="final"),
            _CHANGED,
            Variant("the earlier status, late", case="c", status="later"),
            Observe(),
        ),
        why="a retried message can arrive after newer ones",
        fix="acknowledge it, and keep the state that is further along",
        source=sources.LATE,
    ),
)  # fmt: skip
