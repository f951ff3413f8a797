"""Capture readers: any file or text that holds HTTP requests -> `CapturedRequest`.

One module per format; only the ones that a source needs are imported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.source import FilesBeside, not_a_request, plain
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

FORMATS: tuple[str, ...] = (
    "http", "curl", "har", "ngrok", "webhook-site", "lambda", "json", "ndjson",
)  # fmt: skip
MAX_REQUESTS = 10_000

_RAW_HTTP = re.compile(rb"[A-Z]{3,10} [^\r\n]{1,8192} HTTP/[0-9]")
_CLIENT = re.compile(rb"curl|wget|https? ")
_FENCE = re.compile(rb"^[ \t]*(?:```|~~~)", re.MULTILINE)
_JSON_OBJECT = re.compile(rb'\{\s*(?:\}|"(?:[^"\\]+|\\.)*"\s*:)')
_JSON_LIST = re.compile(rb"\[\s*[\[{\"\]]")


def detect(data: bytes) -> str:
    """The format of a source by its content, or by its beginning: one of `FORMATS`."""
    source = plain(data)
    kind = _kind(source)
    if kind != "document":
        return kind
    from vovecli.core.captures import documents
    from vovecli.core.captures.json_text import load

    try:
        return documents.shape(load(source))
    except VoveError:  # cut off, or no JSON after all, which `read_captures` will tell
        return "json"


def read_captures(
    data: bytes,
    *,
    format: str | None = None,  # noqa: A002 - the option's name
    read_file: ReadFile | None = None,
) -> list[CapturedRequest]:
    """Every HTTP request of a source in order, webhook or not.

    Args:
        data: The whole source.
        format: One of `FORMATS`; None to detect it by content.
        read_file: Gives the bytes of a file that a capture refers to by its relative path.

    Raises:
        VoveError: `not-a-request`, `malformed-chunked`, `malformed-header`, `malformed-json`,
            `malformed-base64`, `malformed-shell`, `unresolved-variable`, `too-many-requests`, and
            whatever `read_file` raises.
    """
    source = plain(data)
    kind = format or _kind(source)
    try:
        requests = _read(source, kind, FilesBeside(read_file).read)
    except RecursionError:
        raise not_a_request("it is nested too deeply") from None
    if not requests and kind in ("http", "curl"):
        raise not_a_request("there is no HTTP request in it")
    if len(requests) > MAX_REQUESTS and kind != "ndjson":
        raise VoveError(
            "too-many-requests",
            f"the source holds {len(requests)} requests; {MAX_REQUESTS} are read at most",
            hint="split it, or write it as NDJSON, which has no limit",
        )
    return requests


def _read(source: bytes, kind: str, read_file: ReadFile) -> list[CapturedRequest]:
    if kind == "http":
        from vovecli.core.captures import http_text

        return http_text.read(source, read_file)
    if kind == "curl":
        from vovecli.core.captures import commands

        return commands.read(source, read_file)
    if kind == "ndjson":
        from vovecli.core.captures import ndjson

        return ndjson.read_lines(source)
    return _read_document(source, kind)


def _read_document(source: bytes, kind: str) -> list[CapturedRequest]:
    from vovecli.core.captures import documents
    from vovecli.core.captures.json_text import load

    try:
        document = load(source)
    except VoveError:
        from vovecli.core.captures.dumps import printed_headers

        # What a program prints of a dictionary starts like JSON and is none.
        if requests := printed_headers.read(source):
            return requests
        raise
    name = documents.shape(document) if kind == "document" else kind
    requests = documents.read(document, name)
    if not requests and name == "json":  # an export of a tool may be empty, any JSON is no capture
        raise not_a_request("it is JSON, and no object in it has headers")
    return requests


def _kind(source: bytes) -> str:
    """`http`, `curl`, `ndjson`, or `document` for one JSON document of whatever tool."""
    if _RAW_HTTP.match(source):
        return "http"
    start = source.lstrip()[:200]
    if start[:1] == b"{" or _JSON_LIST.match(start):
        return "ndjson" if _is_ndjson(source) else "document"
    if _CLIENT.search(source):
        from vovecli.core.captures.commands import is_command

        fence = _FENCE.search(source)  # what is fenced is a capture of its own
        return "curl" if is_command(source[: fence.start()] if fence else source) else "http"
    return "http"


def _is_ndjson(source: bytes) -> bool:
    """Whether the first line is a whole JSON object and others follow it."""
    first, _, rest = source.strip().partition(b"\n")
    return (
        rest.lstrip()[:1] == b"{"
        and first.rstrip()[-1:] == b"}"
        and _JSON_OBJECT.match(first) is not None
    )


def no_webhook_request(source: str) -> VoveError:
    """The error for a source of requests none of which is a webhook."""
    return VoveError(
        "no-webhook-request",
        f"{'standard input' if source == '-' else source} holds no webhook request",
        hint="a webhook request has svix-id, svix-timestamp and svix-signature headers",
        source=source,
    )
