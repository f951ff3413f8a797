"""What the test clients of web frameworks want to be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# By the package that a class of the client comes from: nothing has to be imported to know it.
_BODY_ARGUMENTS = {
    "flask": "data",
    "quart": "data",
    "werkzeug": "data",
    "django": "data",
    "rest_framework": "data",
    "requests": "data",
    "aiohttp": "data",
    "httpx": "content",
    "httpx2": "content",
    "starlette": "content",
    "webtest": "params",
    "falcon": "body",
}
# They take the content type apart from the other headers.
_APART = ("django", "rest_framework", "webtest")
# A client computes it; given twice it confuses some.
_COMPUTED = "content-length"


def arguments_of_post(client: object, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The keyword arguments of the client's `post`, after the path.

    Raises:
        TypeError: For a client of a framework that is not known here.
    """
    package = _package(client)
    sent = {name: value for name, value in headers.items() if name.lower() != _COMPUTED}
    arguments: dict[str, Any] = {_BODY_ARGUMENTS[package]: body, "headers": sent}
    if package in _APART:
        arguments["content_type"] = sent.pop("Content-Type")
    return arguments


def _package(client: object) -> str:
    for kind in type(client).__mro__:
        package = kind.__module__.partition(".")[0]
        if package in _BODY_ARGUMENTS:
            return package
    raise TypeError(
        f"the client is of type {type(client).__qualname__}, which is not known: pass the "
        "delivery's headers and body to it yourself, or call the application with as_wsgi() "
        "or as_asgi()"
    )
