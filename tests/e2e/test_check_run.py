"""`vove check --run`: the app's own words under the failed check, and nothing of it left afterwards."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT
from tests.e2e.broken import run_check
from tests.e2e.receivers import require_runtime
from tests.e2e.setup_receivers import environment, prepare, steps
from tests.loopback import unused_port

from vovecli.adapters.handlers import read_handler
from vovecli.core.handlers import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = Path(__file__).parent / "broken_receivers" / "crashing"
RIGHT = ROOT / "examples" / "receivers" / "python" / "app.py"
pytestmark = pytest.mark.timeout(120)

CRASHING = {
    "app.py": f"{sys.executable} {{file}}",
    "app.js": "node {file}",
    "main.go": "{program}",
    "app.php": "php -S 127.0.0.1:{port} {file}",
    "app.rb": "ruby {file}",
}


@pytest.fixture
def port() -> int:
    """One that nothing listens on."""
    return unused_port()


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No process that a test starts outlives it: each inherits a variable of its own."""
    monkeypatch.setenv("TEST_OF_CHECK_RUN", uuid.uuid4().hex)
    yield
    assert not _descendants()


def _descendants() -> set[int]:
    """Processes that this test has started, directly or not."""
    mark = f"TEST_OF_CHECK_RUN={os.environ['TEST_OF_CHECK_RUN']}".encode()
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.add(int(process.name))
    return found


def _vove(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "vovecli", "check", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _is_free(port: int) -> bool:
    try:
        subprocess.run(
            ["bash", "-c", f"echo > /dev/tcp/127.0.0.1/{port}"], check=True, capture_output=True
        )
    except subprocess.CalledProcessError:
        return True
    return False


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "app.py" else pytest.mark.stacks) for name in CRASHING],
)
def test_the_apps_own_line_is_under_the_failed_check(name: str, port: int, tmp_path: Path) -> None:
    """In any language: the line that the bug is in, and no secret in any of it."""
    source = APPS / name
    program = CRASHING[name].split()[0].removesuffix("{program}") or "go"
    if not shutil.which(program):
        reason = f"{program} is not installed here"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    if program == "go":
        build = ["go", "build", "-o", str(tmp_path / "app"), str(source)]
        environ = os.environ | {"GO111MODULE": "off", "GOCACHE": str(tmp_path / "cache")}
        subprocess.run(build, env=environ, check=True)
    command = f"PORT={port} " + CRASHING[name].format(
        file=shlex.quote(str(source)), program=tmp_path / "app", port=port
    )
    checked = run_check(f"http://127.0.0.1:{port}/hook", "--run", command)
    place = 1 + source.read_text().splitlines().index(
        next(line for line in source.read_text().splitlines() if "BUG" in line)
    )
    (failed,) = (one for one in checked.report["checks"] if one["id"] == "delivery.valid-kyb")

    assert failed["outcome"] == "fail"
    assert re.search(rf"{name}.{{0,9}}\D{place}\b", "\n".join(failed["printed"])), failed
    assert "crash-after-verification" in checked.codes
    assert "whsec_" not in checked.output.replace("whsec_***", "").replace("whsec_[secret]", "")
    assert _is_free(port)

    page = _vove(f"http://127.0.0.1:{port}/hook", "--run", command, "--only", "delivery")
    text, _ = page.communicate(timeout=60)
    assert re.search(rf"^  app   (?:.*\n){{0,2}}.*{name}.{{0,9}}\D{place}\b", text, re.MULTILINE), (
        text
    )


def test_a_right_app(port: int) -> None:
    """A fresh secret, in the variable that it looks in; then it is gone and its port is free."""
    command = f"{sys.executable} {RIGHT}"
    url = f"http://127.0.0.1:{port}/webhooks/vove-kyb"
    checked = run_check(url, "--run", f"PORT={port} API_KEY=abc {command}", "-q")

    assert checked.report["verdict"] == "conformant"
    assert checked.exit_code == 0
    assert checked.report["app"] == {"command": command, "ended": "", "last_lines": []}
    assert "abc" not in checked.output
    assert _is_free(port)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("when", ["before it answers", "while it is checked"])
def test_a_signal_ends_all_of_it(
    number: int, code: int, when: str, port: int, tmp_path: Path
) -> None:
    """Its children, and what has left its session, too."""
    app = tmp_path / "app.py"
    answers = "time.sleep(0.3) or " if when == "while it is checked" else "time.sleep(99) or "
    app.write_text(
        "import http.server, os, subprocess, sys, time\n"
        "subprocess.Popen(['sleep', '300'], start_new_session=True)\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        f"    def do_POST(self): {answers}self.send_error(401)\n"
        "    do_GET = do_POST\n"
        "s = http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), H)\n"
        "print('ready', flush=True)\n"
        "open('ready', 'w').close()\n"
        "s.serve_forever()\n"
    )
    command = f"PORT={port} sh -c '{sys.executable} {app}; exit 1'"
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "vovecli",
            "check",
            f"http://127.0.0.1:{port}/",
            "--run",
            command,
            "-v",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 20
    while not (tmp_path / "ready").exists() and time.monotonic() < until:
        time.sleep(0.02)
    if when == "while it is checked":
        for line in process.stderr or ():
            if "delivery.reachable" in line:
                break
    assert len(_descendants()) >= 4
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)

    assert process.returncode == code, errors
    assert "Traceback" not in errors
    is_checked = when == "while it is checked"
    assert ("stopped early; checks until then: " in errors) is is_checked
    assert _is_free(port)


