"""Tested webhook handlers, whole: what the head of such a file says about itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# stack -> where its handler is kept, and saved by whoever takes it
FILES: Mapping[str, str] = {
    "express": "app.js",
    "nestjs": "main.ts",
    "fastify": "app.js",
    "hono": "app.mjs",
    "koa": "app.js",
    "nextjs": "app/webhooks/vove-kyb/route.js",
    "nextjs-pages": "pages/api/vove-kyb.js",
    "nitro": "routes/webhooks/vove-kyb.post.js",
    "node": "app.js",
    "cloudflare-worker": "worker.mjs",
    "aws-lambda": "handler.mjs",
    "flask": "app.py",
    "fastapi": "app.py",
    "litestar": "app.py",
    "django": "app.py",
    "drf": "app.py",
    "aiohttp": "app.py",
    "python": "app.py",
    "go": "main.go",
    "php": "app.php",
    "sinatra": "app.rb",
    "rack": "config.ru",
}
_TITLE = re.compile(r"^(?://|#) A VOVE ID webhook endpoint: (.+)\.$", re.MULTILINE)
_LINE = re.compile(r"^(?://|#) (Needs|Install|Start|Workers): +(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Handler:
    """A handler to copy.

    Attributes:
        name: Its stack, such as `flask`.
        title: What it is made with, in words.
        file: Where it is to be saved: the path its framework or its start line expects.
        needs: What must be on the machine; may be empty.
        install: A shell line that installs what it uses; empty where it uses nothing.
        start: A shell line that runs it on 127.0.0.1, port $PORT or 3000.
        workers: A shell line that runs it in two processes; empty where the stack has no such.
        source: The whole file.
    """

    name: str
    title: str
    file: str
    needs: str
    install: str
    start: str
    workers: str
    source: str


def parse_handler(name: str, source: str) -> Handler:
    """Read the head of a handler's file; several lines of one kind follow one another."""
    title = _TITLE.search(source)
    assert title, f"{name} has no title"
    lines: dict[str, list[str]] = {}
    for kind, text in _LINE.findall(source):
        lines.setdefault(kind.lower(), []).append(text)
    needs, install, start, workers = (
        " && ".join(lines.get(kind, ())) for kind in ("needs", "install", "start", "workers")
    )
    return Handler(name, title[1], FILES[name], needs, install, start, workers, source)
