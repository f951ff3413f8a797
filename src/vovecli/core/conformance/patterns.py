"""What answers prove of the handler's mistake: accepted forgeries, patterns beside an open gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.codes.handler_mistakes import diagnosis
from vovecli.core.suite import ESSENTIAL
from vovecli.core.suite.forgery import KNOWN
from vovecli.core.suite.signatures import WRONG_PART, WRONG_SECRET
from vovecli.core.suite.state import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.outcomes.checks import Diagnosis, Proof
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.state import RunState

OTHER_FAMILY: Mapping[EventFamily, EventFamily] = {"kyb": "kyc", "kyc": "kyb"}

# Causes that one accepted forgery shows, with the check that sends it: sent once more before they
# are called proved.
REPEATED: Mapping[str, str] = {
    "prefix-compare": "forgery.truncated-signature",
    "secret-unset": "forgery.empty-key",
    "published-secret": "forgery.published-secret",
    "loose-comparison": "forgery.altered-signature",
    "verification-skipped": "forgery.other-sender",
}
# What follows from another accepted forgery, and is not said besides it. Many signatures in one
# header prove nothing of each where any of several is believed.
_IMPLIED_BY: Mapping[str, Sequence[str]] = {
    "secret-unset": ("forgery.altered-signature", "forgery.wrong-secret"),
    "published-secret": ("forgery.altered-signature",),
    "loose-comparison": ("forgery.truncated-signature",),
    "verification-skipped": ("forgery.unsigned",),
}


# The same for what other forgeries show.
CONFIRMED_BY: Mapping[str, str] = {
    **REPEATED,
    "no-verification": "forgery.wrong-secret",
    "verifies-only-if-present": "forgery.unsigned",
}


class Pattern(NamedTuple):
    """A mistake that the answers to some checks show.

    Attributes:
        needs: The checks.
        judge: The mistakes that their answers prove.
    """

    needs: Sequence[str]
    judge: Callable[[RunState], Iterable[Diagnosis]]


def forged(state: RunState) -> Iterator[Diagnosis]:
    """What accepted forgeries prove; where any signature passes, the rest proves nothing more."""
    if state.soft_failures:
        says = state.forged[0].answer.describe()
        yield diagnosis("ok-on-failure", "proved", f"a forgery gets {says}")
    if (idle := _taken_without_effect(state)) and state.taken(*(one.id for one in ESSENTIAL)):
        yield diagnosis("ok-on-failure", "proved", f"{idle[0].describe()}, and has no effect")
        return
    unverified = state.taken("forgery.wrong-secret", "forged again")
    if any(one.probe.header("svix-signature").startswith("v1,") for one in unverified):
        yield _acknowledged(state, unverified[0])
        return
    if state.uses_published_secret and state.is_open:
        yield diagnosis("published-secret", "proved", "it is the one given to this run")
    missing = ("forgery.missing-signature",) if not unverified else ()
    unsigned = state.taken("forgery.unsigned", *missing)
    if unsigned and _refuses_wrong(state):
        # One that is refused before another is accepted: that may be taken for its duplicate.
        is_doubted = any(map(state.is_refused_as_forged, state.all("forgery.unsigned")))
        detail = f"accepted: {unsigned[0].probe.label}"
        certainty: Proof = "likely" if is_doubted else "proved"
        yield diagnosis("verifies-only-if-present", certainty, detail)
    if unverified and not state.taken("forgery.truncated-signature"):
        detail = "a signature that is not `v1,` and base64 is ignored"
        yield diagnosis("no-verification", "proved", detail)
        return
    for code, check in REPEATED.items():
        again = f"{check} (again)"
        taken = state.taken(again if state.was_sent(again) else check)
        if not taken or (code in _IMPLIED_BY and state.taken(*_IMPLIED_BY[code])):
            continue
        labels = [one.probe.label for one in taken]
        if WRONG_PART.label in labels:  # not the beginning is compared
            yield diagnosis("loose-comparison", "proved", f"accepted: {WRONG_PART.label}")
        else:
            yield diagnosis(code, "proved", f"accepted: {labels[0]}")


def _acknowledged(state: RunState, forgery: ProbeExchange) -> Diagnosis:
    """Forgeries are answered like genuine deliveries: only their effect says what that means."""
    detail = f"a signature by a random key is acknowledged ({forgery.probe.label})"
    if not any(map(state.accepts, state.forged)) and forgery.probe.family == state.main:
        detail = f"{detail}, though others were refused before: {forgery.answer.describe()}"
        return diagnosis("no-verification", "likely", detail)
    effect = state.outcomes.get("forgery.effect")
    if effect == "fail":
        worked_in = state.all("forgery.effect (again)")[-1].probe.label
        # Another forgery's says nothing of what is acknowledged and perhaps dropped.
        certainty: Proof = "proved" if worked_in == WRONG_SECRET.label else "likely"
        detail = f"{detail}, and one has its effect: {worked_in}"
        return diagnosis("no-verification", certainty, detail)
    if effect == "pass":  # its forgeries, with other statuses, were refused
        return diagnosis("no-verification", "likely", f"{detail}, though not with each status")
    words = f"{detail}. Or failures are not reported in the answer: --observe shows which"
    return diagnosis("no-verification", "likely", words)


def _taken_without_effect(state: RunState) -> Sequence[ProbeExchange]:
    """Forgeries that were acknowledged where the state was read before and after."""
    if state.outcomes.get("forgery.effect") != "pass":
        return []
    return [one for one in state.taken("forgery.effect") if one.probe.label != KNOWN.label]


def _refuses_wrong(state: RunState) -> bool:
    """Whether a wrong signature was refused by the handler, not by a limit or a gateway."""
    return any(
        not one.answer.is_transient and not one.answer.is_silent and not one.answer.is_2xx
        for one in state.forged
    )


def _kyc_sample(state: RunState) -> Iterator[Diagnosis]:
    if (
        _refuses_all(state, "retry.rotation")
        and state.accepted("forgery.stale-24h")
        and state.accepted("forgery.unknown-version")
    ):
        detail = "one signature is accepted, two never are, and a delivery of yesterday is"
        yield diagnosis("docs-kyc-node", "proved", detail)


def _reserialized(state: RunState) -> Iterator[Diagnosis]:
    for check, how in (("js", "JSON.stringify"), ("python", "json.dumps")):
        if not state.accepts_any_signature and state.accepted(f"body.reserialized-{check}"):
            yield diagnosis("body-reserialized", "proved", f"it verifies what {how} writes")


def _charset(state: RunState) -> Iterator[Diagnosis]:
    if _refuses_all(state, "delivery.charset"):
        answer = state.all("delivery.charset")[0].answer
        yield diagnosis("content-type-guard", "proved", f"with a charset: {answer.describe()}")


def _header_case(state: RunState) -> Iterator[Diagnosis]:
    cases = _sent_twice(state, "delivery.header-case")
    found = {one.probe.label for one in cases if state.accepts(one)}
    missed = [one for one in cases if not state.accepts(one)]
    if not found or not missed or found & {one.probe.label for one in missed}:
        return
    if not any(one.answer.is_transient or one.answer.is_silent for one in missed):
        yield diagnosis("header-case", "proved", missed[0].describe())


def _clock_skew(state: RunState) -> Iterator[Diagnosis]:
    """A window of accepted times that lies to one side: not the `Date` header alone is off."""
    is_shifted = state.accepted("forgery.stale-6min") != state.accepted("forgery.future-6min")
    if state.is_clock_off and is_shifted:
        yield diagnosis("clock-skew", "likely", f"its Date header is {state.clock_off}")


def _soon_too_old(state: RunState) -> Iterator[Diagnosis]:
    """An attempt of a moment ago is refused as forgeries are, its repetition is not."""
    attempts = state.all("retry.same-id")
    is_new_alone = [state.accepts(one) for one in attempts] == [False, True]
    if is_new_alone and state.is_refused_as_forged(attempts[0]):
        detail = f"{attempts[0].describe()}. Or the time is signed instead of svix-timestamp"
        yield diagnosis("tolerance-too-narrow", "likely", detail)


def _other_family(state: RunState) -> Iterator[Diagnosis]:
    other = OTHER_FAMILY[state.main]
    if state.gates[other] is not Gate.CLOSED:
        return
    if other == "kyc" and state.taken(_BARE):
        detail = "a KYC delivery is refused as forged, but accepted without its userId"
        yield diagnosis("body-reserialized", "proved", detail)
        return
    genuine = state.all(f"delivery.valid-{other}")[0]
    detail = f"{other.upper()} deliveries: {genuine.answer.describe()}"
    if genuine.answer.is_crash:
        yield diagnosis("crash-after-verification", "likely", detail)
    elif state.is_refused_as_forged(genuine):
        detail = f"{detail}, as forgeries get. Or {other.upper()} deliveries have another secret"
        yield diagnosis("body-reserialized", "likely", detail)
    else:
        yield diagnosis("refused-after-verification", "likely", detail)


_BARE = "kyc without userId"
REWRITTEN = Pattern(
    ("body.reserialized-js", "body.reserialized-python", "forgery.wrong-secret"), _reserialized
)
# Of a handler that accepts genuine deliveries.
PATTERNS = (
    Pattern(("retry.rotation", "forgery.stale-24h", "forgery.unknown-version"), _kyc_sample),
    REWRITTEN,
    Pattern(("delivery.charset",), _charset),
    Pattern(("delivery.header-case",), _header_case),
    Pattern(("forgery.stale-6min", "forgery.future-6min"), _clock_skew),
    Pattern(("retry.same-id",), _soon_too_old),
    Pattern(("delivery.valid-kyb", "delivery.valid-kyc"), _other_family),
)


def _sent_twice(state: RunState, name: str) -> Sequence[ProbeExchange]:
    """The exchanges of a check and, where it failed, of its repetition."""
    return state.sent(name, f"{name} (again)")


def _refuses_all(state: RunState, name: str) -> bool:
    exchanges = _sent_twice(state, name)
    if any(one.answer.is_transient or one.answer.is_silent for one in exchanges):
        return False
    return bool(exchanges) and not any(state.accepts(exchange) for exchange in exchanges)
