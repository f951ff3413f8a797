"""What a project's files may decide before the user trusts them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.sinks import Sink

if TYPE_CHECKING:
    from tests.conftest import RunVove

FAR = "http://192.0.2.1:9/collect"
SEND = ("send", "kyb.case.completed", "--secret", SECRET, "--dry-run")  # nothing leaves here


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("vove.toml", f'endpoint = "{FAR}"'),
        ("pyproject.toml", f'[tool.vove]\nendpoint = "{FAR}"'),
        (".env", f"VOVE_ENDPOINT={FAR}"),
    ],
)
def test_endpoint_of_a_clone_is_not_sent_to(run_vove: RunVove, name: str, text: str) -> None:
    """Not before its file is trusted, and not any more when it has changed."""
    Path(name).write_text(text)

    refused = run_vove(*SEND)
    assert refused.exit_code == 3
    assert f"vove trust '{Path(name).resolve()}'" in refused.stderr

    assert run_vove("trust", name).exit_code == 0
    tried = run_vove(*SEND)
    assert tried.exit_code == 0
    assert f"endpoint {FAR} from {Path(name).resolve()}" in tried.stderr

    Path(name).write_text(text + "\n")
    assert run_vove(*SEND).exit_code == 3


def test_endpoint_of_an_own_event_is_not_sent_to(run_vove: RunVove) -> None:
    """It is an endpoint like any other."""
    event = '[events."user.x"]\npayload = {refId = ""}\n'
    Path("vove.toml").write_text(f'{event}endpoint = "{FAR}"\n')
    send = ("send", "user.x", "--secret", SECRET, "--dry-run")

    assert run_vove(*send).exit_code == 3
    assert run_vove(*send, "--to", "http://127.0.0.1:9/").exit_code == 0
    run_vove("trust", "vove.toml")
    assert f"endpoint {FAR} from" in run_vove(*send).stderr
    Path("vove.toml").write_text(f'{event}endpoint = "http://127.0.0.1:9/x"\n')
    assert run_vove(*send).exit_code == 0


def test_what_the_user_says_counts(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option itself, the environment, and the variable for CI."""
    Path("vove.toml").write_text(f'endpoint = "{FAR}"')

    assert run_vove(*SEND, "--to", FAR).exit_code == 0
    monkeypatch.setenv("VOVE_TRUST_PROJECT", "1")
    assert run_vove(*SEND).exit_code == 0
    monkeypatch.delenv("VOVE_TRUST_PROJECT")
    monkeypatch.setenv("VOVE_ENDPOINT", FAR)
    assert run_vove(*SEND).exit_code == 0


def test_clone_cannot_trust_itself(run_vove: RunVove) -> None:
    """The variable counts in the environment alone."""
    Path(".env").write_text(f"VOVE_TRUST_PROJECT=1\nVOVE_ENDPOINT={FAR}\n")

    assert run_vove(*SEND).exit_code == 3


def test_endpoint_on_this_machine_needs_nothing(run_vove: RunVove) -> None:
    """It is said where it comes from."""
    with Sink().running() as app:
        Path("vove.toml").write_text(f'endpoint = "{app.url}"')
        result = run_vove(*SEND[:-1])

    assert result.exit_code == 0
    assert f"endpoint {app.url} from" in result.stderr


@pytest.mark.parametrize("place", ["../token", "/etc/hostname", "link"])
def test_secret_file_outside_the_folder_is_not_read(run_vove: RunVove, place: str) -> None:
    """A clone could have bodies signed with any file of the user's."""
    Path("project").mkdir()
    Path("token").write_text(SECRET)
    Path("project/link").symlink_to("../token")
    Path("project/vove.toml").write_text(f'secret_file = "{place}"')

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir("project")
        refused = run_vove("sign", "kyb.case.completed")
        shown = run_vove("config")

    assert refused.exit_code == 3
    assert "vove trust" in refused.stderr
    assert SECRET not in refused.stdout + refused.stderr + shown.stdout
    assert shown.exit_code == 0


def test_secret_file_in_the_folder_is_read(run_vove: RunVove) -> None:
    """As `vove init` suggests it."""
    Path("vove.toml").write_text('secret_file = ".secret"')
    Path(".secret").write_text(SECRET)

    assert run_vove("sign", "kyb.case.completed").exit_code == 0


def test_tunnel_domain_of_a_clone_is_not_asked_for(run_vove: RunVove) -> None:
    """It would take over a domain of the user's account."""
    Path("vove.toml").write_text('[tunnel]\ndomain = "mine.ngrok.app"')

    result = run_vove("listen", "--tunnel", "--secret", SECRET, "--ngrok-path", "/bin/true")

    assert result.exit_code == 3
    assert "tunnel.domain" in result.stderr


def test_trust_in_json(run_vove: RunVove) -> None:
    """One object per file in force; nothing to trust is an error."""
    assert run_vove("trust").exit_code == 3
    Path("vove.toml").write_text(f'endpoint = "{FAR}"')

    assert run_vove("trust", "--json").json["path"] == str(Path("vove.toml").resolve())


def test_replay_goes_where_it_went(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """A capture has no endpoint: one on another host that only the settings name is asked about."""
    signed = run_vove("sign", "kyb.case.completed", "--secret", SECRET)
    Path("request.http").write_bytes(signed.stdout_bytes)
    monkeypatch.setenv("VOVE_ENDPOINT", FAR)

    refused = run_vove("replay", "request.http", "--secret", SECRET, "--dry-run")
    named = run_vove("replay", "request.http", "--secret", SECRET, "--dry-run", "--to", FAR)

    assert (refused.exit_code, named.exit_code) == (2, 0)
    assert f"--to {FAR}" in refused.stderr


def test_init_does_not_write_through_a_link(run_vove: RunVove) -> None:
    """A clone's .gitignore could lead to any file of the user's."""
    Path("victim").write_text("mine\n")
    Path(".gitignore").symlink_to("victim")

    result = run_vove("init")

    assert result.exit_code == 3
    assert Path("victim").read_text() == "mine\n"
    assert not Path(".env").exists()
