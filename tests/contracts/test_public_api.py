"""What `import vovecli` promises: right use is short, misuse is a clear exception."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import OTHER_SECRET, SECRET, unmeasured

import vovecli

if TYPE_CHECKING:
    from collections.abc import Callable

AT = 1_750_000_000


def signed(**changes: Any) -> dict[str, Any]:
    """The arguments of `verify` for a webhook that is valid, and what is changed in them."""
    headers, body = vovecli.sign("kyb.case.completed", SECRET, timestamp=AT)
    return {"headers": headers, "body": body, "secret": SECRET, "at": AT} | changes


def forged() -> dict[str, Any]:
    """The same with another status."""
    genuine = signed()
    return genuine | {"body": genuine["body"].replace(b"COMPLETED", b"REJECTED!")}


def test_everything_in_all_can_be_imported_and_is_sorted() -> None:
    """The lazy facade hides nothing and promises nothing that is not there."""
    assert sorted(vovecli.__all__) == vovecli.__all__
    assert all(hasattr(vovecli, name) for name in vovecli.__all__)


def test_other_names_are_attribute_errors() -> None:
    """As in any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        vovecli.nothing  # noqa: B018 - the access is the test


def test_a_verdict_is_as_true_as_it_is_valid() -> None:
    """`if vovecli.verify(...)` accepts what is genuine and nothing else."""
    assert bool(vovecli.verify(**signed())) is True
    assert bool(vovecli.verify(**forged())) is False
    assert bool(vovecli.verify(**signed(at=AT + 999))) is False


def test_a_verdict_is_no_tuple_and_cannot_be_changed() -> None:
    """Nobody comes to depend on the order of its fields."""
    verdict = vovecli.verify(**signed())

    assert tuple not in type(verdict).__mro__
    with pytest.raises(FrozenInstanceError):
        verdict.valid = False  # type: ignore[misc]  # that is the test


def test_a_verdict_says_why() -> None:
    """In one line without a look at an optional cause; nothing where it is valid."""
    assert vovecli.verify(**signed()).why == ""
    assert vovecli.verify(**signed(at=AT + 999)).why.startswith("stale-timestamp: the request is")


def test_a_verdict_names_event_and_secret() -> None:
    """What a handler needs next; the secret itself is not in it."""
    verdict = vovecli.verify(**signed(secret=[OTHER_SECRET, SECRET]))

    assert verdict.event
    assert (verdict.event.type, verdict.event.status) == ("kyb.case.completed", "COMPLETED")
    assert verdict.fingerprint.startswith("fp:")
    assert SECRET.removeprefix("whsec_") not in repr(verdict)


@pytest.mark.parametrize(
    "spell",
    [
        lambda headers: {name.lower(): value for name, value in headers.items()},
        lambda headers: list(headers.items()),
        lambda headers: [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        lambda headers: {name.encode(): value.encode() for name, value in headers.items()},
        lambda headers: ([name, value] for name, value in headers.items()),
        lambda headers: [*headers.items(), (b"X-Latin", b"\xe9")],
    ],
    ids=["lower case", "pairs", "ASGI", "bytes", "lists", "mixed"],
)  # fmt: skip
def test_headers_of_any_kind(spell: Callable[[dict[str, str]], Any]) -> None:
    """Mapping or pairs, text or bytes (ASGI), in any case."""
    genuine = signed()

    assert vovecli.verify(**genuine | {"headers": spell(genuine["headers"])})


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bodies_of_any_kind_of_bytes(kind: Callable[[bytes], Any]) -> None:
    """What servers hand over."""
    genuine = signed()

    assert vovecli.verify(**genuine | {"body": kind(genuine["body"])})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"body": "{}"}, "body is text, and the signature covers bytes: pass the exact bytes"),
        ({"body": {}}, "body is of type dict: parsed JSON cannot be verified, pass the exact"),
        ({"body": "{}", "headers": {}}, "body is text"),
        ({"secret": SECRET.encode()}, "a secret is of type bytes: pass its text"),
        ({"secret": [SECRET.encode()]}, "a secret is of type bytes"),
        ({"secret": [SECRET, None]}, "a secret is of type NoneType"),
        ({"secret": 7}, "a secret is of type int"),
        ({"headers": "svix-id: msg_1"}, "headers is of type str"),
        ({"headers": None}, "headers is of type NoneType"),
        ({"headers": ["svix-id"]}, "neither a mapping nor pairs"),
        ({"headers": {"svix-id": ["msg_1"]}}, "a header's value of svix-id is of type list"),
        ({"headers": {1: "msg_1"}}, "a header's name is of type int"),
        ({"headers": {"HTTP_SVIX_ID": "msg_1"}}, "a WSGI environment: pass request.headers"),
        ({"at": 1.5}, "at is 1.5: pass whole Unix seconds"),
    ],
)  # fmt: skip
def test_misuse_of_verify_is_a_type_error(changes: dict[str, Any], reason: str) -> None:
    """With the reason, and never a verdict that looks like a forgery."""
    with pytest.raises(TypeError, match=reason):
        vovecli.verify(**signed(**changes))


