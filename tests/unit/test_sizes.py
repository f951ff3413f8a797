from __future__ import annotations

import pytest

from vovecli.core.errors import VoveError
from vovecli.core.sizes import parse_size


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("512", 512),
        ("512B", 512),
        ("64k", 65536),
        ("64 KiB", 65536),
        ("1MiB", 1048576),
        (" 1mb ", 1048576),
        ("2G", 2147483648),
    ],
)
def test_sizes(text: str, expected: int) -> None:
    """Plain numbers are bytes, units are powers of 1024 in any case."""
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", ["", "k", "-1", "1.5M", "1T", "1e3", "٣", "1" * 13])
def test_what_is_no_size(text: str) -> None:
    """Anything else is a usage error."""
    with pytest.raises(VoveError) as caught:
        parse_size(text)

    assert caught.value.code == "bad-size"
