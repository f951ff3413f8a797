from __future__ import annotations

import ssl
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.adapters.sender import MAX_ANSWER_BYTES, Sender
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.outcomes.answers import Answer, NoAnswer

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

HEADERS = [("Accept", "*/*"), ("Svix-Id", "msg_1"), ("x-ODD", "caf\udce9"), ("Content-Length", "3")]


def post(url: str, *, timeout_s: float = 5, verify: bool | str = True) -> Answer:
    """One delivery."""
    sender = Sender(parse_endpoint(url), timeout_s=timeout_s, verify=verify)
    try:
        return sender.post(HEADERS, b"{}\xff")
    finally:
        sender.close()


def test_the_wire_carries_exactly_what_was_asked() -> None:
    """Host first, then our headers in order, spelling and bytes; nothing added."""
    with LoopbackServer(answer("200 OK")).running() as server:
        assert post(server.url).status == 200

    assert server.requests == [
        f"POST /hook HTTP/1.1\r\nHost: localhost:{server.port}\r\n".encode()
        + b"Accept: */*\r\nSvix-Id: msg_1\r\nx-ODD: caf\xe9\r\nContent-Length: 3\r\n\r\n{}\xff"
    ]


def test_the_answer_is_kept_as_it_came() -> None:
    """Status, reason, headers in their spelling, body not decoded."""
    reply = answer("418 Short and stout", b"\x1f\x8bnot gzip", "X-Odd: a", "Content-Encoding: gzip")
    with LoopbackServer(reply).running() as server:
        found = post(server.url)

    assert (found.status, found.reason, found.body) == (418, "Short and stout", b"\x1f\x8bnot gzip")
    assert ("X-Odd", "a") in found.headers
    assert found.header("x-odd") == "a"
    assert found.header("nothing") is None
    assert 0 < found.latency_ms < 5000


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("host", ["localhost", "app.localhost", "App.LocalHost."])
def test_either_loopback_family_is_found(address: str, host: str) -> None:
    """`localhost` may resolve to the one that the app does not listen on; names below it to none.

    RFC 6761, 6.3.
    """
    with LoopbackServer(answer("200 OK"), address=address).running() as server:
        assert post(f"http://{host}:{server.port}/hook").status == 200

    assert f"Host: {host.lower()}:{server.port}\r\n".encode() in server.requests[0]


def test_proxies_of_the_environment_are_ignored_on_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A proxy cannot reach this machine's own loopback."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with LoopbackServer(answer("200 OK")).running() as server:
        assert post(server.url).status == 200


def test_redirects_are_not_followed() -> None:
    """A redirected POST is not a delivery."""
    with LoopbackServer(answer("307 Moved", b"", "Location: /elsewhere")).running() as server:
        assert post(server.url).status == 307
    assert len(server.requests) == 1


def test_an_endless_answer_is_cut() -> None:
    """Memory is bounded, and the status still counts."""

    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            connection.sendall(bytes(65536))

    with LoopbackServer(endless).running() as server:
        found = post(server.url)

    assert (found.status, found.body_truncated, len(found.body)) == (200, True, MAX_ANSWER_BYTES)


def drip_headers(connection: socket.socket, _: bytes) -> None:
    """One byte now and then: each read succeeds, the whole never ends."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def say_nothing(connection: socket.socket, _: bytes) -> None:
    """Keep the connection open until the sender gives up."""
    connection.recv(1)


@pytest.mark.parametrize("respond", [drip_headers, say_nothing])
def test_the_whole_answer_is_bounded_in_time(
    respond: Callable[[socket.socket, bytes], None],
) -> None:
    """Slow bytes do not stretch the timeout."""
    started = time.monotonic()
    with LoopbackServer(respond).running() as server, pytest.raises(NoAnswer) as caught:
        post(server.url, timeout_s=0.4)

    assert caught.value.kind == "timeout"
    assert time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (b"", "closed"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "closed"),
    ],
)
def test_broken_answers_have_a_kind(reply: bytes, kind: str) -> None:
    """Closed early, or no HTTP."""
    with LoopbackServer(reply).running() as server, pytest.raises(NoAnswer) as caught:
        post(server.url)

    assert kind == caught.value.kind


@pytest.mark.parametrize("header", [("a b", "c"), ("Content-Length", "1")])
def test_what_cannot_be_written_is_said_to_be_that(header: tuple[str, str]) -> None:
    """The other end has no part in it, so nothing is said of it."""
    with LoopbackServer(answer("200 OK")).running() as server:
        sender = Sender(parse_endpoint(server.url), timeout_s=5)
        with closing(sender), pytest.raises(NoAnswer, match="cannot be written") as failure:
            sender.post([header], b"{}")

    assert failure.value.kind == "protocol"


def test_nothing_listening_is_refused() -> None:
    """In the system's words."""
    with pytest.raises(NoAnswer) as caught:
        post(f"http://localhost:{unused_port()}/")

    assert (caught.value.kind, caught.value.message) == ("refused", "connection refused")


def test_an_unknown_host_is_a_matter_of_dns() -> None:
    """Not a refusal."""
    with pytest.raises(NoAnswer) as caught:
        post("http://nowhere.invalid/")

    assert caught.value.kind == "dns"


def test_https(tmp_path: Path) -> None:
    """Unknown authorities are refused, unless one is named or the check is waived."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with LoopbackServer(answer("200 OK"), tls=context).running() as server:
        with pytest.raises(NoAnswer) as caught:
            post(server.url)
        assert post(server.url, verify=str(tmp_path / "ca.pem")).status == 200
        assert post(server.url, verify=False).status == 200

    assert caught.value.kind == "tls"
    assert "certificate" in caught.value.message
