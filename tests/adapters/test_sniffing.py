"""What a port speaks, by its first bytes."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.adapters.sniffing import spoken_protocol
from vovecli.core.endpoints import parse_endpoint

if TYPE_CHECKING:
    import socket


def _spoken(scheme: str, port: int) -> str:
    endpoint = parse_endpoint(f"{scheme}://127.0.0.1:{port}/hook")
    return asyncio.run(spoken_protocol(endpoint, "127.0.0.1"))


def _sends(data: bytes) -> LoopbackServer:
    def respond(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)

    return LoopbackServer(respond)


def test_a_tls_port() -> None:
    """Its handshake says so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with LoopbackServer(b"", tls=context).running() as server:
        assert _spoken("http", server.port) == "TLS"


def test_a_plain_port() -> None:
    """HTTP in clear where https:// was said."""
    with LoopbackServer(answer("200 OK")).running() as server:
        assert _spoken("https", server.port) == "plain HTTP"


@pytest.mark.parametrize(
    ("begin", "words"),
    [
        (b"\0\0\x06\x04\0\0\0\0\0" + b"\0" * 6, "HTTP/2 only"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ""),
        (b"", ""),
    ],
)
def test_what_answers_the_preface(begin: bytes, words: str) -> None:
    """A SETTINGS frame is HTTP/2; anything else is not named."""
    with _sends(begin).running() as server:
        assert _spoken("http", server.port) == words


def test_nobody_listens() -> None:
    """Nothing is named."""
    assert _spoken("http", unused_port()) == ""
    assert _spoken("https", unused_port()) == ""
