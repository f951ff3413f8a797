"""examples/load: requests are fresh, genuine and never sent twice, however many workers send."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import ROOT, SECRET
from tests.e2e.setup_receivers import CACHE
from tests.sinks import Sink

from vovecli.core.captures import read_captures
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable

EXAMPLE = ROOT / "examples" / "load"
KEY = parse_secret(SECRET)


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Write a Python program that can be called by its path."""

    def write(text: str) -> str:
        path = tmp_path / "bin" / "vove"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(0o755)
        return str(path)

    return write


@pytest.fixture
def vove(program: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """`vove` of this environment, with the secret set."""
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", SECRET)
    return program("import sys\nfrom vovecli.__main__ import main\nsys.exit(main())\n")


def signed_requests(vove: str) -> Any:
    """The example's class, which needs no Locust."""
    spec = importlib.util.spec_from_file_location("example", EXAMPLE / "signed_requests.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SignedRequests("kyc.pending", vove)


def test_each_request_is_genuine_and_its_own(vove: str) -> None:
    """Distinct ids, signatures that verify."""
    requests = signed_requests(vove)
    taken = [requests.take() for _ in range(50)]
    requests.close()

    captured = [
        CapturedRequest("POST", "/", list(headers.items()), body) for headers, body in taken
    ]
    assert all(verify(each, [KEY], moment=int(time.time())).valid for each in captured)
    assert len({headers["Svix-Id"] for headers, _ in taken}) == 50


def test_what_lay_in_the_pipe_too_long_is_thrown_away(program: Callable[[str], str]) -> None:
    """A request is used only while its signature is fresh."""
    now = int(time.time())
    lines = [
        json.dumps({"timestamp": moment, "headers": [["Svix-Id", str(moment)]], "body": "{}"})
        for moment in (now - 300, now - 61, now)
    ]
    requests = signed_requests(program(f"print({chr(10).join(lines)!r})\n"))

    assert requests.take() == ({"Svix-Id": str(now)}, b"{}")
    with pytest.raises(RuntimeError, match="exit code 0"):
        requests.take()
    requests.close()


@pytest.mark.slow
def test_distributed_workers(vove: str) -> None:
    """Two Locust workers: everything acknowledged, no id twice, every signature right."""
    python = CACHE / "locust" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        requirements = str(EXAMPLE / "requirements.txt")
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", requirements], check=True)
    options = ("--users", "4", "--headless", "--run-time", "3s", "--processes", "2", "--json")
    path = f"{Path(vove).parent}:{os.environ['PATH']}"
    with Sink().running() as sink:
        done = subprocess.run(
            [str(python), "-m", "locust", "--host", sink.url.removesuffix("/hook"), *options],
            cwd=EXAMPLE,
            env={**os.environ, "PATH": path, "VOVE_PATH": "/hook", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    captured = [read_captures(request)[0] for request in sink.requests]
    assert len(captured) > 100
    assert len({each.values("svix-id")[0] for each in captured}) == len(captured)
    assert all(verify(each, [KEY], moment=int(time.time())).valid for each in captured[:1000])
