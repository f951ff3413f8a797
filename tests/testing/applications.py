"""Small applications of both kinds, right and wrong, and the receivers of other files as such."""

from __future__ import annotations

import importlib.util
import sqlite3
import sys
from contextlib import closing
from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import ROOT

import vovecli

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import ModuleType

RECEIVERS = ROOT / "examples" / "receivers"
BROKEN = ROOT / "tests" / "e2e" / "broken_receivers" / "python.py"


def load(path: Path, name: str) -> ModuleType:
    """A module of its own, whatever was loaded before."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def right_wsgi(secret: str) -> Callable[..., Iterable[bytes]]:
    """A handler that verifies with our own API."""

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        verdict = vovecli.verify(headers=headers, body=body, secret=secret, explain=False)
        status = "200 OK" if verdict else "401 Unauthorized"
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return [b""]

    return app


def right_asgi(secret: str) -> Callable[..., Any]:
    """The same for ASGI."""

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError("HTTP only")
        body = (await receive())["body"]
        verdict = vovecli.verify(headers=scope["headers"], body=body, secret=secret, explain=False)
        status = 200 if verdict else 401
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return app


def example(name: str, secret: str, database: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A receiver of examples/ as an application of this process."""
    pytest.importorskip(name)
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", secret)
    monkeypatch.setenv("DATABASE", str(database))
    module = load(RECEIVERS / name / "app.py", f"{name}_app")
    with closing(sqlite3.connect(database)) as db:
        db.executescript(module.SCHEMA)
    if name != "django":
        return module.app
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def broken(mistake: str, secret: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A receiver with a planted mistake as a WSGI application."""
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", secret)
    module = load(BROKEN, "broken_python")
    handle = module.MISTAKES[mistake]

    def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            start_response("501 Unsupported method", [])  # as its HTTP server answers
            return [b""]
        headers = Message()
        for key, value in environ.items():
            name = key.removeprefix("HTTP_")
            if name != key or key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                headers[name.replace("_", "-")] = value
        found = handle(headers, environ["wsgi.input"].read())
        if found is None:
            raise SystemExit(1)
        status, words, *more = found
        start_response(f"{status} ", list((more[0] if more else {}).items()))
        return [words.encode()]

    return app
