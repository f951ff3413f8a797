"""Checks of HTTPS, for endpoints beyond this machine, and of the unbranded header names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.conformance import sources
from vovecli.core.conformance.checks import Check, Evidence, Judgement, refused, told
from vovecli.core.conformance.deliveries import Delivery

if TYPE_CHECKING:
    from vovecli.core.conformance.facts import Facts


def _is_https(_: Evidence, facts: Facts) -> Judgement:
    scheme = facts.endpoint.scheme
    return Judgement("pass" if scheme == "https" else "fail", f"the URL begins with {scheme}://")


def _valid_certificate(_: Evidence, facts: Facts) -> Judgement:
    if facts.certificate:
        return Judgement("fail", facts.certificate)
    return Judgement("pass", "the chain is valid")


def _either_way(evidence: Evidence, facts: Facts) -> Judgement:
    exchange = evidence.exchanges[0]
    words = "accepted" if facts.accepts(exchange) else "refused"
    return Judgement("info", f"{words}: {told(exchange, evidence)}")


TRANSPORT = (
    Check(
        "tls.https", "error", "The endpoint is HTTPS",
        sent="nothing: the URL is looked at",
        judge=_is_https, only="remote",
        why="names and decisions about people would travel in the clear",
        fix="put the app behind HTTPS and register that URL",
        source=sources.HTTPS,
    ),
    Check(
        "tls.certificate", "error", "The certificate is valid",
        sent="a TLS handshake",
        judge=_valid_certificate, only="https",
        why="the sender refuses to talk to it",
        fix="renew the certificate and send the whole chain",
        source=sources.HTTPS,
    ),
    Check(
        "tls.http-redirect", "error", "Plain HTTP does not take deliveries",
        sent="a genuine delivery to the http port",
        judge=refused, only="https", steps=(Delivery("over plain http", plain_http=True),),
        why="deliveries are taken without encryption",
        fix="redirect http to https, or close the port",
        source=sources.HTTPS,
    ),
    Check(
        "interop.webhook-headers", "info", "Unbranded header names",
        sent="webhook-id, webhook-timestamp and webhook-signature only",
        judge=_either_way, steps=(Delivery("webhook-* names", prefix="webhook"),),
        why="for information: VOVE ID sends svix-*; a sender may switch to the unbranded names",
        fix="nothing to do; accepting both families is future-proof",
        source=sources.BRANDLESS,
    ),
)  # fmt: skip
