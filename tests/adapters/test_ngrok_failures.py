from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from vovecli.core.errors import Category, VoveError
from vovecli.core.tunnels import TunnelState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.doubles.ngrok_fixtures import Double, Events

    from vovecli.adapters.tunnel.ngrok import NgrokTunnel

pytest_plugins = ("tests.doubles.ngrok_fixtures",)

# fault -> code of the error, a word of its message, a word of its hint
FAILURES = {
    "refused=4018": ("tunnel-no-authtoken", "authtoken", "NGROK_AUTHTOKEN"),
    "refused=105": ("tunnel-bad-authtoken", "ERR_NGROK_105", "your-authtoken"),
    "refused=107": ("tunnel-bad-authtoken", "ERR_NGROK_107", "your-authtoken"),
    "refused=108": ("tunnel-limit", "limited to 3", "agents"),
    "endpoint=324": ("tunnel-limit", "ERR_NGROK_324", "usage"),
    "endpoint=725": ("tunnel-limit", "ERR_NGROK_725", "usage"),
    "endpoint=734": ("tunnel-limit", "ERR_NGROK_734", "usage"),
    "refused=121": ("tunnel-agent-too-old", "too old", "ngrok update"),
    "old": ("tunnel-silent", "2 s", "ngrok diagnose"),  # `ensure_agent` is who sees it
    "endpoint=319": ("tunnel-domain", "custom hostname", "domains"),
    "endpoint=334": ("tunnel-url-in-use", "already online", "--domain"),
    "refused=9009": ("tunnel-proxy", "paid", "http_proxy"),
    "refused=9040": ("tunnel-refused", "ERR_NGROK_9040", "dashboard"),
    "refused=4444": ("tunnel-agent-failed", "ERR_NGROK_4444", "err_ngrok_4444"),
    "x509": ("tunnel-tls-intercepted", "x509", "connect_cas"),
    "crl": ("tunnel-crl", "CRL", "crl_noverify"),
    "no-network": ("tunnel-no-network", "server misbehaving", "ngrok diagnose"),
    "silent": ("tunnel-silent", "2 s", "ngrok diagnose"),
    "slow=60": ("tunnel-silent", "2 s", "ngrok diagnose"),
    "hang=60": ("tunnel-silent", "2 s", "ngrok diagnose"),
    "not-ready=100000": ("tunnel-silent", "2 s", "ngrok diagnose"),
    "no-url": ("tunnel-agent-failed", "public_url", "ngrok diagnose"),
    "garbage": ("tunnel-agent-failed", "no JSON", "ngrok diagnose"),
    "broken-config": ("tunnel-config-broken", "yaml", "ngrok config check"),
    "port-taken": ("tunnel-port", "address already in use", "web_addr"),
    "silent,stubborn": ("tunnel-silent", "2 s", "ngrok diagnose"),
}


@pytest.mark.parametrize("fault", FAILURES)
def test_every_failure_is_explained_in_time_and_leaves_nothing(
    fault: str,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A headline and a hint within the deadline + 1 s, no process, no raw output, no authtoken."""
    code, message_word, hint_word = FAILURES[fault]
    double.faults(fault)
    started = time.monotonic()
    with pytest.raises(VoveError) as caught:
        tunnel(deadline_s=2.0).start("http://127.0.0.1:1")
    elapsed = time.monotonic() - started
    error = caught.value
    assert (error.code, error.category) == (code, Category.TUNNEL)
    assert message_word in error.message
    assert hint_word in error.hint
    assert "\n" not in error.message
    assert "\\" not in error.message
    assert not [event for event in events.seen if "ERR_NGROK" in event.message]
    assert elapsed < 3
    assert double.running() == []
    assert capfd.readouterr() == ("", "")
    said = " ".join((error.message, error.hint, *(event.message for event in events.seen)))
    assert double.token not in said


def test_authtoken_of_ngroks_own_configuration_is_redacted(
    double: Double, tunnel: Callable[..., NgrokTunnel], tmp_path: Path
) -> None:
    """An authtoken that we never saw ourselves is not shown either when ngrok echoes it."""
    config = tmp_path / "own.yml"
    config.write_text(f'version: "3"\nagent:\n  authtoken: {double.token}\n')
    double.faults("refused=107,chatter")
    with pytest.raises(VoveError) as caught:
        tunnel(authtoken="", config_path=config).start("http://127.0.0.1:1")
    assert double.agents()[0]["token"] == double.token
    assert double.token not in caught.value.message


def test_no_network_is_told_while_waiting(
    double: Double, events: Events, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """The reason comes at once and once, not only at the deadline."""
    double.faults("no-network")
    with pytest.raises(VoveError):
        tunnel(deadline_s=1.0).start("http://127.0.0.1:1")
    told = [event.message for event in events.seen]
    assert len([message for message in told if "server misbehaving" in message]) == 1
    assert set(events.states()) == {TunnelState.CONNECTING}


def test_interception_fails_before_the_deadline(
    double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """A replaced certificate does not go away by waiting."""
    double.faults("x509")
    started = time.monotonic()
    with pytest.raises(VoveError, match="replaces its TLS certificate"):
        tunnel(deadline_s=30.0).start("http://127.0.0.1:1")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "content",
    ["a: [", "- a list", "agent: {log_format: json}\nversion: 3", b"\xff\xfe\x00"],
    ids=["no yaml", "a list", "json log", "no text"],
)
def test_broken_configuration_file_is_named(
    content: str | bytes, tunnel: Callable[..., NgrokTunnel], tmp_path: Path
) -> None:
    """What pyngrok cannot read in ngrok.yml is the configuration's fault, and says so."""
    config = tmp_path / "broken.yml"
    config.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(VoveError) as caught:
        tunnel(config_path=config).start("http://127.0.0.1:1")
    assert caught.value.code == "tunnel-config-broken"


def test_wrong_kind_of_token_never_reaches_the_agent(
    double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """A webhook secret pasted as authtoken is refused before anything starts, unquoted."""
    with pytest.raises(VoveError) as caught:
        tunnel(authtoken="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").start("http://127.0.0.1:1")
    assert caught.value.code == "tunnel-bad-authtoken"
    assert "MfKQ9r8G" not in caught.value.message
    assert double.agents() == []


@pytest.mark.parametrize("fault", ["silent", "no-network", "hang=60", "endpoint=334"])
def test_stop_ends_a_start_under_way(
    fault: str, double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """`stop` from another thread makes `start` fail at once and leaves no agent."""
    double.faults(fault)
    opening = tunnel(deadline_s=30.0)
    caught: list[str] = []

    def start() -> None:
        with pytest.raises(VoveError) as error:
            opening.start("http://127.0.0.1:1")
        caught.append(error.value.code)

    starter = threading.Thread(target=start)
    starter.start()
    end = time.monotonic() + 5
    while not double.running() and time.monotonic() < end:
        time.sleep(0.02)
    started = time.monotonic()
    opening.stop()
    starter.join(5)
    assert caught == ["tunnel-stopped"]
    assert time.monotonic() - started < 10
    assert double.running() == []
