"""`vove inspect` as a process: beside a listener, at a terminal, killed."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOVE = [sys.executable, "-m", "vovecli"]
URL = re.compile(r"http://localhost:\d+/#token=[\w-]+")
WITHIN_S = 20.0


def asked(url: str, path: str) -> dict[str, object]:
    """The JSON of a read."""
    base, _, fragment = url.partition("/#token=")
    request = urllib.request.Request(f"{base}/api/{path}")
    request.add_header("Authorization", f"Bearer {fragment}")
    with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
        found: dict[str, object] = json.load(answer)
    return found


def is_gone(url: str) -> bool:
    """Whether nothing answers there any more."""
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        try:
            asked(url, "numbers")
        except (urllib.error.URLError, OSError):
            return True
        time.sleep(0.05)  # another process: there is no event to wait for
    return False


@contextmanager
def beside(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A listener with the page beside it, in a process group of its own; both URLs."""
    ready = tmp_path / "ready.json"
    process = subprocess.Popen(
        [*VOVE, "listen", "--inspect", "--port", "0", "--ready-file", str(ready)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr
        found = next(URL.search(line) for line in process.stderr if URL.search(line))
        assert found
        until = time.monotonic() + WITHIN_S
        while not ready.exists() and time.monotonic() < until:
            time.sleep(0.02)  # another process's file
        yield process, json.loads(ready.read_text())["url"], found[0]
    finally:
        process.kill()
        process.communicate()


def test_the_page_beside_a_listener_shows_what_arrives(tmp_path: Path) -> None:
    """Two terminals' worth of traffic, verified with the listener's own secret."""
    with beside(tmp_path) as (_, listener, page):
        done = subprocess.run([*VOVE, "send", "kyc.pending", "--to", listener], check=False)
        assert done.returncode == 0
        assert asked(page, "records")["count"] == 2
        verify = asked(page, "record?record=1")["verify"]
        assert isinstance(verify, dict)
        assert verify["verdict"] == "valid"


@pytest.mark.parametrize(
    ("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 143), ("SIGKILL", -9)]
)
def test_the_page_ends_with_its_listener(name: str, code: int, tmp_path: Path) -> None:
    """However that ends; Ctrl-C and a closed terminal reach both."""
    with beside(tmp_path) as (process, _, page):
        number = getattr(signal, name)
        if name in ("SIGINT", "SIGHUP"):
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        _, errors = process.communicate(timeout=WITHIN_S)

        assert process.returncode == code
        assert is_gone(page)
        assert "Traceback" not in errors


def test_at_a_terminal_the_browser_is_opened_without_the_token_on_its_command_line(
    tmp_path: Path,
) -> None:
    """By a private file; the address is printed once; when the terminal closes, it ends."""
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}.new; mv {opened}.new {opened}\n')
    browser.chmod(0o755)
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - the child is another program
        os.environ["BROWSER"] = f"{browser} %s"
        os.execv(sys.executable, [*VOVE, "inspect", "--port", "0"])

    shown = ""
    until = time.monotonic() + WITHIN_S
    while not (opened.exists() and URL.search(shown)) and time.monotonic() < until:
        if select.select([terminal], [], [], 0.05)[0]:
            shown += os.read(terminal, 4096).decode()
    named = opened.read_text().strip()
    file = named.removeprefix("file://")
    found = URL.findall(shown)

    assert len(found) == 1
    assert "token" not in named
    with open(file, encoding="utf-8") as page:  # noqa: PTH123 - a path out of a URL
        assert found[0].partition("#")[2] in page.read()
    assert os.stat(file).st_mode & 0o777 == 0o600  # noqa: PTH116 - the same
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 143
    assert is_gone(found[0])
    assert not os.path.exists(file)  # noqa: PTH110 - the same


def test_without_a_terminal_nothing_is_opened(tmp_path: Path) -> None:
    """A script wants the address."""
    opened = tmp_path / "opened"
    environ = os.environ | {"BROWSER": f"touch {opened} %s"}
    process = subprocess.Popen(
        [*VOVE, "inspect", "--port", "0", "--json"],
        env=environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    asked(ready["url"], "numbers")
    process.terminate()

    assert process.wait(WITHIN_S) == 143
    assert process.stdout.read() == ""
    process.stdout.close()
    assert not opened.exists()
