from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import OTHER_SECRET, SECRET

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from tests.conftest import RunVove

FIXED = ("--secret", SECRET, "--timestamp", "1719870957", "--seed", "7")


@pytest.mark.parametrize("format_", ["http", "curl", "headers", "json"])
def test_formats(format_: str, run_vove: RunVove, snapshot: SnapshotAssertion) -> None:
    """Everything deterministic on request."""
    result = run_vove("sign", "kyb.case.rejected", "--format", format_, *FIXED)

    assert result.exit_code == 0
    assert snapshot == result.stdout


def test_what_is_signed_verifies(run_vove: RunVove) -> None:
    """Byte-exact, through a file."""
    signed = run_vove("sign", "kyb.case.rejected", "--reason", "DOCUMENT_MISMATCH")
    Path("request.http").write_bytes(signed.stdout_bytes)

    result = run_vove("verify", "request.http")

    assert result.exit_code == 0
    assert "kyb.case.rejected" in result.stdout


def test_a_rotation_puts_one_signature_per_secret(run_vove: RunVove) -> None:
    """In the order given; fingerprints, never values."""
    result = run_vove("sign", "kyc.pending", "--json", "--secret", SECRET, "--secret", OTHER_SECRET)

    assert len(result.json["signatures"]) == len(result.json["secrets"]) == 2
    assert SECRET[6:] not in result.stdout


def test_a_body_is_sent_exactly_as_it_is(run_vove: RunVove) -> None:
    """Not parsed, not trimmed, not even text."""
    body = b'{"a": 1}\r\n\xff'

    result = run_vove("sign", "--body", "-", "--secret", SECRET, stdin=body)

    assert body == result.stdout_bytes.partition(b"\r\n\r\n")[2]
    encoded = run_vove("sign", "--body", "-", "--json", "--secret", SECRET, stdin=body).json
    assert "body_base64" in encoded


def test_many_distinct_requests(run_vove: RunVove) -> None:
    """For load engines: a line each."""
    lines = run_vove("sign", "kyc.pending", "--count", "20", "--json").lines

    assert len({line["message_id"] for line in lines}) == 20
    assert len({line["body"] for line in lines}) == 20


def test_added_headers_replace_those_of_the_same_name(run_vove: RunVove) -> None:
    """Whatever their case."""
    result = run_vove(
        "sign", "kyc.pending", "--format", "headers", "-H", "user-agent: me", "-H", "X: y"
    )

    assert "Svix-Webhooks" not in result.stdout
    assert result.stdout.endswith("user-agent: me\nX: y\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give an EVENT"),
        (("kyb.case.completd",), "kyb.case.completed"),
        (("kyc.pending", "--format", "xml"), "choose from http, curl, headers, json"),
        (("kyc.pending", "--header-prefix", "x"), "choose from svix, webhook"),
        (("kyc.pending", "--count", "3"), "--count needs --json"),
        (("kyc.pending", "--json", "--count", "3", "--message-id", "m"), "--count needs --json"),
        (("kyc.pending", "--timestamp", "soon"), "not a time"),
        (("kyc.pending", "--ref-id", ""), "cannot be empty"),
        (("kyc.pending", "-H", "no colon"), "not of the form"),
        (("kyc.pending", "-H", "a: b\nc: d"), "not of the form"),
        (("kyc.pending", "-H", "a b: c"), "not of the form"),
        (("kyc.pending", "-H", "a: \x01"), "not of the form"),
        (("kyc.pending", "-H", "Content-Length: 3"), "a header that vove sends itself"),
        (("kyc.pending", "--message-id", "a\nb"), "is sent in a header"),
        (("kyc.pending", "--message-id", " a"), "is sent in a header"),
        (("--body", "x", "--set", "a=1"), "payload options cannot"),
        (("kyc.pending", "--set", "nope=1"), "refId"),
        (("kyc.pending", "--reason", "X"), "AML_CHECK"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2 and words that help."""
    result = run_vove("sign", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr + result.stdout


def test_a_bad_secret_is_refused_without_quoting_it(run_vove: RunVove) -> None:
    """Exit 3, what is wrong with it."""
    result = run_vove("sign", "kyc.pending", "--secret", "whsec_@@@")

    assert result.exit_code == 3
    assert "@@@" not in result.stderr
