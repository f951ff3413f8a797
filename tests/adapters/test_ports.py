"""Binding ports on every address of a host, and what is said when that fails."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vovecli.adapters import ports
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def bound(host: str, port: int = 0) -> Iterator[list[socket.socket]]:
    """Bound sockets that are closed afterwards."""
    sockets = ports.bind(host, port)
    try:
        yield sockets
    finally:
        for sock in sockets:
            sock.close()


def test_localhost_is_both_families_on_one_port() -> None:
    """`localhost` binds 127.0.0.1 and ::1, with the same free port."""
    with bound("localhost") as sockets:
        names = [sock.getsockname()[:2] for sock in sockets]

    port = names[0][1]
    assert names == [("127.0.0.1", port), ("::1", port)]
    assert port > 0


@pytest.mark.parametrize(
    ("host", "address"),
    [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1"), ("0.0.0.0", "0.0.0.0")],
)
def test_an_address_is_bound_alone(host: str, address: str) -> None:
    """An address means itself; brackets around IPv6 are optional."""
    with bound(host) as sockets:
        assert [sock.getsockname()[0] for sock in sockets] == [address]


def test_machine_without_ipv6_still_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ::1 does not exist, `localhost` is 127.0.0.1."""
    monkeypatch.setattr(ports, "_LOOPBACK", (ports._LOOPBACK[0], (socket.AF_INET6, "2001:db8::1")))
    with bound("localhost") as sockets:
        assert [sock.family for sock in sockets] == [socket.AF_INET]


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_port_in_use_names_the_owner(taken: str) -> None:
    """A port that is taken in either family is an error that says by whom."""
    with bound(taken) as (sock,), pytest.raises(VoveError) as caught:
        ports.bind("localhost", sock.getsockname()[1])

    assert caught.value.code == "port-in-use"
    assert "--port 0" in caught.value.hint
    if sys.platform == "linux":
        name = Path("/proc/self/comm").read_text(encoding="ascii").strip()
        assert caught.value.message.endswith(f"is in use by {name} (pid {os.getpid()})")


@pytest.mark.skipif(sys.platform != "linux", reason="the owner is known on Linux alone")
def test_owner_whose_name_is_no_text() -> None:
    """A process may call itself any bytes: it is named all the same."""
    name = Path("/proc/self/comm")
    before = name.read_bytes()
    try:
        name.write_bytes(b"caf\xe9")
        with bound("127.0.0.1") as (sock,):
            assert ports.port_owner(sock.getsockname()[1]) == f"caf\ufffd (pid {os.getpid()})"
    finally:
        name.write_bytes(before.strip())


def test_free_port_is_free_in_both_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """A free port of one family that the other has taken is tried again."""
    with bound("::1") as (taken,):
        busy, calls = taken.getsockname()[1], 0
        bind_one = ports._bind_one

        def first_the_busy_one(
            family: socket.AddressFamily, address: str, port: int
        ) -> socket.socket:
            nonlocal calls
            calls += 1
            return bind_one(family, address, busy if calls == 1 else port)

        monkeypatch.setattr(ports, "_bind_one", first_the_busy_one)
        with bound("localhost") as sockets:
            assert sockets[0].getsockname()[1] != busy
            assert len(sockets) == 2


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a" * 300, "\udcff"])
def test_host_that_is_not_here(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that this machine does not have is an input error."""
    if "." in host and not host[0].isdigit():  # no question leaves the machine

        def unknown(*_: object, **__: object) -> None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(VoveError) as caught:
        ports.bind(host, 0)

    assert caught.value.code == "bad-host"


def test_reserved_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that needs privileges is an error with the way out."""

    def forbidden(*_: object) -> socket.socket:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ports, "_bind_one", forbidden)
    with pytest.raises(VoveError) as caught:
        ports.bind("localhost", 80)

    assert caught.value.code == "port-forbidden"


def test_search_for_the_owner_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine with too many processes the owner stays unnamed."""
    monkeypatch.setattr(ports, "_MOST_PROCESSES", -1)
    with bound("127.0.0.1") as (sock,):
        assert ports.port_owner(sock.getsockname()[1]) == ""


def test_nobody_owns_a_free_port() -> None:
    """A port on which nothing listens has no owner."""
    with bound("127.0.0.1") as (sock,):
        port = sock.getsockname()[1]

    assert ports.port_owner(port) == ""
