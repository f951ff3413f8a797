"""The tunnel by ngrok itself: only with VOVE_LIVE_NGROK=1, an agent, an authtoken, the internet."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.conftest import SECRET

import vovecli
from vovecli.core.messages import Message, new_message_id
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

# Taken now: the tests' own user has nothing of the real one's environment.
ENVIRONMENT = dict(os.environ)
BODY = b'{"refId":"live","status":"COMPLETED","previousStatus":"IN_REVIEW"}'


@pytest.mark.enable_socket
@pytest.mark.skipif(ENVIRONMENT.get("VOVE_LIVE_NGROK") != "1", reason="VOVE_LIVE_NGROK is not 1")
def test_delivery_through_ngrok(tmp_path: Path) -> None:
    """Opened, tried out, one signed delivery verified byte for byte, closed on SIGTERM."""
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "vovecli", "listen", "--port", "0", "--tunnel", "--json"]
    listening = subprocess.Popen(
        [*command, "--ready-file", ready_file],
        stdout=subprocess.PIPE,
        env=ENVIRONMENT
        | {
            "PYTHONPATH": str(Path(vovecli.__file__).parents[1]),
            "VOVE_WEBHOOK_SECRET": SECRET,
        },
    )
    end = time.monotonic() + 40
    while not ready_file.exists() and listening.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    try:
        url = json.loads(ready_file.read_text())["public_url"]
        now = int(time.time())
        message = Message(new_message_id(now, os.urandom(16)), now, BODY)
        connection = http.client.HTTPSConnection(urlsplit(url).netloc, timeout=20)
        headers = dict(signed_headers([parse_secret(SECRET)], message))
        connection.request("POST", "/webhooks/vove-kyb", BODY, headers)
        assert connection.getresponse().status == 200
        connection.close()
    finally:
        listening.send_signal(signal.SIGTERM)
        out, _ = listening.communicate(timeout=20)
    lines = [json.loads(line) for line in out.splitlines()]
    assert listening.returncode == 143, lines
    assert [line["verdict"] for line in lines if line["schema"] == "vove.request/1"] == ["valid"]
