from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

import vovecli
from vovecli.adapters.tunnel import local_api, ngrok
from vovecli.adapters.tunnel.agent_output import endpoint_mark
from vovecli.core.errors import VoveError
from vovecli.core.tunnels import TunnelState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.doubles.ngrok_fixtures import App, Double, Events

    from vovecli.adapters.tunnel.ngrok import NgrokTunnel

pytest_plugins = ("tests.doubles.ngrok_fixtures",)


def deliver(url: str, body: bytes) -> int:
    """POST through the tunnel and give the status."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=5)
    try:
        connection.request("POST", "/", body)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def wait_until(done: Callable[[], bool], timeout_s: float = 10) -> None:
    """Wait for something that tells nobody when it happens."""
    end = time.monotonic() + timeout_s
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


def gone_pid() -> int:
    """The pid of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def open_endpoint(double: Double, url: str, metadata: str) -> None:
    """Open an endpoint as another program would, on the newest agent."""
    wait_until(lambda: bool(double.agents()) and double.agents()[-1]["api"] != "http://")
    connection = http.client.HTTPConnection("127.0.0.1", double.api_port(), timeout=5)
    options = {"name": "x", "url": url, "upstream": {"url": "http://localhost:8123"}}
    connection.request("POST", "/api/endpoints", json.dumps(options | {"metadata": metadata}))
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    connection.close()


def start_agent(double: Double) -> subprocess.Popen[bytes]:
    """An agent that somebody else runs."""
    environment = os.environ | {"NGROK_AUTHTOKEN": double.token}
    return subprocess.Popen(
        [double.path, "start", "--none"], stdout=subprocess.DEVNULL, env=environment
    )


