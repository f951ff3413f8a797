"""A listener that runs for long while its app, its disk, its reader and its peers fail in turn."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import SECRET, validate

from vovecli.core.messages import Message, new_message_id
from vovecli.core.retries import PROVIDER_TIMEOUT_S
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = parse_secret(SECRET)
BODY = b'{"refId":"soak","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
SENDERS = 6
SHORT_S, LONG_S = 20.0, float(os.environ.get("VOVE_TEST_SOAK_S", "1800"))
# Memory: 33 MiB at first, 16 MiB of requests that are not answered yet, and what the allocator keeps
# of long bodies that came and went. Files: once the crowds are gone.
MOST_MIB, MOST_FILES = 128, 40


class App(ThreadingHTTPServer):
    """The app behind the listener; `status` is what it answers, `delay_s` later."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128
    status, delay_s = 200, 0.0

    def handle_error(self, *_: object) -> None:
        """Nothing: what the listener gives up is a fault that is looked for."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, App)
        self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(self.server.delay_s)
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        with contextlib.suppress(OSError):  # the listener has waited long enough
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Nothing: it is a test."""


@contextlib.contextmanager
def app(port: int = 0) -> Iterator[App]:
    """An app that is up until the block ends."""
    with App(("127.0.0.1", port), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class Soak:
    """One listener, its senders, and the faults."""

    def __init__(self, folder: Path, seconds: float, seed: int) -> None:
        self.random = random.Random(seed)
        self.folder = folder
        self.end_s = time.monotonic() + seconds
        self.killed_until_s = self.end_s - seconds / 2
        self.answers: Counter[int] = Counter()
        self.acknowledged: list[str] = []
        self.slowest_s, self.slowest_under, self.fault = 0.0, "", ""
        self.kills = 0
        self.reading, self.up = threading.Event(), threading.Event()
        self.reading.set()
        self.schemas: Counter[str] = Counter()
        self.lock = threading.Lock()

    def run(self) -> None:
        """Serve, fail, and judge what is left."""
        with contextlib.ExitStack() as stack:
            self.app = stack.enter_context(app())
            self.app_port: int = self.app.server_address[1]
            self.start(port=0)
            stack.callback(self.kill)
            stack.callback(self.close_app)
            threads = [threading.Thread(target=self.send) for _ in range(SENDERS)]
            for thread in threads:
                thread.start()
            time.sleep(2)
            first_mib, self.most_mib, self.most_files = self.rss_mib(), 0.0, 0
            faults: list[Callable[[], None]] = [
                self.app_fails,
                self.app_is_slow,
                self.app_hangs_up,
                self.history_is_locked,
                self.nobody_reads,
                self.strangers,
                self.crowd,
            ]
            while (now_s := time.monotonic()) < self.end_s:
                # Only at first: what grows is to be seen.
                dies = [self.killed] if now_s < self.killed_until_s else []
                fault = self.random.choice(faults + dies)
                self.fault = fault.__name__
                fault()
                self.most_mib = max(self.most_mib, self.rss_mib())
                self.most_files = max(self.most_files, self.files())
            for thread in threads:
                thread.join()
            self.judge(first_mib)

    def judge(self, first_mib: float) -> None:
        """Nothing acknowledged is lost, nothing has grown, and it still serves and stops."""
        assert self.deliver() in {200, 502}
        files, last_mib = self.files(), self.rss_mib()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 128 + signal.SIGTERM
        self.reader.join(10)
        with contextlib.closing(sqlite3.connect(self.history)) as database:
            (integrity,) = database.execute("PRAGMA integrity_check").fetchone()
            recorded = {each for (each,) in database.execute("SELECT message_id FROM records")}
        print(  # noqa: T201 - the figures are what a long run is for
            f"{sum(self.answers.values())} deliveries, answers {dict(self.answers)}, "
            f"{len(set(self.acknowledged) - recorded)} acknowledged and lost, {self.kills} kills, "
            f"slowest {self.slowest_s:.2f} s ({self.slowest_under}), RSS {first_mib:.0f} MiB, at "
            f"most {self.most_mib:.0f} and {last_mib:.0f} at the end, files at most {self.most_files} and {files} at the end, "
            f"lines {dict(self.schemas)}"
        )
        assert integrity == "ok"
        assert not set(self.acknowledged) - recorded
        assert self.answers[200] > 0
        assert set(self.answers) <= {0, 200, 500, 502, 503, 504}
        assert self.answers[0] < sum(self.answers.values()) / 100 + SENDERS * self.kills
        assert self.slowest_s < PROVIDER_TIMEOUT_S
        assert max(self.most_mib, last_mib) < MOST_MIB
        assert files <= MOST_FILES
        assert self.schemas["vove.summary/1"] == 1

    def start(self, *, port: int) -> None:
        """Start the listener, and read what it prints."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        environ = os.environ | {
            "XDG_DATA_HOME": str(self.folder),
            "VOVE_WEBHOOK_SECRET": SECRET,
            "VOVE_HISTORY_KEEP": "0",
        }
        self.history = self.folder / "vove" / "history.sqlite3"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "vovecli", "listen", "--json", "--port", str(port)),
                *("--ready-file", str(ready), "--forward-to", f":{self.app_port}/hook"),
                *("--public-url", "http://127.0.0.1:9/"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environ,
            cwd=self.folder,
        )
        self.reader = threading.Thread(target=self.read, args=(self.process,))
        self.reader.start()
        while not ready.exists():
            assert self.process.poll() is None
            time.sleep(0.02)
        self.port = int(json.loads(ready.read_text())["url"].rpartition(":")[2])
        self.up.set()

    def read(self, process: subprocess.Popen[bytes]) -> None:
        """Read lines, but not while nobody is to."""
        assert process.stdout
        with process.stdout as lines:
            for line in lines:
                if not line.endswith(b"\n"):  # it was killed
                    break
                found: dict[str, Any] = json.loads(line)
                self.schemas[found["schema"]] += 1
                if self.random.random() < 0.01:
                    validate(found)
                self.reading.wait()

    def send(self) -> None:
        """Genuine deliveries, one after the other, until time is up."""
        while time.monotonic() < self.end_s:
            self.up.wait()
            self.deliver()
            time.sleep(0.02)

    def deliver(self) -> int:
        """One genuine delivery; the status, 0 where the listener was killed or full of a crowd."""
        now = int(time.time())
        message = Message(new_message_id(now, os.urandom(16)), now, BODY)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        begun_s, begun_starved_s = time.monotonic(), self.starved_s()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            try:
                connection.request(
                    "POST", "/", BODY, headers | dict(signed_headers([KEY], message))
                )
                status = connection.getresponse().status
            except ConnectionError:
                status = 0
        with self.lock:
            self.answers[status] += 1
            took_s = time.monotonic() - begun_s
            own_s = took_s - max(self.starved_s() - begun_starved_s, 0)
            if own_s > self.slowest_s:
                self.slowest_s = own_s
                self.slowest_under = f"{took_s:.2f} by the clock, {status}, {self.fault}"
            if status not in {0, 503}:
                self.acknowledged.append(message.id)
        return status

    def close_app(self) -> None:
        """The one of now: it is replaced whenever it hangs up."""
        self.app.shutdown()
        self.app.server_close()

    def app_fails(self) -> None:
        """It answers 500 for a while."""
        self.app.status = 500
        time.sleep(self.random.random())
        self.app.status = 200

    def app_is_slow(self) -> None:
        """It takes its time for a while, now and then more than a provider waits."""
        self.app.delay_s = self.random.choice((0.5, 3, 13, 16))
        time.sleep(self.random.random())
        self.app.delay_s = 0.0

    def kill(self) -> None:
        """End the listener of now."""
        self.process.kill()

    def killed(self) -> None:
        """The listener dies without a warning and is started anew on its port."""
        self.up.clear()
        self.kills += 1
        self.kill()
        self.process.wait()
        self.reader.join()
        self.start(port=self.port)

    def app_hangs_up(self) -> None:
        """It is gone for a while, and its port with it."""
        self.app.socket.close()
        time.sleep(self.random.random())
        with contextlib.suppress(OSError):
            self.app.shutdown()
        self.app = App(("127.0.0.1", self.app_port), _Handler)
        threading.Thread(target=self.app.serve_forever, args=(0.05,), daemon=True).start()
        time.sleep(0.5)

    def history_is_locked(self) -> None:
        """Another program holds it, now and then for longer than a writer waits."""
        with contextlib.closing(sqlite3.connect(self.history, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            time.sleep(self.random.choice((0.5, 1, 2, 7)))
            database.execute("ROLLBACK")

    def nobody_reads(self) -> None:
        """The reader of the lines pauses."""
        self.reading.clear()
        time.sleep(2 * self.random.random())
        self.reading.set()

    def strangers(self) -> None:
        """Unsigned, broken and over-long requests."""
        for _ in range(200):
            data = self.random.choice(
                (
                    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
                    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n"
                    + bytes(900_000),
                    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + b"1\r\na\r\n" * 5000,
                    self.random.randbytes(300),
                    b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 10_000 + b"\r\n",
                )
            )
            with contextlib.suppress(OSError), self.connect() as sock:
                sock.sendall(data)

    def crowd(self) -> None:
        """Connections with half a request each, for a while."""
        with contextlib.ExitStack() as stack:
            for _ in range(300):
                sock = stack.enter_context(self.connect())
                sock.sendall(b"POST / HTTP/1.1\r\nHo")
            time.sleep(self.random.random())

    def connect(self) -> socket.socket:
        """A raw connection to the listener."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def rss_mib(self) -> float:
        """What the listener takes of memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.split("VmRSS:")[1].split()[0]) / 1024

    def starved_s(self) -> float:
        """How long the listener and this thread were ready and got no processor: no fault of it."""
        waited_ns = 0
        for process, thread in ((self.process.pid,) * 2, ("self", threading.get_native_id())):
            with contextlib.suppress(OSError):  # it was killed
                text = Path(f"/proc/{process}/task/{thread}/schedstat").read_text(encoding="ascii")
                waited_ns += int(text.split()[1])
        return waited_ns / 1e9

    def files(self) -> int:
        """How many descriptors it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(120)
def test_a_listener_survives_faults_for_a_while(tmp_path: Path) -> None:
    """The short form."""
    Soak(tmp_path, SHORT_S, seed=1).run()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.timeout(LONG_S + 120)
def test_a_listener_survives_faults_for_long(tmp_path: Path) -> None:
    """`VOVE_TEST_SOAK_S` says how many seconds; half an hour otherwise."""
    Soak(tmp_path, LONG_S, seed=random.randrange(2**32)).run()
