"""`mitmdump --set flow_detail=3`: indented headers, and bodies in mitmproxy's formatted view."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import BODY_PARSED, announced_length, body_facts
from vovecli.core.captures.http_message import read_header_lines
from vovecli.core.captures.json_text import compact, load
from vovecli.core.errors import VoveError
from vovecli.core.requests import CapturedRequest

if TYPE_CHECKING:
    from vovecli.core.outcomes.verdicts import Finding

_FLOW = re.compile(rb"^\S{1,300}: ([A-Z]{3,10}) (https?://\S+)[^\n]*\n", re.MULTILINE)
_INDENT = "    "


def read(source: bytes) -> list[CapturedRequest]:
    """Every request of the flows that are printed.

    Raises:
        VoveError: `malformed-header`.
    """
    return [
        _read_flow(flow[1].decode(), flow[2].decode("utf-8", "surrogateescape"), lines)
        for flow in _FLOW.finditer(source)
        if (lines := _indented(source, flow.end()))
    ]


def _indented(source: bytes, position: int) -> list[str]:
    """The indented lines from a position on, blank ones among them included."""
    lines: list[str] = []
    while position < len(source):
        end = source.find(b"\n", position) + 1 or len(source)
        line = source[position:end].decode("utf-8", "surrogateescape").rstrip("\r\n")
        if line and not line.startswith(_INDENT):
            break
        lines.append(line.removeprefix(_INDENT))
        position = end
    return lines


def _read_flow(method: str, target: str, lines: list[str]) -> CapturedRequest:
    end = lines.index("") if "" in lines else len(lines)
    headers = read_header_lines(lines[:end], strict=False)
    shown = "\n".join(lines[end + 1 :]).rstrip("\n").encode("utf-8", "surrogateescape")
    announced = announced_length(headers)
    body, facts = _unformat(shown, announced)
    facts = (*facts, *body_facts(method, announced, body))
    return CapturedRequest(method, target, headers, body, None, "http", facts)


def _unformat(shown: bytes, announced: int | None) -> tuple[bytes, tuple[Finding, ...]]:
    """The compact form of JSON that was shown formatted, where it has the announced length."""
    if len(shown) == announced or announced is None:
        return shown, ()
    try:
        body = compact(load(shown))
    except (VoveError, RecursionError, UnicodeEncodeError):
        return shown, ()
    return (body, (BODY_PARSED,)) if len(body) == announced else (shown, ())
