from __future__ import annotations

import pytest

from vovecli.core.captures import read_captures
from vovecli.core.formats import to_raw_http
from vovecli.core.requests import CapturedRequest


def test_message_is_exact() -> None:
    """Request line, header spelling and order, odd bytes and body stand as they were."""
    request = CapturedRequest(
        "PUT", "/a?b", [("x-One", "1"), ("Two", "\udcff"), ("x-One", "é")], b"\x00\r\n"
    )

    assert to_raw_http(request) == (
        b"PUT /a?b HTTP/1.1\r\nx-One: 1\r\nTwo: \xff\r\nx-One: \xc3\xa9\r\n\r\n\x00\r\n"
    )


@pytest.mark.parametrize("body", [b"", b"{}", b"x" * 300])
def test_chunked_body_can_be_read_back(body: bytes) -> None:
    """With Transfer-Encoding in the headers the body stands in chunks, or nobody could read it."""
    request = CapturedRequest("POST", "/", [("Transfer-Encoding", "chunked")], body)

    (read,) = read_captures(to_raw_http(request), format="http", read_file=None)
    assert read.body == body
