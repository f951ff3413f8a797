"""Probes: genuine ones verify, odd ones differ in the one thing they name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.conformance.handlers import NOW, SECRET, _random

from vovecli.core.conformance import writers
from vovecli.core.conformance.deliveries import ABSENT, PARTS, Delivery, ProbeMaker, keys
from vovecli.core.conformance.suite import SUITE
from vovecli.core.messages import Message
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import SigningSecret, encode_secret, parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from vovecli.core.conformance.probes import Probe


def _bench(ref_id: str = "") -> ProbeMaker:
    bench = ProbeMaker("/hook?a=1", SECRET, _random(), ref_id)
    bench.now = NOW
    return bench


def _one(delivery: Delivery, ref_id: str = "") -> Probe:
    (probe,) = _bench(ref_id).probes([delivery])
    return probe


def _is_valid(probe: Probe) -> bool:
    request = CapturedRequest("POST", "/", probe.headers, probe.body)
    return verify(request, [SECRET], moment=NOW).valid


def test_a_genuine_delivery_is_what_the_provider_sends() -> None:
    """Headers in the provider's order and spelling, a body in the documented order, a signature."""
    probe = _one(Delivery())
    message = Message(probe.header("svix-id"), NOW, probe.body)

    assert signed_headers([SECRET], message, case="lower") == probe.headers
    assert list(json.loads(probe.body)) == ["refId", "status", "previousStatus"]
    assert list(json.loads(_one(Delivery(family="kyc")).body)) == ["status", "refId", "userId"]
    assert (probe.method, probe.target) == ("POST", "/hook?a=1")
    assert _is_valid(probe)


