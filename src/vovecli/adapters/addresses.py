"""The addresses of an endpoint in the order to try them, and what a name resolves to here."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from vovecli.adapters.threads import in_background, off_loop
from vovecli.core.outcomes.answers import NoAnswer

if TYPE_CHECKING:
    from vovecli.core.endpoints import Endpoint

_HTTPS_PORT = 443


def find_addresses(endpoint: Endpoint) -> list[str]:
    """The IP addresses of an endpoint's host.

    Raises:
        NoAnswer: `dns`.
    """
    if endpoint.local_addresses:
        return list(endpoint.local_addresses)
    try:
        return _resolved(endpoint.host, endpoint.port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid name"
        text = f"the host name {endpoint.host} cannot be resolved: {reason}"
        raise NoAnswer("dns", text) from None


async def resolve(endpoint: Endpoint) -> list[str]:
    """The same without holding the event loop up.

    Raises:
        NoAnswer: `dns`.
    """
    if endpoint.local_addresses:
        return list(endpoint.local_addresses)
    return await off_loop(find_addresses, endpoint)


async def listens(address: str, port: int, *, timeout_s: float = 1.0) -> bool:
    """Whether a connection can be made."""
    import asyncio  # `send` explains without it why nothing answered

    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(address, port)
    except OSError:
        return False
    writer.close()
    return True


def look_up(name: str, *, timeout_s: float) -> list[str] | None:
    """What a name resolves to, empty when it does not; None when the resolver does not answer."""
    # The resolver knows no time-out of ours; a thread that it holds does not keep us from ending.
    outcome = in_background(_resolved, name, _HTTPS_PORT)
    try:
        return outcome.result(timeout_s)
    except TimeoutError:
        return None
    except (OSError, UnicodeError):
        return []


def _resolved(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
