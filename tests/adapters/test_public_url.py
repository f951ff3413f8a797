from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vovecli.adapters.tunnel.public_url import exchange_last_url, probe_public_url

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from tests.doubles.ngrok_fixtures import App

    from vovecli.adapters.tunnel.ngrok import NgrokTunnel

pytest_plugins = ("tests.doubles.ngrok_fixtures",)

NONCE = ("Vove-Probe", "4711")


def test_probe_through_the_tunnel_arrives(
    app: App,
    tunnel: Callable[..., NgrokTunnel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Our header comes back through the public URL; a proxy in the environment is no obstacle."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    url = tunnel().start(app.url)
    assert probe_public_url(url, NONCE, 5).arrived is True


def test_probe_that_something_else_answers_does_not_arrive(
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """An error page of ngrok is not our listener: its code is named."""
    url = tunnel().start("http://127.0.0.1:1")
    started = time.monotonic()
    assert probe_public_url(url, NONCE, 0.6) == (False, "ERR_NGROK_8012")
    assert time.monotonic() - started < 2


def test_probe_of_another_server_does_not_arrive(app: App) -> None:
    """An answer without our header is somebody else's."""
    assert probe_public_url(app.url, ("Other", "1"), 0) == (
        False,
        "something else answers with 405",
    )


def test_probe_that_gets_nowhere_proves_nothing() -> None:
    """What fails on our side (DNS, TLS, a proxy) is told, not judged: others may get through."""
    probe = probe_public_url("http://127.0.0.1:1/", NONCE, 0)
    assert probe.arrived is None
    assert probe.message == "Connection refused"


def test_last_url_is_kept_for_the_next_time(tmp_path: Path) -> None:
    """The first time there is none, then the one before; only the user can read it."""
    path = tmp_path / "state" / "last-url"
    assert exchange_last_url(path, "https://a.example") == ""
    assert exchange_last_url(path, "https://b.example") == "https://a.example"
    assert exchange_last_url(path, "https://b.example") == "https://b.example"
    assert path.stat().st_mode & 0o777 == 0o600


def test_last_url_that_cannot_be_kept_costs_nothing(tmp_path: Path) -> None:
    """A file of anything, or none that can be written, gives no previous URL and no error."""
    path = tmp_path / "last-url"
    path.write_bytes(b"\x00\x1b[31m")
    assert exchange_last_url(path, "https://a.example") == ""
    (tmp_path / "file").write_text("")
    assert exchange_last_url(tmp_path / "file" / "last-url", "https://a.example") == ""
