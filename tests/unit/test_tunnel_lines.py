"""The tunnel, as lines for people."""

from __future__ import annotations

import io

import pytest
from tests.conftest import validate

from vovecli.core.arrival_envelope import listener_event_json
from vovecli.core.errors import Category, VoveError
from vovecli.core.tunnels import TunnelEvent, TunnelState
from vovecli.ui.terminal import Terminal
from vovecli.ui.tunnel import download_bar, public_url_lines, tunnel_line

FAILED = VoveError("tunnel-limit", "no", category=Category.TUNNEL)


class Screen(io.StringIO):
    """A terminal's stream."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is."""
        return True


def terminal(err: io.StringIO | None = None, *, quiet: bool = False) -> Terminal:
    """Streams that keep what is written."""
    return Terminal(out=Screen(), err=err or io.StringIO(), environ={"TERM": "xterm"}, quiet=quiet)


def test_url_comes_with_what_to_do_with_it() -> None:
    """The paths of the provider's samples; the free plan's rule where the URL is ngrok's."""
    lines = public_url_lines("https://happy-otter.ngrok-free.dev/")
    assert lines[0] == "public URL https://happy-otter.ngrok-free.dev (any path)"
    assert "  https://happy-otter.ngrok-free.dev/webhooks/vove-kyb  (KYB)" in lines
    assert "  https://happy-otter.ngrok-free.dev/webhook-endpoint  (KYC)" in lines
    assert "one fixed domain" in lines[-1]
    assert "one fixed domain" not in public_url_lines("https://a.example")[-1]


@pytest.mark.parametrize(
    ("state", "error", "mark"),
    [
        (TunnelState.CONNECTING, None, "·"),
        (TunnelState.LOST, None, "·"),
        (TunnelState.BACK, None, "✓"),
        (TunnelState.FAILED, FAILED, "✗"),
    ],
)
def test_change_is_one_line(state: TunnelState, error: VoveError | None, mark: str) -> None:
    """A mark for good, bad and neither; control characters escaped."""
    event = TunnelEvent(state, "https://a.example", "so\x1b[31m it is", error)
    assert tunnel_line(event, terminal()) == f"{mark} tunnel: so\\x1b[31m it is"


def test_download_is_seen_at_a_terminal_only() -> None:
    """A bar with bytes where somebody looks; nothing elsewhere, nothing when quiet."""
    seen, piped, quiet = Screen(), io.StringIO(), Screen()
    for screen in (terminal(seen), terminal(piped), terminal(quiet, quiet=True)):
        with download_bar(screen) as progress:
            progress(1 << 20, 0)
            progress(5 << 20, 10 << 20)
    assert "downloading ngrok" in seen.getvalue()
    assert "5.2/10.5 MB" in seen.getvalue()
    assert piped.getvalue() == quiet.getvalue() == ""


@pytest.mark.parametrize("state", TunnelState)
@pytest.mark.parametrize("url", ["", "https://a.example"])
def test_a_change_as_json(state: TunnelState, url: str) -> None:
    """The URL is null where there is none; the error has a line of its own."""
    found = listener_event_json(TunnelEvent(state, url, "so it is", FAILED))

    validate(found)
    assert found == {
        "schema": "vove.tunnel/1",
        "state": state.value,
        "public_url": url or None,
        "message": "so it is",
    }
