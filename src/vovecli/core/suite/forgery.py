"""Checks of what nobody but an attacker sends: all of it must be refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from vovecli.core.probes.variants import Variant
from vovecli.core.suite import sources
from vovecli.core.suite.check import (
    Check,
    Evidence,
    Judgement,
    Observe,
    refused,
)
from vovecli.core.suite.known_ids import KNOWN_IDS
from vovecli.core.suite.signatures import (
    ALTERED,
    ANYONE,
    EMPTY_KEY,
    SIGNATURES,
    TAMPERED,
    WRONG_SECRET,
)
from vovecli.core.suite.traces import RECORDED, changes, names_user, unchanged
from vovecli.core.webhook_headers import HEADER_PARTS, HeaderPart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.suite.check import Step
    from vovecli.core.suite.state import RunState

DAY_S, SIX_MINUTES_S = 86_400, 360

UNSIGNED = Variant("without the webhook headers", omit=HEADER_PARTS)
STALE = Variant("signed 24 hours ago", age_s=DAY_S)


def _without(part: HeaderPart) -> Variant:
    return Variant(f"without svix-{part}", omit=(part,))


def _fresh(evidence: Evidence, state: RunState) -> Judgement:
    """As refused; a wrong clock of the endpoint is said, for it explains the answer."""
    judgement = refused(evidence, state)
    if judgement.outcome == "fail" and state.is_clock_off:
        return replace(judgement, why=f"the endpoint's clock is {state.clock_off} (Date header)")
    return judgement


def _no_effect(evidence: Evidence, state: RunState) -> Judgement:
    """Once the genuine delivery, which makes the forgeries' case, has shown.

    Where requests that are no deliveries change the state, too, only what names the forgeries'
    user is sure to be an effect.
    """
    forgeries = evidence.exchanges[1:]
    genuine, change = changes(evidence)
    judgement = unchanged(Evidence(forgeries, evidence.observations[1:]), genuine, state.noise)
    is_sure = not state.noise or names_user(change.lines(state.noise), forgeries)
    if judgement.outcome == "fail" and not is_sure:
        return Judgement("inconclusive", judgement.got, RECORDED)
    return judgement


# No deliveries at all: what they change, any request does.
HOPELESS = (
    Variant("unsigned text that is not JSON", omit=HEADER_PARTS, body=b"not JSON"),
    Variant("text that is not JSON, wrongly signed", key="other", body=b"not JSON"),
)


_ADDRESS_HEADERS = ("x-forwarded-for", "x-real-ip", "cf-connecting-ip", "true-client-ip")
_TEST_HEADERS = {"x-debug": "1", "x-test": "1", "x-internal": "true"}
_EACH_OTHER_SENDER = tuple(
    Variant(f"unsigned, with {label}", omit=HEADER_PARTS, headers=headers)
    for label, headers in (
        ("another User-Agent", {"user-agent": "curl/8.14.1"}),
        ("an address of the server itself", dict.fromkeys(_ADDRESS_HEADERS, "127.0.0.1")),
        ("headers of tests", _TEST_HEADERS),
        (
            "a wrong signature under webhook-*",
            {
                "webhook-id": "{id}",
                "webhook-timestamp": "{timestamp}",
                "webhook-signature": "v1,{other}",
            },
        ),
    )
)
_OTHER_SENDER = Variant(
    "unsigned, by curl on the server itself",
    omit=HEADER_PARTS,
    headers={name: value for one in _EACH_OTHER_SENDER for name, value in one.headers.items()},
)
_OTHERWISE_TYPED = (
    replace(UNSIGNED, label="unsigned, as text/plain", content_type="text/plain"),
    replace(
        UNSIGNED,
        label="unsigned, as a form",
        content_type="application/x-www-form-urlencoded",
        write=lambda payload: urlencode(payload).encode(),
    ),
)


def _refused_as_any(evidence: Evidence, state: RunState) -> Judgement:
    """An error, though a verdict does not wait for it: a limit of 28 requests is common."""
    return replace(refused(evidence, state), severity="error")


_EMPTY: Mapping[HeaderPart, Sequence[Variant]] = {
    "signature": (Variant("svix-signature is empty", signature=""),)
}
KNOWN = Variant("a genuine delivery before them", case="c")
_EACH = (
    UNSIGNED,
    *(_without(part) for part in HEADER_PARTS),
    EMPTY_KEY,
    Variant("a truncated signature", signature="v1,{mac:.8}"),
    *ALTERED,
    STALE,
    _OTHER_SENDER,
    *_EMPTY["signature"],
)


def _about_one(status: str, other: str) -> Sequence[Step]:
    """Every forgery about the user of the genuine delivery before them, with another status."""
    random_key = replace(WRONG_SECRET, case="c", status=status)
    return (
        Observe(),
        KNOWN,
        Observe(awaits_change=True),
        # First: whose effect is found first, and by a random key it says most.
        replace(random_key, family="kyb"),
        replace(random_key, family="kyc"),
        replace(random_key, status=other),
        *(replace(forgery, case="c", status=status) for forgery in _EACH),
        replace(TAMPERED, case="c", tampered=status),
        Observe(),
    )


_WITHOUT: Mapping[HeaderPart, str] = {
    "id": "without the id nothing can be deduplicated, and it is part of what is signed",
    "timestamp": "without the time a captured delivery can be sent again forever",
    "signature": f"a request without a signature passes: {ANYONE}",
}


_VERIFY = "verify every request before anything else, and refuse what has no valid signature"

FORGERY = (
    *SIGNATURES,
    Check(
        "forgery.stale-24h", "error", "Yesterday's delivery is refused",
        sent="a genuine delivery signed 24 hours ago",
        judge=_fresh, steps=(STALE,),
        why="a captured delivery can be sent again forever",
        fix="refuse when svix-timestamp is more than 5 minutes away from now",
        source=sources.TOLERANCE,
    ),
    Check(
        "forgery.stale-6min", "warning", "A delivery from six minutes ago is refused",
        sent="a genuine delivery signed 6 minutes ago",
        judge=_fresh, steps=(Variant("signed 6 minutes ago", age_s=SIX_MINUTES_S),),
        why="the window is wider than the five minutes that the libraries use",
        fix="refuse when svix-timestamp is more than 5 minutes away from now",
        source=sources.TOLERANCE,
    ),
    Check(
        "forgery.future-6min", "warning", "A delivery from the future is refused",
        sent="a genuine delivery dated 6 minutes ahead",
        judge=_fresh, steps=(Variant("dated 6 minutes ahead", age_s=-SIX_MINUTES_S),),
        why="only one side of the window is checked, or it is wider than five minutes",
        fix="compare the absolute difference to 5 minutes",
        source=sources.TOLERANCE,
    ),
    Check(
        "forgery.unsigned", "error", "An unsigned request is refused",
        sent="deliveries of both families without any webhook header",
        judge=refused,
        steps=(
            replace(UNSIGNED, label="KYC, without the webhook headers", family="kyc"),
            replace(UNSIGNED, label="KYB, without the webhook headers", family="kyb"),
        ),
        why=ANYONE, fix=_VERIFY, source=sources.IMPERSONATE,
    ),
    Check(
        "forgery.other-sender", "error", "Only the signature vouches for the sender",
        sent="an unsigned delivery with another User-Agent, X-Forwarded-For: 127.0.0.1, X-Debug: 1 "
        "and a wrong signature under the unbranded names",
        judge=refused, steps=(_OTHER_SENDER,), singly=(*_EACH_OTHER_SENDER, _OTHER_SENDER),
        why=f"some callers need no signature, and anybody can send their headers: {ANYONE}",
        fix=_VERIFY, source=sources.IMPERSONATE,
    ),
    *(
        Check(
            f"forgery.missing-{part}", "error", f"A request without svix-{part} is refused",
            sent=f"a genuine delivery without svix-{part}"
            + "; one with it empty" * (part in _EMPTY),
            judge=refused, steps=(_without(part), *_EMPTY.get(part, ())),
            why=why, fix=_VERIFY, source=sources.THREE_HEADERS,
        )
        for part, why in _WITHOUT.items()
    ),
    Check(
        "forgery.unsigned-unknown-ref", "warning", "Nothing is looked up before it is verified",
        sent="an unsigned delivery about a refId that nobody knows",
        judge=refused, steps=(replace(UNSIGNED, ref="no-such-user-0"),),
        why="users are looked up before anything is verified: strangers learn which refIds exist",
        fix=_VERIFY, source=sources.IMPERSONATE,
    ),
    Check(
        "forgery.content-type", "warning", "The content type does not turn the verification off",
        sent="unsigned deliveries as text/plain and as a form",
        judge=_refused_as_any, steps=_OTHERWISE_TYPED,
        why=f"only JSON is verified, and anybody can send another type: {ANYONE}",
        fix="verify before the content type decides anything: the verify hook of express.json() "
        "does not run for other types",
        source=sources.IMPERSONATE,
    ),
    *KNOWN_IDS,
    Check(
        "forgery.effect", "error", "A forgery has no effect",
        sent="forgeries of each kind; the app's state is read before and after",
        judge=_no_effect, needs_observer=True,
        steps=_about_one("later", ""), observed_steps=_about_one("final", "later"), narrows=True,
        why="a forged delivery changed the app's state, whatever it was answered",
        fix="verify first; parse, look up and store only what was verified",
        source=sources.IMPERSONATE,
    ),
)  # fmt: skip
