"""Mistakes made by somebody else's code: Node's crypto, zlib, util and JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from vovecli.core.diagnosis import diagnose
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.webhook_headers import read_webhook_headers

FILE = Path(__file__).parents[2] / "vectors" / "mistakes-by-node.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_the_mistake_is_named(case: dict[str, Any]) -> None:
    """The cause of each is proved under the code that was planted."""
    headers = [
        ("webhook-id", VECTORS["id"]),
        ("webhook-timestamp", VECTORS["timestamp"]),
        ("webhook-signature", case["signature"]),
    ]
    request = CapturedRequest("POST", "/", headers, base64.b64decode(case["body"]))

    cause = diagnose(
        request, read_webhook_headers(request), [parse_secret(VECTORS["secret"])]
    ).cause

    assert (cause.code, cause.certainty) == (case["code"], "proved")
