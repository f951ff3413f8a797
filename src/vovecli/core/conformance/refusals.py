"""Why genuine deliveries are refused, as far as the answers alone say it or suggest it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.handler_mistakes import diagnosis
from vovecli.core.probes.reading import (
    alike,
    gist,
    names_body_field,
    speaks_of_base64,
    speaks_of_media_type,
    speaks_of_missing_headers,
    speaks_of_parsed_body,
    speaks_of_schema,
    speaks_of_tls,
)
from vovecli.core.suite.blockers import silent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.core.outcomes.checks import Diagnosis, Proof
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.state import RunState

_BASE64_MAC_CHARACTERS = 44


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
    if is_unseen and speaks_of_schema(state.genuine.answer):
        return diagnosis("body-schema", "likely", says)
    if state.taken("not-json"):
        detail = f"signed text that is not JSON is accepted, JSON is not: {says}"
        return diagnosis("body-reserialized", "likely", detail)
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
    sample = [
        one
        for one in state.sent("trials")
        if len(one.probe.header("svix-signature")) == _BASE64_MAC_CHARACTERS
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
