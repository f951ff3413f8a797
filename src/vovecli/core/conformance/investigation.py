"""From answers to the handler's mistake; where answers alone do not show it, more is tried."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.catalogue import SAMPLE_PATHS
from vovecli.core.codes.handler_mistakes import diagnosis
from vovecli.core.conformance import patterns, refusals
from vovecli.core.conformance.trials import (
    CLOCKS,
    LEGACY,
    MINIMAL,
    RECODINGS,
    RESEMBLING,
    TRIALS,
    Trial,
    alone,
)
from vovecli.core.probes.reading import gist, is_guarded, speaks_of_media_type
from vovecli.core.probes.variants import Variant
from vovecli.core.suite import blockers
from vovecli.core.suite.state import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.conformance.conversation import Dialog, Exchanger
    from vovecli.core.outcomes.checks import Diagnosis
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.blockers import Blocker

_AT_TIMES = diagnosis("accepted-at-times", "proved")
IN_TURN = 4  # as many processes may answer in turn


class Investigation:
    """Names what is wrong with the handler, after all checks.

    Args:
        exchanger: Sends what is to be tried.
        chosen: The checks that were asked for: what none of them is about is not looked into.
    """

    def __init__(self, exchanger: Exchanger, chosen: frozenset[str]) -> None:
        self._exchanger = exchanger
        self._state = exchanger.state
        self._chosen = chosen
        self._family = exchanger.state.main

    def diagnose(self) -> Dialog[tuple[Diagnosis, ...]]:
        """The mistakes, the most telling first; none when nothing is wrong."""
        state = self._state
        if state.gone_after:
            gone = f"nothing has listened since: {state.gone_after}"
            return (diagnosis("process-died", "proved", gone),)
        if state.gates[state.main] is Gate.DOWN:
            return (diagnosis("upstream-down", "likely", state.genuine.answer.describe()),)
        if state.shut:
            return (*blockers.died(state), *patterns.forged(state), *blockers.silent(state))
        found = list(blockers.died(state))
        if state.accepts_any_signature:
            yield from self._exchanger.ensure(*blockers.EVERYWHERE, "forgery.unsigned")
            if blocker := blockers.page(state):
                return (*found, _named(blocker))
        found += yield from self._confirmed(list(patterns.forged(state)))
        gate = state.gates[state.main]
        if gate is Gate.OPEN:
            found += yield from self._odd(found)
            chose_forgeries = any(id_.startswith("forgery.") for id_ in self._chosen)
            if chose_forgeries and not state.taken("forgery.wrong-secret", "forged again"):
                found += yield from self._tried(LEGACY)
        elif gate is Gate.CLOSED and not found:
            refused = yield from self._refused()
            found += [_AT_TIMES] if state.is_fickle else refused
        elif gate is Gate.CLOSED and found[0].code == "ok-on-failure":
            found += yield from self._proved()
        return tuple({one.code: one for one in reversed(found)}.values())[::-1]

    def _confirmed(self, found: list[Diagnosis]) -> Dialog[list[Diagnosis]]:
        """What one accepted forgery proves is proved when another one is accepted, too."""
        kept = []
        for one in found:
            check = patterns.CONFIRMED_BY.get(one.code)
            proof = self._taken(check) if check else []
            if proof and not self._state.soft_failures:
                again = yield from self._exchanger.send(f"{check} (once more)", proof)
                if again and not any(self._state.accepts(exchange) for exchange in again):
                    continue
            kept.append(one)
        return kept

    def _taken(self, check: str) -> list[Variant]:
        """The deliveries of a check that were accepted."""
        labels = {one.probe.label for one in self._state.taken(check)}
        return [
            step
            for step in self._exchanger.steps(check)
            if isinstance(step, Variant) and step.label in labels
        ]

    def _odd(self, forged: Sequence[Diagnosis]) -> Dialog[list[Diagnosis]]:
        """What failures of a handler that accepts genuine deliveries prove besides."""
        found: list[Diagnosis] = []
        if self._is_genuine_refused():
            yield from self._ask_in_turn()
        if self._state.is_fickle:
            return [_AT_TIMES]
        for pattern in patterns.PATTERNS:
            if not self._chosen.intersection(pattern.needs) or not self._exchanger.has_time:
                continue
            yield from self._exchanger.ensure(*pattern.needs)
            found += pattern.judge(self._state)
        if not found and self._state.outcomes.get("body.utf8") == "fail":
            found += yield from self._tried(RECODINGS)
        if not (forged or found) and self._state.outcomes.get("retry.rotation") == "fail":
            found += yield from self._tried(RESEMBLING)
        return found

    def _refused(self) -> Dialog[list[Diagnosis]]:
        """Why genuine deliveries are refused."""
        if named := (yield from self._blocker()):
            return [named]
        if plain := next(refusals.said_plainly(self._state), None):
            return [plain]
        if found := (yield from self._proved()):
            return found
        for blocker in (blockers.auth_wall(self._state), blockers.wall(self._state)):
            if blocker:
                return [_named(blocker)]
        if self._state.is_refused_as_forged(self._state.genuine):
            yield from self._ask_in_turn()
        return refusals.likely(self._state)

    def _is_genuine_refused(self) -> bool:
        """Whether a genuine delivery was refused somewhere in the run."""
        state = self._state
        failed = [id_ for id_, outcome in state.outcomes.items() if outcome == "fail"]
        are_forgeries = all(id_.startswith("forgery.") for id_ in failed)
        return not (are_forgeries and all(map(state.accepts, state.sent("control"))))

    def _ask_in_turn(self) -> Dialog[None]:
        """Send genuine deliveries that each of several processes has to answer."""
        yield from self._exchanger.send("again", [blockers.CONTROLS["again"]] * IN_TURN)

    def _blocker(self) -> Dialog[Diagnosis | None]:
        state, genuine = self._state, self._state.genuine
        if blocker := blockers.redirect(genuine, state.endpoint):
            if blocker.code == "redirects-back" and not state.is_refused_as_forged(genuine):
                return diagnosis("refused-after-verification", "likely", blocker.got)
            return _named(blocker)
        if blocker := blockers.csrf_wall(state):
            return _named(blocker)
        blocker = blockers.auth_wall(state)
        if blocker and (blocker.certainty == "proved" or is_guarded(genuine.answer)):
            return _named(blocker)
        if not (blocker := blockers.other_place(state)):
            return None
        for one in (yield from self._exchanger.send("other-places", self._other_places())):
            if state.accepts(one):
                code = "wrong-path" if one.probe.method == "POST" else "method"
                detail = f"{one.probe.method} {one.probe.target} accepts the delivery"
                return diagnosis(code, "proved", detail)
        return _named(blocker)

    def _other_places(self) -> list[Variant]:
        path, _, query = self._state.endpoint.target.partition("?")
        slashed = path.rstrip("/") if path.endswith("/") and path != "/" else f"{path}/"
        paths = dict.fromkeys([slashed, *SAMPLE_PATHS.values(), "/webhooks/vove"])
        return [
            Variant("PUT", method="PUT"),
            *(
                Variant(f"to {other}", elsewhere=f"{other}?{query}" if query else other)
                for other in paths
                if other != path
            ),
        ]

    def _proved(self) -> Dialog[list[Diagnosis]]:
        """What an accepted wrong scheme, spelling or clock proves."""
        yield from self._exchanger.ensure(*patterns.REWRITTEN.needs)
        if found := list(patterns.REWRITTEN.judge(self._state)):
            return found
        off = round(self._state.clock_off_s or 0)
        shown = Trial("clock-skew", Variant("a timestamp by the endpoint's own Date", age_s=-off))
        is_alike = self._state.is_refused_as_forged(self._state.genuine)
        for trials in (
            [shown] * self._state.is_clock_off,
            TRIALS,
            [MINIMAL] * is_alike,
            CLOCKS,
        ):
            if found := (yield from self._tried(trials)):
                return found
        return []

    def _tried(self, trials: Sequence[Trial]) -> Dialog[list[Diagnosis]]:
        """Try one after the other until one is accepted, and accepted again.

        An answer unlike a forgery's may come from a schema that knows the other family only.
        """
        state = self._state
        refusals = {gist(one) for one in state.forged}
        takes_unsigned = bool(state.taken("forgery.missing-signature", "forgery.other-sender"))
        for trial in trials:
            if not self._exchanger.has_time:
                break
            if "signature" in trial.delivery.omit and takes_unsigned:
                continue  # accepted because there is no signature, not for this one
            for family in (state.main, patterns.OTHER_FAMILY[state.main]):
                self._family = family
                sent = yield from self._try(trial.delivery)
                if sent and state.accepts(sent):
                    if found := (yield from self._exactly(trial)):
                        return [found]
                    break
                if not sent or gist(sent) in refusals or state.is_open:
                    break
        return []

    def _try(self, delivery: Variant) -> Dialog[ProbeExchange | None]:
        sent = yield from self._exchanger.send("trials", [replace(delivery, family=self._family)])
        return sent[0] if sent else None

    def _accepts(self, delivery: Variant) -> Dialog[bool]:
        sent = yield from self._try(delivery)
        return sent is not None and self._state.accepts(sent)

    def _exactly(self, trial: Trial) -> Dialog[Diagnosis | None]:
        """The mistake that an accepted trial proves, as exactly as more tries can say.

        Of many signatures in one header, halves are tried until one is left; what is not accepted
        once more proves nothing.
        """
        while len(trial.delivery.schemes) > 1:
            for half in trial.halves():
                if (yield from self._accepts(half.delivery)):
                    trial = half
                    break
            else:
                return None
        if not (yield from self._accepts(trial.delivery)):
            return None
        detail = f"accepted: {trial.delivery.label}"
        for name in trial.delivery.headers:
            if (yield from self._accepts(alone(trial, name))):
                return diagnosis(trial.code, "proved", f"{detail}: {name}")
        if trial.delivery.content_type == "text/plain" and not speaks_of_media_type(
            self._state.genuine.answer
        ):
            detail = "as text/plain it is accepted: the app's JSON parser takes the body"
            return diagnosis("body-parsed-before-verify", "proved", detail)
        return diagnosis(trial.code, "proved", detail)


def _named(blocker: Blocker) -> Diagnosis:
    return diagnosis(blocker.code, blocker.certainty, blocker.got)
