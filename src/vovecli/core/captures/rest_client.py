"""Request files of VS Code REST Client and the JetBrains HTTP client (`.http`, `.rest`).

Both cut a file at `###`, drop lines that start with `#` or `//`, and trim blank lines at the end of
a body (selector.ts of vscode-restclient; JetBrains' "HTTP Request in Editor" 2.4 and 2.5).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import announced_length, captured
from vovecli.core.captures.http_message import METHODS, read_header_lines, split_start_line, unfold
from vovecli.core.captures.variables import (
    DEFINITION,
    Variables,
    refuse_template,
    refuse_unresolved,
)
from vovecli.core.webhook_headers import is_webhook

if TYPE_CHECKING:
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

_COMMENT = re.compile(r"[ \t]*(?:#|//)")
_URL = re.compile(r"(?:https?://|\{\{)\S", re.IGNORECASE)
_CONTINUED_URL = re.compile(r"[ \t]+\S|[?&]")
_INCLUDE = re.compile(r"<(@\w*)?[ \t]+(\S.*)")
# A response handler, a redirected or saved response: what follows is no part of the body.
_AFTER_BODY = re.compile(r">>?!?[ \t]+\S|<>[ \t]+\S|HTTP/[0-9.]+[ \t]+[1-5][0-9]{2}\b")
_FRAMING = ("content-length", "transfer-encoding")
# What no raw message of JSON has: comments, separators, included files, handlers, variables.
_MARK = re.compile(rb"^(?:[ \t]*#|[ \t]*//|<@?[ \t]|<>[ \t]|>>?!?[ \t])|\{\{", re.MULTILINE)


def is_request_file(source: bytes) -> bool:
    """Whether a text has the marks of a request file.

    A message that says where its body ends, with no variable or comment in its head, is a raw one.
    """
    head = _first_paragraph(source)
    first = head[0] if head else ""
    if not is_request_line(first):
        return bool(_COMMENT.match(first) or DEFINITION.match(first) or first.startswith("< {%"))
    if any("{{" in line or _COMMENT.match(line) for line in head):
        return True
    if any(line.partition(":")[0].strip().lower() in _FRAMING for line in head):
        return False
    return bool(_URL.match(split_start_line(first)[1]) or _MARK.search(source))


def is_request_line(line: str) -> bool:
    """Whether a line is a method and a target, or a URL alone."""
    method, _, target = line.strip().partition(" ")
    has_target = target.strip() not in ("", "{")  # Bruno's files have `post {`
    return bool((method.upper() in METHODS and has_target) or _URL.match(method))


def read(source: bytes, read_file: ReadFile) -> list[CapturedRequest]:
    """Every request of a request file in order.

    Raises:
        VoveError: `malformed-header`; `unresolved-variable` in a webhook header or a body; what
            `read_file` raises for a body in another file.
    """
    lines = source.decode("utf-8", "surrogateescape").split("\n")
    variables = Variables(lines)
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("###"):
            blocks.append([])
        else:
            blocks[-1].append(line)
    return [request for block in blocks for request in _read_block(block, variables, read_file)]


def _first_paragraph(source: bytes) -> list[str]:
    """The lines from the first that is not blank to the next blank one."""
    text = source[:65536].decode("utf-8", "surrogateescape").lstrip("\r\n\t ")
    lines = text.split("\n")
    end = next((place for place, line in enumerate(lines) if not line.strip()), len(lines))
    return lines[:end]


def _read_block(
    block: list[str], variables: Variables, read_file: ReadFile
) -> list[CapturedRequest]:
    """The request between two separators; none where there are comments or a response only."""
    start = _request_start(block)
    if start is None:
        return []
    if block[start].lstrip().startswith("curl "):
        from vovecli.core.captures import commands

        text = variables.fill("\n".join(block[start:]))
        return commands.read(text.encode("utf-8", "surrogateescape"), read_file)
    if not is_request_line(block[start]):
        return []
    end = next((i for i in range(start, len(block)) if not block[i].strip()), len(block))
    url, fields = _split_head([line for line in block[start:end] if not _COMMENT.match(line)])
    headers = [
        (name, variables.fill(value)) for name, value in read_header_lines(fields, strict=False)
    ]
    body = _read_body(block[end + 1 :], announced_length(headers), variables, read_file)
    method, target = split_start_line(variables.fill(url))
    if _URL.match(url):
        method, target = "GET", variables.fill(url)
    request = captured("http", headers, body, method=method, target=target)
    _refuse_unresolved(request)
    return [request]


def _request_start(block: list[str]) -> int | None:
    """The first line that is neither blank, comment, definition nor a script before the request."""
    in_script = False
    for place, line in enumerate(block):
        if in_script or line.startswith("< {%"):
            in_script = "%}" not in line
        elif line.strip() and not _COMMENT.match(line) and not DEFINITION.fullmatch(line):
            return place
    return None


def _split_head(lines: list[str]) -> tuple[str, list[str]]:
    """The request line, joined with the indented lines that continue its URL, and the headers."""
    end = 1
    while end < len(lines) and _CONTINUED_URL.match(lines[end]):
        end += 1
    url = "".join([line.strip() for line in lines[:end]])
    return url, unfold("\n".join(lines[end:])).split("\n")


def _read_body(
    lines: list[str], announced: int | None, variables: Variables, read_file: ReadFile
) -> bytes:
    """The body: blank lines and the line end after it belong to the file.

    Only a Content-Length can say that some of them were sent.
    """
    end = next((i for i, line in enumerate(lines) if _AFTER_BODY.match(line)), len(lines))
    kept = [line for line in lines[:end] if not _COMMENT.match(line)]
    last = max((place for place, line in enumerate(kept) if line.strip()), default=-1)
    trimmed = kept[: last + 1]
    if any(_INCLUDE.fullmatch(line) for line in trimmed):
        return _include(trimmed, variables, read_file)
    whole = _filled("\n".join(kept), variables)
    body = _filled("\n".join(trimmed).removesuffix("\r"), variables)
    if announced is not None and len(body) < announced <= len(whole):
        ends_within = whole[announced - 1 : announced + 1] == b"\r\n"
        return whole[: announced + ends_within]
    return body


def _include(lines: list[str], variables: Variables, read_file: ReadFile) -> bytes:
    """A body with `< file` lines in it: the bytes of a file are taken as they are."""
    pieces: list[bytes] = []
    for line in lines:
        include = _INCLUDE.fullmatch(line)
        if not include:
            pieces.append(_filled(line, variables))
            continue
        content = read_file(variables.fill(include[2].rstrip()))
        if include[1]:
            content = _filled(content.decode("utf-8", "surrogateescape"), variables)
        pieces.append(content)
    return b"\n".join(pieces)


def _filled(text: str, variables: Variables) -> bytes:
    return variables.fill(text).encode("utf-8", "surrogateescape")


def _refuse_unresolved(request: CapturedRequest) -> None:
    if is_webhook(request):
        refuse_template(request)
        refuse_unresolved(request.body.decode("utf-8", "replace"), "the body")
