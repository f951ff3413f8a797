"""The ngrok tunnel: an agent of our own, opened, watched, and brought back when it dies."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.adapters.tunnel import local_api
from vovecli.adapters.tunnel.agent import Agent
from vovecli.adapters.tunnel.agent_errors import is_lasting, tunnel_error
from vovecli.adapters.tunnel.agent_output import AGENT_PORTS, clean_authtoken
from vovecli.core.errors import VoveError
from vovecli.core.tunnels import TunnelEvent, TunnelState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_GRACE_S = 3.0
# After a failed start there is nothing to close in good order.
_FAILED_GRACE_S = 0.5
# ngrok keeps the URL of an agent that vanished for about this long.
_IN_USE_PATIENCE_S = 20.0
_IN_USE_PAUSE_S = 2.0
# Before each restart in a row; an agent that ran for so long begins a new row.
_RESTART_PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0, 30.0)
_STEADY_S = 60.0
_DIAGNOSE = "run `ngrok diagnose`"


@dataclass(frozen=True, slots=True, kw_only=True)
class NgrokOptions:
    """How to tunnel.

    Attributes:
        agent_path: The agent, as `ensure_agent` gives it.
        authtoken: Empty = what the agent finds in its own configuration.
        domain: The domain to ask for, with or without `https://`; empty = what the account gives.
        config_path: ngrok's configuration file, when not at its usual place.
        deadline_s: How long the start may take.
        agent_ports: Where to look for the APIs of agents on this machine.
    """

    agent_path: Path
    authtoken: str = ""
    domain: str = ""
    config_path: Path | None = None
    deadline_s: float = 30.0
    agent_ports: Sequence[int] = AGENT_PORTS

    def __repr__(self) -> str:
        return "<NgrokOptions>"  # the authtoken is never shown


class NgrokTunnel:
    """A `Tunnel` by an ngrok agent of our own; `on_event` is called from its threads."""

    def __init__(self, options: NgrokOptions, on_event: Callable[[TunnelEvent], None]) -> None:
        self._options = options
        self._on_event = on_event
        self._public_url = ""
        self._local_url = ""
        self._authtoken = ""
        self._restarts = 0
        self._agent: Agent | None = None
        self._watcher: threading.Thread | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()

    def start(self, local_url: str) -> str:
        """See `Tunnel.start`."""
        self._local_url = local_url
        self._authtoken = clean_authtoken(self._options.authtoken)
        deadline = time.monotonic() + self._options.deadline_s
        self._tell(TunnelState.CONNECTING, "starting the ngrok agent")
        if local_api.remove_stale(self._options.agent_ports):
            self._tell(TunnelState.CONNECTING, "removed what an earlier run left behind")
        agent = self._open(deadline)
        self._watcher = threading.Thread(target=self._watch, args=(agent,), daemon=True)
        self._watcher.start()
        self._tell(TunnelState.ONLINE, f"the tunnel is open at {self._public_url}")
        return self._public_url

    def stop(self) -> None:
        """See `Tunnel.stop`; takes at most some 5 s."""
        self._stopping.set()
        with self._lock:
            agent = self._agent
        if agent is not None:
            agent.cancel()
            agent.close(_GRACE_S)
        if self._watcher is not None:
            self._watcher.join(_GRACE_S)

    def _open(self, deadline: float) -> Agent:
        """A new agent with the endpoint open, and none left when that fails."""
        agent = Agent(
            self._options.agent_path,
            authtoken=self._authtoken,
            config_path=self._options.config_path,
            on_change=self._tell,
        )
        with self._lock:
            self._agent = agent
        try:
            self._public_url = self._open_endpoint(agent, deadline)
        except BaseException:
            agent.close(_FAILED_GRACE_S)
            raise
        return agent

    def _open_endpoint(self, agent: Agent, deadline: float) -> str:
        waiting = False
        patience = min(deadline, time.monotonic() + _IN_USE_PATIENCE_S)
        domain = self._options.domain
        wanted = self._public_url or domain
        if wanted and "://" not in wanted:
            wanted = f"https://{wanted}"
        while True:
            if self._stopping.is_set():
                raise tunnel_error("tunnel-stopped", "the tunnel was closed while it opened", "")
            try:
                return agent.open(self._local_url, wanted, deadline)
            except VoveError as error:
                if error.code == "tunnel-domain" and self._public_url and not domain:
                    wanted = ""  # the account cannot ask for the URL it was given: take a new one
                    continue
                if error.code != "tunnel-url-in-use":
                    raise
                self._check_owner(error)
                if time.monotonic() + _IN_USE_PAUSE_S > patience:
                    raise
                if not waiting:
                    self._tell(TunnelState.CONNECTING, "the public URL is in use; waiting for it")
                waiting = True
            self._stopping.wait(_IN_USE_PAUSE_S)

    def _check_owner(self, error: VoveError) -> None:
        """Who on this machine has the URL: what we left behind is removed, others are named."""
        ports = self._options.agent_ports
        local_api.remove_stale(ports)
        for endpoint in local_api.endpoints(ports):
            if endpoint.public_url and endpoint.public_url in error.message:
                who = f"another vove (pid {endpoint.vove_pid})" if endpoint.vove_pid else "an ngrok"
                raise tunnel_error(
                    "tunnel-url-in-use",
                    f"{endpoint.public_url} is already online: {who} on this machine forwards it "
                    f"to {endpoint.upstream}",
                    "stop that one, or choose another --domain",
                ) from None

    def _watch(self, agent: Agent) -> None:
        while True:
            opened = time.monotonic()
            ended = agent.read_log()
            if self._stopping.is_set():
                return
            agent.close(0)
            if time.monotonic() - opened > _STEADY_S:
                self._restarts = 0
            self._tell(TunnelState.LOST, f"the ngrok agent ended ({ended})")
            again = self._reopen()
            if again is None:
                return
            agent = again

    def _reopen(self) -> Agent | None:
        before = self._public_url
        error = tunnel_error("tunnel-agent-failed", "the ngrok agent keeps ending", _DIAGNOSE)
        for pause_s in _RESTART_PAUSES_S[self._restarts :]:
            self._restarts += 1
            if self._stopping.wait(pause_s):
                return None
            self._tell(TunnelState.RECONNECTING, "starting the ngrok agent again")
            try:
                agent = self._open(time.monotonic() + self._options.deadline_s)
            except VoveError as failure:
                error = failure
                if is_lasting(failure):
                    break
                continue
            self._tell(TunnelState.RESTARTED, _restarted(before, self._public_url))
            return agent
        self._tell(TunnelState.FAILED, error.message, error)
        return None

    def _tell(self, state: TunnelState, message: str, error: VoveError | None = None) -> None:
        if state is TunnelState.CONNECTING and self._public_url:
            state = TunnelState.RECONNECTING
        if not self._stopping.is_set():
            self._on_event(TunnelEvent(state, self._public_url, message, error))


def _restarted(before: str, now: str) -> str:
    if now == before:
        return f"the tunnel is open again at {now}"
    return f"the tunnel is open again, at another URL: paste {now} into the dashboard"
