"""From a failed signature to its cause in words: proved, observed, likely, or honestly unknown."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.captures.facts import announced_length
from vovecli.core.captures.json_text import is_json
from vovecli.core.codes import CAUSES, cause_of, finding_of
from vovecli.core.diagnosis.looks import likely_mistake
from vovecli.core.diagnosis.readings import observed_form
from vovecli.core.diagnosis.search import (
    FORMS_AND_KEYS,
    ONE_BUT_THE_BODY,
    ProvedChange,
    SearchResult,
    Unmatched,
    search,
)
from vovecli.core.masking import PREFIX
from vovecli.core.mistakes import SAMPLES
from vovecli.core.mistakes.json_styles import style_of
from vovecli.core.mistakes.mistake import Mistake
from vovecli.core.outcomes.verdicts import Cause, Finding
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.webhook_headers import HEADER_FAMILIES, HEADER_PARTS, encodable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.webhook_headers import WebhookHeaders

# The request printed on the provider's KYC page.
DOCS_SAMPLE_ID = "msg_2if9qqkVjQDrS738JZOnax9T7MO"
DOCS_SAMPLE_SIGNATURE = "v1,k0P5dGMNLADVGNTBiMynIM8DgzNrpWvL/W28ikd/LDQ="
# Facts of a capture, the one that explains most first.
FACTS = ("body-missing", "body-parsed", "truncated-body", "content-length-mismatch")
# What to repair first: what is signed, with which key, then the body, then how it is written.
_GROUPS = ("content", "key", "body", "form", "version", "headers")
# What no carrier does: an attack or a careless test, a signer that lost bytes.
_NOT_CARRIED = ("field-altered", "lossy-utf8")
_CUT = "truncated-body"
_END_IGNORED = Mistake("content-length-mismatch", "the line end after it was signed, too")
_SMALL = ("trailing-newline-added", "trailing-newline-removed", "whitespace-trimmed")


class Explanation(NamedTuple):
    """Why a signature failed.

    Attributes:
        cause: The first and most specific one.
        findings: Further mistakes and what else the capture shows.
        body: As it was signed, where a MAC proves it.
    """

    cause: Cause
    findings: tuple[Finding, ...]
    body: bytes | None = None


def diagnose(
    request: CapturedRequest,
    headers: WebhookHeaders,
    secrets: Sequence[SigningSecret],
    others: Sequence[SigningSecret] = (),
    *,
    min_key_bytes: int = 0,
) -> Explanation:
    """Explain why none of a request's `v1` signatures matches.

    Args:
        request: As captured; its `facts` are the cause when no MAC proves another.
        headers: Whole, with a well-formed timestamp.
        secrets: Those that should have matched.
        others: Those that would explain the failure if they matched.
        min_key_bytes: Wrong keys shorter than this are not tried. Whoever may send requests and
            read the cause could otherwise learn a secret's first bytes: a key of three bytes is
            soon guessed.

    Returns:
        The cause with its certainty, and findings; secret values stand in neither.
    """
    notes = tuple(_published(secrets))
    if headers.id == DOCS_SAMPLE_ID and headers.signature == DOCS_SAMPLE_SIGNATURE:
        return Explanation(cause_of("docs-sample"), (*request.facts, *notes))
    unmatched = _unmatched(request, headers, secrets)
    unmatched = unmatched._replace(others=others, min_key_bytes=min_key_bytes)
    outcome = _search_families(request, headers, unmatched)
    if outcome.proof:
        first, *further = _named(outcome.proof, request)
        codes = {first.code, *(mistake.code for mistake in further)}
        # The MAC knows better than the last character whether a part is missing.
        facts = [fact for fact in request.facts if fact.code in codes or fact.code != _CUT]
        return Explanation(
            cause_of(*first, "proved"),
            (*(finding_of(*mistake) for mistake in further), *facts, *notes),
            outcome.proof.body,
        )
    return _unproved(request, headers, secrets, outcome, notes)


def signed_body(
    request: CapturedRequest, headers: WebhookHeaders, secrets: Sequence[SigningSecret]
) -> tuple[bytes, tuple[Finding, ...]] | None:
    """What was signed in the place of a body that was only carried or written otherwise since.

    Returns:
        The body and what happened to it; None where no MAC proves that, or where it proves more of
        the body: a value that was altered, a signer that signed something else than JSON.
    """
    proof = search(_unmatched(request, headers, secrets)).proof
    if proof is None or not is_json(proof.body.removeprefix(BOM_UTF8)):
        return None
    mistakes = [each for each in _named(proof, request) if CAUSES[each.code].group == "body"]
    if not mistakes or any(code in _NOT_CARRIED for code, _ in mistakes):
        return None
    return proof.body, tuple(finding_of(*mistake) for mistake in mistakes)


def signed_otherwise(
    request: CapturedRequest,
    headers: WebhookHeaders,
    secrets: Sequence[SigningSecret],
    bodies: Sequence[bytes],
) -> bytes | None:
    """Which of several bodies a MAC covers whose key, content or form is wrong; None if none."""
    unmatched = _unmatched(request, headers, secrets)._replace(alternatives=bodies)
    proof = search(unmatched, ONE_BUT_THE_BODY).proof
    return proof.body if proof else None


def _unmatched(
    request: CapturedRequest, headers: WebhookHeaders, secrets: Sequence[SigningSecret]
) -> Unmatched:
    return Unmatched(
        message_id=headers.id,
        timestamp=headers.timestamp,
        signature=headers.signature,
        body=request.body,
        declared_length=announced_length(request.headers),
        secrets=secrets,
    )


def _search_families(
    request: CapturedRequest, headers: WebhookHeaders, unmatched: Unmatched
) -> SearchResult:
    """Search with the headers that a verifier reads, then with the same request's other family."""
    outcome = search(unmatched)
    other = None if outcome.proof else _other_family(request, headers, unmatched)
    found = search(other, FORMS_AND_KEYS) if other else outcome
    if other and found.proof:
        mixed = Mistake("headers-mixed-families", "those of the other family match")
        proof = found.proof._replace(mistakes=(*found.proof.mistakes, mixed))
        return found._replace(proof=proof)
    return outcome


