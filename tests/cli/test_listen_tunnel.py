"""`vove listen --tunnel` in this process: its options, its settings, what it says."""

from __future__ import annotations

import io
import os
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from tests.conftest import SECRET

from vovecli.adapters.tunnel import download
from vovecli.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Result, RunVove
    from tests.doubles.ngrok_fixtures import Double

pytest_plugins = ("tests.doubles.ngrok_fixtures",)

LISTEN = ("listen", "--port", "0", "--timeout", "50ms", "--secret", SECRET)


@pytest.fixture(autouse=True)
def _double(double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    """The double is the agent, with an authtoken."""
    monkeypatch.setenv("NGROK_PATH", str(double.path))
    monkeypatch.setenv("NGROK_AUTHTOKEN", double.token)


@pytest.fixture
def download_url(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """No agent on this machine, and a server with an archive that holds the double."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as bundle:
        bundle.add(os.environ["NGROK_PATH"], "ngrok")

    class Shop(BaseHTTPRequestHandler):
        """Hands the archive out."""

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing on stderr."""

        def do_GET(self) -> None:
            """Answer a download."""
            self.send_response(200)
            self.send_header("Content-Length", str(len(packed.getvalue())))
            self.end_headers()
            self.wfile.write(packed.getvalue())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/ngrok.tgz"
    monkeypatch.delenv("NGROK_PATH")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    monkeypatch.setattr(download, "default_agent_path", lambda: tmp_path / "agent" / "ngrok")
    monkeypatch.setattr(download, "agent_download_url", lambda: url)
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


def public_url(result: Result) -> str:
    """The public URL that was printed."""
    [line] = [line for line in result.stderr.splitlines() if line.startswith("public URL ")]
    return line.split()[2]


def test_one_screen_says_all(run_vove: RunVove, double: Double) -> None:
    """The URL, where to paste it and with which path; the next run says that it changed."""
    first = run_vove(*LISTEN, "--tunnel")
    url = public_url(first)
    assert first.exit_code == 4
    assert url == double.agents()[0]["edge"]
    assert "Settings -> Webhooks in the VOVE ID dashboard" in first.stderr
    assert f"  {url}/webhooks/vove-kyb  (KYB)" in first.stderr
    assert "changed" not in first.stderr
    second = run_vove(*LISTEN, "--tunnel")
    assert f"the public URL changed since last time (it was {url})" in second.stderr
    assert first.stdout == second.stdout == ""


def test_domain_and_path_from_the_settings(
    run_vove: RunVove, double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`tunnel.domain` may stand in vove.toml, the agent's path in the environment; flags win."""
    Path("vove.toml").write_text('tunnel.domain = "from-file.example"\n')
    monkeypatch.delenv("NGROK_PATH")
    monkeypatch.setenv("VOVE_TUNNEL_NGROK_PATH", str(double.path))
    monkeypatch.setenv("VOVE_TRUST_PROJECT", "1")
    double.faults("endpoint=319")
    assert "'https://from-file.example'" not in run_vove(*LISTEN, "--tunnel").stderr
    assert double.asked_for() == "https://from-file.example"
    run_vove(*LISTEN, "--tunnel", "--domain", "https://from-flag.example")
    assert double.asked_for() == "https://from-flag.example"
    missing = run_vove(*LISTEN, "--tunnel", "--ngrok-path", "/nowhere/ngrok")
    assert missing.exit_code == 5
    assert "/nowhere/ngrok" in missing.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("--domain", "a.example"),
        ("--ngrok-path", "/bin/true"),
        ("--yes",),
        ("--tunnel", "--public-url", "https://a.example"),
        ("--public-url", "a.example"),
        ("--public-url", "ftp://a.example"),
    ],
)
def test_options_that_do_not_go_together(options: tuple[str, ...], run_vove: RunVove) -> None:
    """A usage error, before anything starts."""
    assert run_vove(*LISTEN, *options).exit_code == 2


def test_yes_downloads(run_vove: RunVove, download_url: str, double: Double) -> None:
    """`--yes` fetches the agent and says from where; nothing of it on standard output."""
    result = run_vove(*LISTEN, "--tunnel", "--yes")
    assert f"downloading the ngrok agent from {download_url}" in result.stderr
    assert public_url(result) == double.agents()[0]["edge"]
    assert result.stdout == ""


@pytest.mark.parametrize("answer", [True, False])
def test_user_at_a_terminal_is_asked(
    answer: bool,  # noqa: FBT001 - a parameter of the test
    run_vove: RunVove,
    download_url: str,
    double: Double,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With the address and the place; only a yes downloads."""
    asked: list[str] = []

    def confirm(text: str, *, err: bool) -> bool:
        asked.append(text)
        return answer and err

    monkeypatch.setattr(Session, "can_ask", True)
    monkeypatch.setattr(typer, "confirm", confirm)
    result = run_vove(*LISTEN, "--tunnel")
    assert len(asked) == 1
    assert download_url in asked[0]
    assert result.exit_code == (4 if answer else 5)
    assert len(double.agents()) == answer


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nobody_is_asked_without_a_terminal(
    form: tuple[str, ...], run_vove: RunVove, download_url: str
) -> None:
    """Exit 5 with the ways out; nothing is downloaded."""
    result = run_vove(*LISTEN, "--tunnel", *form)
    assert result.exit_code == 5
    assert "--yes" in result.stdout + result.stderr
    assert download_url not in result.stderr


def test_ctrl_c_at_the_question_is_an_interruption(
    run_vove: RunVove, download_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a bug of ours."""
    assert download_url

    def confirm(_text: str, *, err: bool) -> bool:
        raise typer.Abort(err)

    monkeypatch.setattr(Session, "can_ask", True)
    monkeypatch.setattr(typer, "confirm", confirm)
    assert run_vove(*LISTEN, "--tunnel").exit_code == 130
