"""Small things that were wrong once."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

from vovecli.core.faults import explain, parse_faults
from vovecli.ui.terminal import Terminal
from vovecli.ui.tunnel import download_bar

if TYPE_CHECKING:
    from tests.conftest import RunVove


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_no_bar_before_somebody_has_agreed() -> None:
    """The question whether to download stands alone on the screen."""
    screen = _Screen()
    terminal = Terminal(out=io.StringIO(), err=screen, environ={"TERM": "xterm"})

    with download_bar(terminal) as advance:
        assert screen.getvalue() == ""
        advance(10, 100)
        assert "downloading ngrok" in screen.getvalue()


@pytest.mark.parametrize(
    "arguments", [["verify", "request.http"], ["history"], ["config"], ["events"], ["doctor"]]
)
def test_a_reader_that_goes_away_is_exit_141(arguments: list[str], run_vove: RunVove) -> None:
    """Also where rich draws: a valid signature does not become a negative verdict."""
    Path("request.http").write_bytes(run_vove("sign", "kyc.pending").stdout_bytes)
    run_vove("send", "kyc.pending", "--to", "9")
    reader, writer = os.pipe()
    os.close(reader)

    done = subprocess.run(
        [sys.executable, "-m", "vovecli", *arguments],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )

    assert (done.returncode, done.stderr) == (141, done.stderr)


def test_a_server_error_is_no_refusal_worth_the_name() -> None:
    """A dead app behind a proxy refuses everything."""
    faults = parse_faults(["stale"])

    assert "by a server error (502)" in explain(faults, "refused", 502)[-1]
    assert explain(faults, "refused", 401)[-1] == "refused, as it must be"


def test_verify_writes_nothing(run_vove: RunVove) -> None:
    """Not even a development secret."""
    Path("request.http").write_bytes(
        run_vove("sign", "kyc.pending", "--secret", SECRET).stdout_bytes
    )
    home = Path(os.environ["HOME"])

    assert run_vove("verify", "request.http").exit_code == 1
    assert list(home.rglob("*")) == []


def test_a_home_that_cannot_be_written(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said that nothing is written where a secret is given."""
    Path("file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", "/dev/null/data")
    monkeypatch.setenv("HOME", "/dev/null")
    result = run_vove("sign", "kyc.pending")

    assert result.exit_code == 3
    assert "VOVE_WEBHOOK_SECRET" in result.stderr


def test_config_says_where_things_are(run_vove: RunVove) -> None:
    """Profiles, the user's own settings, the data."""
    Path("vove.toml").write_text('[profile.staging]\nendpoint = "http://localhost:1/"\n')
    shown = run_vove("config").stdout

    assert "profiles: staging" in shown
    assert str(Path(os.environ["HOME"])) in shown
    assert "history and development secret: " in shown
