from __future__ import annotations

import http.client
import logging
import os
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vovecli.core.tunnels import TunnelState

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from tests.doubles.ngrok_fixtures import App, Double, Events

    from vovecli.adapters.tunnel.ngrok import NgrokTunnel

pytest_plugins = ("tests.doubles.ngrok_fixtures",)


def post(connection: http.client.HTTPConnection, body: bytes, path: str = "/hook") -> int:
    """Send one delivery and give the status of the answer."""
    connection.request("POST", path, body, {"Svix-Id": "msg_1", "Content-Type": "text/plain"})
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_open_tunnel_carries_exact_bytes(app: App, tunnel: Callable[..., NgrokTunnel]) -> None:
    """A POST to the public URL arrives with its path, its header spelling and its very bytes."""
    url = tunnel().start(app.url)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    body = bytes(range(256))
    assert post(connection, body, "/webhooks/vove-kyb?x=%2F") == 201
    connection.close()
    [(path, headers, arrived)] = app.arrived
    assert (path, arrived) == ("/webhooks/vove-kyb?x=%2F", body)
    assert ("Svix-Id", "msg_1") in headers


def test_ready_soon_and_gone_after_stop(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """The tunnel is there at once and says so; after `stop` its process is gone."""
    started = time.monotonic()
    opened = tunnel()
    url = opened.start(app.url)
    assert time.monotonic() - started < 5  # 0.2 s, where nothing else runs
    assert events.states() == [TunnelState.CONNECTING, TunnelState.ONLINE]
    assert events.seen[-1].public_url == url == double.agents()[0]["edge"]
    assert len(double.running()) == 1
    opened.stop()
    assert double.running() == []


def test_stop_is_harmless_twice_and_before_start(tunnel: Callable[..., NgrokTunnel]) -> None:
    """`stop` may be called at any time."""
    never = tunnel()
    never.stop()
    never.stop()


def test_authtoken_travels_by_environment(
    app: App,
    double: Double,
    tunnel: Callable[..., NgrokTunnel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The agent gets the authtoken in its environment, and none of our own secrets."""
    monkeypatch.setenv("NGROK_AUTHTOKEN", "other-token-of-the-environment")
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", "not for ngrok")
    tunnel(authtoken=f" 'ngrok config add-authtoken {double.token}' ").start(app.url)
    [agent] = double.agents()
    assert agent["token"] == double.token
    assert agent["argv"][1:4] == ["start", "--none", "--log"]
    assert "--authtoken" not in agent["argv"]
    assert agent["secrets"] == []
    assert os.environ["NGROK_AUTHTOKEN"] == "other-token-of-the-environment"


def test_domain_is_asked_for(app: App, double: Double, tunnel: Callable[..., NgrokTunnel]) -> None:
    """`domain` becomes the public URL, and traffic for it arrives."""
    url = tunnel(domain="happy-otter.ngrok-free.dev").start(app.url)
    assert url == "https://happy-otter.ngrok-free.dev"
    edge = urlsplit(double.agents()[0]["edge"]).netloc
    connection = http.client.HTTPConnection(edge, timeout=5)
    connection.request("POST", "/", b"{}", {"Host": "happy-otter.ngrok-free.dev"})
    assert connection.getresponse().status == 201
    connection.close()


def test_default_endpoint_of_the_user_does_not_take_over(
    app: App,
    double: Double,
    tunnel: Callable[..., NgrokTunnel],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """A `pyngrok-default` endpoint in ngrok.yml is left alone."""
    config = tmp_path_factory.mktemp("config") / "ngrok.yml"
    config.write_text(
        'version: "3"\nendpoints:\n  - name: pyngrok-default\n    url: https://other.example\n'
        "    upstream:\n      url: http://127.0.0.1:1\n"
    )
    assert tunnel(config_path=config).start(app.url) == double.agents()[0]["edge"]


def test_a_thousand_requests_without_a_stall(app: App, tunnel: Callable[..., NgrokTunnel]) -> None:
    """The agent's log is read on: unread, its pipe is full after some hundred requests."""
    url = tunnel().start(app.url)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    assert {post(connection, b"{}") for _ in range(1000)} == {201}
    connection.close()


def test_log_of_odd_bytes_is_no_obstacle(
    app: App,
    double: Double,
    tunnel: Callable[..., NgrokTunnel],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Lines that are no text or no logfmt neither stop the start nor reach our stderr."""
    double.faults("chatter")
    assert tunnel().start(app.url)
    assert capfd.readouterr() == ("", "")


def test_agents_log_reaches_no_logger_of_others(
    app: App, tunnel: Callable[..., NgrokTunnel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What pyngrok logs, authtokens and all, stays within it, whoever else listens."""
    records: list[logging.LogRecord] = []
    listener = logging.Handler()
    monkeypatch.setattr(listener, "emit", records.append)
    root = logging.getLogger()
    root.addHandler(listener)
    monkeypatch.setattr(logging.getLogger("pyngrok"), "level", logging.DEBUG)
    tunnel().start(app.url)
    root.removeHandler(listener)
    assert records == []


def test_http_proxy_changes_nothing(
    app: App,
    tunnel: Callable[..., NgrokTunnel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With a dead proxy in the environment the tunnel opens; other exceptions from it are kept."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "intranet.example")
    url = tunnel().start(app.url)
    assert os.environ["no_proxy"] == "intranet.example,127.0.0.1,localhost,::1"
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    assert post(connection, b"{}") == 201
    connection.close()


def test_agent_that_is_not_ready_is_asked_again(
    app: App, double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """`not yet ready` is no failure."""
    double.faults("not-ready=3")
    assert tunnel().start(app.url)
