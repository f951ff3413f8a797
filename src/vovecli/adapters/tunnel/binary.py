"""Finding the ngrok agent on this machine, and asking it for its version."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters.programs import run_program, without_secrets
from vovecli.adapters.tunnel.agent_errors import tunnel_error
from vovecli.adapters.tunnel.agent_output import MIN_VERSION, parse_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.errors import VoveError

# The agent is some 25 MB; only a script or a launcher is smaller than this.
_LARGEST_SHIM = 1 << 20
_SHIM = re.compile(rb"(?:from|import) pyngrok\b")
_MAX_VERSION_BYTES = 64 * 1024
_GET_IT = "install it from https://ngrok.com/download, or give its path with --ngrok-path"


def find_agent(
    explicit: str, environment: Mapping[str, str], default_path: Path
) -> tuple[Path, str] | None:
    """The agent's path and where that came from, in words; None when there is no agent.

    In this order: the path given, `NGROK_PATH`, `PYNGROK_NGROK_PATH`, `PATH`, pyngrok's own place.

    Raises:
        VoveError: `tunnel-agent-missing` when a path is given and nothing is there.
    """
    for path, origin in (
        (explicit, "--ngrok-path"),
        (environment.get("NGROK_PATH", ""), "NGROK_PATH"),
        (environment.get("PYNGROK_NGROK_PATH", ""), "PYNGROK_NGROK_PATH"),
    ):
        if path:
            return _existing(Path(path).expanduser(), origin), origin
    for folder in environment.get("PATH", "").split(os.pathsep):
        found = shutil.which("ngrok", path=folder) if folder else None
        if found and not is_shim(Path(found)):
            return Path(found), "PATH"
    return (default_path, "pyngrok's folder") if default_path.is_file() else None


def _existing(path: Path, origin: str) -> Path:
    if path.is_file():
        return path.absolute()
    raise tunnel_error(
        "tunnel-agent-missing", f"there is no ngrok agent at {path} ({origin})", _GET_IT
    )


def is_shim(path: Path) -> bool:
    """Whether this is the `ngrok` script that pip installs with pyngrok: it downloads, unasked."""
    try:
        if path.stat().st_size > _LARGEST_SHIM:
            return False
        return bool(_SHIM.search(path.read_bytes()))
    except OSError:
        return False


def check_agent(path: Path, timeout_s: float) -> str:
    """The agent's version, `3.39.10`.

    Raises:
        VoveError: `tunnel-not-executable`, `tunnel-agent-too-old`; older agents than 3.30 have not
            the API that pyngrok waits for.
    """
    output = _version_output(path, timeout_s)
    version = parse_version(output)
    if version is None:
        raise tunnel_error(
            "tunnel-not-executable", f"{path} is not an ngrok agent: it reports no version", _GET_IT
        )
    text = ".".join(map(str, version))
    if version < MIN_VERSION:
        wanted = ".".join(map(str, MIN_VERSION[:2]))
        raise tunnel_error(
            "tunnel-agent-too-old",
            f"the ngrok agent at {path} is version {text}; {wanted} or later is needed",
            f"run: {path} update",
        )
    return text


def gone(path: Path) -> VoveError:
    """The error for an agent that was there a moment ago."""
    return tunnel_error(
        "tunnel-not-executable",
        f"the ngrok agent at {path} cannot be started: it, or the program it needs, is gone",
        "an antivirus may have put it into quarantine: allow it there, or install it again",
    )


def _version_output(path: Path, timeout_s: float) -> str:
    try:
        ran = run_program(
            [str(path), "version"],
            timeout_s=timeout_s,
            max_bytes=_MAX_VERSION_BYTES,
            environ=without_secrets(os.environ),
        )
    except FileNotFoundError:
        raise gone(path) from None
    except OSError as error:
        raise tunnel_error(
            "tunnel-not-executable",
            f"the ngrok agent at {path} cannot be started: {error.strerror or error}",
            f"make it executable (chmod +x {path}), and check that it is meant for this machine "
            "and that no antivirus blocks it",
        ) from None
    if ran.is_late:
        raise tunnel_error(
            "tunnel-silent", f"the ngrok agent at {path} does not answer", f"try: {path} version"
        )
    return (ran.output + ran.errors).decode("utf-8", "replace")
