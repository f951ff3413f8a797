from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET

if TYPE_CHECKING:
    from tests.conftest import RunVove


def test_the_secret_in_force(run_vove: RunVove) -> None:
    """Its fingerprint and origin, not its value."""
    result = run_vove("secret", "fingerprint", "--secret", SECRET)

    assert result.stdout == "fp:f74e1720  --secret\n"
    assert run_vove("secret", "--json").json["origin"] == "development secret"


def test_the_values_are_printed_on_request_alone(run_vove: RunVove) -> None:
    """By the two commands that exist for it."""
    assert run_vove("secret", "show", "--secret", SECRET).stdout == f"{SECRET}\n"
    fresh = run_vove("secret", "new").stdout.strip()
    assert fresh.startswith("whsec_")
    assert run_vove("secret", "new", "--json").json["secret"] != fresh
    assert run_vove("secret", "show", "--json", "--secret", SECRET).json["secret"] == SECRET


@pytest.mark.parametrize("shell", ["sh", "fish", "powershell", "env"])
def test_exports(shell: str, run_vove: RunVove) -> None:
    """A line that sets the variable in that shell."""
    line = run_vove("secret", "show", "--export", shell, "--secret", SECRET).stdout

    assert "VOVE_WEBHOOK_SECRET" in line
    assert SECRET in line
    if shell == "sh":
        script = f"{line}printf %s $VOVE_WEBHOOK_SECRET"
        assert subprocess.check_output(["sh", "-c", script], text=True) == SECRET


def test_an_unknown_shell_is_a_usage_error(run_vove: RunVove) -> None:
    """With the known ones."""
    result = run_vove("secret", "show", "--export", "cmd")

    assert result.exit_code == 2
    assert "powershell" in result.stderr


def test_config_shows_where_each_value_comes_from(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets as fingerprints only."""
    Path("vove.toml").write_text('endpoint = ":8000/hook"')
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", SECRET)
    monkeypatch.setenv("NGROK_AUTHTOKEN", "2abcdefghijklmnopqrstuvwxyz")

    result = run_vove("config")
    settings = {line["name"]: line for line in run_vove("config", "--json").lines}

    assert ":8000/hook" in result.stdout
    assert "fp:f74e1720" in result.stdout
    assert settings["endpoint"]["origin"].endswith("vove.toml")
    assert settings["tunnel.authtoken"]["value"] == "set (not shown)"
    everything = result.stdout + str(settings)
    assert SECRET[6:] not in everything
    assert "2abcdefghij" not in everything


def test_a_bad_file_is_exit_3(run_vove: RunVove) -> None:
    """And names the file."""
    Path("vove.toml").write_text("endpoint = ")

    result = run_vove("config")

    assert result.exit_code == 3
    assert "vove.toml" in result.stderr


def test_config_names_what_is_in_force_by_default(run_vove: RunVove) -> None:
    """The endpoints of the provider's samples, and the development secret once it is made."""
    run_vove("secret")

    settings = {line["name"]: line for line in run_vove("config", "--json").lines}

    assert settings["endpoint"]["value"] == (
        "http://localhost:3000/webhooks/vove-kyb or http://localhost:3000/webhook-endpoint"
    )
    assert settings["secret"]["value"].startswith("fp:")
    assert "true" in run_vove("config").stdout


def test_an_empty_secret_file_setting_is_an_empty_secret(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a folder that cannot be read."""
    monkeypatch.setenv("VOVE_SECRET_FILE", "")

    assert run_vove("secret", "--json").json["code"] == "empty-secret"