def test_an_app_that_ends_early(port: int) -> None:
    """Its last lines and its exit code; exit 4."""
    command = f"""{sys.executable} -c 'import sys; print("no DATABASE_URL"); sys.exit(7)'"""
    done = _vove(f"http://127.0.0.1:{port}/", "--run", command)
    _, errors = done.communicate(timeout=30)

    assert done.returncode == 4
    assert (
        "the app ended before it answered, exit code 7; its last lines:\n  no DATABASE_URL"
        in errors
    )


def test_an_app_that_listens_elsewhere(port: int) -> None:
    """Where it listens, and what it printed."""
    other = unused_port()
    command = f"{sys.executable} -m http.server -b 127.0.0.1 {other}"
    done = _vove(f"http://127.0.0.1:{port}/", "--run", command, "--wait", "2s")
    _, errors = done.communicate(timeout=30)

    assert done.returncode == 4
    assert f"did not answer on port {port} within 2 s; it listens on {other}" in errors
    assert f"Serving HTTP on 127.0.0.1 port {other}" in errors


def test_an_app_that_dies_while_it_is_checked(port: int, tmp_path: Path) -> None:
    """The probe that ended it is named, how it ended and its last lines are said."""
    app = tmp_path / "app.py"
    app.write_text(
        "import http.server, os, sys\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_POST(self):\n"
        "        print('out of memory', flush=True)\n"
        "        os._exit(3)\n"
        "    def do_GET(self): self.send_error(404)\n"
        "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), H).serve_forever()\n"
    )
    checked = run_check(f"http://127.0.0.1:{port}/", "--run", f"PORT={port} {sys.executable} {app}")

    assert checked.exit_code in (1, 4)
    assert checked.report["app"]["ended"] == "exit code 3"
    assert "out of memory" in checked.report["app"]["last_lines"]


def test_a_stranger_on_the_port_is_not_checked(port: int) -> None:
    """It is named, and nothing is started."""
    stranger = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "-b", "127.0.0.1", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert stranger.stdout
    stranger.stdout.readline()
    done = _vove(f"http://127.0.0.1:{port}/", "--run", "touch started")
    _, errors = done.communicate(timeout=30)
    stranger.kill()
    stranger.communicate()

    assert done.returncode == 3
    assert f"port {port} is already in use by python" in errors
    assert not Path("started").exists()


FORGETFUL = """
import base64, hashlib, hmac, json, os, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
SECRET = os.environ.get("HOOK_SECRET", "")
KEY, SEEN = base64.b64decode(SECRET[6:]), set()
class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        id_, moment, given = (self.headers.get(f"svix-{x}") or "" for x in ("id", "timestamp", "signature"))
        mac = hmac.new(KEY, f"{id_}.{moment}.".encode() + body, hashlib.sha256).digest()
        fresh = moment.isdigit() and abs(time.time() - int(moment)) < 300
        good = fresh and "v1," + base64.b64encode(mac).decode() in given.split()
        if SECRET and not good:
            return self.answer(401)
        if id_ not in SEEN:
            SEEN.add(id_)
            with open("applied", "a") as file:
                file.write(json.loads(body)["refId"] + "\\n")
        self.answer(200)
    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()
open("applied", "a").close()
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_a_rehearsal_of_what_goes_wrong_in_production(port: int) -> None:
    """Started without its secret it takes anything; restarted it forgets what it has applied."""
    Path("app.py").write_text(FORGETFUL)
    checked = run_check(
        f"http://127.0.0.1:{port}/", "--run", f"PORT={port} {sys.executable} app.py",
        "--secret-env", "HOOK_SECRET", "--rehearse", "--observe", "cat applied",
        "--only", "config,retry.after-restart",
    )  # fmt: skip

    assert checked.outcome("config.secret-unset") == "fail"
    assert checked.outcome("retry.after-restart") == "warn"
    assert checked.exit_code == 1
    assert _is_free(port)


def test_a_rehearsal_of_a_right_app(port: int) -> None:
    """It refuses to start without its secret, and comes back with it."""
    command = f"PORT={port} {sys.executable} {RIGHT}"
    url = f"http://127.0.0.1:{port}/webhooks/vove-kyb"
    checked = run_check(url, "--run", command, "--rehearse")

    assert checked.exit_code == 0
    assert checked.outcome("config.secret-unset") == "pass"
    (result,) = (one for one in checked.lines if one.get("id") == "config.secret-unset")
    assert "it refuses to start: exit code 1" in result["got"]
    assert checked.report["verdict"] == "conformant"


@pytest.mark.stacks
@pytest.mark.parametrize("name", FILES)
def test_every_example_receiver(name: str, port: int, tmp_path: Path) -> None:
    """Started by its own line, it is conformant, and nothing of it is left."""
    require_runtime(name)
    folder = prepare(name)
    line = steps(read_handler(name))[1]
    environ = environment(name) | {
        "HOME": str(tmp_path),
        "PORT": str(port),
        "DATABASE": str(tmp_path / "webhooks.db"),
        "TEST_OF_CHECK_RUN": os.environ["TEST_OF_CHECK_RUN"],
    }
    environ.pop("VOVE_WEBHOOK_SECRET", None)
    path = "/api/vove-kyb" if name == "nextjs-pages" else "/webhooks/vove-kyb"
    done = subprocess.run(
        [sys.executable, "-m", "vovecli", "check", f"http://127.0.0.1:{port}{path}", "-q",
         "--run", f"sh -c {shlex.quote(line)}", "--rehearse"],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformant" in done.stdout
    assert _is_free(port)
