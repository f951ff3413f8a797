"""One run of ngrok's agent, driven by pyngrok: the only module that knows pyngrok.

pyngrok 9.1 waits for ever on an agent that goes silent, lends it our stderr, puts the authtoken on
its command line and loses hold of it when the start fails; each cure has its reason beside it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import queue
import subprocess
import threading
import time
import types
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyngrok import conf, installer, ngrok, process
from pyngrok.exception import PyngrokError, PyngrokNgrokHTTPError

from vovecli.adapters.tunnel import local_api
from vovecli.adapters.tunnel.agent_errors import agent_failure, is_hopeless, tunnel_error
from vovecli.adapters.tunnel.agent_output import SessionLog, endpoint_mark, parse_log_line, redact
from vovecli.adapters.tunnel.agent_process import GOODBYE_S, AgentProcess
from vovecli.adapters.tunnel.binary import gone
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vovecli.core.tunnels import TunnelState

_NOT_READY = 503
_RETRY_S = 0.2
_UNUSED_S = 3600  # pyngrok's own deadlines, which do not hold: `open` has one that does
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

# Its records hold the agent's log, authtoken and all; without a handler they reach stderr.
_log = logging.getLogger("pyngrok")
_log.addHandler(logging.NullHandler())
_log.propagate = False


def default_agent_path() -> Path:
    """Where pyngrok keeps the agent it downloads."""
    return Path(conf.DEFAULT_NGROK_PATH)


def default_config_path() -> Path:
    """Where ngrok keeps its own configuration."""
    return Path(conf.DEFAULT_NGROK_CONFIG_PATH)


def agent_download_url() -> str:
    """Where ngrok publishes the agent for this machine.

    Raises:
        VoveError: `tunnel-agent-missing` when there is none for this platform.
    """
    try:
        return installer.get_ngrok_cdn_url("3")
    except PyngrokError as error:
        raise tunnel_error(
            "tunnel-agent-missing",
            f"ngrok publishes no agent for this machine: {error}",
            "run a tunnel of your own and give its URL with --public-url",
        ) from None


class Agent:
    """An agent process and the endpoint it serves; `open` once, then `read_log` until it ends."""

    def __init__(
        self,
        path: Path,
        *,
        authtoken: str,
        config_path: Path | None,
        on_change: Callable[[TunnelState, str], None],
    ) -> None:
        self.endpoint_url = ""
        self._authtoken = authtoken
        self._on_change = on_change
        self._session = SessionLog()
        self._process = AgentProcess(authtoken)
        self._outcome: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()
        self._worker: threading.Thread | None = None
        self._config = conf.PyngrokConfig(
            ngrok_path=str(path),
            config_path=str(config_path) if config_path else None,
            monitor_thread=False,  # `read_log` reads on: its thread dies of the first odd byte
            log_event_callback=lambda log: self._heard(log.line),
            start_new_session=True,  # Ctrl-C is ours to act on: the endpoint is closed first
            startup_timeout=_UNUSED_S,
            request_timeout=_UNUSED_S,
        )
        # pyngrok takes it from the environment by itself and puts it on the command line.
        self._config.auth_token = None

    def open(self, local_url: str, public_url: str, deadline: float) -> str:
        """Start the agent if it is not running, open the endpoint, and give its public URL.

        Args:
            local_url: `http://127.0.0.1:PORT`.
            public_url: The URL to ask for; empty = what the account gives.
            deadline: Moment of `time.monotonic` to give up at.

        Raises:
            VoveError: of `Category.TUNNEL`. The agent may still be running: `close` it.
        """
        outcome: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()
        self._outcome = outcome
        self._worker = threading.Thread(
            target=_settle,
            args=(outcome, lambda: self._connect(local_url, public_url)),
            daemon=True,
        )
        started = time.monotonic()
        self._worker.start()
        try:
            result = outcome.get(timeout=max(0.0, deadline - started))
        except queue.Empty:
            raise self._overdue(deadline - started) from None
        if isinstance(result, Exception):
            raise self._explained(result) from None
        return result

    def read_log(self) -> str:
        """Follow the agent's log until the agent is gone; gives how it ended.

        Somebody must: an agent that nobody reads stops serving once the pipe is full.
        """
        return self._process.follow(self._heard)

    def cancel(self) -> None:
        """Make an `open` under way in another thread fail now."""
        self._outcome.put(InterruptedError("stopped"))

    def close(self, grace_s: float) -> None:
        """Close the endpoint, then end the agent: SIGTERM, and SIGKILL after `grace_s` seconds."""
        if self._process.refuse_starts() and self.endpoint_url:
            local_api.delete(self.endpoint_url)
        self._process.end(grace_s)
        if self._worker is not None:
            self._worker.join(GOODBYE_S)
        self._process.release()

    def _connect(self, local_url: str, public_url: str) -> str:
        if not Path(self._config.ngrok_path).exists():
            # pyngrok would download one, unasked and with its progress on stdout.
            raise gone(Path(self._config.ngrok_path))
        _spare_loopback_from_proxies()
        with _pyngrok_starts_with(self._process.start):
            ngrok.get_ngrok_process(self._config)
            tunnel = self._connect_when_ready(local_url, public_url)
        self.endpoint_url = f"{tunnel.api_url}{tunnel.uri}"
        return str(tunnel.public_url)

    def _connect_when_ready(self, local_url: str, public_url: str) -> ngrok.NgrokTunnel:
        options = {"url": public_url} if public_url else {}
        # A name of our own: without one, a `pyngrok-default` in the user's ngrok.yml takes over.
        name = f"vove-{uuid.uuid4()}"
        while True:
            try:
                return ngrok.connect(
                    local_url,
                    name=name,
                    pyngrok_config=self._config,
                    metadata=endpoint_mark(os.getpid(), self._process.pid),
                    **options,
                )
            except PyngrokNgrokHTTPError as error:
                if error.status_code != _NOT_READY or self._process.is_closed:
                    raise
                time.sleep(_RETRY_S)

    def _heard(self, line: str) -> None:
        # Whatever goes wrong here must not reach the thread that keeps the agent's log flowing.
        with contextlib.suppress(Exception):
            fields = parse_log_line(redact(line, self._authtoken))
            change = self._session.feed(fields, time.monotonic())
            if is_hopeless(fields.get("err", "")) and not self.endpoint_url:
                self._outcome.put(PyngrokError(""))
            elif change is not None:
                self._on_change(*change)

    def _overdue(self, waited_s: float) -> Exception:
        if self._session.error:
            return agent_failure(self._session.error)
        return tunnel_error(
            "tunnel-silent",
            f"the ngrok agent did not open the tunnel within {waited_s:.0f} s and gave no reason",
            "run `ngrok diagnose`",
        )

    def _explained(self, error: Exception) -> Exception:
        if isinstance(error, InterruptedError):
            return tunnel_error("tunnel-stopped", "the tunnel was closed while it opened", "")
        if isinstance(error, VoveError):
            return error
        words = (_said(error), self._session.error, self._process.stderr_tail(), str(error))
        return agent_failure(redact("\n".join(word for word in words if word), self._authtoken))


def _settle(outcome: queue.SimpleQueue[str | Exception], call: Callable[[], str]) -> None:
    try:
        outcome.put(call())
    except Exception as error:  # noqa: BLE001 - yaml's and whatever else pyngrok lets through
        outcome.put(error)


def _said(error: Exception) -> str:
    """The agent's own words in an exception of pyngrok's, as far as it carries them."""
    if isinstance(error, PyngrokNgrokHTTPError):
        # pyngrok's ngrok_error_code is None for these: the code is in the body only.
        try:
            return str(json.loads(error.body)["details"]["err"])
        except (ValueError, LookupError, TypeError):
            return error.body
    if isinstance(error, PyngrokError | OSError):
        return ""  # what it quotes of the log has its escapes still in it: we heard it ourselves
    return f"{conf.DEFAULT_NGROK_CONFIG_PATH}, the configuration file: {error}"


@contextlib.contextmanager
def _pyngrok_starts_with(launch: Callable[..., subprocess.Popen[str]]) -> Iterator[None]:
    """Let pyngrok start its process through `launch`.

    It has no setting for a child's environment, stderr or decoding, and gives no hold on a process
    whose start does not come to an end; redirecting our own descriptor 2 instead would swallow what
    others write to it meanwhile.
    """
    seam: Any = process
    seam.subprocess = types.SimpleNamespace(**{**vars(subprocess), "Popen": launch})
    try:
        yield
    finally:
        seam.subprocess = subprocess


def _spare_loopback_from_proxies() -> None:
    """Keep pyngrok's calls to the agent's API off an HTTP proxy, where they would hang for ever."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = [host for host in known.split(",") if host.strip()]
    value = ",".join(hosts + [host for host in _LOOPBACK if host not in hosts])
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = value
