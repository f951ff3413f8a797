"""`vove doctor`: what receiving and tunnelling hang on, and how to mend it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from vovecli.adapters import addresses, clock, ports
from vovecli.adapters.files import data_folder
from vovecli.adapters.secret_store import describe_secret, development_secret_path, load_secrets
from vovecli.adapters.setting_keys import SETTING_KEYS
from vovecli.adapters.tunnel import local_api
from vovecli.adapters.tunnel.agent import default_agent_path, default_config_path
from vovecli.adapters.tunnel.agent_output import AGENT_PORTS, AUTHTOKEN_URL, clean_authtoken
from vovecli.adapters.tunnel.binary import check_agent, find_agent
from vovecli.core.endpoints import SAMPLE_PORT
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.examined import Examined
from vovecli.core.published_secrets import weakness
from vovecli.core.secrets import DEVELOPMENT
from vovecli.core.times import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vovecli.adapters.settings import Settings
    from vovecli.core.outcomes.examined import Condition

_TIMEOUT_S = 3.0
_OVER_THE_NETWORK = ("clock", "dns")
# A fifth of the tolerance: a clock that far off will be too far off some day.
_MAX_SKEW_S = 60
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_AUTHTOKEN = re.compile(r"^\s*authtoken:\s*\S", re.MULTILINE)
_MAX_CONFIG = 1 << 20


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look.

    Attributes:
        port: What `vove listen` listens on when nothing else is said.
        agent_ports: Where the APIs of ngrok's agents are.
        ngrok_name: The name that ngrok's agent connects to.
        clock_url: A server that tells the time with its answers.
    """

    port: int = SAMPLE_PORT
    agent_ports: Sequence[int] = AGENT_PORTS
    ngrok_name: str = "connect.ngrok-agent.com"
    clock_url: str = "https://bin.ngrok.com/"


def doctor(
    settings: Settings,
    environment: Mapping[str, str],
    places: Places | None = None,
    *,
    network: bool = False,
) -> Iterator[Examined]:
    """Examine this machine, point by point.

    Args:
        settings: In force.
        environment: For proxies and the agent.
        places: Where to look.
        network: Whether a name server and a web server may be asked, for DNS and the clock.
    """
    examination = _Examination(settings, environment, places or Places())
    points: dict[str, Callable[[], Examined]] = {
        "settings": examination.settings,
        "secret": examination.secret,
        "port": examination.port,
        "localhost": examination.localhost,
        "clock": examination.clock,
        "agent": examination.agent,
        "authtoken": examination.authtoken,
        "endpoints": examination.endpoints,
        "agent-port": examination.agent_port,
        "proxy": examination.proxy,
        "dns": examination.dns,
        "data": examination.data,
    }
    for point, examine in points.items():
        if point in _OVER_THE_NETWORK and not network:
            continue
        try:
            yield examine()
        except VoveError as error:
            yield Examined(point, "problem", error.message, error.hint)


