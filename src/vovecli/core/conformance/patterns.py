"""What answers alone tell of the handler's mistake: accepted forgeries prove, patterns suggest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.conformance.causes import diagnosis
from vovecli.core.conformance.facts import Gate
from vovecli.core.conformance.reading import (
    alike,
    speaks_of_media_type,
    speaks_of_missing_headers,
    speaks_of_parsed_body,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.conformance.facts import Facts
    from vovecli.core.conformance.probes import Exchange
    from vovecli.core.outcomes.checks import Diagnosis

OTHER_FAMILY: Mapping[EventFamily, EventFamily] = {"kyb": "kyc", "kyc": "kyb"}
_BASE64_MAC_CHARACTERS = 44


def dead(facts: Facts) -> Iterator[Diagnosis]:
    """The process is gone: all that can be said is what ended it."""
    if not facts.is_open:
        yield diagnosis(
            "crash-before-verification", "likely", "a genuine delivery ended the process"
        )
    yield diagnosis("process-died", "proved", f"nothing listens since: {facts.gone_after}")


def forged(facts: Facts) -> Iterator[Diagnosis]:
    """What accepted forgeries prove; where any signature passes, the rest proves nothing more."""
    if facts.soft_failures:
        says = facts.forged[0].answer.describe()
        yield diagnosis("ok-on-failure", "proved", f"a forgery gets {says}")
    unverified = [one for one in facts.all("forgery.wrong-secret") if facts.accepts(one)]
    if any(one.probe.header("svix-signature").startswith("v1,") for one in unverified):
        detail = f"a signature by a random key is accepted ({unverified[0].probe.label})"
        yield diagnosis("no-verification", "proved", detail)
        return
    if facts.uses_published_secret:
        yield diagnosis("published-secret", "proved", "it is the one given to this run")
    if facts.accepted("forgery.unsigned", "forgery.missing-signature"):
        yield diagnosis("verifies-only-if-present", "proved", "an unsigned request is accepted")
    if unverified:
        detail = "a signature in another form than `v1,` and base64 is not looked at"
        yield diagnosis("no-verification", "proved", detail)
        return
    for code, check in (
        ("prefix-compare", "forgery.truncated-signature"),
        ("secret-unset", "forgery.empty-key"),
        ("published-secret", "forgery.published-secret"),
        ("id-not-signed", "forgery.swapped-id"),
        ("timestamp-not-signed", "forgery.swapped-timestamp"),
    ):
        if accepted := [one for one in facts.all(check) if facts.accepts(one)]:
            yield diagnosis(code, "proved", f"accepted: {accepted[0].probe.label}")


def odd(facts: Facts) -> Iterator[Diagnosis]:
    """What failures of a handler that accepts genuine deliveries prove."""
    if _is_kyc_sample(facts):
        yield diagnosis(
            "docs-kyc-node",
            "proved",
            "one signature is accepted, two never are, and a delivery of yesterday is",
        )
    yield from reserialized(facts)
    if _refuses_all(facts, "delivery.charset"):
        answer = facts.all("delivery.charset")[0].answer
        yield diagnosis("content-type-guard", "proved", f"with a charset: {answer.describe()}")
    if _refuses_all(facts, "delivery.header-case"):
        yield diagnosis(
            "header-case", "proved", "names in lower case are refused, Title-Case is accepted"
        )
    if facts.is_clock_off and _is_window_shifted(facts):
        yield diagnosis("clock-skew", "likely", _clock(facts))
    other = OTHER_FAMILY[facts.main]
    if facts.gates[other] is Gate.CLOSED:
        answer = facts.all(f"delivery.valid-{other}")[0].answer
        code = "crash-after-verification" if answer.is_crash else "refused-after-verification"
        yield diagnosis(code, "likely", f"{other.upper()} deliveries: {answer.describe()}")


def _is_window_shifted(facts: Facts) -> bool:
    """Whether the window of accepted times lies to one side: not the `Date` header alone is off."""
    return facts.accepted("forgery.stale-6min") != facts.accepted("forgery.future-6min")


def _is_kyc_sample(facts: Facts) -> bool:
    return (
        _refuses_all(facts, "retry.rotation")
        and facts.accepted("forgery.stale-24h")
        and facts.accepted("forgery.unknown-version")
    )


def _refuses_all(facts: Facts, name: str) -> bool:
    exchanges = facts.all(name)
    if any(one.answer.is_limited for one in exchanges):
        return False
    return bool(exchanges) and not any(facts.accepts(exchange) for exchange in exchanges)


def reserialized(facts: Facts) -> Iterator[Diagnosis]:
    """What an accepted signature over a rewritten body proves."""
    for check, how in (("js", "JSON.stringify"), ("python", "json.dumps")):
        if not facts.accepts_any_signature and facts.accepted(f"body.reserialized-{check}"):
            yield diagnosis("body-reserialized", "proved", f"it verifies what {how} writes")


def plain(facts: Facts) -> Iterator[Diagnosis]:
    """What the answers tell so plainly that nothing needs to be tried."""
    genuine = facts.genuine
    assert genuine is not None
    if known := [one for one in facts.all("vocabulary") if facts.accepts(one)]:
        yield diagnosis("status-vocabulary", "proved", f"accepted: {known[0].probe.label}")
    if speaks_of_parsed_body(genuine.answer):
        yield diagnosis("body-parsed-before-verify", "likely", genuine.answer.describe())
    if genuine.answer.is_crash and not any(one.answer.is_crash for one in facts.forged):
        yield diagnosis("crash-after-verification", "proved", genuine.answer.describe())
    if genuine.answer.error == "timeout":
        yield diagnosis("never-answers", "likely", genuine.answer.describe())


def suggested(facts: Facts) -> list[Diagnosis]:
    """What the pattern of refusals suggests; two where they cannot be told apart from outside."""
    genuine = facts.genuine
    assert genuine is not None
    forged, unsigned = facts.forged, facts.all("unsigned", "forgery.unsigned")
    says = genuine.answer.describe()
    if all(one.answer.is_crash for one in (genuine, *forged)):
        return _crashes(facts, forged, unsigned)
    if speaks_of_media_type(genuine.answer):
        return [diagnosis("content-type-guard", "likely", says)]
    if facts.is_clock_off:
        return [diagnosis("clock-skew", "likely", _clock(facts))]
    if not alike([genuine, *forged]):
        return [diagnosis("refused-after-verification", "likely", says)]
    return _indistinguishable(facts, genuine, unsigned)


def _indistinguishable(
    facts: Facts, genuine: Exchange, unsigned: Sequence[Exchange]
) -> list[Diagnosis]:
    """Genuine deliveries are answered like forgeries, and nothing that was tried is accepted."""
    says = genuine.answer.describe()
    unseen = diagnosis("reads-canonical-header-names", "likely", says)
    is_unseen = alike([genuine, *unsigned])
    if is_unseen and speaks_of_missing_headers(genuine.answer):
        return [unseen]
    ours = ", ".join(secret.fingerprint for secret in facts.secrets)
    found = [diagnosis("wrong-secret", "likely", f"{says}; the secret given here is {ours}")]
    if _parses_before(facts):
        detail = f"signed text that is no JSON is answered otherwise than JSON: {says}"
        return [diagnosis("body-parsed-before-verify", "likely", detail), *found]
    return [*found, unseen] if is_unseen else found


def _parses_before(facts: Facts) -> bool:
    """Whether a JSON parser answers before the verification does.

    Not proof: a framework may parse the body and still hand on the raw bytes.
    """
    genuine, garbage = facts.genuine, facts.first("not-json")
    return bool(genuine and garbage and not alike([genuine, garbage]))


def _crashes(
    facts: Facts, forged: Sequence[Exchange], unsigned: Sequence[Exchange]
) -> list[Diagnosis]:
    """Every signed request crashes it: all but those of the length that the KYB sample compares?"""
    sample = [
        one
        for one in facts.all("schemes")
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


def _clock(facts: Facts) -> str:
    off = round(facts.clock_off_s or 0)
    return f"its Date header is {abs(off)} s {'ahead' if off > 0 else 'behind'}"
