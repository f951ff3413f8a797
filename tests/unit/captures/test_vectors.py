from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from vovecli.core.captures import proof, read_captures
from vovecli.core.secrets import parse_secret
from vovecli.core.verification import verify
from vovecli.core.webhook_headers import is_webhook

# Captures of many tools, signed with other libraries than ours.
VECTORS = Path(__file__).parents[2] / "vectors" / "captures"
CASES = [json.loads(line) for line in (VECTORS / "expected.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_captures_of_many_tools_are_read_to_the_byte(case: dict[str, Any]) -> None:
    """The signature over the body proves that headers and body are what was sent."""
    requests = read_captures(
        (VECTORS / case["file"]).read_bytes(), read_file=lambda name: (VECTORS / name).read_bytes()
    )
    (request,) = [request for request in requests if is_webhook(request)]
    secrets = [parse_secret(case["secret"])]
    request, verdict = proof.judge(
        request, secrets, lambda found: verify(found, secrets, moment=case["now"])
    )

    assert verdict.message_id == case["message_id"]
    assert case["body_sha256"] in (hashlib.sha256(request.body).hexdigest(), None)
    assert verdict.valid
