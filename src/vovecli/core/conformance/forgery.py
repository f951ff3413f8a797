"""Checks of what nobody but an attacker sends: all of it must be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.core.conformance import sources
from vovecli.core.conformance.checks import Check, Evidence, Judgement, Observe, refused, told
from vovecli.core.conformance.deliveries import HEADER_PARTS, HeaderPart, Variant
from vovecli.core.conformance.effects import unchanged
from vovecli.core.mistakes import Scheme
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.encodings import ENCODINGS
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.published_secrets import PUBLISHED_SECRETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.conformance.checks import Step
    from vovecli.core.conformance.state import RunState

DAY_S, SIX_MINUTES_S = 86_400, 360

UNSIGNED = Variant("without the webhook headers", omit=HEADER_PARTS)
WRONG_SECRET = Variant("signed with a random key", key="other")
TAMPERED = Variant("status changed after signing", tampered=True)
_EMPTY_KEY = Variant("signed with an empty key", schemes=(Scheme(KEYS["empty"]),))
_EMPTY_OVER_BODY = Variant(  # as the provider's KYB samples sign when their secret is not set
    "empty key, base64 over the body",
    schemes=(Scheme(KEYS["empty"], CONTENTS["body"], encoding=ENCODINGS["bare-base64"]),),
)
STALE = Variant("signed 24 hours ago", age_s=DAY_S)


def _without(part: HeaderPart) -> Variant:
    return Variant(f"without svix-{part}", omit=(part,))


def _not_published(evidence: Evidence, state: RunState) -> Judgement:
    if state.uses_published_secret:
        why = "you use a published secret: everybody who reads the documentation can sign for you"
        return Judgement("fail", "the secret in use is printed in a documentation", why)
    return refused(evidence, state)


def _fresh(evidence: Evidence, state: RunState) -> Judgement:
    """As refused; a wrong clock of the endpoint is said, for it explains the answer."""
    judgement = refused(evidence, state)
    if judgement.outcome == "fail" and state.is_clock_off:
        off = round(state.clock_off_s or 0)
        why = (
            f"the endpoint's clock is {abs(off)} s {'ahead' if off > 0 else 'behind'} (Date header)"
        )
        return Judgement("fail", judgement.got, why)
    return judgement


def _refused_cleanly(evidence: Evidence, state: RunState) -> Judgement:
    """As refused; a server error is worth a word."""
    judgement = refused(evidence, state)
    if judgement.outcome == "pass":
        for exchange in evidence.exchanges:
            if exchange.answer.is_crash:
                return Judgement("info", told(exchange, evidence), judgement.why)
    return judgement


def _no_effect(evidence: Evidence, state: RunState) -> Judgement:
    """Once the genuine delivery, which makes the forgeries' case, has shown in the state."""
    return unchanged(Evidence(evidence.exchanges[1:], evidence.observations[1:]), state)


_KNOWN = Variant("a genuine delivery before them", case="c")
_EACH = (
    UNSIGNED,
    *(_without(part) for part in HEADER_PARTS),
    WRONG_SECRET,
    _EMPTY_KEY,
    Variant("a truncated signature", signature="v1,{mac:.8}"),
    STALE,
)


def _about_one(status: str) -> list[Variant]:
    """Every forgery about the user of the genuine delivery before them, with another status."""
    forged = [replace(forgery, case="c", status=status) for forgery in _EACH]
    return [*forged, replace(TAMPERED, case="c")]


def _at_once(status: str) -> Sequence[Step]:
    return (*_MADE, *_about_one(status), Observe())


def _one_by_one(status: str) -> Sequence[Step]:
    return (*_MADE, *(step for one in _about_one(status) for step in (one, Observe())))


_MADE: Sequence[Step] = (Observe(), _KNOWN, Observe(awaits_change=True))
_ANYONE = "anybody who knows the URL can report any status for any user"
_WITHOUT: Mapping[HeaderPart, str] = {
    "id": "without the id nothing can be deduplicated, and it is part of what is signed",
    "timestamp": "without the time a captured delivery can be sent again forever",
    "signature": f"a request without a signature passes: {_ANYONE}",
}
_VERIFY = "verify every request before anything else, and refuse what has no valid signature"

