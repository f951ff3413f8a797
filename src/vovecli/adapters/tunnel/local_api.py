"""The API every ngrok agent serves on loopback: who tunnels what; removing what we left."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from vovecli.adapters.tunnel.agent_output import parse_mark

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_ANSWER = 1 << 20
_SCAN_TIMEOUT_S, _SCAN_S = 1.0, 3.0
_DELETE_TIMEOUT_S = 2.0
_OK = 200
_PROC = Path("/proc")


class LocalEndpoint(NamedTuple):
    """An endpoint that some agent on this machine serves.

    Attributes:
        vove_pid: The `vove` that opened it; 0 when it is another program's.
        agent_pid: The agent that serves it; 0 when not known.
        stale: Whether it is ours and the `vove` that opened it is gone.
    """

    port: int
    uri: str
    public_url: str
    upstream: str
    vove_pid: int = 0
    agent_pid: int = 0
    stale: bool = False


def endpoints(ports: Iterable[int]) -> list[LocalEndpoint]:
    """The endpoints of all agents on these ports of 127.0.0.1; other programs' ports have none."""
    end = time.monotonic() + _SCAN_S
    return [
        endpoint
        for port in ports
        if time.monotonic() < end  # a program that accepts and never answers costs its second once
        for endpoint in _endpoints_on(port)
    ]


def remove_stale(ports: Iterable[int]) -> list[LocalEndpoint]:
    """Remove endpoints that a `vove` left behind (killed), end their agents, and give them."""
    left = [endpoint for endpoint in endpoints(ports) if endpoint.stale]
    for endpoint in left:
        delete(f"http://127.0.0.1:{endpoint.port}{endpoint.uri}")
        _end_orphan(endpoint)
    return left


def delete(endpoint_url: str) -> None:
    """Ask the agent to close an endpoint, which frees its URL at once; no answer is no error."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        _call("DELETE", endpoint_url, _DELETE_TIMEOUT_S)


def _endpoints_on(port: int) -> list[LocalEndpoint]:
    try:
        status, body = _call("GET", f"http://127.0.0.1:{port}/api/endpoints", _SCAN_TIMEOUT_S)
        found = json.loads(body)["endpoints"] if status == _OK else []
        return [_endpoint(port, item) for item in found]
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, AttributeError):
        return []  # nobody there, or something that is no agent


def _endpoint(port: int, item: dict[str, object]) -> LocalEndpoint:
    upstream = item.get("upstream")
    mark = parse_mark(item.get("metadata"))
    return LocalEndpoint(
        port=port,
        uri=str(item["uri"]),
        public_url=str(item.get("url") or ""),
        upstream=str(upstream.get("url") or "") if isinstance(upstream, dict) else "",
        vove_pid=mark[0] if mark else 0,
        agent_pid=mark[1] if mark else 0,
        stale=mark is not None and not _is_running(mark[0]),
    )


def _call(method: str, url: str, timeout_s: float) -> tuple[int, bytes]:
    # http.client knows no proxies: a loopback address must never be asked of one.
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=timeout_s)
    try:
        connection.request(method, place.path)
        answer = connection.getresponse()
        return answer.status, answer.read(_MAX_ANSWER)
    finally:
        connection.close()


def _is_running(pid: int) -> bool:
    if os.name != "posix":
        return True  # signal 0 would end the process there
    try:
        os.kill(pid, 0)
    except OSError as error:
        return not isinstance(error, ProcessLookupError)
    return True


def _end_orphan(endpoint: LocalEndpoint) -> None:
    """End the agent itself: it holds a session of the account, and nobody reads its log."""
    pid = endpoint.agent_pid
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if not (pid and _is_agent(pid)):
            return
        with contextlib.suppress(OSError):
            os.kill(pid, sent)
        end = time.monotonic() + 1
        while _is_running(pid) and time.monotonic() < end:
            time.sleep(0.02)


def _is_agent(pid: int) -> bool:
    """Whether the process still is an agent that pyngrok started: pids are used again."""
    try:
        command = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        ps = ["ps", "-ww", "-o", "args=", "-p", str(pid)]  # -ww: not cut at COLUMNS
        try:
            command = subprocess.run(ps, capture_output=True, timeout=2, check=False).stdout  # noqa: S603 - fixed words and a number
        except (OSError, subprocess.SubprocessError):
            return False
    return b"start" in command and b"--none" in command
