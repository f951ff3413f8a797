"""Signed requests for a load engine, always fresh: a signature is good for five minutes only."""

from __future__ import annotations

import json
import subprocess
import threading
import time

# What a pipe holds is signed some time before it is taken, the longer the less load there is.
MAX_AGE_S = 60
COUNT = 1_000_000_000


class SignedRequests:
    """Takes requests from a running `vove sign --count N --json`, which signs as they are taken.

    Every worker has a process of its own: ids are distinct over all of them, nothing is shared.
    """

    def __init__(self, event: str, vove: str = "vove") -> None:
        command = [vove, "sign", event, "--count", str(COUNT), "--json"]
        self._lock = threading.Lock()
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def take(self) -> tuple[dict[str, str], bytes]:
        """Headers and body of one request that nobody else gets."""
        with self._lock:
            for line in self._process.stdout or ():
                request = json.loads(line)
                if time.time() - request["timestamp"] < MAX_AGE_S:
                    return dict(request["headers"]), request["body"].encode()
        raise RuntimeError(f"vove sign ended with exit code {self._process.wait()}")

    def close(self) -> None:
        """End the signing."""
        self._process.kill()
        self._process.communicate()
