"""Faults: each is refused by our own verification, for the reason it claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vovecli.core.codes import CAUSES
from vovecli.core.errors import VoveError
from vovecli.core.fault_kinds import FAULTS
from vovecli.core.faults import (
    RANDOM_BYTES,
    Fault,
    Forged,
    copies,
    explain,
    forge,
    is_forgery,
    parse_faults,
)
from vovecli.core.messages import Message
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import SigningSecret, parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from vovecli.core.outcomes.deliveries import DeliveryOutcome

NOW = 1_700_000_000
SECRETS = [
    parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    parse_secret("whsec_plJ3nmyCDGBKInavdOK15jsl"),
]
BODY = b'{"refId":"r","status":"IN_REVIEW","previousStatus":"IN_PROGRESS"}'
MESSAGE = Message("msg_2if9qqkVjQDrS738JZOnax9T7MO", NOW, BODY)
RANDOM = bytes(range(RANDOM_BYTES))


def forged(*faults: str, body: bytes = BODY) -> Forged:
    """The message with those faults."""
    message = Message(MESSAGE.id, NOW, body)
    return forge(message, SECRETS, parse_faults(faults), random_bytes=RANDOM)


def captured(request: Forged) -> CapturedRequest:
    """What a receiver sees of it."""
    return CapturedRequest("POST", "/", request.headers, request.message.body)


def header(request: Forged, name: str) -> str | None:
    """A header's value, None where it is missing."""
    return next((value for key, value in request.headers if key == name), None)


def is_valid(request: Forged, secrets: list[SigningSecret] = SECRETS) -> bool:
    """Whether a correct receiver accepts it at the moment it was meant for."""
    return verify(captured(request), secrets, moment=NOW).valid


@pytest.mark.parametrize("name", sorted(FAULTS.keys() - {"duplicate"}))
def test_every_forgery_is_refused(name: str) -> None:
    """A correct receiver refuses it, and its length is told rightly."""
    request = forged(name)

    assert not is_valid(request)
    assert header(request, "Content-Length") == str(len(request.message.body))
    assert is_forgery(parse_faults([name]))


def test_nothing_is_broken_by_a_duplicate() -> None:
    """Copies are genuine; only their number is told."""
    request = forged("duplicate=3")

    assert request.headers == signed_headers(SECRETS, MESSAGE)
    assert not is_forgery(parse_faults(["duplicate=3"]))
    assert copies(parse_faults(["duplicate=3"])) == 3
    assert copies(parse_faults(["duplicate"])) == 2
    assert copies(parse_faults(["unsigned"])) == 1


@pytest.mark.parametrize(
    ("fault", "missing"),
    [
        ("missing-id", ["Svix-Id"]),
        ("missing-timestamp", ["Svix-Timestamp"]),
        ("missing-signature", ["Svix-Signature"]),
        ("unsigned", ["Svix-Id", "Svix-Signature", "Svix-Timestamp"]),
    ],
)
def test_headers_left_out(fault: str, missing: list[str]) -> None:
    """Those headers and no others are missing."""
    whole = [name for name, _ in signed_headers(SECRETS, MESSAGE)]

    assert [name for name, _ in forged(fault).headers] == [
        name for name in whole if name not in missing
    ]


def test_headers_of_the_other_family_are_left_out_too() -> None:
    """The header prefix is respected."""
    request = forge(
        MESSAGE, SECRETS, parse_faults(["missing-id"]), random_bytes=RANDOM, prefix="webhook"
    )

    assert header(request, "Webhook-Id") is None
    assert header(request, "Webhook-Signature")


@pytest.mark.parametrize(
    ("fault", "shift_s"), [("stale", -600), ("future", 600), ("stale=6m", -360)]
)
def test_times_are_shifted_and_signed_rightly(fault: str, shift_s: int) -> None:
    """Only the time is wrong: at that moment the request would be valid."""
    request = forged(fault)

    assert request.message.timestamp == NOW + shift_s
    assert verify(captured(request), SECRETS, moment=NOW + shift_s).valid
    assert not is_valid(request)


@pytest.mark.parametrize(
    ("fault", "signature"),
    [
        ("unknown-version", "v0,{0} v0,{1}"),
        ("bare-signature", "{0} {1}"),
        ("truncated-signature", "v1,{0:.8} v1,{1:.8}"),
    ],
)
def test_signatures_misshapen(fault: str, signature: str) -> None:
    """Each entry of a rotation is broken in the same way."""
    genuine = dict(signed_headers(SECRETS, MESSAGE))["Svix-Signature"]
    macs = [entry.removeprefix("v1,") for entry in genuine.split(" ")]

    assert header(forged(fault), "Svix-Signature") == signature.format(*macs)


def test_a_swapped_id_is_fresh() -> None:
    """The signed id is another one than the header says, and that one was never seen."""
    request = forged("swapped-id")

    assert header(request, "Svix-Id") == request.message.id != MESSAGE.id
    genuine = CapturedRequest(
        "POST", "/", [*request.headers[:3], ("svix-id", MESSAGE.id), *request.headers[4:]], BODY
    )
    assert verify(genuine, SECRETS, moment=NOW).valid


