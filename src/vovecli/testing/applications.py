"""Requests as a server hands them to a WSGI (PEP 3333) or an ASGI (3.0) application."""

from __future__ import annotations

import inspect
import io
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vovecli.core.messages import Headers

    Receive = Callable[[], Awaitable[dict[str, Any]]]

# Behind the proxy that ends TLS: an app that redirects http to https has no reason to.
SCHEME, PORT = "https", 443
# The host of the test clients of Django and Starlette, which their test settings allow.
HOST = "testserver"
CLIENT = ("127.0.0.1", 50000)
_PROXY_HEADERS = [("X-Forwarded-Proto", SCHEME)]
_APART = ("CONTENT_TYPE", "CONTENT_LENGTH")
_ASGI_PARAMETERS = 3


def is_asgi(application: Any) -> bool:
    """Whether an application is called as ASGI says: `await application(scope, receive, send)`.

    Raises:
        TypeError: It is no application of either kind.
    """
    if not callable(application):
        raise TypeError(
            f"{application!r} is not an application: pass a WSGI or ASGI callable, or a URL"
        )
    call: object = application if inspect.isroutine(application) else type(application).__call__
    if inspect.iscoroutinefunction(call):
        return True
    try:
        return len(inspect.signature(application).parameters) == _ASGI_PARAMETERS
    except (TypeError, ValueError):
        return False


def wsgi_environ(
    method: str, target: str, headers: Headers, body: bytes, host: str = HOST
) -> dict[str, Any]:
    """The environment of one request; text in it is bytes read as Latin-1 (PEP 3333)."""
    path, _, query = target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": host,
        "SERVER_PORT": str(PORT),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": CLIENT[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": SCHEME,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)),
    }
    for name, value in [("Host", host), *_PROXY_HEADERS, *headers]:
        key = name.upper().replace("-", "_")
        text = header_bytes(value).decode("latin-1")
        if key in _APART:
            environ[key] = text
        else:
            key = f"HTTP_{key}"
            environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def asgi_scope(method: str, target: str, headers: Headers, host: str = HOST) -> dict[str, Any]:
    """The scope of one request; header names are in lower case, as every server sends them."""
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": SCHEME,
        "path": unquote_to_bytes(path).decode("utf-8", "replace"),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "root_path": "",
        "headers": [
            (header_bytes(name.lower()), header_bytes(value))
            for name, value in [("Host", host), *_PROXY_HEADERS, *headers]
        ],
        "client": CLIENT,
        "server": (host, PORT),
    }


def asgi_receive(body: bytes, until: Callable[[], Awaitable[object]] | None = None) -> Receive:
    """Gives the whole body, then that the client has gone.

    Args:
        body: The exact bytes.
        until: Waited for before the client goes: the end of the answer.
    """
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        if message := next(messages, None):
            return message
        if until:
            await until()
        return {"type": "http.disconnect"}

    return receive
