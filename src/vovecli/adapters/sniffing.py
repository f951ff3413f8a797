"""What a port speaks, by the first bytes that it answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vovecli.adapters.tls import client_context

if TYPE_CHECKING:
    import ssl

    from vovecli.core.endpoints import Endpoint

_TIMEOUT_S = 2.0
# RFC 9113, 3.4: the client's preface, and an empty SETTINGS frame; the server begins with SETTINGS.
_H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
_FRAME_BYTES, _FRAME_TYPE, _SETTINGS = 9, 3, 4


async def spoken_protocol(endpoint: Endpoint, address: str) -> str:
    """What the port speaks instead of what the URL says, in words; empty where that is unknown."""
    if endpoint.scheme == "https":
        begin = await _begin(endpoint, address, b"GET / HTTP/1.0\r\n\r\n")
        return "plain HTTP" if begin.startswith(b"HTTP/") else ""
    if await _takes_tls(endpoint, address):
        return "TLS"
    begin = await _begin(endpoint, address, _H2_PREFACE)
    is_h2 = len(begin) == _FRAME_BYTES and begin[_FRAME_TYPE] == _SETTINGS
    return "HTTP/2 only" if is_h2 else ""


async def _takes_tls(endpoint: Endpoint, address: str) -> bool:
    try:
        await _connected(endpoint, address, client_context(verify=False), b"")
    except (OSError, TimeoutError):
        return False
    return True


async def _begin(endpoint: Endpoint, address: str, said: bytes) -> bytes:
    try:
        return await _connected(endpoint, address, None, said)
    except (OSError, TimeoutError):
        return b""


async def _connected(
    endpoint: Endpoint, address: str, context: ssl.SSLContext | None, said: bytes
) -> bytes:
    """Connect, say something, and read the first bytes; nothing is read where nothing is said."""
    async with asyncio.timeout(_TIMEOUT_S):
        reader, writer = await asyncio.open_connection(
            address or endpoint.host,
            endpoint.port,
            ssl=context,
            server_hostname=endpoint.host if context else None,
        )
        try:
            writer.write(said)
            return await _at_most(reader, _FRAME_BYTES) if said else b""
        finally:
            writer.transport.abort()


async def _at_most(reader: asyncio.StreamReader, count: int) -> bytes:
    try:
        return await reader.readexactly(count)
    except asyncio.IncompleteReadError as error:
        return error.partial
