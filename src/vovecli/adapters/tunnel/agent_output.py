"""What ngrok's agent prints and wants: log lines, versions, authtokens, our endpoints' mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.errors import Category, VoveError
from vovecli.core.times import format_duration
from vovecli.core.tunnels import TunnelState

if TYPE_CHECKING:
    from collections.abc import Mapping

# The agent API's /api/endpoints came with 3.30.0 (ngrok Agent Changelog, 2025-09-23).
MIN_VERSION = (3, 30, 0)
# Where the agent serves its API: 4040, or the next free port.
AGENT_PORTS = range(4040, 4061)
AUTHTOKEN_URL = "https://dashboard.ngrok.com/get-started/your-authtoken"
MAX_LINE = 16_384

_FIELD = re.compile(r'(?<![\w.])([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)')
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t"}
_VERSION = re.compile(r"\bversion\s+v?(\d+)\.(\d+)\.(\d+)")
_MARK = re.compile(r"vove pid=(\d{1,10})(?: agent=(\d{1,10}))?")
_WRAPPING = re.compile(
    r"^(?:(?:ERROR|authentication failed|failed to start (?:tunnel|endpoint)): +)+"
)
_PASTED = re.compile(
    r"(?:.*\bngrok(?:\.exe)?\s+(?:config\s+add-authtoken|authtoken)\s+|"
    r"(?:export\s+)?NGROK_AUTHTOKEN=|authtoken:\s*)(.*)",
    re.DOTALL,
)
_OTHER_KINDS = (
    ("whsec_", "the webhook signing secret"),
    ("ak_", "the ID of an ngrok API key"),
    ("cr_", "the ID of an authtoken, not the token"),
    ("http", "a URL"),
    ("$", "the name of a variable that was never filled in"),
    ("<", "a placeholder"),
)
_ECHOED = re.compile(r'(your authtoken:\s*)[^\s\\"]+', re.IGNORECASE)
_TOKEN_SHAPE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{16,}(?:_[A-Za-z0-9]{16,})+")
_REDACTED = "[authtoken]"


def parse_log_line(line: str) -> dict[str, str]:
    """The fields of one logfmt line (`lvl`, `msg`, `err` ...), escapes undone; any text is safe."""
    return {key: _unquote(value) for key, value in _FIELD.findall(line[:MAX_LINE])}


def _unquote(value: str) -> str:
    if not value.startswith('"'):
        return value
    return _ESCAPE.sub(_unescape, value[1:-1] if len(value) > 1 else "")


def _unescape(match: re.Match[str]) -> str:
    escape = match[1]
    return chr(int(escape[1:], 16)) if len(escape) > 1 else _PLAIN.get(escape, escape)


@dataclass(slots=True)
class SessionLog:
    """Follows one agent's session through its log.

    Attributes:
        error: The last error the agent gave, in its words.
    """

    error: str = ""
    _reason: str = ""
    _lost_at: float | None = None
    _online: bool = False

    def feed(self, fields: Mapping[str, str], now_s: float) -> tuple[TunnelState, str] | None:
        """Take in a line heard at `now_s` (a steady clock); a change worth telling, or None."""
        message, error = fields.get("msg", ""), fields.get("err", "")
        if error and fields.get("lvl") in ("eror", "crit"):
            self.error = error
        if message == "client session established":
            return self._established(now_s)
        if message.startswith("session closed, starting reconnect"):
            return self._lost(now_s)
        if message == "failed to reconnect session":
            return self._failed(error)
        return None

    def _established(self, now_s: float) -> tuple[TunnelState, str] | None:
        self._online, self._reason, self.error = True, "", ""
        if self._lost_at is None:
            return None
        away_s, self._lost_at = now_s - self._lost_at, None
        return TunnelState.BACK, f"the tunnel is back after {format_duration(away_s)}"

    def _lost(self, now_s: float) -> tuple[TunnelState, str] | None:
        if not self._online or self._lost_at is not None:
            return None
        self._lost_at = now_s
        return TunnelState.LOST, "the tunnel lost its connection to ngrok, reconnecting"

    def _failed(self, error: str) -> tuple[TunnelState, str] | None:
        reason = first_line(error)
        # A refusal has a code: the agent is about to end, which is said then.
        if reason == self._reason or "ERR_NGROK_" in error:
            return None
        self._reason = reason
        state = TunnelState.RECONNECTING if self._online else TunnelState.CONNECTING
        return state, f"no connection to ngrok yet: {reason}"


def first_line(text: str) -> str:
    """The agent's message without its wrapping: the first line that says something."""
    lines = (_WRAPPING.sub("", line, count=1).strip() for line in text.splitlines())
    return next((line for line in lines if line), "")


def parse_version(output: str) -> tuple[int, int, int] | None:
    """The version out of `ngrok version 3.39.10`; None when the text is not the agent's."""
    match = _VERSION.search(output[:4096])
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def clean_authtoken(text: str) -> str:
    """The bare authtoken, without quotes, space or a pasted `ngrok config add-authtoken`.

    Raises:
        VoveError: `tunnel-bad-authtoken` for what is certainly none; never quotes the text.
    """
    pasted = _PASTED.fullmatch(text.strip())
    token = (pasted[1] if pasted else text).strip().strip("\"'`").strip()
    kind = next((kind for prefix, kind in _OTHER_KINDS if token.startswith(prefix)), "")
    if not kind and re.search(r"[^\x21-\x7e]", token):
        kind = "a text with spaces or characters that no authtoken has"
    if kind:
        raise VoveError(
            "tunnel-bad-authtoken",
            f"the ngrok authtoken cannot be used: it is {kind}",
            hint=f"copy the authtoken from {AUTHTOKEN_URL}",
            category=Category.TUNNEL,
        )
    return token


def redact(text: str, token: str = "") -> str:
    """The text without the authtoken, nor anything that looks like one or is called one."""
    if token:
        text = text.replace(token, _REDACTED)
    return _TOKEN_SHAPE.sub(_REDACTED, _ECHOED.sub(rf"\g<1>{_REDACTED}", text))


def endpoint_mark(vove_pid: int, agent_pid: int) -> str:
    """The metadata on an endpoint of ours, by which a later run knows one that was left behind."""
    return f"vove pid={vove_pid} agent={agent_pid}"


def parse_mark(metadata: object) -> tuple[int, int] | None:
    """The pids of vove and of its agent (0: not noted) out of metadata, if it is ours."""
    match = _MARK.fullmatch(metadata) if isinstance(metadata, str) else None
    return (int(match[1]), int(match[2] or 0)) if match else None
