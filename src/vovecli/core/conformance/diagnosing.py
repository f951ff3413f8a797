"""From answers to the handler's mistake; where answers alone do not tell, more is tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.catalogue import SAMPLE_PATHS
from vovecli.core.conformance import patterns
from vovecli.core.conformance.causes import diagnosis
from vovecli.core.conformance.checks import is_plain_redirect
from vovecli.core.conformance.deliveries import Delivery
from vovecli.core.conformance.facts import Gate
from vovecli.core.conformance.reading import fingerprint, speaks_of_media_type
from vovecli.core.conformance.schemes import CLOCKS, LEGACY, SCHEMES, Scheme
from vovecli.core.conformance.walls import auth_wall, csrf_wall, other_place
from vovecli.core.endpoints import absolute_location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.core.conformance.conversation import Part, Talk
    from vovecli.core.conformance.probes import Exchange
    from vovecli.core.outcomes.checks import Diagnosis


class Investigation:
    """Names what is wrong with the handler, after all checks.

    Args:
        talk: Sends what is to be tried.
        has_time: Whether there is time left for that.
    """

    def __init__(self, talk: Talk, has_time: Callable[[], bool]) -> None:
        self._talk = talk
        self._facts = talk.facts
        self._has_time = has_time

    def diagnose(self) -> Part[tuple[Diagnosis, ...]]:
        """The mistakes, the most telling first; none when nothing is wrong."""
        facts = self._facts
        if facts.gone_after:
            return tuple(patterns.dead(facts))
        found = list(patterns.forged(facts))
        gate = facts.gates[facts.main]
        if gate is Gate.OPEN:
            found += patterns.odd(facts)
            if not facts.accepted("forgery.wrong-secret"):
                found += yield from self._tried(LEGACY)
        elif gate is Gate.CLOSED and not found:
            found += yield from self._refused()
        elif gate is Gate.CLOSED and found[0].code == "ok-on-failure":
            found += yield from self._proved()
        return tuple({one.code: one for one in reversed(found)}.values())[::-1]

    def _refused(self) -> Part[list[Diagnosis]]:
        """Why genuine deliveries are refused."""
        if wall := (yield from self._wall()):
            return [wall]
        if plain := next(patterns.plain(self._facts), None):
            return [plain]
        if found := (yield from self._proved()):
            return found
        return patterns.suggested(self._facts)

    def _wall(self) -> Part[Diagnosis | None]:
        facts, genuine = self._facts, self._facts.genuine
        assert genuine is not None
        if is_plain_redirect(genuine):
            place = absolute_location(facts.endpoint.url, genuine.answer.header("location"))
            return diagnosis("redirect", "proved", f"register {place}")
        if wall := csrf_wall(facts) or auth_wall(facts):
            return diagnosis(wall.code, wall.certainty, wall.got)
        wall = other_place(facts)
        if not wall:
            return None
        for one in (yield from self._talk.send("other-places", self._other_places())):
            if facts.accepts(one):
                code = "wrong-path" if one.probe.method == "POST" else "method"
                detail = f"{one.probe.method} {one.probe.target} accepts the delivery"
                return diagnosis(code, "proved", detail)
        return diagnosis(wall.code, wall.certainty, wall.got)

    def _other_places(self) -> list[Delivery]:
        path, _, query = self._facts.endpoint.target.partition("?")
        slashed = path.rstrip("/") if path.endswith("/") and path != "/" else f"{path}/"
        paths = dict.fromkeys([slashed, *SAMPLE_PATHS.values(), "/webhooks/vove"])
        return [
            Delivery("PUT", method="PUT"),
            *(
                Delivery(f"to {other}", elsewhere=f"{other}?{query}" if query else other)
                for other in paths
                if other != path
            ),
        ]

    def _proved(self) -> Part[list[Diagnosis]]:
        """What an accepted wrong scheme, spelling or clock proves."""
        if found := list(patterns.reserialized(self._facts)):
            return found
        off = round(self._facts.clock_off_s or 0)
        shown = Scheme("clock-skew", Delivery("a timestamp by the endpoint's own Date", age_s=-off))
        for schemes in ([shown] if self._facts.is_clock_off else [], SCHEMES, CLOCKS):
            if found := (yield from self._tried(schemes)):
                return found
        return []

    def _tried(self, schemes: Sequence[Scheme]) -> Part[list[Diagnosis]]:
        """Try schemes one after the other until one is accepted.

        An answer unlike a forgery's may come from a schema that knows the other family only.
        """
        facts = self._facts
        refusals = {fingerprint(one) for one in facts.forged}
        for scheme in schemes:
            if not self._has_time():
                break
            if "signature" in scheme.delivery.omit and facts.accepted("forgery.missing-signature"):
                continue  # accepted for want of a signature, not for this one
            for family in (facts.main, patterns.OTHER_FAMILY[facts.main]):
                sent = yield from self._try(replace(scheme.delivery, family=family))
                if sent and facts.accepts(sent):
                    return [(yield from self._named(scheme, sent))]
                if not sent or fingerprint(sent) in refusals or facts.is_open:
                    break
        return []

    def _try(self, delivery: Delivery) -> Part[Exchange | None]:
        sent = yield from self._talk.send("schemes", [delivery])
        return sent[0] if sent else None

    def _named(self, scheme: Scheme, exchange: Exchange) -> Part[Diagnosis]:
        """The mistake that an accepted scheme proves, as exactly as more tries can tell."""
        detail = f"accepted: {exchange.probe.label}"
        for name, value in scheme.delivery.headers.items():
            alone = yield from self._try(replace(scheme.delivery, headers={name: value}))
            if alone and self._facts.accepts(alone):
                return diagnosis(scheme.code, "proved", f"{detail}: {name}")
        if scheme.delivery.content_type == "text/plain" and not self._is_media_refused():
            octets = yield from self._try(Delivery(content_type="application/octet-stream"))
            if octets and self._facts.accepts(octets):
                detail = "any type but JSON is accepted: the app's JSON parser takes the body"
                return diagnosis("body-parsed-before-verify", "proved", detail)
        return diagnosis(scheme.code, "proved", detail)

    def _is_media_refused(self) -> bool:
        genuine = self._facts.genuine
        return genuine is not None and speaks_of_media_type(genuine.answer)