def test_lost_session_is_told_and_comes_back(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """Lost, the reason once, back with the time it took; same URL, each delivery arrives once."""
    url = tunnel().start(app.url)
    double.control("drop?for=0.6")
    events.wait_for(TunnelState.LOST)
    assert deliver(url, b"while away") == 404
    back = events.wait_for(TunnelState.BACK)
    assert events.states()[2:] == [TunnelState.LOST, TunnelState.RECONNECTING, TunnelState.BACK]
    assert back.public_url == url
    assert "after 1 s" in back.message
    assert deliver(url, b"after") == 201
    arrived = app.arrived
    assert [body for _, _, body in arrived] == [b"after"]


@pytest.mark.parametrize("how", ["die", "kill"])
def test_agent_that_dies_is_started_again_on_the_same_url(
    how: str,
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """Its death is told with how it ended; a new agent serves the same URL."""
    opened = tunnel()
    url = opened.start(app.url)
    if how == "die":
        double.control("die")
    else:
        os.kill(double.running()[0], signal.SIGKILL)
    restarted = events.wait_for(TunnelState.RESTARTED)
    assert events.states()[2:] == [
        TunnelState.LOST,
        TunnelState.RECONNECTING,
        TunnelState.RESTARTED,
    ]
    lost = events.wait_for(TunnelState.LOST)
    assert ("exit code 2" if how == "die" else "signal 9") in lost.message
    assert restarted.public_url == url
    assert deliver(url, b"{}") == 201
    assert len(double.agents()) == 2
    opened.stop()
    assert double.running() == []


def test_restart_goes_on_until_it_works(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """A restart that fails for a passing reason is tried again."""
    tunnel(deadline_s=1.0).start(app.url)
    double.faults("no-network")
    double.control("die")
    wait_until(lambda: any("server misbehaving" in event.message for event in events.seen))
    double.faults("")
    events.wait_for(TunnelState.RESTARTED)
    assert {*events.states()[2:]} == {
        TunnelState.LOST,
        TunnelState.RECONNECTING,
        TunnelState.RESTARTED,
    }


def test_agent_that_keeps_ending_is_given_up(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Restarts that work and do not last make one row, with its pauses and its end."""
    monkeypatch.setattr(ngrok, "_RESTART_PAUSES_S", (0.0, 0.01, 0.02))
    double.faults("short-lived")
    tunnel().start(app.url)
    failed = events.wait_for(TunnelState.FAILED)
    assert events.states().count(TunnelState.RESTARTED) == 3
    assert "keeps ending" in failed.message


def test_restart_that_cannot_work_fails_at_once(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """A revoked authtoken ends the tunnel: told once, with headline and hint, nothing left."""
    tunnel().start(app.url)
    double.faults("refused=107")
    double.control("die")
    failed = events.wait_for(TunnelState.FAILED)
    assert "ERR_NGROK_107" in failed.message
    assert failed.error is not None
    assert "NGROK_AUTHTOKEN" in failed.error.hint
    assert len(double.agents()) == 2
    assert double.running() == []


def test_new_url_after_a_restart_is_told(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """When the account may not ask for the URL it had, the new one is taken and said."""
    url = tunnel().start(app.url)
    double.faults("reserved-only")
    double.control("die")
    restarted = events.wait_for(TunnelState.RESTARTED)
    assert restarted.public_url != url
    assert restarted.public_url in restarted.message
    assert deliver(restarted.public_url, b"{}") == 201


def test_stop_ends_a_restart_under_way(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """`stop` while a silent agent is being started again takes no deadline and leaves nothing."""
    opened = tunnel(deadline_s=30.0)
    opened.start(app.url)
    double.faults("silent")
    double.control("die")
    events.wait_for(TunnelState.RECONNECTING)
    wait_until(lambda: len(double.agents()) == 2)
    started = time.monotonic()
    opened.stop()
    assert time.monotonic() - started < 10
    assert double.running() == []


def test_agent_is_out_of_reach_of_ctrl_c(
    app: App, double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """It has a session of its own: what a terminal sends to our group is ours to act on."""
    tunnel().start(app.url)
    [pid] = double.running()
    assert os.getsid(pid) == pid != os.getsid(0)


def test_agent_behind_a_script_is_ended_too(
    app: App, double: Double, tunnel: Callable[..., NgrokTunnel], tmp_path: Path
) -> None:
    """Where `ngrok` is a script that runs the agent, both are gone afterwards."""
    script = tmp_path / "ngrok"
    script.write_text(f'#!/bin/sh\n"{double.path}" "$@"\n')
    script.chmod(0o755)
    double.faults("stubborn")
    opened = tunnel(agent_path=script)
    opened.start(app.url)
    opened.stop()
    wait_until(lambda: double.running() == [])  # not our child: nobody tells when it is gone


def test_stop_kills_an_agent_that_ignores_sigterm(
    app: App, double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """SIGTERM, three seconds, SIGKILL."""
    double.faults("stubborn")
    opened = tunnel()
    opened.start(app.url)
    started = time.monotonic()
    opened.stop()
    assert 2.5 < time.monotonic() - started < 10
    assert double.running() == []


def test_endpoint_is_deleted_before_the_agent_ends(
    app: App, double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """The URL is free at once for the next run: the agent was asked to close it."""
    double.faults("stubborn")  # its API outlives SIGTERM, so that the test can look
    opened = tunnel()
    opened.start(app.url)
    port = double.api_port()
    [endpoint] = local_api.endpoints([port])
    assert (endpoint.vove_pid, endpoint.agent_pid) == (os.getpid(), double.running()[0])
    assert not endpoint.stale
    stopper = threading.Thread(target=opened.stop)
    stopper.start()
    wait_until(lambda: local_api.endpoints([port]) == [])
    assert double.running() == [endpoint.agent_pid]
    stopper.join()


def test_what_a_killed_vove_left_is_removed(
    app: App, double: Double, tunnel: Callable[..., NgrokTunnel]
) -> None:
    """After kill -9 of vove the next start closes its endpoint and ends its agent."""
    double.faults("unread,stubborn")
    code = (
        "import sys, time\n"
        "from vovecli.adapters.tunnel.ngrok import NgrokOptions, NgrokTunnel\n"
        "options = NgrokOptions(agent_path=sys.argv[1], authtoken=sys.argv[2], agent_ports=())\n"
        "NgrokTunnel(options, lambda event: None).start('http://127.0.0.1:1')\n"
        "print('open', flush=True)\n"
        "time.sleep(60)\n"
    )
    source = str(Path(vovecli.__file__).parents[1])
    vove = subprocess.Popen(
        [sys.executable, "-c", code, double.path, double.token],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": source},
    )
    assert vove.stdout is not None
    assert vove.stdout.readline() == b"open\n"
    vove.kill()
    vove.wait()
    vove.stdout.close()
    [orphan] = double.running()
    port = double.api_port()
    double.faults("")
    tunnel(agent_ports=[port]).start(app.url)
    assert orphan not in double.running()
    assert local_api.endpoints([port]) == []


def test_address_held_by_what_we_left_is_freed_while_waiting(
    app: App,
    double: Double,
    events: Events,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """`already online` is tried again, and works once the address is free."""
    double.faults("endpoint=334*1")
    tunnel().start(app.url)
    assert "waiting for it" in events.seen[1].message
    assert events.states()[-1] is TunnelState.ONLINE


@pytest.mark.parametrize(
    ("metadata", "who"),
    [("", "an ngrok on this machine"), (endpoint_mark(os.getpid(), 0), "another vove")],
    ids=["ngrok", "vove"],
)
def test_address_held_by_another_program_names_its_upstream(
    metadata: str,
    who: str,
    app: App,
    double: Double,
    tunnel: Callable[..., NgrokTunnel],
) -> None:
    """An address that another agent here has online is no reason to wait, nor to end that agent."""
    url = "https://happy-otter.ngrok-free.dev"
    other = start_agent(double)
    open_endpoint(double, url, metadata)
    port = double.api_port()
    double.faults("endpoint=334")
    double.gives_url(url)
    started = time.monotonic()
    with pytest.raises(VoveError) as caught:
        tunnel(agent_ports=[port]).start(app.url)
    assert time.monotonic() - started < 10
    assert caught.value.code == "tunnel-url-in-use"
    assert who in caught.value.message
    assert "http://localhost:8123" in caught.value.message
    assert other.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("proc", ["/proc", "/nowhere"])
def test_endpoint_of_a_reused_pid_spares_the_process(
    proc: str, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale endpoint is closed; a process that is no agent is never ended for it."""
    monkeypatch.setattr(local_api, "_PROC", Path(proc))  # without it, `ps` is asked
    bystander = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    other = start_agent(double)
    open_endpoint(double, "https://a.example", endpoint_mark(gone_pid(), bystander.pid))
    port = double.api_port()
    assert [endpoint.public_url for endpoint in local_api.remove_stale([port])] == [
        "https://a.example"
    ]
    assert local_api.endpoints([port]) == []
    assert (bystander.poll(), other.poll()) == (None, None)
    for process in (bystander, other):
        process.kill()
        process.wait()


@pytest.mark.parametrize("proc", ["/proc", "/nowhere"])
def test_agent_that_was_left_is_ended(
    proc: str, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pid in the mark is an agent's: it gets SIGTERM, a stubborn one SIGKILL."""
    monkeypatch.setattr(local_api, "_PROC", Path(proc))
    other = start_agent(double)
    open_endpoint(double, "https://a.example", endpoint_mark(gone_pid(), other.pid))
    waiter = threading.Thread(target=other.wait)  # as init does for a real orphan
    waiter.start()
    local_api.remove_stale([double.api_port()])
    waiter.join(5)
    assert other.returncode == 0


def test_processes_cannot_be_asked_without_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a look would end the process, nothing counts as left behind."""
    pid = gone_pid()
    assert not local_api._is_running(pid)
    monkeypatch.setattr(os, "name", "nt")
    alive = local_api._is_running(pid)
    monkeypatch.undo()
    assert alive


def test_no_process_is_ended_unseen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither /proc nor `ps` tells what a process is, it is left alone."""
    monkeypatch.setattr(local_api, "_PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not local_api._is_agent(os.getpid())


def test_ports_of_other_programs_are_no_agents(app: App) -> None:
    """A port that nobody serves, or a web server of another kind, has no endpoints."""
    assert local_api.endpoints([app.server_port, 1]) == []
