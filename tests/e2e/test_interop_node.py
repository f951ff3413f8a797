"""The npm packages svix and standardwebhooks and we agree on what is signed, both ways.

Each test hands one Node process many cases, made from a fixed seed, and reads its answers.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
import time
from typing import Any

import pytest
from tests.e2e.receivers import require_runtime
from tests.e2e.setup_receivers import environment, prepare

from vovecli.core.messages import Message, new_message_id
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import encode_secret, parse_secret
from vovecli.core.signing import HeaderPrefix, signature, signed_headers
from vovecli.core.verification import verify

CASES = 1000
ALPHABETS = ('abc {}[]":,\\/\r\n\t\0', "éßŽñ", "شركة", "株式会社", "👩‍💻🏳️‍🌈", "\ufeff\u2028\u0085")

# Which names of the headers a package reads.
PREFIXES: dict[str, list[HeaderPrefix]] = {
    "svix": ["svix", "webhook"],
    "standardwebhooks": ["webhook"],
}

Case = dict[str, Any]
both_libraries = pytest.mark.parametrize("library", PREFIXES)


def ask_node(cases: list[Case]) -> list[Case]:
    """The answers of one Node process to all cases."""
    require_runtime("interop")
    done = subprocess.run(
        ["node", "interop.js"],
        cwd=prepare("interop"),
        env=environment("interop"),
        input="".join(json.dumps(case) + "\n" for case in cases),
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


def some_text(chance: random.Random) -> str:
    """Up to 60 characters out of one alphabet; now and then 16 kB."""
    length = 16_000 if chance.random() < 0.005 else chance.randrange(60)
    return "".join(chance.choices(chance.choice(ALPHABETS), k=length))


def some_message(chance: random.Random, timestamp: int, body: str) -> Message:
    """A message with an id as Svix makes them, or any printable one."""
    printable = "".join(chr(chance.randint(33, 126)) for _ in range(chance.randint(1, 40)))
    message_id = chance.choice([new_message_id(timestamp, chance.randbytes(16)), printable])
    return Message(message_id, timestamp, body.encode())


def some_secret(chance: random.Random) -> str:
    """24 to 64 bytes, with padding and without."""
    text = encode_secret(chance.randbytes(chance.randint(24, 64)))
    return chance.choice([text, text.rstrip("=")])


def encoded(body: bytes) -> str:
    """Base64, for the journey through JSON."""
    return base64.b64encode(body).decode("ascii")


@both_libraries
def test_what_npm_signs_we_accept(library: str) -> None:
    """A signature made by the package is ours to the letter, and valid to us."""
    chance = random.Random(f"{library} signs")
    signed = [
        (
            some_secret(chance),
            some_message(chance, chance.randint(1, 10**11 - 1), some_text(chance)),
        )
        for _ in range(CASES)
    ]
    answers = ask_node(
        [
            {
                "library": library,
                "secret": secret,
                "id": message.id,
                "timestamp": message.timestamp,
                "body": encoded(message.body),
            }
            for secret, message in signed
        ]
    )
    for (text, message), answer in zip(signed, answers, strict=True):
        secret = parse_secret(text)
        assert signature(secret.key, message) == answer["signature"]
        headers = [
            ("Svix-Id", message.id),
            ("Svix-Timestamp", str(message.timestamp)),
            ("Svix-Signature", answer["signature"]),
        ]
        request = CapturedRequest("POST", "/", headers, message.body)
        assert verify(request, [secret], moment=message.timestamp).valid


@both_libraries
def test_what_we_sign_npm_accepts_and_nothing_else(library: str) -> None:
    """The package accepts our headers, with one or two signatures, and none once changed."""
    chance = random.Random(f"{library} verifies")
    now = int(time.time())
    cases, expected = [], []
    for _ in range(CASES):
        body = json.dumps(
            {"status": "pending", "refId": some_text(chance), "n": chance.random()},
            ensure_ascii=chance.random() < 0.5,
            indent=chance.choice([None, 2]),
        )
        message = some_message(chance, now - chance.randint(-200, 200), body)
        secrets = [some_secret(chance) for _ in range(chance.randint(1, 2))]
        prefix = chance.choice(PREFIXES[library])
        headers = signed_headers([parse_secret(each) for each in secrets], message, prefix=prefix)
        genuine = chance.random() < 0.7
        sent = message.body if genuine else message.body + chance.choice([b" ", b"\n", b"\r\n"])
        cases.append(
            {
                "library": library,
                "secret": chance.choice(secrets),
                "headers": headers,
                "body": encoded(sent),
            }
        )
        expected.append(genuine)
    assert [answer["valid"] for answer in ask_node(cases)] == expected
