"""Checks of what comes more than once, late, or signed more than once: the answers to it."""

from __future__ import annotations

from vovecli.core.probes.variants import Variant
from vovecli.core.suite import sources
from vovecli.core.suite.check import Check, accepted

RETRY = (
    Check(
        "retry.rotation", "error", "Any signature of the list may match",
        sent="two signatures, the good one second, then first",
        judge=accepted, gated=True,
        steps=(
            Variant("good one second", signature="v1,{other} v1,{mac}"),
            Variant("good one first", signature="v1,{mac} v1,{other}"),
        ),
        why="during a rotation every delivery carries two signatures: the handler would refuse "
        "them",
        fix="split the header at spaces and accept when any v1 entry matches",
        source=sources.ROTATION,
    ),
    Check(
        "retry.foreign-version", "warning", "Signatures of other versions are ignored",
        sent="a v1a signature before the good one",
        judge=accepted, gated=True,
        steps=(Variant("v1a first", signature="v1a,{ed25519} v1,{mac}"),),
        why="a delivery may carry a signature of a newer version beside the known one",
        fix="split the header at spaces, look at v1 entries, ignore the rest",
        source=sources.VERSIONS,
    ),
    Check(
        "retry.same-id", "error", "A message may be sent again",
        sent="the same id twice, with a fresh timestamp and signature",
        judge=accepted, gated=True,
        steps=(
            Variant("first attempt, 5 s ago", message="m", age_s=5),
            Variant("second attempt", message="m"),
        ),
        why="the sender sends a message again if it saw no answer; a refusal makes it keep trying",
        fix="answer 2xx for an id that was processed before",
        source=sources.SAME_ID,
    ),
    Check(
        "retry.duplicate", "error", "A duplicate is acknowledged",
        sent="identical bytes twice",
        judge=accepted, gated=True,
        steps=(Variant("first", message="m"), Variant("identical again", again=True)),
        why="a duplicate is not the sender's error; if you refuse it, it comes again",
        fix="answer 2xx for an id that was processed before",
        source=sources.TWICE,
    ),
    Check(
        "retry.terminal-flip", "info", "A success may turn into a suspicion",
        sent="successful, then suspected for the same user",
        judge=accepted, gated=True, family="kyc",
        steps=(
            Variant("successful", family="kyc", case="c", status="successful"),
            Variant("suspected afterwards", family="kyc", case="c", status="suspected"),
        ),
        why="screening goes on after the first result; a refused suspicion is never seen",
        fix="acknowledge it and hold the user back for a review",
        source=sources.AML,
    ),
    Check(
        "retry.unknown-ref", "warning", "An unknown refId is acknowledged",
        sent="a genuine delivery about a refId that nobody knows",
        judge=accepted, gated=True,
        steps=(Variant("unknown refId", ref="fresh"),),
        why="it will be retried for 27 h, and 5 days of failures disable the endpoint",
        fix="answer 2xx, and log or set aside what cannot be matched",
        source=sources.DISABLED,
    ),
)  # fmt: skip
