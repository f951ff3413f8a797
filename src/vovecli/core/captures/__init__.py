"""Capture readers: any file or text that holds HTTP requests -> `CapturedRequest`.

One module per format; only the ones that a source needs are imported. What no format knows, and
what shows the headers but not which bytes were the body, is a printed text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from vovecli.core.captures.facts import is_open
from vovecli.core.captures.source import (
    FilesBeside,
    not_a_request,
    plain,
    without_log_frames,
    without_mail_encoding,
)
from vovecli.core.captures.wire_message import read_wire_message
from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import is_webhook

if TYPE_CHECKING:
    from vovecli.core.captures.json_text import JsonValue
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

# A format is one module and one line here. A module of text has `read(source, read_file)`; one of
# JSON, or an object in it, has `matches(document)` and `read(document)`: the first that matches
# reads a document.
TEXTS = {"http": "http_text", "curl": "commands", "ndjson": "ndjson"}
DOCUMENTS = {
    "har": "documents.exports.HAR",
    "ngrok": "documents.exports.NGROK",
    "webhook-site": "documents.exports.WEBHOOK_SITE",
    "lambda": "documents.aws",
    "json": "documents.generic",
}
FORMATS: tuple[str, ...] = (*TEXTS, *DOCUMENTS)
MAX_REQUESTS = 10_000

_DOCUMENT = "document"
_RAW_HTTP = re.compile(rb"[A-Z]{3,10} [^\r\n]{1,8192} HTTP/[0-9]")
_CLIENT = re.compile(rb"curl|wget|https? ")
_FENCE = re.compile(rb"^[ \t]*(?:```|~~~)", re.MULTILINE)
_JSON_OBJECT = re.compile(rb'\{\s*(?:\}|"(?:[^"\\]++|\\.)*+"\s*:)')
_JSON_LIST = re.compile(rb"\[\s*[\[{\"\]]")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*+[A-Za-z]")
# What may be a printed text after all: the form was only a guess from how the source starts.
_GUESSED = frozenset({"not-a-request", "malformed-json", "malformed-header"})


class _TextReader(Protocol):
    def read(self, source: bytes, read_file: ReadFile) -> list[CapturedRequest]: ...


class _DocumentReader(Protocol):
    def matches(self, document: JsonValue) -> bool: ...

    def read(self, document: JsonValue) -> list[CapturedRequest]: ...


def detect(data: bytes) -> str:
    """The format of a source by its content, or by its beginning: one of `FORMATS`."""
    source = plain(data)
    kind = _kind(source)
    if kind != _DOCUMENT:
        return kind
    from vovecli.core.captures.json_text import load

    try:
        return document_format(load(source))
    except VoveError:  # cut off, or no JSON after all, which `read_captures` will tell
        return "json"


def is_stream(beginning: bytes) -> bool:
    """Whether a source is read line by line, by its beginning."""
    return _kind(plain(beginning)) == "ndjson"


def document_format(document: JsonValue) -> str:
    """The format of a document by the fields that only one tool writes; else `json`."""
    return next(name for name in DOCUMENTS if _document_reader(name).matches(document))


def read_document(document: JsonValue, name: str) -> list[CapturedRequest]:
    """Every request of a document of the named format, in order.

    Raises:
        VoveError: `malformed-base64`, and those of a raw message.
    """
    return _document_reader(name).read(document)


def read_captures(
    data: bytes,
    *,
    format: str | None = None,  # noqa: A002 - the option's name
    read_file: ReadFile | None = None,
) -> list[CapturedRequest]:
    """Every HTTP request of a source in order, webhook or not.

    Args:
        data: The whole source.
        format: One of `FORMATS`, which is then all that is read; None to detect it by content.
        read_file: Gives the bytes of a file that a capture refers to by its relative path.

    Raises:
        VoveError: `not-a-request`, `malformed-chunked`, `malformed-header`, `malformed-json`,
            `malformed-base64`, `malformed-shell`, `unresolved-variable`, `too-many-requests`, and
            whatever `read_file` raises.
    """
    if format in (None, "http") and (message := read_wire_message(data)):
        return [message]
    source = plain(data)
    read_beside = FilesBeside(read_file).read
    try:
        if not format and not _RAW_HTTP.match(source):
            source = without_log_frames(without_mail_encoding(source))
        if b"\x1b[" in source and not _RAW_HTTP.match(source):
            source = _COLOUR.sub(b"", source)
        kind = format or _kind(source)
        requests = (
            _read(source, kind, read_beside) if format else _searched(source, kind, read_beside)
        )
    except RecursionError:
        raise not_a_request("it is nested too deeply") from None
    if len(requests) > MAX_REQUESTS and kind != "ndjson":
        raise VoveError(
            "too-many-requests",
            f"the source holds {len(requests)} requests; {MAX_REQUESTS} are read at most",
            hint="split it, or write it as NDJSON, which has no limit",
        )
    return requests


def _searched(source: bytes, kind: str, read_file: ReadFile) -> list[CapturedRequest]:
    """The requests of a source by its form; without one of them a webhook, by what it prints."""
    problem: VoveError | None = None
    try:
        requests = _read(source, kind, read_file)
    except VoveError as error:
        if error.code not in _GUESSED or _RAW_HTTP.match(source):
            raise
        requests, problem = [], error
    has_webhook = any(map(is_webhook, requests))
    if has_webhook and not any(map(is_open, requests)):
        return requests
    from vovecli.core.captures import printed

    found = printed.read(source)
    if has_webhook and (placed := printed.placed(requests, found)):
        return placed
    if problem and not found:
        if unnamed := printed.read_unnamed(source):
            return unnamed
        if problem.code == "not-a-request" and (name := printed.unread_name(source)):
            raise not_a_request(f"it names {name}, and the value beside it cannot be read")
        raise problem
    return found or requests


def _read(source: bytes, kind: str, read_file: ReadFile) -> list[CapturedRequest]:
    if kind in TEXTS:
        requests = cast("_TextReader", _module(TEXTS[kind])).read(source, read_file)
        if not requests and kind != "ndjson":
            raise not_a_request("it holds no HTTP request in a known form")
        return requests
    from vovecli.core.captures.json_text import load

    document = load(source)
    is_template = b"{{" in source
    if is_template:
        from vovecli.core.captures.variables import filled_document

        document = filled_document(document)
    name = document_format(document) if kind == _DOCUMENT else kind
    requests = read_document(document, name)
    if is_template:
        from vovecli.core.captures.variables import refuse_template

        for request in requests:
            refuse_template(request)
    if not requests and name == "json":  # an export of a tool may be empty, any JSON is no capture
        from vovecli.core.captures.documents.generic import why_no_headers

        raise not_a_request(why_no_headers(document))
    return requests


def _document_reader(name: str) -> _DocumentReader:
    return cast("_DocumentReader", _module(DOCUMENTS[name]))


@cache
def _module(name: str) -> object:
    """A module of this package, or an object in one, imported when a source needs it."""
    module, _, attribute = name.rpartition(".")
    if not attribute.isupper():
        return __import__(f"{__name__}.{name}", fromlist=["read"])
    return getattr(_module(module), attribute)


def _kind(source: bytes) -> str:
    """`http`, `curl`, `ndjson`, or `document` for one JSON document of whatever tool."""
    if _RAW_HTTP.match(source):
        return "http"
    start = source.lstrip()[:200]
    if start[:1] == b"{" or _JSON_LIST.match(start):
        return "ndjson" if _is_ndjson(source) else _DOCUMENT
    if _CLIENT.search(source):
        from vovecli.core.captures.commands import is_command

        fence = _FENCE.search(source)  # what is fenced is no command of its own
        return "curl" if is_command(source[: fence.start()] if fence else source) else "http"
    return "http"


def _is_ndjson(source: bytes) -> bool:
    """Whether others follow a first line that is a whole JSON object, and a capture."""
    first, _, rest = source.strip().partition(b"\n")
    if (
        rest.lstrip()[:1] != b"{"
        or first.rstrip()[-1:] != b"}"
        or _JSON_OBJECT.match(first) is None
    ):
        return False
    from vovecli.core.captures.ndjson import is_capture

    return is_capture(first)


def no_webhook_request(source: str) -> VoveError:
    """The error for a source of requests none of which is a webhook."""
    return VoveError(
        "no-webhook-request",
        f"{'standard input' if source == '-' else source} holds no webhook request",
        hint="a webhook request has svix-id, svix-timestamp and svix-signature headers",
        source=source,
    )
