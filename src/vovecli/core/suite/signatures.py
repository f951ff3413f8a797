"""Checks of signatures that are not the right one: each must be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.codes.handler_mistakes import HANDLER_MISTAKES
from vovecli.core.mistakes import Scheme
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.encodings import ENCODINGS
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.probes.variants import Variant
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.suite import sources
from vovecli.core.suite.check import Check, Evidence, Judgement, described, refused

if TYPE_CHECKING:
    from vovecli.core.suite.state import RunState

WRONG_SECRET = Variant("signed with a random key", key="other")
TAMPERED = Variant("status changed after signing", tampered="later")
_EACH_EMPTY = tuple(
    Variant(mistake.words, schemes=(Scheme(row),))
    for row in KEYS.values()
    for mistake in row.mistakes
    if mistake.code == "secret-unset"
)
EMPTY_KEY = Variant(
    "signed with an empty key, or a word such as undefined",
    schemes=[scheme for one in _EACH_EMPTY for scheme in one.schemes],
)
_EMPTY_OVER_BODY = tuple(  # as the provider's KYB samples sign when their secret is not set
    Variant(
        f"empty key, {name} over the body",
        schemes=(Scheme(KEYS["empty"], CONTENTS["body"], encoding=ENCODINGS[form]),),
    )
    for name, form in (("base64", "bare-base64"), ("hex", "bare-hex"))
)


def _not_published(evidence: Evidence, state: RunState) -> Judgement:
    if state.uses_published_secret:
        why = "you use a published secret: anybody who reads the documentation can sign with it"
        return Judgement("fail", "the secret in use is printed in documentation", why)
    return refused(evidence, state)


def _refused_cleanly(evidence: Evidence, state: RunState) -> Judgement:
    """As refused; a server error is worth a word, and an accepted signature is a forgery."""
    judgement = refused(evidence, state)
    signed = {one.label for one in _ODD_TIMES}
    if any(one.answer.is_2xx and one.probe.label not in signed for one in evidence.exchanges):
        return replace(judgement, severity="error")
    if judgement.outcome == "pass":
        for exchange in evidence.exchanges:
            if exchange.answer.is_crash:
                return Judgement("info", described(exchange, evidence), judgement.why)
    return judgement


ANYONE = "anybody who knows the URL can report any status for any user"
_PARTS = (
    Variant("40 of 44 characters", signature="v1,{mac:.40}"),
    Variant("`v1,` alone", signature="v1,"),
)
WRONG_PART = Variant("40 characters of a wrong signature", signature="v1,{other:.40}")
_ODD_TIMES = (
    Variant("timestamp NaN", timestamp="NaN"),
    Variant("huge timestamp", timestamp="9" * 30),
    Variant("empty timestamp", timestamp=""),
)
EACH_ALTERED = tuple(
    Variant(label, signature=signature)
    for label, signature in (
        ("the right signature in another case", "v1,{recased}"),
        ("the right signature with another beginning", "v1,{other_begin}"),
        ("the right signature with another end", "v1,{other_end}"),
        ("the right signature with + and / exchanged", "v1,{other_signs}"),
        ("a wrong signature of version v0", "v0,{other}"),
        ("a wrong signature of version v1a", "v1a,{ed25519}"),
        ("two wrong signatures", "v1,{other} v1,{other}"),
    )
)
# A handler that does not look at each entry of a header fails `retry.rotation`.
ALTERED = (
    Variant("many wrong signatures", signature=" ".join(one.signature for one in EACH_ALTERED)),
    Variant("entries that are not base64 and not ASCII", signature="v1,!!!not*base64!!! v1,é✓"),
)

SIGNATURES = (
    Check(
        "forgery.wrong-secret", "error", "A signature by another key is refused",
        sent="deliveries of both families signed with random keys; bare base64 and bare hex, too",
        judge=refused,
        steps=(
            replace(WRONG_SECRET, label="random key, KYB", family="kyb"),
            replace(WRONG_SECRET, label="random key, KYC", family="kyc"),
            replace(WRONG_SECRET, label="another random key"),
            Variant("random key, bare base64", key="other", signature="{mac}"),
            Variant("random key, bare hex", key="other", signature="{hex}"),
        ),
        why="it is answered like a genuine delivery: either nothing is verified, and "
        f"{ANYONE}; or failures are not reported, and a lost delivery is never sent again",
        fix="compare with the HMAC that you compute yourself, in constant time",
        source=sources.REJECT,
    ),
    Check(
        "forgery.tampered-body", "error", "A changed body is refused",
        sent="a genuine signature over another status",
        judge=refused, steps=(TAMPERED,),
        why="the handler does not verify the body",
        fix="compute the HMAC over the raw bytes of the body as they arrived",
        source=sources.EXACT_BYTES,
    ),
    Check(
        "forgery.swapped-id", "error", "A signature for another id is refused",
        sent="a genuine signature under another svix-id",
        judge=refused, steps=(Variant("signed for another id", swapped="id"),),
        why="the id is not signed: a copied delivery passes as a new one",
        fix="sign id.timestamp.body, all three from the request",
        source=sources.SIGNED_CONTENT,
    ),
    Check(
        "forgery.swapped-timestamp", "error", "A signature for another time is refused",
        sent="a genuine signature under another svix-timestamp",
        judge=refused, steps=(Variant("signed for another time", swapped="timestamp"),),
        why="the time is not signed: a copied delivery can be sent again forever",
        fix="sign id.timestamp.body, all three from the request",
        source=sources.SIGNED_CONTENT,
    ),
    Check(
        "forgery.empty-key", "error", "The empty key is refused",
        sent="deliveries signed with an empty key, `undefined`, `null` and `None` as key",
        judge=refused,
        steps=(EMPTY_KEY, *_EMPTY_OVER_BODY),
        singly=(*_EACH_EMPTY, *_EMPTY_OVER_BODY),
        why="the handler runs without its secret and accepts what anybody can sign",
        fix="stop at start-up when the secret is not set",
        source=sources.SECRET,
    ),
    Check(
        "forgery.published-secret", "error", "Secrets printed in documentation are refused",
        sent="a delivery signed with the example secrets of VOVE ID, Svix and Standard Webhooks",
        judge=_not_published,
        steps=(
            Variant(
                "signatures with all example secrets",
                schemes=[Scheme(KEYS[published.name]) for published in PUBLISHED_SECRETS],
            ),
        ),
        singly=tuple(
            Variant(
                f"the example secret of {published.page}",
                schemes=(Scheme(KEYS[published.name]),),
            )
            for published in PUBLISHED_SECRETS
        ),
        why="the handler verifies with a secret that everybody can read",
        fix="copy your endpoint's secret from the dashboard, and load it from the environment",
        source=sources.SECRET,
    ),
    Check(
        "forgery.truncated-signature", "error", "A part of a signature is refused",
        sent="the first characters of the right signature, and `v1,` alone",
        judge=refused,
        steps=_PARTS, singly=(*_PARTS, WRONG_PART),
        why="the beginning of a signature is enough: an empty or guessed one passes",
        fix=HANDLER_MISTAKES["prefix-compare"].fix,
        source=sources.TIMING_SAFE,
    ),
    Check(
        "forgery.altered-signature", "error", "Only the right signature is accepted",
        sent="one header with many wrong signatures: the right one in another case, with another "
        "beginning, with another end, with + and / exchanged, and some of other versions; another "
        "with entries that are not base64 and not ASCII",
        judge=refused, steps=ALTERED, singly=(*EACH_ALTERED, *ALTERED),
        why="a signature that only resembles the right one passes, or an error while comparing "
        "counts as a match",
        fix="compare each v1 entry as a whole and exactly, in constant time; refuse on any error",
        source=sources.TIMING_SAFE,
    ),
    Check(
        "forgery.bare-signature", "info", "A signature without version is refused",
        sent="the right signature without `v1,`",
        judge=refused, steps=(Variant("no `v1,`", signature="{mac}"),),
        why="harmless today; a later version of the scheme could be confused with this one",
        fix="accept only entries that begin with `v1,`",
        source=sources.VERSIONS,
    ),
    Check(
        "forgery.unknown-version", "warning", "A signature of an unknown version is refused",
        sent="the right signature marked `v0,`",
        judge=refused, steps=(Variant("`v0,`", signature="v0,{mac}"),),
        why="the handler ignores the version, so a weaker scheme could be slipped in later",
        fix="accept only entries that begin with `v1,`",
        source=sources.VERSIONS,
    ),
    Check(
        "forgery.malformed", "info", "Malformed headers are refused cleanly",
        sent="garbage, commas, text that is not base64, NaN and huge timestamps",
        judge=_refused_cleanly,
        steps=(
            Variant("garbage", signature="garbage"),
            Variant("commas", signature=",,, ,"),
            Variant("not base64", signature="v1,!!!not*base64!!!"),
            Variant("not ASCII", signature="v1,é✓"),
            *_ODD_TIMES,
            Variant("timestamp now, wrongly signed", timestamp="now", key="other"),
        ),
        why="nonsense in a header is accepted or causes a server error",
        fix="parse the timestamp strictly (digits only) and answer 4xx to what cannot be parsed",
        source=sources.REJECT,
    ),
)  # fmt: skip
