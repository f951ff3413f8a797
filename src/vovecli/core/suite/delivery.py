"""Checks of plain deliveries and of HTTPS: does the endpoint take what the provider sends."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.codes.handler_mistakes import HANDLER_MISTAKES
from vovecli.core.probes.variants import ABSENT, Variant
from vovecli.core.retries import PROVIDER_TIMEOUT_S
from vovecli.core.suite import sources
from vovecli.core.suite.blockers import auth_wall, csrf_wall, redirect
from vovecli.core.suite.check import (
    Check,
    Evidence,
    Judgement,
    accepted,
    described,
    refused,
    unjudged,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.suite.blockers import Blocker
    from vovecli.core.suite.state import RunState

OWN_EVENTS = "delivery.own-events"
_SLOW_S = 5
_GENUINE = ("delivery.valid-kyb", "delivery.valid-kyc")


def _reachable(_: Evidence, state: RunState) -> Judgement:
    """What is the same at several addresses is said once."""
    said: dict[str, list[str]] = {}
    for address, answer in state.reached.items():
        said.setdefault(answer.describe().replace(f" (tried {address})", ""), []).append(address)
    got = "; ".join(f"{' and '.join(addresses)}: {words}" for words, addresses in said.items())
    is_heard = any(answer.status is not None for answer in state.reached.values())
    if state.false_start:
        got = f"{state.false_start.describe()}; later {state.genuine.answer.describe()}"
        return Judgement("fail", got, _FALSE_START, severity="warning")
    return Judgement("pass" if is_heard else "fail", got)


_FALSE_START = (
    "the first requests of this run got a server error, the same ones right after did not: most "
    "likely the app takes requests before it is ready, and after each start some must come again"
)


def _not_redirected(_: Evidence, state: RunState) -> Judgement:
    for exchange in state.all(*_GENUINE):
        if blocker := redirect(exchange, state.endpoint):
            return Judgement("fail", exchange.answer.describe(), blocker.got)
    return Judgement("pass", "no redirect")


def _no_blocker(blocker: Blocker | None, words: str) -> Judgement:
    return Judgement("fail", blocker.got) if blocker else Judgement("pass", words)


def _fast(evidence: Evidence, state: RunState) -> Judgement:
    answers = [exchange.answer for exchange in (*state.all(*_GENUINE), *evidence.exchanges)]
    seconds = median(answer.latency_ms for answer in answers) / 1000
    got = (
        f"median of {len(answers)}: {seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    )
    if seconds >= PROVIDER_TIMEOUT_S:
        return Judgement("fail", got, severity="error")
    if seconds >= _SLOW_S:
        why = "close to the limit of 15 s: a busy day turns it into failed deliveries"
        return Judgement("fail", got, why, severity="warning")
    return Judgement("pass", got)


def _any_case(evidence: Evidence, state: RunState) -> Judgement:
    for exchange in evidence.exchanges:
        if exchange.answer.is_transient:
            return unjudged(exchange)
    found = [exchange for exchange in evidence.exchanges if state.accepts(exchange)]
    missed = [exchange for exchange in evidence.exchanges if not state.accepts(exchange)]
    if not found or not missed:
        return Judgement("pass", described(evidence.exchanges[0], evidence))
    return Judgement(
        "fail", missed[0].answer.describe(), f"the handler finds only {found[0].probe.label}"
    )


def _own_events(evidence: Evidence, state: RunState) -> Judgement:
    """An error only where their family was demanded; the handler may be about others."""
    judgement = accepted(evidence, state)
    if state.is_own_demanded:
        judgement = replace(judgement, severity="error")
    if judgement.outcome != "fail":
        return judgement
    refused = next(one for one in evidence.exchanges if not state.accepts(one))
    return replace(judgement, got=refused.describe())


def _statuses(family: EventFamily) -> list[Variant]:
    return [Variant(status, family=family, status=status) for status in BUILT_IN.statuses(family)]


_FAMILIES: Sequence[tuple[EventFamily, str]] = (("kyc", "in_progress"), ("kyb", "IN_PROGRESS"))
_REJECTED = Variant(family="kyb", status="REJECTED")
CASES = (
    Variant("header names in lower case", spelling=str.lower),
    Variant("header names in Title-Case", spelling=str.title),
)

DELIVERY = (
    Check(
        "delivery.reachable", "error", "The endpoint answers",
        sent="a genuine delivery to every address of the host",
        judge=_reachable, stands_alone=True,
        why="nothing answers HTTP there",
        fix="start the app, then check host, port and path; `--wait 30s` waits until it is up",
        source=sources.POST,
    ),
    *(
        Check(
            f"delivery.valid-{family}", "error",
            f"A genuine {family.upper()} delivery is acknowledged",
            sent=f"a genuine {family.upper()} delivery ({status})",
            judge=accepted, family=family, steps=(Variant(family=family),), stands_alone=True,
            why="a genuine delivery is refused: the provider counts it as failed and sends it "
            "again",
            fix="see the diagnosis; the report shows the handler's answer unchanged",
            source=sources.FAILURE,
        )
        for family, status in _FAMILIES
    ),
    Check(
        "delivery.redirect", "error", "No redirect comes before the handler",
        sent="a genuine delivery",
        judge=_not_redirected, needs=_GENUINE,
        why="redirects are not followed",
        fix="make the route answer at the registered URL, or register the URL that it redirects "
        "to (the usual reasons are a trailing slash and http to https)",
        source=sources.REDIRECTS,
    ),
    Check(
        "delivery.csrf", "error", "No CSRF protection comes before the handler",
        sent="a genuine delivery, an unsigned one, and controls",
        judge=lambda _, state: _no_blocker(csrf_wall(state), "no CSRF protection"),
        why="a protection meant for browser forms refuses every POST before the handler sees it",
        fix=HANDLER_MISTAKES["csrf"].fix,
        source=sources.CSRF,
    ),
    Check(
        "delivery.auth-wall", "error", "No login comes before the handler",
        sent="a genuine delivery, an unsigned one, and controls",
        judge=lambda _, state: _no_blocker(
            auth_wall(state), "no login or credentials asked for"
        ),
        why="the app asks for a login or a token, which the sender does not have",
        fix=HANDLER_MISTAKES["auth-wall"].fix,
        source=sources.FAILURE,
    ),
    Check(
        "delivery.fast", "error", "Deliveries are answered in time",
        sent="genuine deliveries",
        judge=_fast, steps=(Variant(),), needs=_GENUINE, gated=True,
        why="the sender gives up after 15 s and sends the delivery again",
        fix="acknowledge first: put the work into a queue and answer 2xx at once",
        source=sources.IN_TIME,
    ),
    Check(
        "delivery.header-case", "error", "Header names are found in any case",
        sent="one delivery with header names in lower case, as Svix sends them, and one in "
        "Title-Case, as VOVE ID prints them",
        judge=_any_case, steps=CASES, repeats=True, needs=_GENUINE,
        why="header names are case-insensitive; proxies and frameworks change their case",
        fix="look headers up through the framework's own case-insensitive accessor",
        source=sources.CASELESS,
    ),
    Check(
        "delivery.charset", "warning", "A content type with a charset is accepted",
        sent="Content-Type: application/json; charset=utf-8",
        judge=accepted, gated=True,
        steps=(Variant(content_type="application/json; charset=utf-8"),), repeats=True,
        why="the handler compares the whole content type, so a harmless parameter makes it fail",
        fix="compare only the media type, or do not check it: the signature shows what is genuine",
        source=sources.MEDIA_TYPE,
    ),
    Check(
        "delivery.without-user-id", "error", "KYC deliveries may lack userId",
        sent="a KYC delivery without the deprecated userId",
        judge=accepted, gated=True, family="kyc",
        steps=(Variant(family="kyc", changes={"userId": ABSENT}),),
        why="the handler needs a field whose removal VOVE ID has announced",
        fix="read refId",
        source=sources.USER_ID,
    ),
    Check(
        "delivery.with-user-id", "error", "KYC deliveries may carry userId",
        sent="a KYC delivery with the deprecated userId",
        judge=accepted, gated=True, family="kyc", steps=(Variant(family="kyc"),),
        why="today's deliveries still carry the field",
        fix="ignore fields you do not need",
        source=sources.USER_ID,
    ),
    Check(
        "delivery.every-kyc-status", "error", "Every documented KYC status is acknowledged",
        sent="in_progress, pending, successful and suspected",
        judge=accepted, gated=True, family="kyc", steps=_statuses("kyc"),
        why="a documented status is refused: its deliveries are sent again and never arrive",
        fix="accept all four; acknowledge the ones you do nothing with",
        source=sources.KYC_STATUSES,
    ),
    Check(
        "delivery.every-kyb-event", "error", "Every documented KYB event is acknowledged",
        sent="IN_PROGRESS, IN_REVIEW, COMPLETED and REJECTED",
        judge=accepted, gated=True, family="kyb", steps=_statuses("kyb"),
        why="a documented event is refused: its deliveries are sent again and never arrive",
        fix="accept all four; acknowledge the ones you do nothing with",
        source=sources.KYB_EVENTS,
    ),
    Check(
        OWN_EVENTS, "warning", "Every event that you have declared is acknowledged",
        sent="each event of [events] in vove.toml that goes to this endpoint",
        judge=_own_events, gated=True,
        why="an event that you have declared is refused: its deliveries are sent again",
        fix="accept it, or give it an `endpoint` of its own if another handler serves it",
        source=sources.OWN,
    ),
    Check(
        "delivery.unknown-reason", "warning", "A rejection may have any reason, or none",
        sent="REJECTED without a reason, then with one that is not documented",
        judge=accepted, gated=True, family="kyb",
        steps=(
            replace(_REJECTED, label="without reason", changes={"reason": ABSENT}),
            replace(_REJECTED, label="unknown reason", changes={"reason": "NO_LONGER_TRADING"}),
        ),
        why="the documentation gives one reason as an example, not a complete list",
        fix="treat reason as optional text",
        source=sources.REASON,
    ),
)  # fmt: skip


def _is_https(_: Evidence, state: RunState) -> Judgement:
    scheme = state.endpoint.scheme
    return Judgement("pass" if scheme == "https" else "fail", f"the URL begins with {scheme}://")


def _valid_certificate(_: Evidence, state: RunState) -> Judgement:
    if state.certificate:
        return Judgement("fail", state.certificate)
    return Judgement("pass", "the chain is valid")


def _either_way(evidence: Evidence, state: RunState) -> Judgement:
    exchange = evidence.exchanges[0]
    words = "accepted" if state.accepts(exchange) else "refused"
    return Judgement("info", f"{words}: {described(exchange, evidence)}")


TLS = (
    Check(
        "tls.https", "error", "The endpoint uses HTTPS",
        sent="nothing: the check reads the URL",
        judge=_is_https, stands_alone=True, only="remote",
        why="names and decisions about people would travel in the clear",
        fix="put the app behind HTTPS and register that URL",
        source=sources.HTTPS,
    ),
    Check(
        "tls.certificate", "error", "The certificate is valid",
        sent="a TLS handshake",
        judge=_valid_certificate, stands_alone=True, only="https",
        why="the sender refuses to talk to it",
        fix="renew the certificate and send the whole chain",
        source=sources.HTTPS,
    ),
    Check(
        "tls.http-redirect", "error", "Plain HTTP does not accept deliveries",
        sent="a genuine delivery to the http port",
        judge=refused, stands_alone=True, only="https",
        steps=(Variant("over plain http", plain_http=True),),
        why="deliveries are accepted without encryption",
        fix="redirect http to https, or close the port",
        source=sources.HTTPS,
    ),
)  # fmt: skip

INTEROP = (
    Check(
        "interop.webhook-headers", "info", "Unbranded header names",
        sent="webhook-id, webhook-timestamp and webhook-signature only",
        judge=_either_way, steps=(Variant("webhook-* names", prefix="webhook"),),
        why="for information: VOVE ID sends svix-*; a sender may switch to the unbranded names",
        fix="nothing to do; accepting both families is future-proof",
        source=sources.BRANDLESS,
    ),
)  # fmt: skip
