from __future__ import annotations

import socket
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from vovecli.adapters import addresses
from vovecli.adapters.clock import clock_skew_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def clock() -> Iterator[Callable[[str | None, int], str]]:
    """A server with a `Date` (None: without one) and a status; gives its URL."""

    class Clock(BaseHTTPRequestHandler):
        """Answers with the date it was given."""

        date: str | None = None
        status = 200

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing on stderr."""

        def do_HEAD(self) -> None:
            """Tell the time."""
            self.send_response_only(self.status)
            if self.date is not None:
                self.send_header("Date", self.date)
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Clock)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()

    def set_to(date: str | None, status: int = 200) -> str:
        Clock.date, Clock.status = date, status
        return f"http://127.0.0.1:{server.server_port}/"

    yield set_to
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("offset_s", "status"), [(0, 200), (120, 200), (-400, 404)])
def test_clock_is_compared_with_a_server(
    offset_s: int, status: int, clock: Callable[[str | None, int], str]
) -> None:
    """Ahead is positive; any status will do, the date counts."""
    url = clock(formatdate(time.time() - offset_s, usegmt=True), status)
    skew_s = clock_skew_s(url, timeout_s=3)
    assert skew_s is not None
    assert abs(skew_s - offset_s) < 2


@pytest.mark.parametrize("date", [None, "yesterday"])
def test_server_without_a_time_tells_none(
    date: str | None, clock: Callable[[str | None, int], str]
) -> None:
    """No date, or one that is none, is no measurement."""
    assert clock_skew_s(clock(date, 200), timeout_s=3) is None


def test_server_that_is_not_there_tells_none() -> None:
    """Nor is no answer."""
    assert clock_skew_s("http://127.0.0.1:1/", timeout_s=1) is None


def test_names_resolve_or_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Addresses once each; none for what is no name; None where the resolver takes too long."""
    assert addresses.look_up("127.0.0.1", timeout_s=3) == ["127.0.0.1"]
    assert addresses.look_up("no such name", timeout_s=3) == []
    slow = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: slow.wait(5) and [])
    assert addresses.look_up("slow.example", timeout_s=0.05) is None
    slow.set()
