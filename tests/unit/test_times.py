from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.errors import Category, VoveError
from vovecli.core.times import format_duration, iso, parse_duration, parse_time

NOW = 1_750_000_000


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("15s", 15),
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("7", 7),
        ("1.5s", 1.5),
        ("36500d", 36_500 * 86_400),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    """A bare number is seconds."""
    assert seconds == parse_duration(text)


@pytest.mark.parametrize("text", ["", "s", "-5m", "5 m", "five", "1e3", "5w", "٣s", "36500.1d"])
def test_other_durations_are_usage_errors(text: str) -> None:
    """With a hint that shows how to write one."""
    with pytest.raises(VoveError) as caught:
        parse_duration(text)

    assert (caught.value.code, caught.value.category) == ("bad-duration", Category.USAGE)
    assert "15s" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("1", 1),
        ("99999999999", 99_999_999_999),
        ("1719870957", 1719870957),
        ("-10m", NOW - 600),
        ("+2h", NOW + 7200),
        ("2024-07-01T21:55:57Z", 1719870957),
        ("2024-07-01T21:55:57", 1719870957),
        ("2024-07-01T23:55:57+02:00", 1719870957),
        ("2024-07-01", 1719792000),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu"])
def test_times(text: str, moment: int, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unix seconds, ISO 8601 (UTC where no zone is named, wherever this runs), relative."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        found = parse_time(text, now=NOW)
    time.tzset()

    assert found == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "0",
        "-0x5m",
        "1719870957000",
        "100000000000",
        "99999-01-01",
        "-9999999999d",
        "9" * 5000,
    ],
)
def test_other_times_are_usage_errors(text: str) -> None:
    """Milliseconds are refused, not guessed."""
    with pytest.raises(VoveError) as caught:
        parse_time(text, now=NOW)

    assert caught.value.code in {"bad-time", "bad-duration"}
    assert caught.value.category is Category.USAGE


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_a_clear_error(text: str) -> None:
    """Nothing but VoveError comes out."""
    with suppress(VoveError):
        assert 0 < parse_time(text, now=NOW) <= 99_999_999_999


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (243, "4 min 3 s"),
        (7200, "2 h"),
        (190_000, "2 d 4 h"),
        (2 * 86_400, "2 d"),
        (-61, "1 min 1 s"),
    ],
)
def test_lengths_of_time_are_shown_in_two_units(seconds: int, text: str) -> None:
    """Enough to judge by, short enough to read."""
    assert text == format_duration(seconds)


def test_moments_are_shown_in_utc() -> None:
    """Whatever the zone of the machine."""
    assert iso(1719870957) == "2024-07-01T21:55:57Z"