def _named(proof: ProvedChange, request: CapturedRequest) -> list[Mistake]:
    """The mistakes of a proof, each code once, what to repair first in front."""
    is_bounded = any(fact.code == "trailing-bytes-ignored" for fact in request.facts)
    captured = request.body + b"\n" * is_bounded
    by_code: dict[str, Mistake] = {}
    for mistake in proof.mistakes:
        if is_bounded and mistake.code == "trailing-newline-removed":
            mistake = _END_IGNORED  # noqa: PLW2901 - the reader took it away, nobody else
        if len(proof.mistakes) == 1 or not _is_there(mistake.code, proof.body, captured):
            by_code.setdefault(mistake.code, mistake)
    if styled := by_code.get("body-reserialized"):
        words = "; captured ".join(filter(None, (styled.words, style_of(request.body))))
        by_code["body-reserialized"] = styled._replace(words=words)
    ranked = sorted(
        by_code.values(),
        key=lambda mistake: (
            _GROUPS.index(CAUSES[mistake.code].group),
            mistake is _END_IGNORED,
            mistake.code in _SMALL,
            mistake.code != "field-altered",
        ),
    )
    return [*_sample(proof), *ranked]


def _is_there(code: str, signed: bytes, captured: bytes) -> bool:
    """Whether what a proof puts back is in the captured body, too.

    Then only an earlier step of the proof took it away: surroundings with a newline in them, the
    line ends of a wrapped text.
    """
    if code == "trailing-newline-removed":
        return captured.endswith(signed[len(signed.rstrip(b"\r\n")) :])
    if code == "newlines-stripped":
        return captured.count(b"\n") >= signed.count(b"\n")
    return code == "bom-removed" and BOM_UTF8 in captured


def _sample(proof: ProvedChange) -> Iterator[Mistake]:
    """The provider's KYB sample, where the mistakes together are what it does."""
    node, python = SAMPLES["docs-kyb-node"], SAMPLES["docs-kyb-python"]
    if proof.key is node.key and proof.content is node.content:
        is_hex = any(mistake in python.encoding.mistakes[:1] for mistake in proof.mistakes)
        yield Mistake(python.sample if is_hex else node.sample)


def _unproved(
    request: CapturedRequest,
    headers: WebhookHeaders,
    secrets: Sequence[SigningSecret],
    outcome: SearchResult,
    notes: tuple[Finding, ...],
) -> Explanation:
    """What the looks of the request say when no MAC matched, and always what was excluded."""
    rest = _rest(secrets, outcome)
    excluded = Finding(rest.code, rest.message)
    facts = sorted(request.facts, key=lambda fact: _place(fact.code))
    if form := observed_form(headers.signature):
        return Explanation(cause_of(*form), (*facts, excluded, *notes))
    if not facts and not request.body:
        return Explanation(cause_of("body-missing"), (excluded, *notes))
    if facts and facts[0].code in CAUSES:
        first = facts[0]
        seen = Cause(first.code, first.message, CAUSES[first.code].fix)
        return Explanation(seen, (*facts[1:], excluded, *notes))
    if likely := likely_mistake(request.body):
        return Explanation(cause_of(*likely, "likely"), (*facts, excluded, *notes))
    return Explanation(rest, (*facts, *notes))


def _rest(secrets: Sequence[SigningSecret], outcome: SearchResult) -> Cause:
    text = CAUSES["no-matching-signature"]
    untried = ", ".join(outcome.untried)
    fingerprints = ", ".join(secret.fingerprint for secret in secrets[:4])
    return Cause(
        "no-matching-signature",
        f"{text.symptom}: {outcome.macs:,} trials of what is known to go wrong matched nothing, "
        "each mistake alone and the common ones in pairs"
        + (f"; not tried: {untried}" if untried else ""),
        f"{text.fix} (tried: {fingerprints or 'no secret'})",
        "unknown",
    )


def _place(code: str) -> int:
    return FACTS.index(code) if code in FACTS else len(FACTS)


def _published(secrets: Sequence[SigningSecret]) -> Iterator[Finding]:
    pages = {published.text: published.page for published in PUBLISHED_SECRETS}
    for secret in secrets:
        if page := pages.get(PREFIX + secret.encoded.rstrip("=")):
            yield finding_of("published-secret", f"the one in {page}")


def _other_family(
    request: CapturedRequest, headers: WebhookHeaders, unmatched: Unmatched
) -> Unmatched | None:
    """The request with the values of the other family, where that is whole too."""
    (family,) = set(HEADER_FAMILIES) - {headers.family}
    found = [request.values(f"{family}-{part}") for part in HEADER_PARTS]
    values = [encodable(value[0].strip(" \t")) if value else "" for value in found]
    if not all(values):
        return None
    message_id, timestamp, signature = values
    return unmatched._replace(message_id=message_id, timestamp=timestamp, signature=signature)
