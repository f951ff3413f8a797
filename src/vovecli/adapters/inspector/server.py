"""Requests of the page: guarded, routed, answered with the page's files or with JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from vovecli.adapters.crash_reports import write_crash_report
from vovecli.adapters.inspector.questions import Question, read_question
from vovecli.core.envelope import Json, error_json
from vovecli.core.errors import Category, VoveError
from vovecli.core.masking import mask_signing_secrets
from vovecli.core.outcomes.arrivals import Reply
from vovecli.core.page_access import API, PAGE_HEADERS, denial

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_JSON = ("Content-Type", "application/json")
_STATUSES = {Category.USAGE: 400, Category.UNREACHABLE: 502, Category.TUNNEL: 502}
_STATUS_OF_CODE = {"no-record": 404, "host-not-confirmed": 403, "history-unusable": 503}
STYLE_SHEETS = ("style.css", "detail.css")
_UNFIT, _NOT_FOUND, _BUG = 422, 404, 500


class Download(NamedTuple):
    """Bytes that the page offers as a file or puts into the clipboard."""

    body: bytes
    content_type: str = "application/octet-stream"


PageRoute = Callable[[Question], Awaitable[Json | Download]]


class PageServer:
    """What the receiver calls for each request.

    Args:
        token: Random, of this run; whoever asks for data must show it.
        reads: From the path below `/api/` to what answers a GET.
        changes: The same for POST.
    """

    def __init__(
        self, token: str, reads: Mapping[str, PageRoute], changes: Mapping[str, PageRoute]
    ) -> None:
        self._token = token
        self._handlers = {
            **{("GET", path): handler for path, handler in reads.items()},
            **{("POST", path): handler for path, handler in changes.items()},
        }
        self._files = page_files()

    async def answer(self, request: CapturedRequest, peer: str) -> Reply:  # noqa: ARG002 - of the receiver's callback
        """The answer to one request; nothing that a page sends ends the server."""
        if denied := denial(request, self._token):
            return _reply(denied.status, _problem(denied.code, denied.message))
        path = request.target.partition("?")[0]
        if not path.startswith(API):
            return self._file(path)
        handler = self._handlers.get((request.method or "", path.removeprefix(API)))
        if handler is None:
            return _reply(_NOT_FOUND, _problem("not-found", "there is nothing here"))
        return await _answered(handler, request)

    def _file(self, path: str) -> Reply:
        name = path.removeprefix("/") or "index.html"
        found = self._files.get(name)
        if found is None:
            return _reply(_NOT_FOUND, _problem("not-found", "there is nothing here"))
        content_type = _TYPES[name[name.rindex(".") :]]
        return Reply(200, found, (("Content-Type", content_type), *PAGE_HEADERS))


async def _answered(handler: PageRoute, request: CapturedRequest) -> Reply:
    try:
        found = await handler(read_question(request))
    except VoveError as error:
        default = _STATUSES.get(error.category, _UNFIT)
        return _reply(_STATUS_OF_CODE.get(error.code, default), error_json(error))
    except Exception as error:  # noqa: BLE001 - a bug of ours: the page says so and goes on
        place = write_crash_report(error)
        message = f"this is a bug in vove ({type(error).__name__}); the details are in {place}"
        return _reply(_BUG, _problem("bug", message))
    if isinstance(found, Download):
        return Reply(200, found.body, (("Content-Type", found.content_type), *PAGE_HEADERS))
    return _reply(200, found)


def _reply(status: int, found: Json) -> Reply:
    body = mask_signing_secrets(json.dumps(found, separators=(",", ":"))).encode()
    return Reply(status, body, (_JSON, *PAGE_HEADERS))


def _problem(code: str, message: str) -> Json:
    return error_json(VoveError(code, message))


def page_files() -> dict[str, bytes]:
    """The page's own files, which are package data."""
    folder = files("vovecli") / "ui" / "web"
    return {
        each.name: each.read_bytes()
        for each in folder.iterdir()
        if each.name[each.name.rfind(".") :] in _TYPES
    }