class _Examination:
    def __init__(self, settings: Settings, environment: Mapping[str, str], places: Places) -> None:
        self._settings = settings
        self._environment = environment
        self._places = places

    def settings(self) -> Examined:
        origins = [layer.origin for layer in self._settings.layers() if layer.values]
        for name in SETTING_KEYS:
            self._settings.get(name)
        if unread := [name for layer in self._settings.layers() for name in layer.unread]:
            names = ", ".join(unread)
            return Examined("settings", "note", f"not read: {names}", "see the names: vove config")
        return Examined("settings", "ok", f"from {', '.join(origins) or 'defaults only'}")

    def secret(self) -> Examined:
        setting = describe_secret(self._settings)
        if not setting.origin.startswith(DEVELOPMENT):
            for secret in load_secrets(self._settings, os.urandom):
                if warning := weakness(secret):
                    return Examined("secret", "note", warning, "make another: vove secret new")
            return Examined("secret", "ok", f"{setting.value} from {setting.origin}")
        path = development_secret_path()
        if path.exists() and path.stat().st_mode & 0o077:
            return Examined(
                "secret", "problem", f"other users can read {path}", f"chmod 600 {quote(str(path))}"
            )
        return Examined(
            "secret",
            "note",
            "none is set, so genuine deliveries will be refused; in use: "
            f"{setting.origin} {setting.value or ''}".rstrip(),
            "set VOVE_WEBHOOK_SECRET, or write secret_file into vove.toml",
        )

    def port(self) -> Examined:
        number = self._places.port
        try:
            for sock in ports.bind("localhost", number):
                sock.close()
        except VoveError as error:
            return Examined("port", "note", error.message, error.hint)
        return Examined("port", "ok", f"{number} is free for vove listen")

    def localhost(self) -> Examined:
        found = addresses.look_up("localhost", timeout_s=_TIMEOUT_S) or []
        if found and all(each == "::1" or each.startswith("127.") for each in found):
            return Examined("localhost", "ok", f"is {', '.join(found)}")
        return Examined(
            "localhost",
            "problem",
            f"resolves to {', '.join(found) or 'nothing'}",
            "put `127.0.0.1 localhost` into /etc/hosts",
        )

    def clock(self) -> Examined:
        skew_s = clock.clock_skew_s(self._places.clock_url, timeout_s=_TIMEOUT_S)
        if skew_s is None:
            return Examined(
                "clock", "note", f"not compared: {self._places.clock_url} did not give the time"
            )
        off = f"{format_duration(skew_s)} {'ahead' if skew_s > 0 else 'behind'}"
        if abs(skew_s) <= _MAX_SKEW_S:
            return Examined("clock", "ok", f"{off}; up to 5 min are tolerated")
        return Examined(
            "clock",
            "problem",
            f"{off}: genuine deliveries are refused when the clock is 5 min off or more",
            "let the system keep the time (timedatectl set-ntp true, or the system settings)",
        )

    @cached_property
    def _agent(self) -> tuple[str, str] | None:
        """The agent's path and where that came from."""
        path = str(self._settings.get("tunnel.ngrok_path").value or "")
        found = find_agent(path, self._environment, default_agent_path())
        return (str(found[0]), found[1]) if found else None

    def agent(self) -> Examined:
        if self._agent is None:
            return Examined(
                "agent",
                "note",
                "no ngrok agent was found; vove listen --tunnel needs one",
                "install it from https://ngrok.com/download, or: vove listen --tunnel --yes",
            )
        path, origin = self._agent
        version = check_agent(Path(path), _TIMEOUT_S)
        return Examined("agent", "ok", f"ngrok {version} at {path} ({origin})")

    def authtoken(self) -> Examined:
        setting = self._settings.get("tunnel.authtoken")
        if clean_authtoken(str(setting.value or "")):
            return Examined("authtoken", "ok", f"set (not shown), from {setting.origin}")
        config = default_config_path()
        if config.is_file():
            with config.open(encoding="utf-8", errors="replace") as file:
                if _AUTHTOKEN.search(file.read(_MAX_CONFIG)):
                    return Examined("authtoken", "ok", f"set (not shown), in {config}")
        return Examined(
            "authtoken",
            self._tunnel_problem,
            "none is set, and ngrok needs one",
            f"copy it from {AUTHTOKEN_URL}, then: export NGROK_AUTHTOKEN=...",
        )

    def endpoints(self) -> Examined:
        found = local_api.endpoints(self._places.agent_ports)
        shown = "; ".join(f"{each.public_url} -> {each.upstream}" for each in found)
        stale = [each for each in found if each.stale]
        if stale:
            return Examined(
                "endpoints",
                "problem",
                f"a vove that was killed left {stale[0].public_url} online",
                "start vove listen --tunnel: it closes what was left behind",
            )
        return Examined("endpoints", "ok", shown or "no ngrok agent on this machine serves one")

    def agent_port(self) -> Examined:
        first = self._places.agent_ports[0]
        for number in self._places.agent_ports:
            if not _is_taken(number):
                used = "" if number == first else f" ({first} is in use by {_owner(first)})"
                return Examined("agent-port", "ok", f"{number} is free for ngrok's agent{used}")
        return Examined(
            "agent-port",
            self._tunnel_problem,
            f"none of {first} to {self._places.agent_ports[-1]} is free; "
            f"{first} is in use by {_owner(first)}",
            "stop one of the programs that hold them",
        )

    def proxy(self) -> Examined:
        given = {name: self._environment.get(name) for name in _PROXIES}
        names = [name for name, value in given.items() if value]
        if not names:
            return Examined("proxy", "ok", "no proxy variable is set")
        odd = [name for name in names if "://" not in str(given[name])]
        if odd:
            return Examined(
                "proxy",
                self._tunnel_problem,
                f"{odd[0]} does not begin with http://, which ngrok refuses",
                f"write the scheme into {odd[0]}, or unset it",
            )
        return Examined(
            "proxy",
            "note",
            f"{', '.join(names)} set: ngrok runs behind a proxy on paid plans only",
            f"for a tunnel on a free plan: unset {' '.join(names)}",
        )

    def dns(self) -> Examined:
        name = self._places.ngrok_name
        if addresses.look_up(name, timeout_s=_TIMEOUT_S):
            return Examined("dns", "ok", f"{name} resolves")
        return Examined(
            "dns",
            self._tunnel_problem,
            f"{name} does not resolve, so ngrok cannot connect",
            "check the network; some networks block ngrok: try another resolver or network",
        )

    def data(self) -> Examined:
        return Examined("data", "ok", f"history and development secret are in {data_folder()}")

    @property
    def _tunnel_problem(self) -> Condition:
        """What only tunnels need is a problem only where there is an agent to tunnel with."""
        try:
            return "problem" if self._agent else "note"
        except VoveError:
            return "problem"


def _is_taken(port: int) -> bool:
    try:
        for sock in ports.bind("127.0.0.1", port):
            sock.close()
    except VoveError:
        return True
    return False


def _owner(port: int) -> str:
    return ports.port_owner(port) or "another program"
