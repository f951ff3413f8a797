from __future__ import annotations

import json
import subprocess
import sys

import pytest
from tests.unit.captures.samples import BODY, SIZED, head, refusal

from vovecli.core.captures import FORMATS, detect

HAR = b'{"log": {"entries": []}}'

JSON = json.dumps({"headers": dict(SIZED), "body": "x"}).encode()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (head() + BODY, "http"),
        (b"Svix-Id: m\n\n{}", "http"),
        (b"### x\nPOST http://x\n\n{}", "http"),
        (b"* Trying\n> POST / HTTP/1.1\n", "http"),
        (b"[  0.001] Connected\n", "http"),
        (b"```sh\ncurl https://x -d y\n```\n", "http"),
        (b"curl https://x -d '\n```\n'", "curl"),
        (b"", "http"),
        (b"\xff\xfe" + "curl https://x -d y".encode("utf-16-le"), "curl"),
        (b"  $ curl https://x -d y", "curl"),
        (b'[{"headers": {}}]', "json"),
        (b" \n[]", "json"),
        (b'["a"]', "json"),
        (b"{", "json"),
        (JSON + b"\n{}", "ndjson"),
        (b"{}\n{}", "json"),
        (b'{"level": 30}\n' + JSON, "json"),
        (HAR, "har"),
        (b"\xef\xbb\xbf\r\n" + HAR, "har"),
    ],
)
def test_the_format_shows_in_the_content(source: bytes, expected: str) -> None:
    """Never in a file's name."""
    assert expected in FORMATS
    assert detect(source) == expected


def test_a_forced_format_is_not_second_guessed() -> None:
    """JSON forced on a raw message is not JSON."""
    assert refusal(head() + BODY, name="json") == "malformed-json"
    assert refusal(b'{"headers": {"a": "b"}}', name="http") == "not-a-request"


@pytest.mark.parametrize(
    ("source", "others"),
    [
        (head() + BODY, {"generic", "commands", "dumps", "rest_client", "ndjson", "json_text"}),
        (b"curl x -d y -H 'svix-id: b'", {"generic", "dumps", "rest_client", "http_text", "wget", "printed"}),
        (JSON, {"commands", "dumps", "http_text", "printed"}),
    ],
    ids=["raw", "curl", "json"],
)  # fmt: skip
def test_only_the_reader_that_is_needed_is_loaded(source: bytes, others: set[str]) -> None:
    """Start-up time is a feature."""
    program = (
        "import sys; from vovecli.core.captures import read_captures\n"
        f"read_captures({source!r})\n"
        "print(*(name.rpartition('.')[2] for name in sys.modules if 'vovecli' in name))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()

    assert "framing" in loaded or "facts" in loaded
    assert not others & set(loaded)
