from __future__ import annotations

from vovecli.core.tunnels import url_change


def test_url_change_is_told_only_when_there_is_one() -> None:
    """The first URL ever and the same one again need no word; another one names the old."""
    assert url_change("", "https://a.example") == ""
    assert url_change("https://a.example/", "https://a.example") == ""
    assert "was https://b.example" in url_change("https://b.example", "https://a.example")
