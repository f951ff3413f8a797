"""How a run begins: which address answers, and which families are served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.conformance.conversation import Read, Resolve
from vovecli.core.conformance.deliveries import PARTS, Delivery
from vovecli.core.conformance.gates import (
    VOCABULARY,
    decide_gates,
    likelier_family,
    may_lack_a_status,
)
from vovecli.core.conformance.probes import Answer
from vovecli.core.conformance.reading import says_failure
from vovecli.core.conformance.retry import NOISY
from vovecli.core.conformance.walls import CONTROLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.conformance.conversation import Part, Talk
    from vovecli.core.conformance.deliveries import Part as HeaderPart
    from vovecli.core.conformance.probes import Exchange

FAMILIES: tuple[EventFamily, ...] = ("kyb", "kyc")


def reach(talk: Talk) -> Part[bool]:
    """Knock at every address; the first that answers is the endpoint from then on."""
    facts = talk.facts
    reply = yield from talk.ask(Resolve())
    if not reply.addresses:
        facts.reached[facts.endpoint.host] = Answer(error="dns", message=reply.message)
        return False
    knocks = yield from _knock(talk, reply.addresses)
    distrusted = [knock for knock in knocks if knock.answer.error == "tls"]
    if distrusted and not _heard(knocks):
        facts.certificate = distrusted[0].answer.message
        talk.bench.unverified = True
        knocks = yield from _knock(talk, reply.addresses)
    genuine = _heard(knocks)
    if not genuine and (silent := [one for one in knocks if one.answer.error == "timeout"]):
        # Something took the connection: is it deaf, or does it hang on what is genuine?
        knocks = yield from _knock(talk, [one.probe.address for one in silent], omit=PARTS)
        genuine = silent if _heard(knocks) else []
    facts.reached |= {knock.probe.address: knock.answer for knock in knocks}
    if genuine:
        talk.bench.address = genuine[0].probe.address
        facts.exchanges[f"delivery.valid-{facts.main}"] = [genuine[0]]
        facts.learn_clock(genuine[0].answer, talk.bench.now)
    return bool(genuine)


def open_gates(
    talk: Talk, families: Sequence[EventFamily], *, final: bool, ref_id: str
) -> Part[None]:
    """Learn which families are served and, where none is, what the controls say.

    Args:
        talk: Has reached the endpoint.
        families: That the user demands; none: whichever are served.
        final: Whether final statuses may be sent.
        ref_id: The user's own test user, if any.
    """
    facts, asked = talk.facts, families or FAMILIES
    for family in asked:
        if family != facts.main:
            yield from talk.send(f"delivery.valid-{family}", [Delivery(family=family)])
    genuine = {family: facts.first(f"delivery.valid-{family}") for family in asked}
    if any(exchange and says_failure(exchange.answer) for exchange in genuine.values()):
        yield from learn_soft_failures(talk)
    served = [family for family in asked if (one := genuine[family]) and facts.accepts(one)]
    facts.main = served[0] if served else likelier_family(facts, asked)
    talk.bench.family = facts.main
    if not served:
        for name, control in CONTROLS.items():
            if name not in facts.exchanges:
                yield from talk.send(name, [control])
        if final and may_lack_a_status(facts):
            yield from talk.send("vocabulary", VOCABULARY[facts.main])
    decide_gates(facts, asked=asked, explicit=bool(families), ref_id=ref_id)


def learn_soft_failures(talk: Talk) -> Part[None]:
    """Send a forgery to see whether failures are told with a 2xx."""
    yield from talk.send("forged", [CONTROLS["forged"]])
    talk.facts.learn_soft_failures()


def look_first(talk: Talk, *, observes: bool) -> Part[None]:
    """Learn whether effects can be judged at all."""
    if not observes:
        talk.facts.observable = "without --observe effects are unknown"
        return
    reply = yield from talk.ask(Read(first=True))
    if not reply.observation.is_stable:
        talk.facts.observable = NOISY


def _knock(
    talk: Talk, addresses: Sequence[str], omit: tuple[HeaderPart, ...] = ()
) -> Part[list[Exchange]]:
    probes = []
    for address in addresses:
        talk.bench.address = address
        probes += talk.bench.probes([Delivery(family=talk.facts.main, omit=omit)])
    return (yield from talk.exchange(probes))


def _heard(knocks: Sequence[Exchange]) -> list[Exchange]:
    """Those that something answered, HTTP answers before connections that merely ended."""
    answered = [knock for knock in knocks if knock.answer.status is not None]
    return answered + [knock for knock in knocks if knock.answer.error in ("closed", "protocol")]
