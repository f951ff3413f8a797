"""What an app's state shows of deliveries, and what of it is no effect: times, notes, counters."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from vovecli.core.probes.reading import CHANCE
from vovecli.core.suite.check import Evidence, Judgement, unjudged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vovecli.core.probes.exchanges import ProbeExchange

    _Places = frozenset[tuple[str, int]]

NOISY = "the observer's output changes on its own, so effects cannot be told from noise"
TRACELESS = "a genuine delivery leaves no trace in the observer's output"
QUIET = (
    "a genuine delivery leaves no trace in the observer's output any more, as the first did: what "
    "works deliveries in may have ended at an odd one, or the output is limited"
)
RECORDED = "the observer also shows times, refusals, duplicates or a counter: they hide effects"

_RECORD = re.compile(
    r"invalid|reject|refus|fail|denied|forbidden|unauthori[sz]ed|forg(?:ed|ery)|unverified|mismatch"
    r"|bad.signature|duplicate|\bdupe?s?\b|replay|repeat|already|ignored|skipped",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d(?::?\d\d)?))?"
    r"|\b[12]\d{9}(?:\d{3})?(?:\.\d+)?\b",
    re.ASCII,
)
# How often a delivery came, beside the word for it.
_COMING = r"(?:attempt|tries|retr[iy]|deliver(?:y|ies)|receive|receipt|seen\b)\w*"
_TIMES_CAME = re.compile(
    rf"{_COMING}[\"']?\s?[:=]?\s?\d+|\b\d+ (?={_COMING})", re.ASCII | re.IGNORECASE
)
# A row of a table of deliveries: its key is the message id, perhaps after a number.
_ROW_OF_DELIVERY = re.compile(r"[^\w{]*(?:\d+\W+)?msg_\w+", re.ASCII)
_NUMBER = re.compile(r"\d+", re.ASCII)
_INNERMOST = re.compile(r"\{[^{}\[\]]*\}")
_CAME, _WENT = -1, -2  # whole lines, in the place of a number's


def rows(state: str) -> list[str]:
    """Its lines; those of one JSON document hold an innermost object each."""
    try:
        document = json.loads(state)
    except (ValueError, RecursionError):
        return state.splitlines()
    text = json.dumps(document, indent=0, ensure_ascii=False)
    return _INNERMOST.sub(lambda match: match[0].replace("\n", " "), text).split("\n")


@dataclass(frozen=True)
class Change:
    """What became of a state."""

    before: str
    after: str

    def __bool__(self) -> bool:
        """Whether anything changed."""
        return self.before != self.after

    def lines(self, noise: _Places) -> list[str]:
        """The lines that came or went, but those that changed only where any request changes them.

        Lines that came once more are among them.
        """
        old, new = (Counter(rows(text)) for text in (self.before, self.after))
        told = {kind for kind, _ in self.places - noise}
        lines = [*(new - old).elements(), *(old - new).elements()]
        return [line for line in lines if _kind(_unnoted(line)) in told]

    @cached_property
    def places(self) -> _Places:
        """Where it changed, times and notes left out: new and lost lines, and numbers in lines.

        A line is known by what is left of it without numbers and ids.
        """
        old, new = (Counter(map(_unnoted, rows(text))) for text in (self.before, self.after))
        lost: dict[str, list[str]] = {}
        for line in (old - new).elements():
            lost.setdefault(_kind(line), []).append(line)
        places: set[tuple[str, int]] = set()
        for line in (new - old).elements():
            kind = _kind(line)
            if mates := lost.get(kind):
                numbers = zip(*map(CHANCE.findall, (mates.pop(0), line)), strict=False)
                places |= {(kind, at) for at, (was, now) in enumerate(numbers) if was != now}
            else:
                places.add((kind, _CAME))
        return frozenset(places | {(kind, _WENT) for kind, mates in lost.items() if mates})

    def describe(self) -> str:
        """The first line that came or went."""
        old, new = rows(self.before), rows(self.after)
        for mark, lines, others in (("now", new, old), ("gone", old, new)):
            for line in lines:
                if line not in others:
                    return f"{mark}: {line.strip()[:100]}"
        return "lines were repeated or moved"


def names_user(lines: Iterable[str], exchanges: Iterable[ProbeExchange]) -> bool:
    """Whether a line names the user of one of the deliveries."""
    users = {one.probe.ref_id for one in exchanges}
    return any(user in line for line in lines for user in users)


def _kind(line: str) -> str:
    return CHANCE.sub("#", line)


def _unnoted(line: str) -> str:
    """Without what a second look at the same delivery may leave: times, and how often it came."""
    line = _TIMES_CAME.sub("", _TIME.sub("", line))
    if key := _ROW_OF_DELIVERY.match(line):
        return key[0] + _NUMBER.sub("", line[key.end() :])
    return line


def changes(evidence: Evidence) -> list[Change]:
    """From each look at the state to the next."""
    return [Change(old.text, new.text) for old, new in pairwise(evidence.observations)]


def unchanged(evidence: Evidence, genuine: Change, noise: _Places) -> Judgement:
    """The state must be the same before and after; the exchanges name what changed it.

    Args:
        evidence: What was sent and seen.
        genuine: What a genuine delivery changed. Where its lines hold words of a refusal
            themselves (a column `rejected_by`), such words say nothing.
        noise: The places that requests change which are no deliveries.
    """
    if not evidence.is_stable:
        return Judgement("skipped", why=NOISY)
    seen = changes(evidence)
    hidden = ""
    for place, change in enumerate(seen):
        if not change:
            continue
        if change.places <= noise:
            # Any request does that; that deliveries do more is seen.
            is_told_apart = change.places and genuine.places - noise
            hidden = hidden or ("" if is_told_apart else change.describe())
        elif _is_note(change.lines(noise), genuine.lines(noise), evidence):
            hidden = hidden or change.describe()
        else:
            is_each = len(seen) == len(evidence.exchanges)
            cause = evidence.exchanges[place].probe.label if is_each else "one of the deliveries"
            return Judgement("fail", f"the state changed after: {cause}; {change.describe()}")
    if hidden:
        return Judgement("inconclusive", hidden, RECORDED)
    if transient := [one for one in evidence.exchanges if one.answer.is_transient]:
        return unjudged(transient[0])  # it did not reach the handler
    return Judgement("pass", "the state did not change")


def _is_note(lines: Sequence[str], effect: Sequence[str], evidence: Evidence) -> bool:
    """Whether lines may be a record of what came, beside those that show an effect.

    Each is about a request that was refused, or known already, or a row of a log of deliveries.
    """
    if all(map(_RECORD.search, lines)):
        return not any(map(_RECORD.search, effect))
    is_log = all(map(_ROW_OF_DELIVERY.match, lines))
    return (
        is_log
        and not names_user(lines, evidence.exchanges)
        and names_user(effect, evidence.exchanges)
    )
