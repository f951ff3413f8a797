"""Listening ports: binding them on every address of a host, and naming who holds one already."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.core.endpoints import is_localhost
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The names that mean this machine; /etc/hosts may know only one of the two addresses.
_LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))
_NO_SUCH_FAMILY = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)
_TRIES = 20  # of a free port for one family that is free for the other too
_MOST_PROCESSES = 5000
_LISTENING = "0A"  # the state of a listening socket in /proc/net/tcp

Address = tuple[socket.AddressFamily, str]


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind TCP sockets on all addresses of a host: for `localhost`, both loopback families.

    Args:
        host: Name or address; brackets around IPv6 are optional.
        port: 0 takes any port that is free on all of them.

    Raises:
        VoveError: `port-in-use` (naming the owner where the system shows it), `port-forbidden`,
            `bad-host`.
    """
    addresses = _addresses(host.strip("[]"))
    tries_left = _TRIES if port == 0 else 1
    while True:
        tries_left -= 1
        try:
            return _bind_all(addresses, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not tries_left:
                raise _explain(error, host, port) from None


def port_owner(port: int) -> str:
    """The process that listens on a TCP port, such as `node (pid 4711)`; empty if not known.

    Linux only; processes of other users stay hidden. The name is the program's, never the command
    line: that may hold a secret.
    """
    sockets = {f"socket:[{inode}]" for other, inode in listening_sockets() if other == port}
    if not sockets:
        return ""
    with contextlib.suppress(OSError):
        for count, process in enumerate(Path("/proc").glob("[0-9]*")):
            if count > _MOST_PROCESSES:
                break
            if sockets & set(_open_sockets(process)):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace")
                return f"{name.strip()} (pid {process.name})"
    return ""


def _addresses(host: str) -> list[Address]:
    if is_localhost(host):
        return list(_LOOPBACK)
    try:
        found = socket.getaddrinfo(
            host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError):
        raise VoveError(
            "bad-host",
            f"cannot listen on {host!r}: the name has no address",
            hint="use localhost, 0.0.0.0 or an address of this machine",
        ) from None
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bind_all(addresses: list[Address], port: int) -> list[socket.socket]:
    with contextlib.ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, address in addresses:
            try:
                sock = opened.enter_context(_bind_one(family, address, port))
            except OSError as error:
                # A machine without IPv6 (or IPv4) still has the other loopback.
                is_second = (family, address) in _LOOPBACK[1:] and sockets
                if error.errno in _NO_SUCH_FAMILY and is_second:
                    continue
                raise
            sockets.append(sock)
            port = sock.getsockname()[1]
        opened.pop_all()
    return sockets


def _bind_one(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows it would share the port with another process
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        # Linux lets two sockets with SO_REUSEADDR bind one port until one of them listens.
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


def _explain(error: OSError, host: str, port: int) -> VoveError:
    if error.errno == errno.EADDRINUSE:
        owner = port_owner(port)
        return VoveError(
            "port-in-use",
            f"port {port} on {host} is in use" + (f" by {owner}" if owner else ""),
            hint="stop it, or listen elsewhere: --port 0 takes any free port",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return VoveError(
            "port-forbidden",
            f"the system does not let you listen on port {port}",
            hint="ports below 1024 are reserved: use --port 3000, or --port 0 for any free one",
        )
    return VoveError(
        "bad-host",
        f"cannot listen on {host}: {error.strerror or error}",
        hint="use localhost, 0.0.0.0 or an address of this machine",
    )


def listening_sockets() -> Iterator[tuple[int, str]]:
    """Port and inode of every listening TCP socket of this machine; none where it is not Linux."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError), Path(table).open(encoding="ascii") as lines:
            next(lines, None)  # the names of the columns
            for line in lines:
                fields = line.split()
                if fields[3] == _LISTENING:
                    yield int(fields[1].rpartition(":")[2], 16), fields[9]


def _open_sockets(process: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        for descriptor in os.scandir(process / "fd"):
            with contextlib.suppress(OSError):
                yield str(Path(descriptor.path).readlink())


def listening_ports(pids: Iterable[int]) -> set[int]:
    """The TCP ports that these processes listen on; none where it is not Linux."""
    inodes = {inode for pid in pids for inode in _open_sockets(Path("/proc") / str(pid))}
    return {port for port, inode in listening_sockets() if f"socket:[{inode}]" in inodes}


def network_address() -> str | None:
    """The address that this machine has towards others; None without a network.

    A UDP socket that is connected only looks up the route: nothing is sent.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # TEST-NET-1 of RFC 5737
        except OSError:
            return None
        return str(probe.getsockname()[0])
