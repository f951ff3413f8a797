from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.adapters import addresses, clock
from vovecli.adapters.secret_store import development_secret_path
from vovecli.adapters.settings import from_process
from vovecli.adapters.tunnel import local_api
from vovecli.adapters.tunnel.local_api import LocalEndpoint
from vovecli.commands import doctor as examination
from vovecli.commands.doctor import Places, doctor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.conftest import RunVove
    from tests.doubles.ngrok_fixtures import Double

    from vovecli.core.outcomes.examined import Examined

pytest_plugins = ("tests.doubles.ngrok_fixtures",)

OWN = "whsec_" + "b3du" * 10
TOKEN = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ_0123456789abcdefGHIJK"


@pytest.fixture(autouse=True)
def _world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a network, a right clock, and nothing of ngrok."""
    found = {"localhost": ["127.0.0.1", "::1"], "connect.ngrok-agent.com": ["192.0.2.1"]}
    monkeypatch.setattr(addresses, "look_up", lambda name, **_: found[name])
    monkeypatch.setattr(clock, "clock_skew_s", lambda *_, **__: 0.3)
    monkeypatch.setattr(examination, "default_agent_path", lambda: tmp_path / "none")
    monkeypatch.setattr(examination, "default_config_path", lambda: tmp_path / "ngrok.yml")
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("PATH", "/nowhere")


def examine(port: int = 0, agent_ports: Sequence[int] = (0,)) -> dict[str, Examined]:
    """What the doctor finds, by point; looks for agents nowhere unless told where."""
    where = Places(port=port, agent_ports=agent_ports)
    return {each.point: each for each in doctor(from_process(), os.environ, where, network=True)}


def test_fresh_machine_has_notes_and_no_problem(run_vove: RunVove) -> None:
    """Nothing configured is no fault: exit 0, each point named once, notes with what to do."""
    result = run_vove("doctor", "--network", "--json")
    conditions = {line["point"]: line["condition"] for line in result.lines}
    assert result.exit_code == 0
    assert list(conditions) == [
        *("settings", "secret", "port", "localhost", "clock", "agent"),
        *("authtoken", "endpoints", "agent-port", "proxy", "dns", "data"),
    ]
    assert {point for point, condition in conditions.items() if condition == "note"} >= {
        "secret",
        "agent",
        "authtoken",
    }
    assert "problem" not in conditions.values()


def test_nothing_leaves_the_machine_unless_asked_for(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a name server nor a clock is asked."""
    monkeypatch.setattr(clock, "clock_skew_s", pytest.fail)

    points = [line["point"] for line in run_vove("doctor", "--json").lines]

    assert "clock" not in points
    assert "dns" not in points


