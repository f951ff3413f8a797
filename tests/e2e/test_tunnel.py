"""`vove listen --tunnel` as a process, with the agent double in ngrok's place."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from tests.conftest import validate

import vovecli
from vovecli.core.messages import Message, new_message_id
from vovecli.core.secrets import encode_secret, parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.doubles.ngrok_fixtures import Double

    Start = Callable[..., "Listening"]

pytest_plugins = ("tests.doubles.ngrok_fixtures",)

SECRET = encode_secret(b"of these tests, never printed")  # `listen` warns of published ones
KEY = parse_secret(SECRET)
COMPLETED = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'


class Listening:
    """A running `vove listen --json`, its lines as they come."""

    def __init__(self, *arguments: str) -> None:
        self.started = time.monotonic()
        source = str(Path(vovecli.__file__).parents[1])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vovecli", "listen", "--port", "0", "--json", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": source, "VOVE_WEBHOOK_SECRET": SECRET},
        )
        self.lines: list[dict[str, Any]] = []
        self.stderr = ""
        self._came = threading.Condition()
        self._readers = [threading.Thread(target=read) for read in (self._read, self._read_err)]
        for reader in self._readers:
            reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                found = json.loads(line)
                validate(found)
                with self._came:
                    self.lines.append(found)
                    self._came.notify_all()
        with self._came:
            self.lines.append({"schema": "end"})
            self._came.notify_all()

    def _read_err(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as text:
            self.stderr = text.read()

    def wait_for(self, schema: str, **fields: object) -> dict[str, Any]:
        """The first line of a kind with these fields, once there is one."""

        def found() -> dict[str, Any] | None:
            wanted = {"schema": f"vove.{schema}/1"} | fields
            return next((line for line in self.lines if wanted.items() <= line.items()), None)

        with self._came:
            assert self._came.wait_for(lambda: found() or {"schema": "end"} in self.lines, 20)
            line = found()
        assert line, (self.lines, self.stderr)
        return line

    def end(self, number: int | None = None) -> int:
        """Send a signal if one is given, and wait for the exit code."""
        if number:
            self.process.send_signal(number)
        code = self.process.wait(20)
        for reader in self._readers:
            reader.join(5)
        return code


@pytest.fixture(autouse=True)
def _agent_ports(request: pytest.FixtureRequest) -> Iterator[None]:
    """One test leaves an agent where every listener looks for such: it has the ports to itself."""
    alone = request.function is test_after_kill_9_the_next_start_cleans_up
    with (Path(tempfile.gettempdir()) / "vove-tests-agent-ports").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield


@pytest.fixture
def listen(double: Double, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts listeners by the double; none outlives the test."""
    monkeypatch.setenv("NGROK_PATH", str(double.path))
    monkeypatch.setenv("NGROK_AUTHTOKEN", double.token)
    started: list[Listening] = []

    def start(*arguments: str) -> Listening:
        started.append(Listening(*(arguments or ("--tunnel",))))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


