"""From a failed signature to its cause in words: proved, observed, likely, or honestly unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.captures.facts import announced_length
from vovecli.core.diagnosis.causes import CAUSES
from vovecli.core.diagnosis.claims import observed_form
from vovecli.core.diagnosis.faults import Fault
from vovecli.core.diagnosis.json_styles import style_of
from vovecli.core.diagnosis.observation import likely_fault
from vovecli.core.diagnosis.search import Evidence, Outcome, search
from vovecli.core.diagnosis.signers import WHOLE_TEXT
from vovecli.core.masking import PREFIX
from vovecli.core.outcomes.verdicts import Cause, Certainty, Finding
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.webhook_headers import FAMILIES, PARTS, encodable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.webhook_headers import WebhookHeaders

# The request printed on the provider's KYC page.
DOCS_SAMPLE_ID = "msg_2if9qqkVjQDrS738JZOnax9T7MO"
DOCS_SAMPLE_SIGNATURE = "v1,k0P5dGMNLADVGNTBiMynIM8DgzNrpWvL/W28ikd/LDQ="
# Facts of a capture, the one that explains most first.
FACTS = ("body-missing", "body-parsed", "truncated-body", "content-length-mismatch")
# The fault to mend first: what is signed, with which key, then the body, then how it is written.
_KNOWN = ("content", "key", "body", "form", "version")
_GROUPS = (*_KNOWN, "headers")


class Diagnosis(NamedTuple):
    """Why a signature failed.

    Attributes:
        cause: The first and most specific one.
        findings: Further faults and what else the capture shows.
    """

    cause: Cause
    findings: tuple[Finding, ...]


def diagnose(
    request: CapturedRequest,
    headers: WebhookHeaders,
    secrets: Sequence[SigningSecret],
    others: Sequence[SigningSecret] = (),
) -> Diagnosis:
    """Explain why none of a request's `v1` signatures matches.

    Args:
        request: As captured; its `facts` are the cause when no MAC proves another.
        headers: Whole, with a well-formed timestamp.
        secrets: Those that should have matched.
        others: Those that would explain the failure if they matched.

    Returns:
        The cause with its certainty, and findings; secret values stand in neither.
    """
    notes = tuple(_published(secrets))
    if headers.id == DOCS_SAMPLE_ID and headers.signature == DOCS_SAMPLE_SIGNATURE:
        return Diagnosis(_cause(Fault("docs-sample"), "observed"), (*request.facts, *notes))
    outcome = _search_families(request, headers, secrets, others)
    if outcome.proof:
        first, *further = _named(outcome.proof, request.body)
        return Diagnosis(_cause(first, "proved"), (*map(_finding, further), *request.facts, *notes))
    return _unproved(request, headers, secrets, outcome, notes)


def _search_families(
    request: CapturedRequest,
    headers: WebhookHeaders,
    secrets: Sequence[SigningSecret],
    others: Sequence[SigningSecret],
) -> Outcome:
    """Search with the headers that a verifier reads, then with the same request's other family."""
    evidence = Evidence(
        message_id=headers.id,
        timestamp=headers.timestamp,
        signature=headers.signature,
        body=request.body,
        declared_length=announced_length(request.headers),
        secrets=secrets,
        others=others,
    )
    outcome = search(evidence)
    other = None if outcome.proof else _other_family(request, headers, evidence)
    found = search(other, only_forms_and_keys=True) if other else outcome
    if other and found.proof is not None:
        mixed = Fault("headers-mixed-families", "those of the other family match")
        return found._replace(proof=(*found.proof, mixed))
    return outcome


def _named(faults: tuple[Fault, ...], body: bytes) -> list[Fault]:
    """The faults of a proof, each code once, the one to mend first in front."""
    by_code: dict[str, Fault] = {}
    for fault in faults:
        by_code.setdefault(fault.code, fault)
    if styled := by_code.get("body-reserialized"):
        detail = "; captured ".join(filter(None, (styled.detail, style_of(body))))
        by_code["body-reserialized"] = styled._replace(detail=detail)
    ranked = sorted(by_code.values(), key=lambda fault: _GROUPS.index(CAUSES[fault.code].group))
    return [*_documented_sample(by_code), *ranked]


