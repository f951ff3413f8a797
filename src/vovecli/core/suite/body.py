"""Checks of bodies: odd but genuine ones, rewritten ones, and what refusals give away."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from vovecli.core.mistakes import Scheme
from vovecli.core.mistakes.bodies import BODIES
from vovecli.core.payloads import Payload, encode
from vovecli.core.probes.reading import shows_trace
from vovecli.core.probes.variants import Variant
from vovecli.core.signing import hmac_sha256, signed_content
from vovecli.core.suite import sources
from vovecli.core.suite.check import (
    Check,
    Evidence,
    Judgement,
    accepted,
    tolerated,
    unjudged,
)

if TYPE_CHECKING:
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.state import RunState

_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")
_LARGE_CHARACTERS = 16_000
BEYOND_ASCII = Variant("UTF-8", changes={"note": "é شركة 🏦"})
_EXTRA_FIELD = Variant("a further field", changes={"note": "plain"})
_RAW_BODY = "verify the raw bytes as they arrived, before any parser or decoder touches them"
_INDENTED = partial(encode, pretty=True)
_REWRITES = "the handler verifies JSON that it wrote itself, not the body that arrived"


def _escaped(payload: Payload) -> bytes:
    r"""Non-ASCII as \uXXXX and slashes as \/, as PHP writes them by default."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def _escaped_in_capitals(payload: Payload) -> bytes:
    r"""Non-ASCII as \uXXXX in capital digits, slashes as they are, as .NET writes them."""
    text = json.dumps(payload, separators=(",", ":"))
    return _ESCAPE.sub(lambda match: "\\u" + match[1].upper(), text).encode()


def _surrounded(payload: Payload) -> bytes:
    """With a space before it and a line end after it."""
    return b" " + encode(payload) + b"\n"


def _not_taken_for_genuine(evidence: Evidence, state: RunState) -> Judgement:
    if state.accepts_any_signature:
        why = "any signature is accepted, so an accepted one proves nothing"
        return Judgement("skipped", why=why)
    (exchange,) = evidence.exchanges
    if exchange.answer.is_transient:
        return unjudged(exchange)
    return Judgement("fail" if state.accepts(exchange) else "pass", exchange.answer.describe())


def _gives_nothing_away(_: Evidence, state: RunState) -> Judgement:
    """No answer holds the secret, no refusal the expected signature (errors) or a trace."""
    answers = [exchange for exchange in state.all(*state.names) if exchange.answer.body]
    refusals = [exchange for exchange in answers if not state.accepts(exchange)]
    for exchange in answers:
        if state.leaks.shown_in(exchange.answer.text):
            got = f"{exchange.probe.label}: the answer holds the signing secret, or a part of it"
            return Judgement("fail", got, "whoever reads the answer can sign", "error")
    for exchange in refusals:
        if leaked := _leaked(exchange, state):
            got = f"{exchange.probe.label}: the answer holds {leaked}"
            return Judgement("fail", got, "whoever reads the answer can sign", "error")
    for exchange in refusals:
        if shows_trace(exchange.answer):
            return Judgement("fail", exchange.describe())
    return Judgement("pass", f"{len(refusals)} refusals read")


def _leaked(exchange: ProbeExchange, state: RunState) -> str:
    probe, text = exchange.probe, exchange.answer.text
    sent = "\n".join(value for _, value in probe.headers)
    for secret in state.secrets:
        message_id, timestamp = probe.header("svix-id"), probe.header("svix-timestamp")
        mac = hmac_sha256(secret.key, signed_content(message_id, timestamp, probe.body))
        for expected in (base64.b64encode(mac).decode().rstrip("="), mac.hex()):
            if expected in text and expected not in sent:
                return "the signature that it expected"
    return ""