@given(st.binary(min_size=24, max_size=64), st.sampled_from(["kyb", "kyc"]), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_signatures_hold_both_odd_characters(key: bytes, family: str, age_s: int) -> None:
    """So that url-safe decoders fail always, not at random."""
    bench = ProbeMaker("/", SigningSecret(encode_secret(key), key), _random())
    bench.now = NOW
    (probe,) = bench.probes([Delivery(family=family, age_s=age_s)])

    assert "+" in probe.header("svix-signature")
    assert "/" in probe.header("svix-signature")
    assert int(probe.header("svix-timestamp")) == NOW - age_s


GENUINE = [
    (check.id, step)
    for check in SUITE
    if check.gated
    for step in check.steps
    if isinstance(step, Delivery) and not step.again
]


@pytest.mark.parametrize(("name", "delivery"), GENUINE)
def test_whatever_must_be_accepted_is_genuine(name: str, delivery: Delivery) -> None:
    """A gated check sends nothing that our own verification refuses."""
    assert _is_valid(_one(delivery)), name


@pytest.mark.parametrize(
    "check",
    [check for check in SUITE if check.id.startswith("forgery.")],
    ids=lambda check: check.id,
)
def test_whatever_must_be_refused_is_no_genuine_delivery(check: object) -> None:
    """Our own verification refuses every forgery."""
    for step in getattr(check, "steps", ()):
        if isinstance(step, Delivery) and step.label != "a genuine delivery before them":
            assert not _is_valid(_one(step)), step.label


def test_shared_cases_and_messages() -> None:
    """A case shares the refId, a message the id as well; again is the same bytes."""
    one, two, three = _bench().probes(
        [Delivery(case="c"), Delivery(case="c", status="final"), Delivery()]
    )
    assert one.ref_id == two.ref_id != three.ref_id
    assert one.header("svix-id") != two.header("svix-id")

    first, same, later = _bench().probes(
        [Delivery(message="m", age_s=5), Delivery(again=True, label="x"), Delivery(message="m")]
    )
    assert (first.headers, first.body) == (same.headers, same.body)
    assert first.header("svix-id") == later.header("svix-id")
    assert first.header("svix-signature") != later.header("svix-signature")


def test_ref_ids() -> None:
    """Fresh UUIDs, the user's own, a literal one, or fresh in spite of the user's own."""
    assert _one(Delivery(), ref_id="user-1").ref_id == "user-1"
    assert _one(Delivery(ref="O'Brien"), ref_id="user-1").ref_id == "O'Brien"
    assert len(_one(Delivery(ref="fresh"), ref_id="user-1").ref_id) == 36
    bench = _bench()
    assert len({probe.ref_id for probe in bench.probes([Delivery()] * 20)}) == 20


def test_differences() -> None:
    """Each is where it says, and nowhere else."""
    assert b"userId" not in _one(Delivery(family="kyc", changes={"userId": ABSENT})).body
    tampered = _one(Delivery(tampered=True))
    assert b"IN_REVIEW" in tampered.body
    assert not _is_valid(tampered)
    assert not any(
        name.lower().startswith("svix") for name, _ in _one(Delivery(omit=PARTS)).headers
    )
    assert ("svix-id", "content-type") == tuple(
        name
        for name, _ in _one(Delivery(spelling=str.lower)).headers
        if name in ("svix-id", "content-type")
    )[::-1]
    get = _one(Delivery(method="GET", body=b"", omit=PARTS, elsewhere="/x"))
    assert (get.method, get.target, get.header("content-length")) == ("GET", "/x", "")
    assert _one(Delivery(timestamp="{ms}")).header("svix-timestamp") == str(NOW * 1000)
    assert _one(Delivery(signature="v1,{mac:.8}")).header("svix-signature")[3:].isascii()
    assert len(_one(Delivery(signature="v1,{mac:.8}")).header("svix-signature")) == 11


def test_keys_that_come_out_right_are_left_out() -> None:
    """What is no mistake for this secret proves nothing."""
    found = keys(parse_secret(encode_secret(b"abcdefghijklmnopqrstuvwx")))
    assert "urlsafe-dropped" not in found
    bench = ProbeMaker("/", parse_secret(encode_secret(b"abcdefghijklmnopqrstuvwx")), _random())
    assert not bench.can_sign(Delivery(key="urlsafe-dropped"))
    assert bench.can_sign(Delivery(key="other"))
    assert bench.can_sign(Delivery(key="text"))


def test_a_secret_without_prefix() -> None:
    """Wrong keys are derived as if it had one."""
    bare = parse_secret(SECRET.encoded)
    assert keys(bare) == keys(SECRET)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (writers.compact, b'{"b":"\xc3\xa9/","a":1.0}'),
        (writers.python_spacing, b'{"b": "\\u00e9/", "a": 1.0}'),
        (writers.escaped, b'{"b":"\\u00e9\\/","a":1.0}'),
        (writers.sorted_keys, b'{"a":1.0,"b":"\xc3\xa9/"}'),
        (writers.sorted_python_spacing, b'{"a": 1.0, "b": "\\u00e9/"}'),
        (writers.pretty, b'{\n  "b": "\xc3\xa9/",\n  "a": 1.0\n}'),
        (writers.python_dict, b"{'b': '\xc3\xa9/', 'a': 1.0}"),
        (writers.ruby_hash, b'{"b"=>"\\u00e9/", "a"=>1.0}'),
        (writers.go_map, b"map[a:1.0 b:\xc3\xa9/]"),
        (writers.literally("Array"), b"Array"),
    ],
)
def test_ways_to_write_a_payload(write: object, expected: bytes) -> None:
    """As the languages write them."""
    assert write({"b": "é/", "a": 1.0}) == expected  # type: ignore[operator]  # a writer


def test_ways_to_write_bytes() -> None:
    """What is made of a body that was never parsed."""
    payload: dict[str, object] = {"a": 1}
    assert writers.bytes_repr(payload) == b"b'{\"a\":1}'"
    assert writers.json_string(payload) == b'"{\\"a\\":1}"'
    assert writers.go_bytes(payload) == b"[123 34 97 34 58 49 125]"
    assert writers.javascript_bytes(payload) == b"123,34,97,34,58,49,125"
    assert json.loads(writers.node_buffer(payload)) == {"type": "Buffer", "data": list(b'{"a":1}')}


def test_no_body_is_larger_than_senders_make_them() -> None:
    """Standard Webhooks recommends less than 20 kB."""
    for check in SUITE:
        deliveries = [step for step in check.steps if isinstance(step, Delivery)]
        assert all(len(probe.body) < 20_000 for probe in _bench().probes(deliveries))
        if check.twin:
            assert _is_valid(_one(replace(check.twin)))