def _documented_sample(by_code: Mapping[str, Fault]) -> Iterator[Fault]:
    """The provider's KYB sample, where the faults together are what it does."""
    key = by_code.get("undecoded-secret", Fault(""))
    if key.detail == WHOLE_TEXT and "body-only-hmac" in by_code and "wrong-hash" not in by_code:
        is_hex = "hex-instead-of-base64" in by_code
        yield Fault("docs-kyb-python" if is_hex else "docs-kyb-node")


def _unproved(
    request: CapturedRequest,
    headers: WebhookHeaders,
    secrets: Sequence[SigningSecret],
    outcome: Outcome,
    notes: tuple[Finding, ...],
) -> Diagnosis:
    """What the looks of the request say when no MAC matched, and always what was excluded."""
    rest = _rest(secrets, outcome)
    excluded = Finding(rest.code, rest.message)
    facts = sorted(request.facts, key=lambda fact: _place(fact.code))
    if form := observed_form(headers.signature):
        return Diagnosis(_cause(form, "observed"), (*facts, excluded, *notes))
    if not facts and not request.body:
        return Diagnosis(_cause(Fault("body-missing"), "observed"), (excluded, *notes))
    if facts and facts[0].code in CAUSES:
        first = facts[0]
        cause = Cause(first.code, first.message, CAUSES[first.code].fix)
        return Diagnosis(cause, (*facts[1:], excluded, *notes))
    if likely := likely_fault(request.body):
        return Diagnosis(_cause(likely, "likely"), (*facts, excluded, *notes))
    return Diagnosis(rest, (*facts, *notes))


def _rest(secrets: Sequence[SigningSecret], outcome: Outcome) -> Cause:
    text = CAUSES["no-matching-signature"]
    known = sum(cause.group in _KNOWN for cause in CAUSES.values())
    untried = ", ".join(outcome.untried)
    fingerprints = ", ".join(secret.fingerprint for secret in secrets[:4])
    fix = f"{text.fix} (tried: {fingerprints or 'no secret'})"
    return Cause(
        "no-matching-signature",
        f"{text.symptom}: {known} known mistakes, alone and in pairs, were excluded by "
        f"{outcome.macs:,} trials"
        + (f"; not tried because of the size: {untried}" if untried else ""),
        fix,
        "unknown",
    )


def _cause(fault: Fault, certainty: Certainty) -> Cause:
    text = CAUSES[fault.code]
    return Cause(fault.code, text.message(fault.detail), text.fix, certainty, text.snippet)


def _finding(fault: Fault) -> Finding:
    return Finding(fault.code, CAUSES[fault.code].message(fault.detail))


def _place(code: str) -> int:
    return FACTS.index(code) if code in FACTS else len(FACTS)


def _published(secrets: Sequence[SigningSecret]) -> Iterator[Finding]:
    pages = {published.text: published.page for published in PUBLISHED_SECRETS}
    for secret in secrets:
        if page := pages.get(PREFIX + secret.encoded.rstrip("=")):
            yield _finding(Fault("published-secret", f"the one in {page}"))


def _other_family(
    request: CapturedRequest, headers: WebhookHeaders, evidence: Evidence
) -> Evidence | None:
    """The evidence with the values of the other family, where that is whole too."""
    (family,) = set(FAMILIES) - {headers.family}
    found = [request.values(f"{family}-{part}") for part in PARTS]
    values = [encodable(value[0].strip(" \t")) if value else "" for value in found]
    if not all(values):
        return None
    message_id, timestamp, signature = values
    return evidence._replace(message_id=message_id, timestamp=timestamp, signature=signature)
