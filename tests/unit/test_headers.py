"""Header lists."""

from __future__ import annotations

import pytest

from vovecli.core.headers import (
    header_value,
    header_values,
    is_header,
    message_head,
    parse_http_date,
    retry_after_s,
)

HEADERS = [("A", "1"), ("b", "2"), ("a", "3")]
NOW = 784_111_777  # the moment of RFC 9110's examples


def test_name_is_found_in_any_case() -> None:
    """RFC 9110, 5.1: field names are case-insensitive."""
    assert header_values(HEADERS, "a") == ["1", "3"]
    assert (header_value(HEADERS, "B"), header_value(HEADERS, "c")) == ("2", None)


@pytest.mark.parametrize("name", ["", "a b", "x(y)", "caf\u00e9", "a:", "a\n"])
def test_names_that_cannot_be_sent(name: str) -> None:
    """RFC 9110, 5.1: a name is a token."""
    assert not is_header(name, "")


def test_values_that_can_be_sent() -> None:
    """RFC 9110, 5.5: spaces, tabs, what is visible, and odd bytes."""
    values = ["", "a\tb", "\u00e9", "\udce9", "a\r", "a\n", "\0", "\x7f"]

    assert [is_header("x-!#$%&'*+.^_`|~9", value) for value in values] == [True] * 4 + [False] * 4


def test_head_is_written_as_it_was_read() -> None:
    """Odd bytes of a header come back."""
    assert message_head("GET / HTTP/1.1", [("X", "\udce9")]) == b"GET / HTTP/1.1\r\nX: \xe9\r\n\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "sun, 06 nov 1994 08:49:37 gmt",
    ],
)
def test_http_dates(text: str) -> None:
    """The three forms of RFC 9110, 5.6.7, whatever the time zone here is."""
    assert parse_http_date(text) == NOW


@pytest.mark.parametrize("text", [None, "", "soon", "Sun, 99 Nov 1994 08:49:37 GMT"])
def test_what_is_not_a_date(text: str | None) -> None:
    """It is not guessed at."""
    assert parse_http_date(text) is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (" 7 ", 7),
        ("9" * 400, 1e9),
        ("Sun, 06 Nov 1994 08:50:37 GMT", 60),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after(asked: str, seconds: float | None) -> None:
    """RFC 9110, 10.2.3: seconds or a date; what is past is now."""
    assert retry_after_s([("retry-AFTER", asked)], NOW) == seconds
    assert retry_after_s([], NOW) is None
