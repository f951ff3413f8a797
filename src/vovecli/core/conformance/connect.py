"""How a run begins: which address answers, which families are served, and if none, what refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.conformance.conversation import Read, Resolve
from vovecli.core.probes.exchanges import ProbeAnswer
from vovecli.core.probes.reading import (
    alike,
    gist,
    says_failure,
    speaks_of_signature,
    speaks_of_status,
    speaks_of_unknown_user,
)
from vovecli.core.probes.variants import ABSENT, Variant
from vovecli.core.suite.blockers import CONTROLS
from vovecli.core.suite.forgery import HOPELESS, UNSIGNED
from vovecli.core.suite.state import Gate
from vovecli.core.suite.traces import NOISY, TRACELESS, Change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.conformance.conversation import Dialog, Exchanger
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.state import RunState

EVENT_FAMILIES: tuple[EventFamily, ...] = ("kyb", "kyc")

_STARTING = 2  # more knocks, where the first one is answered with a server error

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
VOCABULARY: Mapping[EventFamily, Sequence[Variant]] = {
    family: [
        *(Variant(f"status {word!r}", family=family, status=word) for word in words),
        *(
            Variant(f"status {word!r}", family=other, status=word)
            for other, theirs in _WORDS.items()
            if other != family
            for word in theirs
        ),
    ]
    for family, words in _WORDS.items()
}


def reach(exchanger: Exchanger) -> Dialog[bool]:
    """Knock at every address; the first that answers is the endpoint from then on."""
    state = exchanger.state
    reply = yield from exchanger.ask(Resolve())
    if not reply.addresses:
        state.reached[state.endpoint.host] = ProbeAnswer(error="dns", message=reply.message)
        return False
    knocks = yield from _knock(exchanger, reply.addresses, Variant(family=state.main))
    distrusted = [knock for knock in knocks if knock.answer.error == "tls"]
    if distrusted and not any(_has_answered(knock) for knock in knocks):
        state.certificate = distrusted[0].answer.message
        exchanger.maker.unverified = True
        knocks = yield from _knock(exchanger, reply.addresses, Variant(family=state.main))
    state.reached |= {knock.probe.address: knock.answer for knock in knocks}
    found = next((knock for knock in knocks if _has_answered(knock)), None)
    if not found:
        found = yield from _look_behind_silence(exchanger, knocks)
    if not found:
        return False
    exchanger.maker.address = found.probe.address
    found = yield from _after_start(exchanger, found)
    state.keep(f"delivery.valid-{state.main}", [found])
    state.learn_clock(found.answer, exchanger.maker.now)
    return True


def _after_start(exchanger: Exchanger, knock: ProbeExchange) -> Dialog[ProbeExchange]:
    """The first knock that is answered without a server error: an app may not be ready at once."""
    is_error = knock.answer.is_crash and not knock.answer.is_transient
    for _ in range(_STARTING if is_error else 0):
        again = yield from _knock(
            exchanger, [knock.probe.address], Variant(family=exchanger.state.main)
        )
        if again and _has_answered(again[0]) and not again[0].answer.is_crash:
            exchanger.state.false_start = knock.answer
            return again[0]
    return knock


def _look_behind_silence(
    exchanger: Exchanger, knocks: Sequence[ProbeExchange]
) -> Dialog[ProbeExchange | None]:
    """The knock at an address that takes connections, where anything but a delivery is answered."""
    heard = [one for one in knocks if one.answer.error in ("timeout", "closed", "protocol")]
    for knock in heard:
        for control in (CONTROLS["get"], UNSIGNED, CONTROLS["get-elsewhere"]):
            for one in (yield from _knock(exchanger, [knock.probe.address], control)):
                if _has_answered(one):
                    exchanger.state.reached[knock.probe.address] = one.answer
                    return knock
    return None


def _knock(
    exchanger: Exchanger, addresses: Sequence[str], delivery: Variant
) -> Dialog[list[ProbeExchange]]:
    probes = []
    for address in addresses:
        exchanger.maker.address = address
        probes += exchanger.maker.probes([delivery])
    return (yield from exchanger.exchange(probes, f"delivery.valid-{exchanger.state.main}"))


def _has_answered(knock: ProbeExchange) -> bool:
    return knock.answer.status is not None


def learn_families(
    exchanger: Exchanger, demanded: Sequence[EventFamily], *, final: bool, ref_id: str
) -> Dialog[None]:
    """Learn which families are served and, where none is, what the controls say.

    Args:
        exchanger: Has reached the endpoint.
        demanded: Families that must be served; none: whichever are.
        final: Whether final statuses may be sent.
        ref_id: The user's own test user, if any.
    """
    state, asked = exchanger.state, demanded or EVENT_FAMILIES
    for family in EVENT_FAMILIES:
        if family not in asked:
            state.gates[family] = Gate.UNASKED
            state.keep(f"delivery.valid-{family}", [])
    yield from exchanger.ensure(*(f"delivery.valid-{family}" for family in asked))
    genuine = {family: _genuine(state, family) for family in asked}
    state.latency_s = max(one.answer.latency_ms for one in genuine.values() if one) / 1000
    state.main = exchanger.maker.family = _main(genuine, asked)
    yield from exchanger.ensure_at_once(("forgery.wrong-secret",))
    if all(one.answer.is_silent for one in (state.genuine, *state.forged)):
        state.shut = "deliveries get no answer, however they are signed"
    state.learn_soft_failures()
    served = [family for family, one in genuine.items() if one and _is_taken(state, one)]
    if served and state.main not in served:
        state.main = exchanger.maker.family = served[0]
    if not served:
        yield from exchanger.ensure_at_once(("forgery.unsigned", *CONTROLS))
        again = [_is_taken(state, one) for one in state.all("again")]
        if any(again) and not state.is_refused_as_forged(state.genuine):
            served = [state.main]  # a gateway's hiccup
        elif final and _may_lack_a_status(state):
            yield from exchanger.send("vocabulary", VOCABULARY[state.main])
    for family in asked:
        state.gates[family] = yield from _gate(exchanger, family, served, demanded, ref_id)


def _is_taken(state: RunState, genuine: ProbeExchange) -> bool:
    """Accepted, and not merely answered, as forgeries are, that nobody knows the user."""
    is_blind = speaks_of_unknown_user(genuine) and state.is_refused_as_forged(genuine)
    return state.accepts(genuine) and not is_blind


def _genuine(state: RunState, family: EventFamily) -> ProbeExchange | None:
    return state.first(f"delivery.valid-{family}")


def _main(
    genuine: Mapping[EventFamily, ProbeExchange | None], asked: Sequence[EventFamily]
) -> EventFamily:
    """The first family that is accepted, else the one whose answer comes from the verification.

    A schema that knows one family only, looked at first, answers the other with another status.
    """
    answers = {family: one.answer for family, one in genuine.items() if one}
    for family, answer in answers.items():
        if answer.is_2xx and not says_failure(answer):
            return family
    for statuses in (range(200, 300), (401, 403)):
        for family, answer in answers.items():
            if answer.status in statuses:
                return family
    return asked[0]


def _gate(
    exchanger: Exchanger,
    family: EventFamily,
    served: Sequence[EventFamily],
    demanded: Sequence[EventFamily],
    ref_id: str,
) -> Dialog[Gate]:
    state, genuine = exchanger.state, _genuine(exchanger.state, family)
    if not genuine:
        return Gate.LATE
    if family in served:
        return Gate.OPEN
    if genuine.answer.is_limited:
        return Gate.LIMITED
    if genuine.answer.is_transient and state.is_refused_as_forged(genuine):
        return Gate.DOWN
    if served and not demanded:
        return (yield from _unserved(exchanger, family, genuine))
    if not served and not ref_id and _wants_known_ref(state):
        return Gate.NEEDS_REF
    return Gate.CLOSED


def _unserved(exchanger: Exchanger, family: EventFamily, genuine: ProbeExchange) -> Dialog[Gate]:
    """A family that is refused beside one that is accepted: by the verification, or not served?"""
    state = exchanger.state
    again = yield from exchanger.send(f"{family} again", [Variant(family=family)])
    if any(_is_taken(state, one) for one in again):
        return Gate.OPEN
    if any(one.answer.is_transient for one in again):
        return Gate.DOWN
    if speaks_of_unknown_user(genuine) and state.is_refused_as_forged(genuine):
        return Gate.NEEDS_REF
    if family == "kyc":
        bare = yield from exchanger.send("kyc without userId", [WITHOUT_USER_ID] * 2)
        if bare and all(state.accepts(one) for one in bare):
            return Gate.CLOSED
    if not state.is_refused_as_forged(genuine):
        return Gate.ELSEWHERE
    if speaks_of_signature(genuine.answer):
        return Gate.CLOSED
    return Gate.DOUBTED if genuine.answer.status in (401, 403) else Gate.ELSEWHERE


WITHOUT_USER_ID = Variant("KYC without userId", family="kyc", changes={"userId": ABSENT})


def _may_lack_a_status(state: RunState) -> bool:
    """Whether genuine deliveries are refused in another way than forgeries: after verification."""
    answer = state.genuine.answer
    if answer.is_transient or (answer.status or 0) < 400:  # noqa: PLR2004 - HTTP's own
        return False
    return not state.is_refused_as_forged(state.genuine)


def _wants_known_ref(state: RunState) -> bool:
    """Whether all that is wrong with genuine deliveries may be that nobody knows their refId."""
    genuine, forged = state.genuine, state.forged
    if any(map(speaks_of_unknown_user, (genuine, *state.all("again")))):
        is_everywhere = alike([genuine, *state.all("elsewhere")])
        is_blind = is_everywhere and state.is_refused_as_forged(genuine)
        return not is_blind and not _knows_a_status(state)
    if genuine.answer.status != 404 or not forged:  # noqa: PLR2004 - HTTP's own
        return False
    if alike([genuine, *forged]) or alike([genuine, *state.all("elsewhere")]):
        return False
    return not forged[0].answer.is_2xx and not _knows_a_status(state)


def _knows_a_status(state: RunState) -> bool:
    if speaks_of_status(state.genuine.answer):
        return True
    return bool(state.taken("vocabulary"))


def is_control_good(state: RunState, control: ProbeExchange) -> bool:
    """Whether a genuine delivery in between is answered as genuine ones were before.

    A strict state machine refuses one that repeats a test user's status: unlike a forgery, and
    each time in the same way.
    """
    if state.accepts(control):
        return True
    before = {gist(one) for one in state.all("control-before")}
    return gist(control) in before and not state.is_refused_as_forged(control)


def learn_effects(exchanger: Exchanger, *, final: bool) -> Dialog[None]:
    """Learn whether genuine deliveries leave a trace, and what others do.

    The driver learns how late it comes.
    """
    state = exchanger.state
    if state.unobservable or not state.is_open or state.before is None:
        return
    yield from exchanger.send("effect", [Variant("a genuine delivery", status="final" * final)])
    shown = (yield from exchanger.ask(Read(changed_from=state.before.text))).observation
    if shown.text == state.before.text:
        state.unobservable = TRACELESS
        return
    yield from exchanger.send("hopeless", HOPELESS)
    after = (yield from exchanger.ask(Read())).observation
    state.noise = Change(shown.text, after.text).places


def look_first(exchanger: Exchanger, *, observes: bool) -> Dialog[None]:
    """Learn, before anything is sent, whether effects can be judged at all."""
    if not observes:
        exchanger.state.unobservable = "effects are unknown without --observe"
        return
    reply = yield from exchanger.ask(Read(first=True))
    exchanger.state.before = reply.observation
    if not reply.observation.is_stable:
        exchanger.state.unobservable = NOISY