def deliver(url: str, numbers: range, *, signed: bool = True) -> list[int]:
    """POST deliveries over one connection and give the statuses."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    statuses = []
    with contextlib.closing(connection):
        for number in numbers:
            now = int(time.time())
            message = Message(new_message_id(now, number.to_bytes(16)), now, COMPLETED)
            headers = signed_headers([KEY], message) if signed else []
            connection.request("POST", "/webhooks/vove-kyb", COMPLETED, dict(headers))
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
    return statuses


def test_ready_soon_and_a_delivery_arrives(listen: Start, tmp_path: Path) -> None:
    """Signed through the public URL: verified, kept byte by byte, counted; our own probe is not."""
    listening = listen("--tunnel", "--save", str(tmp_path / "saved"), "--exit-after", "1")
    ready = listening.wait_for("ready")
    assert time.monotonic() - listening.started < 6  # 1 s, where nothing else runs
    assert deliver(ready["public_url"], range(1)) == [200]
    assert listening.end() == 0
    assert listening.wait_for("request")["verdict"] == "valid"
    summary = listening.wait_for("summary")
    assert (summary["requests"], summary["valid"]) == (1, 1)
    [saved] = (tmp_path / "saved").iterdir()
    assert saved.read_bytes().endswith(b"\r\n\r\n" + COMPLETED)


def test_many_deliveries_without_a_stall(listen: Start) -> None:
    """All verified, all counted: more than the agent could log if nobody read it."""
    listening = listen()
    url = listening.wait_for("ready")["public_url"]
    assert set(deliver(url, range(800))) == {200}
    listening.end(signal.SIGTERM)
    assert listening.wait_for("summary")["valid"] == 800


def test_unsigned_traffic_from_the_internet_is_refused(listen: Start) -> None:
    """401, and told; it does not count for what is waited for."""
    listening = listen("--tunnel", "--exit-after", "1")
    url = listening.wait_for("ready")["public_url"]
    assert deliver(url, range(1), signed=False) == [401]
    assert listening.wait_for("request")["verdict"] == "invalid"
    assert deliver(url, range(1)) == [200]
    assert listening.end() == 0


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
@pytest.mark.parametrize("when", ["connecting", "ready"])
def test_signals_leave_no_agent(
    when: str, number: int, code: int, listen: Start, double: Double
) -> None:
    """Asked to stop, while the tunnel opens or later: summed up, exit code, no process."""
    double.faults("silent" if when == "connecting" else "")
    listening = listen()
    if when == "ready":
        listening.wait_for("ready")
    else:
        listening.wait_for("tunnel", state="connecting")
        while not double.running():
            time.sleep(0.02)
    assert listening.end(number) == code
    assert listening.wait_for("summary")["requests"] == 0
    assert [line["schema"] for line in listening.lines].count("vove.ready/1") == (when == "ready")
    assert double.running() == []
    assert listening.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_agent_dies_with_a_killed_vove(listen: Start, double: Double) -> None:
    """Its public URL never leads to whatever takes the port next."""
    listening = listen()
    listening.wait_for("ready")
    assert double.running()
    listening.end(signal.SIGKILL)
    end = time.monotonic() + 5
    while double.running() and time.monotonic() < end:
        time.sleep(0.02)
    assert not double.running()


def test_after_kill_9_the_next_start_cleans_up(
    listen: Start, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was left is found at the ports where agents are, and its agent ends."""
    monkeypatch.delenv("NGROK_DOUBLE_API")
    double.faults("unread,stubborn")
    listening = listen()
    listening.wait_for("ready")
    [orphan] = double.running()
    listening.end(signal.SIGKILL)
    double.faults("")
    again = listen()
    again.wait_for("ready")
    end = time.monotonic() + 5
    while orphan in double.running() and time.monotonic() < end:
        time.sleep(0.02)
    assert orphan not in double.running()
    again.end(signal.SIGTERM)


def test_agent_that_dies_comes_back_on_the_same_url(listen: Start, double: Double) -> None:
    """Lost, started again, same URL; deliveries before and after arrive once each."""
    listening = listen()
    url = listening.wait_for("ready")["public_url"]
    assert deliver(url, range(1)) == [200]
    os.kill(double.running()[0], signal.SIGKILL)
    assert listening.wait_for("tunnel", state="restarted")["public_url"] == url
    assert deliver(url, range(1, 2)) == [200]
    listening.end(signal.SIGTERM)
    summary = listening.wait_for("summary")
    assert (summary["requests"], summary["duplicates"]) == (2, 0)
    states = [line["state"] for line in listening.lines if line["schema"] == "vove.tunnel/1"]
    assert states == ["connecting", "online", "lost", "reconnecting", "restarted"]