@pytest.mark.parametrize("secret", [None, [], (), [None]], ids=repr)
def test_no_secret_is_an_error(secret: Any) -> None:
    """An unset variable must not read as "invalid"."""
    with pytest.raises(vovecli.VoveError) as caught:
        vovecli.verify(**signed(secret=secret))

    assert caught.value.code == "no-secret"
    with pytest.raises(vovecli.VoveError):
        vovecli.sign("kyc.pending", secret)


@pytest.mark.parametrize("secret", ["", " ", "whsec_", "whsec_<your secret>"])
def test_secrets_that_are_none(secret: str) -> None:
    """The same for empty text and placeholders."""
    with pytest.raises(vovecli.VoveError):
        vovecli.verify(**signed(secret=secret))


def test_several_secrets_in_one_text() -> None:
    """As they stand in one environment variable during a rotation."""
    assert vovecli.verify(**signed(secret=f"{OTHER_SECRET} {SECRET}"))


def test_verify_or_raise() -> None:
    """Gives the verdict back or raises it."""
    assert vovecli.verify_or_raise(**signed()).valid

    with pytest.raises(vovecli.WebhookVerificationError, match="stale-timestamp") as caught:
        vovecli.verify_or_raise(**signed(at=AT + 999))
    assert not caught.value.verdict


def test_a_handler_need_not_pay_for_the_explanation() -> None:
    """Where anybody can send forgeries."""
    verdict = vovecli.verify(**forged(), explain=False)

    assert verdict.cause
    assert verdict.cause.code == "no-matching-signature"


@pytest.mark.parametrize(
    "content",
    ["kyc.successful", {"status": "successful"}, b'{"status":"successful"}'],
    ids=["event", "payload", "bytes"],
)
def test_signs_an_event_a_payload_or_bytes(content: Any) -> None:
    """All three verify."""
    headers, body = vovecli.sign(content, SECRET)

    verdict = vovecli.verify(headers=headers, body=body, secret=SECRET)
    assert verdict
    assert verdict.event
    assert verdict.event.type == "kyc.successful"


def test_signs_with_several_secrets_in_either_family() -> None:
    """A signature per secret, as during a rotation."""
    headers, body = vovecli.sign(
        "kyc.pending", [SECRET, OTHER_SECRET], header_prefix="webhook", ref_id="user-1"
    )

    assert b'"refId":"user-1"' in body
    assert len(headers["Webhook-Signature"].split()) == 2
    for secret in (SECRET, OTHER_SECRET):
        assert vovecli.verify(headers=headers, body=body, secret=secret)


@pytest.mark.parametrize(
    ("arguments", "error", "reason"),
    [
        (("kyb.case.complete",), vovecli.VoveError, "unknown event 'kyb.case.complete'"),
        (('{"status":"pending"}',), TypeError, "pass a body as bytes"),
        ((7,), TypeError, "content is of type int"),
        ((b"{}", {"ref_id": "1"}), TypeError, "a payload has its own refId"),
        ((b"{}", {"timestamp": 1.0}), TypeError, "timestamp is 1.0"),
        ((b"{}", {"header_prefix": "Svix"}), ValueError, "'svix' or 'webhook'"),
        ((b"{}", {"message_id": "1\r\nX-Evil: 1"}), ValueError, "pass one line"),
        ((b"{}", {"message_id": ""}), ValueError, "pass one line"),
        (("",), vovecli.VoveError, "unknown event ''"),
    ],
)  # fmt: skip
def test_misuse_of_sign(arguments: Any, error: type[Exception], reason: str) -> None:
    """A clear exception each."""
    content, options = (*arguments, {})[:2]
    with pytest.raises(error, match=reason):
        vovecli.sign(content, SECRET, **options)


def test_an_unknown_event_has_suggestions() -> None:
    """As on the command line."""
    with pytest.raises(vovecli.VoveError) as caught:
        vovecli.sample("kyb.case.complete")

    assert "kyb.case.completed" in caught.value.hint


def test_payloads_with_lone_surrogates_can_be_signed() -> None:
    """JSON may hold them; UTF-8 cannot."""
    headers, body = vovecli.sign({"status": "\ud800"}, SECRET)

    assert body == b'{"status":"\\ud800"}'
    assert vovecli.verify(headers=headers, body=body, secret=SECRET)


def test_using_the_api_loads_nothing_heavy() -> None:
    """A handler that verifies pays for neither the command line nor clients nor databases."""
    program = (
        f"import sys, vovecli; h, b = vovecli.sign('kyc.pending', '{SECRET}')\n"
        f"assert vovecli.verify(headers=h, body=b, secret='{SECRET}')\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=unmeasured(), capture_output=True, check=True
    )

    heavy = {b"typer", b"rich", b"httpx", b"svix", b"pyngrok", b"asyncio", b"ssl", b"sqlite3"}
    assert not heavy & set(done.stdout.split())