BODY = (
    Check(
        "body.whitespace", "warning", "A pretty-printed body is accepted",
        sent="a genuine delivery whose JSON is indented; one with a space before and a line end "
        "after it",
        judge=accepted, gated=True,
        steps=(
            Variant("indented", write=_INDENTED),
            Variant("a space before, a line end after it", write=_surrounded),
        ),
        why=_REWRITES, fix=_RAW_BODY, source=sources.EXACT_BYTES,
    ),
    Check(
        "body.escapes", "warning", "Escaped characters are accepted",
        sent="genuine deliveries with \\u00e9 and \\/, and with \\u00E9 and / in them",
        judge=accepted, gated=True, twin=_EXTRA_FIELD,
        steps=(
            Variant("escapes", write=_escaped, changes={"note": "café a/b"}),
            Variant(
                "escapes in capitals", write=_escaped_in_capitals,
                changes={"note": "café a/b"},
            ),
        ),
        why=_REWRITES, fix=_RAW_BODY, source=sources.EXACT_BYTES,
    ),
    Check(
        "body.utf8", "warning", "Characters beyond ASCII are accepted",
        sent="a genuine delivery with é, Arabic and an emoji in it, as UTF-8",
        judge=accepted, gated=True, twin=_EXTRA_FIELD,
        steps=(BEYOND_ASCII,),
        why="the bytes of the body are decoded or escaped before they are verified",
        fix=_RAW_BODY, source=sources.JSON_UNKNOWN,
    ),
    Check(
        "body.split", "error", "A body may come in pieces",
        sent="a genuine delivery in two segments, cut inside a character",
        judge=accepted, gated=True,
        twin=replace(BEYOND_ASCII, label="the same in one piece"),
        steps=(replace(BEYOND_ASCII, label="in two segments", cut="é".encode()),),
        why="only the first piece is read, or each piece is decoded on its own: deliveries fail "
        "at random, depending on how the network cuts them",
        fix="collect the bytes until the request ends (Node: Buffer.concat, not body += chunk), "
        "verify them, then decode",
        source=sources.EXACT_BYTES,
    ),
    Check(
        "body.numbers", "warning", "Numbers and key order survive",
        sent="a genuine delivery with 1.0 and integer-like keys in it",
        judge=accepted, gated=True,
        twin=Variant("plain numbers", changes={"details": {"a": 1.5, "b": 2}}),
        steps=(Variant("numbers", changes={"details": {"10": 1.0, "9": 2}}),),
        why=_REWRITES, fix=_RAW_BODY, source=sources.EXACT_BYTES,
    ),
    Check(
        "body.large", "warning", "A body of 16 kB is accepted",
        sent="a genuine delivery of 16 kB",
        judge=accepted, gated=True, twin=_EXTRA_FIELD,
        steps=(Variant("16 kB", changes={"note": "x" * _LARGE_CHARACTERS}),),
        why="the handler's body limit is lower than what a sender may send",
        fix="allow at least 64 kB for this route",
        source=sources.SIZE,
    ),
    Check(
        "body.extra-field", "warning", "Unknown fields are ignored",
        sent="a genuine delivery with a field that is not documented",
        judge=accepted, gated=True, steps=(_EXTRA_FIELD,),
        why="fields are added without notice; the delivery will be retried and never arrive",
        fix="ignore fields you do not know",
        source=sources.ROBUST,
    ),
    Check(
        "body.unknown-status", "warning", "Unknown statuses are acknowledged",
        sent="a genuine delivery with a status that is not documented",
        judge=accepted, gated=True, steps=(Variant("unknown status", status="unknown"),),
        why="a new status will be retried, and 5 days of failures disable the endpoint",
        fix="log what you do not know and answer 2xx",
        source=sources.ROBUST,
    ),
    Check(
        "body.unknown-shape", "warning", "Unknown events are acknowledged",
        sent="a genuine delivery of another shape",
        judge=accepted, gated=True,
        steps=(Variant("another shape", body=b'{"type":"account.updated","data":{"id":"a"}}'),),
        why="a new kind of event will be retried, and 5 days of failures disable the endpoint",
        fix="log what you do not know and answer 2xx",
        source=sources.ROBUST,
    ),
    Check(
        "body.hostile-ref", "warning", "Odd refIds do no harm",
        sent="a lone quote, ../, 300 characters and an emoji as refId",
        judge=tolerated, gated=True, only="loopback",
        twin=Variant("an ordinary refId", ref="fresh"),
        steps=tuple(
            Variant(label, ref=ref)
            for label, ref in (
                ("a lone quote", "O'Brien"),
                ("../", "../../etc/hosts"),
                ("300 characters", "r" * 300),
                ("an emoji", "user-🏦"),
            )
        ),
        why="a refId can be any text; this one caused a server error",
        fix="bind it as an SQL parameter, limit its length, and answer 2xx or 4xx",
        source=sources.ROBUST,
    ),
    Check(
        "body.reserialized-js", "warning", "The raw body is verified, not JSON.stringify's",
        sent="a signature over the compact form, the body sent indented",
        judge=_not_taken_for_genuine, needs=("forgery.wrong-secret",),
        steps=(
            Variant(
                "compact signed, indented sent", write=_INDENTED,
                schemes=(Scheme(body=BODIES["compact"]),),
            ),
        ),
        why=f"{_REWRITES}: the first body that is not compact fails",
        fix=_RAW_BODY, source=sources.RESERIALIZED,
    ),
    Check(
        "body.reserialized-python", "error", "The raw body is verified, not json.dumps'",
        sent="a signature over json.dumps' spacing, the body sent compact",
        judge=_not_taken_for_genuine, needs=("forgery.wrong-secret",),
        steps=(Variant(
            "spaced signed, compact sent", schemes=(Scheme(body=BODIES["python-spacing"]),),
        ),),
        why=f"{_REWRITES}: every genuine delivery fails",
        fix=_RAW_BODY, source=sources.RESERIALIZED,
    ),
    Check(
        "body.signed-garbage", "info", "A signed body that is not JSON is not a server error",
        sent="signed text that is not JSON, and a signed empty body",
        judge=tolerated, gated=True,
        steps=(Variant("not JSON", body=b"this is not JSON"), Variant("empty body", body=b"")),
        why="a body that cannot be parsed causes a server error",
        fix="answer 400 to what is genuine but cannot be parsed",
        source=sources.ROBUST,
    ),
    Check(
        "body.leak", "warning", "Refusals give nothing away",
        sent="nothing more: the check reads the answers to all refused deliveries",
        judge=_gives_nothing_away,
        why="a stack trace shows strangers how the app is built",
        fix="answer a refusal with a short text; turn debug pages off (NODE_ENV, DEBUG)",
        source=sources.LEAK,
    ),
)  # fmt: skip
