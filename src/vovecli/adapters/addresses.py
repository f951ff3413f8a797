"""The addresses of an endpoint, in the order to try them: one way to find them for all."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from vovecli.core.outcomes.answers import NoAnswer

if TYPE_CHECKING:
    from vovecli.core.endpoints import Endpoint


def find_addresses(endpoint: Endpoint) -> list[str]:
    """The IP addresses of an endpoint's host.

    Raises:
        NoAnswer: `dns`.
    """
    if endpoint.local_addresses:
        return list(endpoint.local_addresses)
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid name"
        text = f"the host name {endpoint.host} cannot be resolved: {reason}"
        raise NoAnswer("dns", text) from None
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


async def resolve(endpoint: Endpoint) -> list[str]:
    """The same without holding the event loop up.

    Raises:
        NoAnswer: `dns`.
    """
    import asyncio  # `send` explains without it why nothing answered

    if endpoint.local_addresses:
        return list(endpoint.local_addresses)
    return await asyncio.get_running_loop().run_in_executor(None, find_addresses, endpoint)