def test_tunnel_lost_for_good_ends_it(listen: Start, double: Double) -> None:
    """Summed up, the reason as an error, exit 5."""
    listening = listen()
    listening.wait_for("ready")
    double.faults("refused=107")
    double.control("die")
    assert listening.end() == 5
    schemas = [line["schema"] for line in listening.lines[-4:]]
    assert schemas == ["vove.tunnel/1", "vove.summary/1", "vove.error/1", "end"]
    assert listening.wait_for("error")["code"] == "tunnel-bad-authtoken"
    assert double.running() == []


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("refused=107,chatter", "tunnel-bad-authtoken"),
        ("endpoint=319", "tunnel-domain"),
        ("old", "tunnel-agent-too-old"),
    ],
)
@pytest.mark.parametrize("form", ["json", "text"])
def test_failures_are_explained(
    form: str, fault: str, code: str, listen: Start, double: Double
) -> None:
    """Exit 5, headline and hint and nothing else on stderr, no authtoken anywhere, no process."""
    double.faults(fault)
    if form == "json":
        listening = listen()
        assert listening.end() == 5
        error = listening.wait_for("error")
        assert error["code"] == code
        assert error["hint"]
        assert listening.stderr == ""
        assert double.token not in json.dumps(listening.lines)
    else:
        source = str(Path(vovecli.__file__).parents[1])
        done = subprocess.run(
            [sys.executable, "-m", "vovecli", "listen", "--port", "0", "--tunnel"],
            env=os.environ | {"PYTHONPATH": source, "VOVE_WEBHOOK_SECRET": SECRET},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (5, "")
        said = [line for line in done.stderr.splitlines() if "tunnel: starting" not in line]
        assert [line.partition(":")[0] for line in said] == ["error", "hint"]
        assert double.token not in done.stderr
    assert double.running() == []


def test_proxy_in_the_environment_changes_nothing(
    listen: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for the agent's API nor for the probe."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    listening = listen("--tunnel", "--exit-after", "1")
    assert deliver(listening.wait_for("ready")["public_url"], range(1)) == [200]
    assert listening.end() == 0


def test_tunnel_that_leads_elsewhere_is_an_error(listen: Start, double: Double) -> None:
    """The probe through the public URL finds that somebody else answers there."""
    double.faults("misrouted")
    listening = listen()
    assert listening.end() == 5
    assert listening.wait_for("error")["code"] == "tunnel-probe-failed"


def test_tunnel_of_ones_own(listen: Start) -> None:
    """`--public-url` is tried out and printed; one that leads elsewhere is told, not refused."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    listening = listen("--port", str(port), "--public-url", url)
    assert listening.wait_for("ready")["public_url"] == url
    assert listening.end(signal.SIGTERM) == 143
    assert [line["schema"] for line in listening.lines[:-1]] == ["vove.ready/1", "vove.summary/1"]
    elsewhere = listen("--public-url", url)
    assert "not certain" in elsewhere.wait_for("tunnel")["message"]
    elsewhere.wait_for("ready")
    elsewhere.end(signal.SIGTERM)


@pytest.mark.usefixtures("listen")
def test_no_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a real terminal the question comes, and a no ends with the other ways out."""
    monkeypatch.delenv("NGROK_PATH")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    source = str(Path(vovecli.__file__).parents[1])
    ours, theirs = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "vovecli", "listen", "--port", "0", "--tunnel"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"PYTHONPATH": source, "VOVE_WEBHOOK_SECRET": SECRET},
    )
    os.close(theirs)
    said = b""
    while b"[y/N]" not in said:
        said += os.read(ours, 1024)
    os.write(ours, b"n\n")
    with contextlib.suppress(OSError):  # the end of a terminal on Linux
        while more := os.read(ours, 1024):
            said += more
    assert asking.wait(10) == 5
    os.close(ours)
    assert b"bin.ngrok.com" in said
    assert b"--yes" in said


def test_no_agent_and_nobody_to_ask(
    listen: Start, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal nothing is downloaded: exit 5 at once, with the ways out."""
    monkeypatch.delenv("NGROK_PATH")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))  # pyngrok's own `ngrok` is there
    listening = listen()
    assert listening.end() == 5
    error = listening.wait_for("error")
    assert error["code"] == "tunnel-agent-missing"
    assert "--yes" in error["hint"]
    assert double.agents() == []
