from __future__ import annotations

import os
import platform
import time
from typing import TYPE_CHECKING

import pytest

from vovecli.adapters.tunnel.agent import Agent, agent_download_url
from vovecli.adapters.tunnel.binary import check_agent, find_agent, is_shim
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from pathlib import Path

SHIM = "#!/usr/bin/python3\nimport sys\nfrom pyngrok.ngrok import main\nsys.exit(main())\n"


def program(path: Path, text: str, mode: int = 0o755) -> Path:
    """An executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def agent(path: Path, version: str = "3.39.10") -> Path:
    """Something that tells ngrok's version."""
    return program(path, f"#!/bin/sh\necho ngrok version {version}\n")


def test_places_in_their_order(tmp_path: Path) -> None:
    """The path given, NGROK_PATH, PYNGROK_NGROK_PATH, PATH, pyngrok's own place; else none."""
    given, first, second = (agent(tmp_path / name / "ngrok") for name in ("given", "a", "b"))
    on_path, default = agent(tmp_path / "bin" / "ngrok"), agent(tmp_path / "home" / "ngrok")
    environment = {
        "NGROK_PATH": str(first),
        "PYNGROK_NGROK_PATH": str(second),
        "PATH": f"{os.pathsep}/nowhere{os.pathsep}{tmp_path / 'bin'}",
    }
    assert find_agent(str(given), environment, default) == (given, "--ngrok-path")
    assert find_agent("", environment, default) == (first, "NGROK_PATH")
    del environment["NGROK_PATH"]
    assert find_agent("", environment, default) == (second, "PYNGROK_NGROK_PATH")
    del environment["PYNGROK_NGROK_PATH"]
    assert find_agent("", environment, default) == (on_path, "PATH")
    assert find_agent("", {}, default) == (default, "pyngrok's folder")
    assert find_agent("", {}, tmp_path / "none") is None


def test_script_that_pip_installs_with_pyngrok_is_passed_over(tmp_path: Path) -> None:
    """The `ngrok` of pyngrok is no agent: the next one on PATH is taken."""
    program(tmp_path / "venv" / "ngrok", SHIM)
    real = agent(tmp_path / "bin" / "ngrok")
    environment = {"PATH": f"{tmp_path / 'venv'}{os.pathsep}{tmp_path / 'bin'}"}
    assert find_agent("", environment, tmp_path / "none") == (real, "PATH")


def test_what_is_large_or_unreadable_is_no_shim(tmp_path: Path) -> None:
    """The agent itself is never read whole."""
    large = tmp_path / "ngrok"
    large.write_bytes(SHIM.encode() + bytes(2 << 20))
    assert not is_shim(large)
    assert not is_shim(tmp_path / "none")


@pytest.mark.parametrize("name", ["--ngrok-path", "NGROK_PATH"])
def test_path_with_nothing_behind_it_is_an_error(name: str, tmp_path: Path) -> None:
    """What the user named is never replaced by something else that was found."""
    missing = str(tmp_path / "gone")
    explicit = missing if name == "--ngrok-path" else ""
    environment = {} if explicit else {"NGROK_PATH": missing}
    with pytest.raises(VoveError) as caught:
        find_agent(explicit, environment, agent(tmp_path / "ngrok"))
    assert (caught.value.code, caught.value.category) == ("tunnel-agent-missing", Category.TUNNEL)
    assert name in caught.value.message


def test_version_of_an_agent(tmp_path: Path) -> None:
    """The version it tells, from the first one that has the API we need."""
    assert check_agent(agent(tmp_path / "new"), 5) == "3.39.10"
    assert check_agent(agent(tmp_path / "first", "3.30.0-beta"), 5) == "3.30.0"


@pytest.mark.parametrize(
    ("text", "mode", "code", "word"),
    [
        ("#!/bin/sh\necho ngrok version 3.29.9\n", 0o755, "tunnel-agent-too-old", "3.29.9"),
        ("#!/bin/sh\necho ngrok version 2.3.41\n", 0o755, "tunnel-agent-too-old", "2.3.41"),
        ("#!/bin/sh\necho hello\n", 0o755, "tunnel-not-executable", "not an ngrok agent"),
        ("#!/bin/sh\nexit 3\n", 0o755, "tunnel-not-executable", "not an ngrok agent"),
        ("#!/bin/sh\nexec sleep 30\n", 0o755, "tunnel-silent", "does not answer"),
        ("#!/bin/sh\necho ngrok version 3.39.10\n", 0o644, "tunnel-not-executable", "denied"),
        ("#!/nowhere/shell\n", 0o755, "tunnel-not-executable", "is gone"),
        ("\x7fELF no program", 0o755, "tunnel-not-executable", "format"),
    ],
)
def test_programs_that_will_not_do(
    text: str, mode: int, code: str, word: str, tmp_path: Path
) -> None:
    """Too old, something else, silent, not executable, quarantined, for another machine."""
    path = program(tmp_path / "ngrok", text, mode)
    started = time.monotonic()
    with pytest.raises(VoveError) as caught:
        check_agent(path, 0.5)
    assert (caught.value.code, caught.value.category) == (code, Category.TUNNEL)
    assert word in caught.value.message
    assert caught.value.hint
    assert time.monotonic() - started < 2


def test_agent_that_vanishes_before_the_start_is_not_replaced(tmp_path: Path) -> None:
    """What an antivirus takes away between version and start is said; nothing is downloaded."""
    path = tmp_path / "gone" / "ngrok"
    gone = Agent(path, authtoken="", config_path=None, on_change=lambda *_: None)
    with pytest.raises(VoveError, match="is gone"):
        gone.open("http://127.0.0.1:1", "", time.monotonic() + 5)
    gone.close(0)
    assert gone.read_log() == "closed"
    assert not path.parent.exists()


def test_platform_without_an_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ngrok publishes none, the way out is a tunnel of one's own."""
    monkeypatch.setattr(platform, "system", lambda: "Plan9")
    with pytest.raises(VoveError) as caught:
        agent_download_url()
    assert caught.value.code == "tunnel-agent-missing"
    assert "--public-url" in caught.value.hint
