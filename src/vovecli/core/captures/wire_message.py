"""One message byte by byte as it was on the wire, which is how `listen --save` writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import captured
from vovecli.core.headers import header_values
from vovecli.core.signing import header_text
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from vovecli.core.requests import CapturedRequest

_HEAD = re.compile(
    rb"([A-Z]{3,10}) ([\x21-\x7e]{1,8192}) HTTP/1\.[01]\r\n"
    rb"((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[^\r\n]*+\r\n)++)\r\n"
)


def read_wire_message(data: bytes) -> CapturedRequest | None:
    """The delivery that a source ends with, where its `Content-Length` says; else None.

    With the webhook headers under their own names and filled in, nothing in it is a variable, a
    comment, the name of a file or another spelling of a header.
    """
    head = _HEAD.match(data)
    if not head:
        return None
    pairs = [line.split(":", 1) for line in header_text(head[3]).split("\r\n")[:-1]]
    headers = [(name, value.strip(" \t")) for name, value in pairs]
    if header_values(headers, "content-length") != [str(len(data) - head.end())]:
        return None
    if header_values(headers, "transfer-encoding"):
        return None
    method, target = head[1].decode("ascii"), head[2].decode("ascii")
    request = captured("http", headers, data[head.end() :], method=method, target=target)
    webhook = read_webhook_headers(request)
    values = (webhook.id, webhook.timestamp, webhook.signature)
    return request if all(values) and not any("{{" in value for value in values) else None
