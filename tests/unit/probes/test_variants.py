"""Probes: genuine ones verify, odd ones differ in the one thing they name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.conformance.handlers import NOW, SECRET, _random

from vovecli.core.conformance.trials import TRIALS
from vovecli.core.messages import Message
from vovecli.core.mistakes import Scheme
from vovecli.core.mistakes.encodings import ENCODINGS
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.probes.variants import ABSENT, ProbeMaker, Variant
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import SigningSecret, encode_secret, parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.suite import SUITE
from vovecli.core.verification import verify
from vovecli.core.webhook_headers import HEADER_PARTS

if TYPE_CHECKING:
    from vovecli.core.probes.exchanges import Probe


def _bench(ref_id: str = "") -> ProbeMaker:
    bench = ProbeMaker("/hook?a=1", SECRET, _random(), ref_id)
    bench.now = NOW
    return bench


def _one(delivery: Variant, ref_id: str = "") -> Probe:
    (probe,) = _bench(ref_id).probes([delivery])
    return probe


def _is_valid(probe: Probe) -> bool:
    request = CapturedRequest("POST", "/", probe.headers, probe.body)
    return verify(request, [SECRET], moment=NOW).valid


def test_a_genuine_delivery_is_what_the_provider_sends() -> None:
    """Headers in the provider's order and spelling, a body in the documented order, a signature."""
    probe = _one(Variant())
    message = Message(probe.header("svix-id"), NOW, probe.body)

    assert signed_headers([SECRET], message, case="lower") == probe.headers
    assert list(json.loads(probe.body)) == ["refId", "status", "previousStatus"]
    assert list(json.loads(_one(Variant(family="kyc")).body)) == ["status", "refId", "userId"]
    assert (probe.method, probe.target) == ("POST", "/hook?a=1")
    assert _is_valid(probe)


@given(st.binary(min_size=24, max_size=64), st.sampled_from(["kyb", "kyc"]), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_signatures_hold_both_odd_characters(key: bytes, family: str, age_s: int) -> None:
    """So that url-safe decoders fail always, not at random."""
    bench = ProbeMaker("/", SigningSecret(encode_secret(key), key), _random())
    bench.now = NOW
    (probe,) = bench.probes([Variant(family=family, age_s=age_s)])

    assert "+" in probe.header("svix-signature")
    assert "/" in probe.header("svix-signature")
    assert int(probe.header("svix-timestamp")) == NOW - age_s


GENUINE = [
    (check.id, step)
    for check in SUITE
    if check.gated and not check.id.startswith("forgery.")
    for step in check.steps
    if isinstance(step, Variant) and not step.again
]


@pytest.mark.parametrize(("name", "delivery"), GENUINE)
def test_whatever_must_be_accepted_is_genuine(name: str, delivery: Variant) -> None:
    """A gated check sends nothing that our own verification refuses."""
    assert _is_valid(_one(delivery)), name


@pytest.mark.thorough
@pytest.mark.parametrize(
    "check",
    [check for check in SUITE if check.id.startswith("forgery.")],
    ids=lambda check: check.id,
)
def test_whatever_must_be_refused_is_no_genuine_delivery(check: object) -> None:
    """Our own verification refuses every forgery."""
    for step in getattr(check, "steps", ()):
        if not isinstance(step, Variant):
            continue
        if "genuine delivery" not in step.label:
            assert not _is_valid(_one(step)), step.label


def test_shared_cases_and_messages() -> None:
    """A case shares the refId, a message the id as well; again is the same bytes."""
    one, two, three = _bench().probes(
        [Variant(case="c"), Variant(case="c", status="final"), Variant()]
    )
    assert one.ref_id == two.ref_id != three.ref_id
    assert one.header("svix-id") != two.header("svix-id")

    first, same, later = _bench().probes(
        [Variant(message="m", age_s=5), Variant(again=True, label="x"), Variant(message="m")]
    )
    assert (first.headers, first.body) == (same.headers, same.body)
    assert first.header("svix-id") == later.header("svix-id")
    assert first.header("svix-signature") != later.header("svix-signature")


def test_ref_ids() -> None:
    """Fresh UUIDs, the user's own, a literal one, or fresh in spite of the user's own."""
    assert _one(Variant(), ref_id="user-1").ref_id == "user-1"
    assert _one(Variant(ref="O'Brien"), ref_id="user-1").ref_id == "O'Brien"
    assert len(_one(Variant(ref="fresh"), ref_id="user-1").ref_id) == 36
    bench = _bench()
    assert len({probe.ref_id for probe in bench.probes([Variant()] * 20)}) == 20


def test_differences() -> None:
    """Each is where it says, and nowhere else."""
    assert b"userId" not in _one(Variant(family="kyc", changes={"userId": ABSENT})).body
    tampered = _one(Variant(tampered="later"))
    assert b"IN_REVIEW" in tampered.body
    assert not _is_valid(tampered)
    assert not any(
        name.lower().startswith("svix") for name, _ in _one(Variant(omit=HEADER_PARTS)).headers
    )
    assert ("svix-id", "content-type") == tuple(
        name
        for name, _ in _one(Variant(spelling=str.lower)).headers
        if name in ("svix-id", "content-type")
    )[::-1]
    get = _one(Variant(method="GET", body=b"", omit=HEADER_PARTS, elsewhere="/x"))
    assert (get.method, get.target, get.header("content-length")) == ("GET", "/x", "")
    assert _one(Variant(timestamp="{ms}")).header("svix-timestamp") == str(NOW * 1000)
    assert _one(Variant(signature="v1,{mac:.8}")).header("svix-signature")[3:].isascii()
    assert len(_one(Variant(signature="v1,{mac:.8}")).header("svix-signature")) == 11


def test_keys_that_come_out_right_are_left_out() -> None:
    """What is no mistake for this secret proves nothing."""
    bench = ProbeMaker("/", parse_secret(encode_secret(b"abcdefghijklmnopqrstuvwx")), _random())
    assert not bench.can_sign(Variant(schemes=(Scheme(KEYS["urlsafe-skipped"]),)))
    assert bench.can_sign(Variant(key="other"))
    assert bench.can_sign(Variant(schemes=(Scheme(KEYS["whole-text"]),)))


def test_several_signatures_in_one_header() -> None:
    """Each by its own mistake; one that comes out right is left out."""
    schemes = (Scheme(KEYS["whole-text"]), Scheme(), Scheme(encoding=ENCODINGS["hex"]))
    probe = _one(Variant(schemes=schemes[:1] + schemes[2:]))
    entries = probe.header("svix-signature").split(" ")

    assert [len(entry) for entry in entries] == [47, 67]
    assert not _is_valid(probe)
    assert _is_valid(_one(Variant(schemes=schemes)))


def test_no_wrong_scheme_is_right() -> None:
    """Not one of what rides together is a genuine signature, and no header is too long."""
    plain = {
        "webhook-headers-only",
        "header-case",
        "content-type-guard",
        "tolerance-too-narrow",
        "signature-characters",
    }
    for trial in TRIALS:
        probe = _one(trial.delivery)
        assert _is_valid(probe) == (trial.code in plain), trial
        assert all(len(value) < 6000 for _, value in probe.headers)


def test_no_body_is_larger_than_senders_make_them() -> None:
    """Standard Webhooks recommends less than 20 kB."""
    for check in SUITE:
        deliveries = [step for step in check.steps if isinstance(step, Variant)]
        assert all(len(probe.body) < 20_000 for probe in _bench().probes(deliveries))
        if check.twin:
            assert _is_valid(_one(replace(check.twin)))