@pytest.mark.parametrize(
    ("secret", "words"),
    [(SECRET, "the Standard Webhooks specification: anybody can sign"), ("whsec_AAEC", "3 bytes")],
)
def test_weak_secrets_are_said(
    secret: str, words: str, run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the doctor, and wherever they are used."""
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", secret)

    assert words in examine()["secret"].message
    assert words in run_vove("sign", "kyc.pending").stderr


def test_variables_that_nobody_reads_are_said(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that look like one that is read also where they would have mattered."""
    Path(".env").write_text("VOVE_ENDPONT=http://localhost:1/\nVOVE_API_KEY=x\n")
    monkeypatch.setenv("VOVE_WEBHOOK_SECRETS", "x")

    assert "VOVE_API_KEY" in examine()["settings"].message
    said = run_vove("sign", "kyc.pending").stderr
    assert "VOVE_ENDPONT" in said
    assert "did you mean VOVE_ENDPOINT?" in said
    assert "VOVE_WEBHOOK_SECRETS (environment) is not read" in said
    assert "VOVE_API_KEY" not in said


def test_problem_is_drawn_with_its_fix_and_exit_3(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark, the point, what is wrong, and below it what to do."""
    monkeypatch.setattr(clock, "clock_skew_s", lambda *_, **__: -400.0)
    result = run_vove("doctor", "--network")
    assert result.exit_code == 3
    assert "✗ clock      6 min 40 s behind: genuine deliveries are refused" in result.stdout
    assert "             fix: let the system keep the time" in result.stdout


def test_everything_there(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agent, authtoken and secret are named with their origins, secrets never with their values."""
    monkeypatch.setenv("NGROK_PATH", str(double.path))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setenv("NGROK_AUTHTOKEN", TOKEN)
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", OWN)
    found = examine()
    assert "ngrok 3.39.10" in found["agent"].message
    assert "NGROK_PATH" in found["agent"].message
    assert found["authtoken"].message == "set (not shown), from environment"
    assert "fp:" in found["secret"].message
    assert "environment" in found["settings"].message
    everything = " ".join(each.message + each.fix for each in found.values())
    assert TOKEN not in everything
    assert OWN[6:] not in everything
    assert {each.condition for each in found.values()} == {"ok"}


def test_agent_that_will_not_do(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old agent, one without its authtoken, and no DNS are problems once there is an agent."""
    monkeypatch.setenv("NGROK_PATH", str(double.path))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    double.faults("old")
    monkeypatch.setattr(addresses, "look_up", lambda *_, **__: None)
    found = examine()
    assert "3.20.0" in found["agent"].message
    assert {point for point, each in found.items() if each.condition == "problem"} == {
        *("agent", "authtoken", "dns", "localhost"),
    }
    assert all(each.fix for each in found.values() if each.condition == "problem")


def test_agent_that_is_named_and_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with nothing behind it is a problem, for what a tunnel needs too."""
    monkeypatch.setenv("NGROK_PATH", "/nowhere/ngrok")
    found = examine()
    assert found["agent"].condition == found["authtoken"].condition == "problem"
    assert "/nowhere/ngrok" in found["agent"].message


def test_authtoken_in_ngroks_own_configuration(tmp_path: Path) -> None:
    """It counts, and is not shown."""
    (tmp_path / "ngrok.yml").write_text("version: 3\nagent: {}\n")
    assert examine()["authtoken"].condition == "note"
    (tmp_path / "ngrok.yml").write_text(f"version: 3\nagent:\n    authtoken: {TOKEN}\n")
    found = examine()["authtoken"]
    assert found.condition == "ok"
    assert TOKEN not in found.message


def test_secrets_that_will_not_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A malformed one, and a development secret that others can read."""
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", "whsec_your_secret")
    assert examine()["secret"].condition == "problem"
    monkeypatch.delenv("VOVE_WEBHOOK_SECRET")
    path = development_secret_path()
    path.parent.mkdir(parents=True)
    path.write_text(SECRET)
    path.chmod(0o644)
    found = examine()["secret"]
    assert (found.condition, found.fix) == ("problem", f"chmod 600 {path}")


def test_settings_that_cannot_be_read() -> None:
    """A broken file is the problem of `settings`; the rest is examined all the same."""
    Path("vove.toml").write_text("endpoint = ")
    found = examine()
    assert "vove.toml" in found["settings"].message
    assert len(found) == 12


def test_taken_ports_are_named() -> None:
    """The listener's port is a note with its owner; an agent takes the next that is free."""
    with socket.socket() as taken, socket.socket() as other:
        for each in (taken, other):
            each.bind(("127.0.0.1", 0))
            each.listen()
        first, second = taken.getsockname()[1], other.getsockname()[1]
        found = examine(port=first, agent_ports=[first, 0])
        assert found["port"].condition == "note"
        assert f"pid {os.getpid()}" in found["port"].message
        assert found["agent-port"].condition == "ok"
        assert f"{first} is in use by" in found["agent-port"].message
        assert "none of" in examine(agent_ports=[first, second])["agent-port"].message


@pytest.mark.parametrize(
    ("value", "word"), [("proxy.example:3128", "does not begin"), ("http://proxy:3128", "paid")]
)
def test_proxy_variables_are_named(value: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With their names, never their values: these may hold a password."""
    monkeypatch.setenv("https_proxy", value)
    found = examine()["proxy"]
    assert word in found.message
    assert "https_proxy" in found.fix
    assert value not in found.message


def test_endpoints_of_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ngrok serves here is told; what a killed vove left is a problem."""
    live = LocalEndpoint(4040, "/x", "https://a.example", "http://localhost:8000")
    monkeypatch.setattr(local_api, "endpoints", lambda _: [live])
    assert examine()["endpoints"].message == "https://a.example -> http://localhost:8000"
    monkeypatch.setattr(local_api, "endpoints", lambda _: [live._replace(vove_pid=1, stale=True)])
    assert examine()["endpoints"].condition == "problem"


def test_clock_that_cannot_be_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a network that is a note, no problem."""
    monkeypatch.setattr(clock, "clock_skew_s", lambda *_, **__: None)
    assert examine()["clock"].condition == "note"
