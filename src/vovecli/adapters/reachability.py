"""Why nothing answered: which addresses of the host were tried, and what listens instead."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from vovecli.adapters.addresses import find_addresses
from vovecli.adapters.ports import listening_sockets
from vovecli.core.outcomes.answers import NoAnswer

if TYPE_CHECKING:
    from vovecli.core.endpoints import Endpoint

CONNECT_TIMEOUT_S = 0.3
MAX_ADDRESSES = 8
MAX_PORTS_NAMED = 5
_ACCEPTS = "it accepts connections"
_EPHEMERAL = 32768  # what the system hands out by itself is rarely an app under development


def explain_unreachable(endpoint: Endpoint) -> str:
    """One line for people: `tried ::1 (refused), 127.0.0.1 (refused); listening here: 8080`."""
    try:
        addresses = find_addresses(endpoint)[:MAX_ADDRESSES]
    except NoAnswer:
        return f"the name {endpoint.host} has no address; check its spelling"
    found = {address: _try(address, endpoint.port) for address in addresses}
    tried = ", ".join(f"{address} ({outcome})" for address, outcome in found.items())
    return f"tried port {endpoint.port} on {tried}; {_advice(endpoint, set(found.values()))}"


def _advice(endpoint: Endpoint, outcomes: set[str]) -> str:
    if _ACCEPTS in outcomes:
        other = "http" if endpoint.scheme == "https" else "https"
        return f"something listens there: see its log, try {other}://, or a longer --timeout"
    ports = other_ports(endpoint).removeprefix("; ")
    return f"{ports or 'is the app running?'}; to receive it here: vove listen"


def other_ports(endpoint: Endpoint) -> str:
    """`; ports that listen here: 3000, 8000`, empty where there are none or it is another host."""
    ports = {port for port, _ in listening_sockets() if port < _EPHEMERAL} - {endpoint.port}
    found = sorted(ports)[:MAX_PORTS_NAMED] if endpoint.is_loopback else []
    named = ", ".join(map(str, found))
    return f"; ports that listen here: {named}" if named else ""


def _try(address: str, port: int) -> str:
    try:
        with socket.create_connection((address, port), timeout=CONNECT_TIMEOUT_S):
            return _ACCEPTS
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "no answer"
    except OSError as error:
        return (error.strerror or "failed").lower()
