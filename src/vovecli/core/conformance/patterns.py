"""What answers alone say of the handler's mistake: accepted forgeries prove, patterns suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.codes.handler_mistakes import diagnosis
from vovecli.core.probes.reading import (
    alike,
    gist,
    names_body_field,
    speaks_of_base64,
    speaks_of_media_type,
    speaks_of_missing_headers,
    speaks_of_parsed_body,
    speaks_of_tls,
)
from vovecli.core.suite.blockers import silent
from vovecli.core.suite.forgery import KNOWN
from vovecli.core.suite.signatures import WRONG_PART
from vovecli.core.suite.state import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.outcomes.checks import Diagnosis, Proof
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.state import RunState

OTHER_FAMILY: Mapping[EventFamily, EventFamily] = {"kyb": "kyc", "kyc": "kyb"}
_BASE64_MAC_CHARACTERS = 44

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
_IMPLIED_BY: Mapping[str, str] = {
    "secret-unset": "forgery.altered-signature",
    "published-secret": "forgery.altered-signature",
    "loose-comparison": "forgery.truncated-signature",
    "verification-skipped": "forgery.unsigned",
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
    unverified = state.taken("forgery.wrong-secret")
    if any(one.probe.header("svix-signature").startswith("v1,") for one in unverified):
        yield _acknowledged(state, unverified[0])
        return
    if state.uses_published_secret and state.is_open:
        yield diagnosis("published-secret", "proved", "it is the one given to this run")
    if state.outcomes.get("forgery.effect") == "pass" and (idle := _taken_without_effect(state)):
        yield diagnosis("ok-on-failure", "proved", f"{idle[0].describe()}, and has no effect")
        return
    missing = ("forgery.missing-signature",) if not unverified else ()
    unsigned = state.taken("forgery.unsigned", *missing)
    if unsigned and _refuses_wrong(state):
        # One that is refused before another is accepted: that may be taken for its duplicate.
        is_doubted = any(map(state.is_refused_as_forged, state.all("forgery.unsigned")))
        detail = f"accepted: {unsigned[0].probe.label}"
        certainty: Proof = "likely" if is_doubted else "proved"
        yield diagnosis("verifies-only-if-present", certainty, detail)
    if unverified:
        detail = "a signature that is not `v1,` and base64 is ignored"
        yield diagnosis("no-verification", "proved", detail)
        return
    for code, check in REPEATED.items():
        again = f"{check} (again)"
        taken = state.taken(again if state.was_sent(again) else check)
        if not taken or (code in _IMPLIED_BY and state.taken(_IMPLIED_BY[code])):
            continue
        labels = [one.probe.label for one in taken]
        if WRONG_PART.label in labels:  # not the beginning is compared
            yield diagnosis("loose-comparison", "proved", f"accepted: {WRONG_PART.label}")
        else:
            yield diagnosis(code, "proved", f"accepted: {labels[0]}")


def _acknowledged(state: RunState, forgery: ProbeExchange) -> Diagnosis:
    """Forgeries are answered like genuine deliveries: only their effect says what that means."""
    detail = f"a signature by a random key is acknowledged ({forgery.probe.label})"
    effect = state.outcomes.get("forgery.effect")
    if effect == "fail":
        worked_in = state.all("forgery.effect (again)")[-1].probe.label
        return diagnosis(
            "no-verification", "proved", f"{detail}, and one has its effect: {worked_in}"
        )
    if effect == "pass":
        if _taken_without_effect(state):
            return diagnosis("ok-on-failure", "proved", f"{detail}, and has no effect")
        return diagnosis("no-verification", "likely", f"{detail}, though not with each status")
    words = f"{detail}. Or failures are not reported in the answer: --observe shows which"
    return diagnosis("no-verification", "likely", words)


def _taken_without_effect(state: RunState) -> Sequence[ProbeExchange]:
    """Forgeries that were acknowledged where the state was read before and after."""
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
    if _refuses_all(state, *_sent_twice(state, "delivery.charset")):
        answer = state.all("delivery.charset")[0].answer
        yield diagnosis("content-type-guard", "proved", f"with a charset: {answer.describe()}")


def _header_case(state: RunState) -> Iterator[Diagnosis]:
    cases = state.all(*_sent_twice(state, "delivery.header-case"))
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
    if [state.accepts(one) for one in attempts] == [False, True]:
        first = attempts[0]
        if state.is_refused_as_forged(first):
            detail = f"{first.describe()}. Or the time is signed instead of svix-timestamp"
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
        yield diagnosis("body-reserialized", "likely", f"{detail}, as forgeries get")
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


def _sent_twice(state: RunState, name: str) -> Sequence[str]:
    """A check and, where it failed, its repetition."""
    return tuple(filter(state.was_sent, (name, f"{name} (again)")))


def _refuses_all(state: RunState, *names: str) -> bool:
    exchanges = state.all(*names)
    if any(one.answer.is_transient or one.answer.is_silent for one in exchanges):
        return False
    return bool(exchanges) and not any(state.accepts(exchange) for exchange in exchanges)


def said_plainly(state: RunState) -> Iterator[Diagnosis]:
    """What the answers say so plainly that nothing needs to be tried."""
    genuine = state.genuine
    if speaks_of_tls(genuine.answer):
        yield diagnosis("wrong-scheme", "likely", genuine.answer.describe())
    if taken := state.taken("vocabulary"):
        yield diagnosis("status-vocabulary", "proved", f"accepted: {taken[0].probe.label}")
    yield from _not_base64(state)
    if speaks_of_parsed_body(genuine.answer):
        yield diagnosis("body-parsed-before-verify", "likely", genuine.answer.describe())
    crashes = all(one.answer.is_crash for one in (genuine, *state.all("again")))
    if crashes and not any(one.answer.is_crash or one.answer.is_silent for one in state.forged):
        certainty: Proof = "likely" if genuine.answer.is_transient else "proved"
        yield diagnosis("crash-after-verification", certainty, genuine.answer.describe())
    yield from silent(state)
    field = names_body_field(genuine.answer)
    if field and alike([genuine, *state.all("forgery.unsigned")]):
        yield diagnosis("body-schema", "likely", f"{field}: {genuine.answer.describe()}")


def _not_base64(state: RunState) -> Iterator[Diagnosis]:
    """A decoder complains: of the secret, or of the header where one without `v1,` suits it."""
    genuine = state.genuine
    if not speaks_of_base64(genuine.answer):
        return
    sent = [one for one in state.all("forgery.wrong-secret") if one.probe.family == state.main]
    suited = [one for one in sent if not speaks_of_base64(one.answer)]
    if not suited:
        yield diagnosis("secret-malformed", "likely", genuine.answer.describe())
    elif not any(one in state.forged for one in suited):
        detail = f"{genuine.answer.describe()}, but not where `v1,` is left out"
        yield diagnosis("signature-version-not-removed", "likely", detail)


def likely(state: RunState) -> list[Diagnosis]:
    """What the pattern of refusals suggests, with its alternatives."""
    genuine = state.genuine
    forged, unsigned = state.forged, state.all("forgery.unsigned")
    says = genuine.answer.describe()
    if all(one.answer.is_crash for one in (genuine, *forged)):
        return _crashes(state, forged, unsigned)
    if speaks_of_media_type(genuine.answer):
        return [diagnosis("content-type-guard", "likely", says)]
    if state.is_clock_off:
        return [diagnosis("clock-skew", "likely", f"its Date header is {state.clock_off}")]
    if not alike([genuine, *forged]):
        return [diagnosis("refused-after-verification", "likely", says)]
    return [_indistinguishable(state)]


def _indistinguishable(state: RunState) -> Diagnosis:
    """Genuine deliveries are answered like forgeries, and nothing that was tried is accepted."""
    says = state.genuine.answer.describe()
    is_unseen = alike([state.genuine, *state.all("forgery.unsigned")])
    if is_unseen and speaks_of_missing_headers(state.genuine.answer):
        detail = f"{says}, as without them. Or something before the handler drops them"
        return diagnosis("reads-canonical-header-names", "likely", detail)
    if _parses_before(state):
        detail = (
            f"signed text that is not JSON is not answered as JSON is: {says}. A framework may "
            "parse the body and still pass on its bytes; in that case the secrets differ"
        )
        return diagnosis("body-parsed-before-verify", "likely", detail)
    ours = ", ".join(secret.fingerprint for secret in state.secrets)
    detail = f"{says}; the secret given here is {ours}"
    if is_unseen and not _reads_headers(state):
        detail += (
            ". An unsigned request is answered the same: if the secrets are equal, the handler "
            "does not see the svix-* headers, or something before it refuses every caller"
        )
    return diagnosis("wrong-secret", "likely", detail)


def _reads_headers(state: RunState) -> bool:
    """Whether other webhook headers ever change the answer."""
    names = ("forgery.missing-id", "forgery.missing-timestamp", "forgery.stale-24h")
    return len({gist(one) for one in (*state.all(*names), state.genuine)}) > 1


def _parses_before(state: RunState) -> bool:
    """Whether a JSON parser answers before the verification does."""
    garbage = state.first("not-json")
    return garbage is not None and not alike([state.genuine, garbage])


def _crashes(
    state: RunState, forged: Sequence[ProbeExchange], unsigned: Sequence[ProbeExchange]
) -> list[Diagnosis]:
    """Every signed request crashes it: all but those of the length that the KYB sample compares?"""
    tried = state.all("trials") if state.was_sent("trials") else []
    sample = [
        one for one in tried if len(one.probe.header("svix-signature")) == _BASE64_MAC_CHARACTERS
    ]
    if sample and not any(one.answer.is_crash for one in sample):
        detail = "only a header of 44 characters does not crash it"
        return [diagnosis("docs-kyb-node", "likely", detail)]
    says = forged[0].answer.describe()
    if all(one.answer.is_crash for one in unsigned):
        return [
            diagnosis("crash-before-verification", "likely", says),
            diagnosis("reads-canonical-header-names", "likely", says),
        ]
    return [diagnosis("crash-before-verification", "likely", says)]
