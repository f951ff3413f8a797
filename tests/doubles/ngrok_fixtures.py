"""What tests of the tunnel share: the agent double, an app behind it, what the tunnel told.

A test module takes the fixtures in with `pytest_plugins = ("tests.doubles.ngrok_fixtures",)`,
and imports nothing from here but types.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from vovecli.adapters.tunnel.ngrok import NgrokOptions, NgrokTunnel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vovecli.core.tunnels import TunnelEvent, TunnelState

AGENT = Path(__file__).with_name("ngrok_agent.py")
TOKEN = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ_0123456789abcdefGHIJK"


class Double:
    """The agent double: its faults, and what the agents that ran left to read."""

    path = AGENT
    token = TOKEN

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._set = monkeypatch.setenv
        self._set("NGROK_DOUBLE_DIR", str(folder))
        self._set("NGROK_DOUBLE_API", "127.0.0.1:0")
        self._set("XDG_CONFIG_HOME", str(folder))  # nothing of the user's own

    def faults(self, faults: str) -> None:
        """What agents started from now on do wrong."""
        (self._folder / "faults").write_text(faults)

    def gives_url(self, url: str) -> None:
        """The public URL that the account has."""
        self._set("NGROK_DOUBLE_URL", url)

    def agents(self) -> list[dict[str, Any]]:
        """What every agent that started said of itself, oldest first."""
        files = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [json.loads(file.read_text()) for file in files]

    def running(self) -> list[int]:
        """The pids of agents that are still there."""
        return [agent["pid"] for agent in self.agents() if is_running(agent["pid"])]

    def api_port(self) -> int:
        """The port of the newest agent's API."""
        return int(self.agents()[-1]["api"].rpartition(":")[2])

    def asked_for(self) -> str:
        """The public URL that the newest agent was asked for."""
        return str(self.agents()[-1]["asked"])

    def control(self, what: str) -> None:
        """Ask the newest agent for `drop?for=SECONDS` or `die`."""
        place = urlsplit(self.agents()[-1]["api"])
        connection = http.client.HTTPConnection(place.netloc, timeout=5)
        connection.request("POST", f"/double/{what}")
        connection.getresponse().read()
        connection.close()


def is_running(pid: int) -> bool:
    """Whether a process is there; one of our own that only waits to be reaped is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


class Events:
    """What a tunnel told, and a way to wait for it."""

    def __init__(self) -> None:
        self.seen: list[TunnelEvent] = []
        self._change = threading.Condition()

    def __call__(self, event: TunnelEvent) -> None:
        """Take an event in."""
        with self._change:
            self.seen.append(event)
            self._change.notify_all()

    def states(self) -> list[TunnelState]:
        """The states in their order."""
        return [event.state for event in self.seen]

    def wait_for(self, state: TunnelState, timeout_s: float = 20) -> TunnelEvent:
        """The first event of a state, once there is one."""
        with self._change:
            assert self._change.wait_for(lambda: state in self.states(), timeout_s), self.seen
            return next(event for event in self.seen if event.state is state)


class App(ThreadingHTTPServer):
    """Our end of the tunnel: notes what arrives."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Noting)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.arrived: list[tuple[str, list[tuple[str, str]], bytes]] = []


class _Noting(BaseHTTPRequestHandler):
    """Answers a delivery with 201 and `thanks`."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing on stderr."""

    def do_POST(self) -> None:
        """Take a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        assert isinstance(self.server, App)
        self.server.arrived.append((self.path, self.headers.items(), body))
        self.send_response(201)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"thanks")

    def do_GET(self) -> None:
        """Answer a probe: give its header back."""
        self.send_response(405)
        self.send_header("Vove-Probe", self.headers.get("Vove-Probe", ""))
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture
def app() -> Iterator[App]:
    """A running app on a free port."""
    server = App()
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def double(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """The agent double; at the end of the test none may be running."""
    for name in ("no_proxy", "NO_PROXY", "NGROK_AUTHTOKEN"):
        monkeypatch.setenv(name, "")
    folder = tmp_path / "agents"
    folder.mkdir()
    double = Double(folder, monkeypatch)
    yield double
    end = time.monotonic() + 5
    while double.running() and time.monotonic() < end:
        time.sleep(0.02)
    left = double.running()
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


@pytest.fixture
def events() -> Events:
    """What the tunnel told."""
    return Events()


@pytest.fixture
def tunnel(double: Double, events: Events, tmp_path: Path) -> Iterator[Callable[..., NgrokTunnel]]:
    """Makes tunnels by the double; they are stopped at the end."""
    made = []
    config = tmp_path / "ngrok.yml"
    config.write_text('version: "3"\n')

    def make(**options: Any) -> NgrokTunnel:
        defaults: dict[str, Any] = {
            "agent_path": double.path,
            "authtoken": TOKEN,
            "config_path": config,
            "agent_ports": (),
            "deadline_s": 10.0,
        }
        made.append(NgrokTunnel(NgrokOptions(**(defaults | options)), events))
        return made[-1]

    yield make
    for one in made:
        one.stop()
