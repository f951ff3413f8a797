"""The three webhook headers of a request."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from vovecli.core.requests import CapturedRequest
from vovecli.core.webhook_headers import HEADER_NAMES, is_webhook, read_webhook_headers

NAMES = st.sampled_from([*HEADER_NAMES, "Svix-Id", "WEBHOOK-ID", "Host"])
VALUES = st.sampled_from(["m", "v1,a v1,b", " m\t", " ", "", "é", "\udcff", "\ud800"])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


def request(headers: list[tuple[str, str]]) -> CapturedRequest:
    """A request with these headers."""
    return CapturedRequest("POST", "/", headers, b"")


@given(HEADERS)
def test_a_header_that_stands_twice_with_one_value_is_only_noted(
    headers: list[tuple[str, str]],
) -> None:
    """Everything else is read as if it stood once."""
    webhook = [header for header in headers if header[0].lower() in HEADER_NAMES]
    assume(webhook)
    once, twice = (read_webhook_headers(request(h)) for h in (headers, [*headers, webhook[0]]))

    assert twice[:4] == once[:4]
    assert (twice.fault and twice.fault.code) == (once.fault and once.fault.code)


@given(HEADERS)
def test_one_of_the_six_makes_a_webhook(headers: list[tuple[str, str]]) -> None:
    """In any case."""
    assert is_webhook(request(headers)) == any(name.lower() in HEADER_NAMES for name, _ in headers)


def test_all_three_of_one_family_are_enough() -> None:
    """The usual delivery: nothing to find fault with."""
    found = read_webhook_headers(
        request(
            [("Svix-Id", "m"), ("Svix-Timestamp", " 1\t"), ("svix-signature", "v1,a"), ("a", "b")]
        )
    )
    assert found == ("svix", "m", "1", "v1,a", None, ())


def test_the_note_says_what_others_make_of_a_doubled_header() -> None:
    """Node joins the two, and the svix libraries refuse what comes of it."""
    (note,) = read_webhook_headers(
        request(
            [
                ("svix-id", "m"),
                ("svix-id", "m"),
                ("svix-timestamp", "1"),
                ("svix-signature", "v1,a"),
            ]
        )
    ).findings

    assert note.code == "header-duplicated:svix-id"
    assert "Node joins them" in note.message
    assert "svix libraries refuse" in note.message


def test_a_renamed_header_is_named() -> None:
    """By what its value looks like; values that are nothing of the kind are not mentioned."""
    renamed = [
        ("Host", "x"), ("x-hook-id", "msg_2if9qqkVjQDrS738JZOnax9T7MO"),
        ("x-hook-time", "1719870957"), ("x-hook-sig", f"v1,{'a' * 43}="),
    ]  # fmt: skip
    headers = read_webhook_headers(request(renamed))
    messages = [
        headers.fault.message if headers.fault else "",
        *(f.message for f in headers.findings),
    ]

    for (name, _), message in zip(renamed[1:], messages, strict=True):
        assert f"({name} has such a value: it may have been renamed)" in message
    fault = read_webhook_headers(request([("x-hook-id", "7"), ("Host", "msg_x")])).fault
    assert fault
    assert "renamed" not in fault.message