def test_a_tampered_body_is_another_event_of_the_family() -> None:
    """The status changes, the refId stays; a body that is no event grows by a byte."""
    assert forged("tampered-body").message.body == BODY.replace(b"IN_REVIEW", b"REJECTED")
    assert forged("tampered-body", body=b"\xff").message.body == b"\xff "
    rejected = BODY.replace(b"IN_REVIEW", b"REJECTED")
    assert forged("tampered-body", body=rejected).message.body == BODY.replace(
        b"IN_REVIEW", b"COMPLETED"
    )


def test_a_reserialized_body_is_signed_in_its_compact_form() -> None:
    """What JSON.stringify makes of the body that came is what was signed."""
    request = forged("reserialized-body", body=b'{ "a":1.0}')

    assert request.message.body == b'{\n  "a": 1.0\n}'
    as_stringified = CapturedRequest("POST", "/", request.headers, b'{"a":1.0}')
    assert verify(as_stringified, SECRETS, moment=NOW).valid


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"1", b"[1]", b"[" * 100_000], ids=range(6))
def test_some_bodies_have_no_second_form(body: bytes) -> None:
    """What cannot be written in two ways is refused with the reason."""
    with pytest.raises(VoveError) as caught:
        forged("reserialized-body", body=body)

    assert caught.value.code == "fault-impossible"


def test_faults_combine() -> None:
    """All that were asked for are in the request."""
    request = forged("stale", "wrong-secret", "tampered-body", "truncated-signature", "missing-id")

    assert request.message.timestamp == NOW - 600
    assert request.message.body != BODY
    assert header(request, "Svix-Id") is None
    assert len(header(request, "Svix-Signature") or "") == len("v1,") + 8


@pytest.mark.parametrize("name", [kind.name for kind in FAULTS.values() if kind.name in CAUSES])
def test_a_mistake_of_signers_is_forged_as_verify_names_it(name: str) -> None:
    """What is sent with --fault, verify proves under the same name."""
    verdict = verify(captured(forged(name)), SECRETS, moment=NOW)

    assert verdict.cause
    assert (verdict.cause.certainty, name) == ("proved", name)
    assert name in {verdict.cause.code, *(finding.code for finding in verdict.findings)}


def test_mistakes_of_signers_combine() -> None:
    """A key, a content and an encoding."""
    request = forged("undecoded-secret", "content-without-id", "hex-instead-of-base64")

    verdict = verify(captured(request), SECRETS, moment=NOW)

    assert verdict.cause
    assert {verdict.cause.code, *(finding.code for finding in verdict.findings)} >= {
        "undecoded-secret",
        "content-without-id",
        "hex-instead-of-base64",
    }


def test_random_signatures_stay_whole() -> None:
    """A bad signature has the form of a good one."""
    value = header(forged("bad-signature"), "Svix-Signature")

    assert value == "v1,ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="


@pytest.mark.thorough
@settings(deadline=None)  # the first refusal imports the diagnosis
@given(
    st.lists(st.sampled_from(sorted(FAULTS.keys() - {"future"})), unique=True, min_size=1),
    st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES),
)
def test_any_combination_can_be_made(names: list[str], random_bytes: bytes) -> None:
    """No combination fails, and every one with a forgery in it is refused."""
    faults = parse_faults(names)

    request = forge(MESSAGE, SECRETS, faults, random_bytes=random_bytes)

    assert is_valid(request) != is_forgery(faults)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (["bad-signatur"], "unknown-fault"),
        (["stale", "future"], "bad-fault"),
        (["stale", "stale=1h"], "bad-fault"),
        (["stale=5m"], "bad-fault"),
        (["stale=20000d"], "bad-fault"),
        (["stale=soon"], "bad-duration"),
        (["unsigned=1"], "bad-fault"),
        (["duplicate=1"], "bad-fault"),
        (["duplicate=1001"], "bad-fault"),
        (["duplicate=²"], "bad-fault"),
        (["duplicate="], "bad-fault"),
    ],
)
def test_impossible_faults(texts: list[str], code: str) -> None:
    """What cannot be meant is a usage error."""
    with pytest.raises(VoveError) as caught:
        parse_faults(texts)

    assert caught.value.code == code


def test_words() -> None:
    """Amounts stand in what is said to be broken."""
    stale, duplicate, plain = parse_faults(["stale=15m", "duplicate=3", "unsigned"])

    assert stale.broken == "it is signed correctly, but 15 min ago"
    assert duplicate.broken == "the same request is sent 3 times"
    assert plain.broken == "all three webhook headers are left out"
    assert isinstance(plain, Fault)


@pytest.mark.parametrize(
    ("fault", "outcome", "status", "words"),
    [
        ("unsigned", "refused", 499, "refused, as it must be"),
        ("unsigned", "refused", 500, "by a server error (500)"),
        ("unsigned", "refused", None, "refused, as it must be"),
        ("unsigned", "delivered", 200, "accepted: "),
        ("duplicate", "delivered", 200, "every copy was acknowledged"),
        ("duplicate", "refused", 500, "a copy was refused"),
    ],
)
def test_what_an_answer_means(
    fault: str, outcome: DeliveryOutcome, status: int | None, words: str
) -> None:
    """A server error is no judgement of the delivery."""
    _, meaning = explain(parse_faults([fault]), outcome, status)

    assert words in meaning
