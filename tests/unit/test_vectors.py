"""Signatures made by other people's code, checked in.

Each line of signatures.jsonl says who made it: the specification's and Svix's own examples, the npm
packages, and openssl, Node, PHP, Ruby and Go with nothing but their HMAC-SHA256 and base64.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from vovecli.core.messages import Message
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signature
from vovecli.core.verification import verify

VECTORS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "vectors" / "signatures.jsonl")
    .read_text()
    .splitlines()
]

every_vector = pytest.mark.parametrize(
    "vector", VECTORS, ids=[f"{each['made_by']}: {each['what']}" for each in VECTORS]
)


def message_of(vector: dict[str, str | int]) -> Message:
    """What was signed."""
    body = base64.b64decode(str(vector["body_base64"]))
    return Message(str(vector["id"]), int(vector["timestamp"]), body)


def test_the_collection_is_whole() -> None:
    """Nine makers, both published examples among them: a truncated file is not a passed test."""
    assert len(VECTORS) == 83
    assert len({vector["made_by"] for vector in VECTORS}) == 9


@every_vector
def test_we_sign_as_others_do(vector: dict[str, str | int]) -> None:
    """Our signature over the same message with the same secret is the same text."""
    assert (
        signature(parse_secret(str(vector["secret"])).key, message_of(vector))
        == vector["signature"]
    )


@every_vector
@pytest.mark.parametrize("family", ["svix", "webhook"])
def test_we_accept_what_others_signed(vector: dict[str, str | int], family: str) -> None:
    """A request with their signature verifies at the moment it was signed."""
    message = message_of(vector)
    headers = [
        (f"{family}-id", message.id),
        (f"{family}-timestamp", str(message.timestamp)),
        (f"{family}-signature", str(vector["signature"])),
    ]
    request = CapturedRequest("POST", "/", headers, message.body)
    verdict = verify(request, [parse_secret(str(vector["secret"]))], moment=message.timestamp)
    assert verdict.valid
    assert verdict.signature == (1, 1)