FORGERY = (
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
        f"{_ANYONE}; or failures are not reported, and a lost delivery is never sent again",
        fix="compare with the HMAC that you compute yourself, in constant time",
        source=sources.REJECT,
    ),
    Check(
        "forgery.tampered-body", "error", "A changed body is refused",
        sent="a genuine signature over another status",
        judge=refused, steps=(TAMPERED,),
        why="the body is not covered by what is verified",
        fix="hash the raw bytes of the body as they arrived",
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
        sent="deliveries signed with an empty key",
        judge=refused,
        steps=(
            _EMPTY_KEY,
            _EMPTY_OVER_BODY,
            replace(_EMPTY_OVER_BODY, label="empty key, hex over the body", signature="{hex}"),
        ),
        why="the handler runs without its secret and takes what anybody can sign",
        fix="stop at start-up when the secret is not set",
        source=sources.SECRET,
    ),
    Check(
        "forgery.published-secret", "error", "Secrets printed in documentation are refused",
        sent="deliveries signed with the example secrets of VOVE ID, Svix and Standard Webhooks",
        judge=_not_published,
        steps=tuple(
            Variant(
                f"the example secret of {published.page}",
                schemes=(Scheme(KEYS[published.name]),),
            )
            for published in PUBLISHED_SECRETS
        ),
        why="the handler verifies with a secret that everybody can read",
        fix="take the secret of your endpoint from the dashboard, out of the environment",
        source=sources.SECRET,
    ),
    Check(
        "forgery.stale-24h", "error", "Yesterday's delivery is refused",
        sent="a genuine delivery signed 24 hours ago",
        judge=_fresh, steps=(STALE,),
        why="a captured delivery can be sent again forever",
        fix="refuse when svix-timestamp is more than 5 minutes away from now",
        source=sources.TOLERANCE,
    ),
    Check(
        "forgery.stale-6min", "warning", "A delivery of six minutes ago is refused",
        sent="a genuine delivery signed 6 minutes ago",
        judge=_fresh, steps=(Variant("signed 6 minutes ago", age_s=SIX_MINUTES_S),),
        why="the window is wider than the five minutes that the libraries use",
        fix="refuse when svix-timestamp is more than 5 minutes away from now",
        source=sources.TOLERANCE,
    ),
    Check(
        "forgery.future-6min", "warning", "A delivery of the future is refused",
        sent="a genuine delivery dated 6 minutes ahead",
        judge=_fresh, steps=(Variant("dated 6 minutes ahead", age_s=-SIX_MINUTES_S),),
        why="only one side of the window is checked, or it is wider than five minutes",
        fix="compare the absolute difference to 5 minutes",
        source=sources.TOLERANCE,
    ),
    Check(
        "forgery.truncated-signature", "error", "A part of a signature is refused",
        sent="the first characters of the right signature, and `v1,` alone",
        judge=refused,
        steps=(
            Variant("40 of 44 characters", signature="v1,{mac:.40}"),
            Variant("`v1,` alone", signature="v1,"),
        ),
        why="a beginning is enough: an empty or a guessed signature passes",
        fix="compare the whole signature, lengths included, in constant time",
        source=sources.TIMING_SAFE,
    ),
    Check(
        "forgery.unsigned", "error", "An unsigned request is refused",
        sent="deliveries of both families without any webhook header",
        judge=refused,
        steps=(
            replace(UNSIGNED, label="KYC, without the webhook headers", family="kyc"),
            replace(UNSIGNED, label="KYB, without the webhook headers", family="kyb"),
        ),
        why=_ANYONE, fix=_VERIFY, source=sources.IMPERSONATE,
    ),
    *(
        Check(
            f"forgery.missing-{part}", "error", f"A request without svix-{part} is refused",
            sent=f"a genuine delivery without svix-{part}",
            judge=refused, steps=(_without(part),),
            why=why, fix=_VERIFY, source=sources.THREE_HEADERS,
        )
        for part, why in _WITHOUT.items()
    ),
    Check(
        "forgery.bare-signature", "info", "A signature without version is refused",
        sent="the right signature without `v1,`",
        judge=refused, steps=(Variant("no `v1,`", signature="{mac}"),),
        why="harmless today; a later version of the scheme could be confused with this one",
        fix="take entries that begin with `v1,` only",
        source=sources.VERSIONS,
    ),
    Check(
        "forgery.unknown-version", "warning", "A signature of an unknown version is refused",
        sent="the right signature marked `v0,`",
        judge=refused, steps=(Variant("`v0,`", signature="v0,{mac}"),),
        why="the version is not looked at, so a weaker scheme could be slipped in later",
        fix="take entries that begin with `v1,` only",
        source=sources.VERSIONS,
    ),
    Check(
        "forgery.unsigned-unknown-ref", "warning", "Nothing is looked up before it is verified",
        sent="an unsigned delivery about a refId that nobody knows",
        judge=refused, steps=(replace(UNSIGNED, ref="no-such-user-0"),),
        why="users are looked up before anything is verified: strangers learn which refIds exist",
        fix=_VERIFY, source=sources.IMPERSONATE,
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
            Variant("timestamp NaN", timestamp="NaN"),
            Variant("huge timestamp", timestamp="9" * 30),
            Variant("empty headers", signature="", timestamp=""),
        ),
        why="nonsense in a header is accepted, or ends in a server error",
        fix="parse the timestamp strictly (digits only) and answer 4xx to what cannot be parsed",
        source=sources.REJECT,
    ),
    Check(
        "forgery.effect", "error", "A forgery has no effect",
        sent="forgeries of each kind; the app's state is read before and after",
        judge=_no_effect, needs_observer=True,
        steps=_at_once("later"), observed_steps=_at_once("final"), confirm=_one_by_one("later"),
        why="a forged delivery changed the app's state, whatever it was answered",
        fix="verify first; parse, look up and store only what was verified",
        source=sources.IMPERSONATE,
    ),
)  # fmt: skip
