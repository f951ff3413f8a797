"""Headers as programs print a dictionary of them, with the body printed after it.

CGI, WSGI and Rack environments, PHP's `$_SERVER`, Python and Ruby dictionaries, Node's
`console.log`, Go's maps.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import announced_length, body_facts, truncated_body
from vovecli.core.captures.header_names import wire_name
from vovecli.core.requests import CapturedRequest
from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.verdicts import Finding

_PAIR = re.compile(
    r"""
      (?P<quote>['"])(?P<quoted>[\w-]{2,60})(?P=quote)\]?\s{0,20}(?:=>|[:=])\s{0,20}
        (?:string\([0-9]{1,9}\)\s)?\[?\s{0,20}
        (?P<mark>['"])(?P<text>(?:[^'"\\\n]|\\.|(?!(?P=mark))['"])*)(?P=mark)
    | ^[ \t{]*(?P<bare>[A-Za-z][\w-]{1,60})[ \t]*:[ \t]*'(?P<single>[^'\n]*)'
    | ^[ \t]*\[(?P<php>[A-Za-z][\w-]{1,60})\][ \t]=>[ \t](?P<rest>[^\n]*)
    | ^(?P<variable>[A-Z][A-Z0-9_]{1,60})=(?P<value>[^\n]*)
    | \b(?P<go>[A-Za-z][\w-]{1,60}):\[(?P<item>[^\]\n]*)\]
    """,
    re.MULTILINE | re.VERBOSE,
)
_CLOSING = re.compile(r"[})]|\n[ \t\r]*\n|\]\s*\{")
_BEFORE_BODY = re.compile(
    r"[\s,;\])}]*(?:(?:raw[ _-]?)?(?:body|payload)[ \t]*[:=]>?[ \t]*)?", re.IGNORECASE
)
_STRING = re.compile(
    r"""b?(?P<mark>['"])(?P<text>(?:[^'"\\]|\\.|(?!(?P=mark))['"])*)(?P=mark)\s*""", re.DOTALL
)
_BUFFER = re.compile(r"<Buffer((?: [0-9a-f]{2})+)(?: \.\.\. [0-9]+ more bytes?)?>\s*")
_FEWEST = 2  # webhook headers that make it one: a text may mention a single one


def read(source: bytes) -> list[CapturedRequest]:
    """The request that is printed, if at least two webhook headers are."""
    if b"ignature" not in source and b"IGNATURE" not in source:
        return []
    text = source.decode("utf-8", "surrogateescape")
    headers, end = _headers(text)
    if sum(name.lower() in HEADER_NAMES for name, _ in headers) < _FEWEST:
        return []
    announced = announced_length(headers)
    body, facts = _body(text, end, announced)
    method = next((value.upper() for name, value in headers if name == "REQUEST_METHOD"), None)
    return [
        CapturedRequest(
            method, "", headers, body, None, "http", facts or body_facts(method, announced, body)
        )
    ]


def _headers(text: str) -> tuple[Headers, int]:
    """The pairs up to where the dictionary closes, and where that is."""
    headers: Headers = []
    end, found = 0, 0
    for pair in _PAIR.finditer(text):
        if found >= _FEWEST and _CLOSING.search(text, end, pair.start()):
            break
        name, value = _name_and_value(pair)
        headers.append((wire_name(name), value.strip()))
        found += headers[-1][0].lower() in HEADER_NAMES
        end = pair.end()
    return headers, end


def _name_and_value(pair: re.Match[str]) -> tuple[str, str]:
    groups = pair.groupdict()
    for name, value in (("bare", "single"), ("php", "rest"), ("variable", "value"), ("go", "item")):
        if groups[name] is not None:
            return groups[name], groups[value]
    return groups["quoted"], groups["text"]


def _body(text: str, end: int, announced: int | None) -> tuple[bytes, tuple[Finding, ...]]:
    """What is printed after the headers: a string literal, a Node buffer, or the text itself."""
    start = _BEFORE_BODY.match(text, end)
    rest = text[start.end() if start else end :]
    if buffer := _BUFFER.fullmatch(rest):
        body = bytes.fromhex(buffer[1])
        cut = "more byte" in buffer[0]
        return body, (truncated_body(len(body), announced),) if cut else ()
    if literal := _STRING.fullmatch(rest):
        from vovecli.core.captures.commands.shell_escapes import ansi_c

        rest = ansi_c(literal["text"])
    body = rest.encode("utf-8", "surrogateescape")
    if announced is not None and not body[announced:].strip():
        return body[:announced], ()
    # Printing adds the line end; what was sent is proved by the signature.
    return body.removesuffix(b"\n"), ()
