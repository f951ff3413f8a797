"""The gate: which families are served, and why one that is not cannot be judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.conformance.deliveries import Delivery
from vovecli.core.conformance.facts import Facts, Gate
from vovecli.core.conformance.reading import alike, speaks_of_status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.conformance.probes import Exchange

# What handlers know instead of the documented status: another one, the client SDK's, an invented.
_WORDS: Mapping[EventFamily, Sequence[str]] = {
    "kyb": (
        "IN_REVIEW", "COMPLETED", "APPROVED", "VERIFIED", "SUCCESS",
        "completed", "approved", "success",
    ),
    "kyc": (
        "pending", "successful", "success", "failed", "approved", "verified",
        "completed", "APPROVED",
    ),
}  # fmt: skip
VOCABULARY: Mapping[EventFamily, Sequence[Delivery]] = {
    family: [
        *(Delivery(f"status {word!r}", family=family, status=word) for word in words),
        *(
            Delivery(f"status {word!r}", family=other, status=word)
            for other, theirs in _WORDS.items()
            if other != family
            for word in theirs
        ),
    ]
    for family, words in _WORDS.items()
}
_UNKNOWN_REF = (404, 409, 422)


def may_lack_a_status(facts: Facts) -> bool:
    """Whether genuine deliveries are refused in another way than forgeries: after verification."""
    genuine, forged = facts.genuine, facts.first("forged")
    if not genuine or not forged or alike([genuine, forged]):
        return False
    return (genuine.answer.status or 0) >= 400 and not genuine.answer.is_limited  # noqa: PLR2004 - HTTP's own


def likelier_family(facts: Facts, asked: Sequence[EventFamily]) -> EventFamily:
    """Where neither family is accepted: the one whose answer comes from the verification.

    A schema that knows one family only, looked at first, answers the other with another status.
    """
    for family in asked:
        if any(one.answer.status in (401, 403) for one in facts.all(f"delivery.valid-{family}")):
            return family
    return asked[0]


def decide_gates(
    facts: Facts, *, asked: Sequence[EventFamily], explicit: bool, ref_id: str
) -> None:
    """Set the gate of both families.

    Args:
        facts: Holds the genuine deliveries and, where they are refused, the controls.
        asked: Families that were tried.
        explicit: Whether the user demands them all.
        ref_id: The user's own test user, if any.
    """
    genuine = {family: facts.first(f"delivery.valid-{family}") for family in asked}
    served = {family for family in asked if (one := genuine[family]) and facts.accepts(one)}
    for family in ("kyb", "kyc"):
        facts.gates[family] = _gate(facts, genuine.get(family), is_served=family in served)
        if facts.gates[family] is Gate.CLOSED:
            if served and not explicit:
                facts.gates[family] = Gate.ELSEWHERE
            elif not served and not ref_id and _wants_known_ref(facts):
                facts.gates[family] = Gate.NEEDS_REF


def _gate(facts: Facts, genuine: Exchange | None, *, is_served: bool) -> Gate:
    if genuine is None:
        return Gate.GONE if facts.gone_after else Gate.UNASKED
    if is_served:
        return Gate.OPEN
    return Gate.LIMITED if genuine.answer.is_limited else Gate.CLOSED


def _wants_known_ref(facts: Facts) -> bool:
    """Whether all that is wrong with genuine deliveries may be that nobody knows their refId."""
    genuine, forged = facts.genuine, facts.first("forged")
    if not genuine or not forged or genuine.answer.status not in _UNKNOWN_REF:
        return False
    if alike([genuine, forged]) or forged.answer.is_2xx:
        return False
    return not facts.accepted("vocabulary") and not speaks_of_status(genuine.answer)
