"""Whatever path a secret takes, it is not shown; what a project writes cannot steer a terminal."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import unused_port

from vovecli.core.masking import mask_likely, mask_secrets

if TYPE_CHECKING:
    from tests.conftest import RunVove

BARE = SECRET.removeprefix("whsec_")
TOKEN = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ_0123456789abcdefGHIJK"


@pytest.mark.parametrize("text", [SECRET, BARE])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_config_shows_no_secret_in_the_wrong_place(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch, text: str, form: tuple[str, ...]
) -> None:
    """A secret that was taken for an endpoint is still a secret."""
    monkeypatch.setenv("VOVE_ENDPOINT", text)

    result = run_vove("config", *form)

    assert result.exit_code == 0
    assert BARE not in result.stdout + result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "kyb.case.completed", "--secret-file", BARE),
        ("verify", BARE),
        ("config",),
        ("doctor",),
    ],
    ids=" ".join,
)
def test_bare_secret_as_a_path_is_not_quoted(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Without its prefix it is still recognised by its look."""
    monkeypatch.setenv("VOVE_SECRET_FILE", BARE)

    result = run_vove(*arguments)

    assert BARE not in result.stdout + result.stderr


def test_loaded_secret_is_masked_wherever_it_turns_up(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given bare, and then as the name of an event."""
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", BARE)
    monkeypatch.setenv("NGROK_AUTHTOKEN", TOKEN)

    result = run_vove("send", "kyb.case.completed", "--to", f"http://localhost:9/{BARE}")
    listed = run_vove("history", "--json")
    run_vove("config")
    token = run_vove("sign", "kyb.case.completed", "--body", f"/{TOKEN}")

    assert BARE not in result.stdout + result.stderr + listed.stdout
    assert TOKEN not in token.stdout + token.stderr


def test_password_in_a_url_is_not_quoted(run_vove: RunVove) -> None:
    """Nothing that is printed or recorded has it, neither as it was typed nor as it is sent."""
    url = f"http://me:hunter2@localhost:{unused_port()}/"

    result = run_vove("send", "kyb.case.completed", "--to", url)
    listed = run_vove("history", "--json")

    assert result.exit_code == 4
    shown = result.stdout + result.stderr + listed.stdout
    assert "hunter2" not in shown
    assert base64.b64encode(b"me:hunter2").decode() not in shown


def test_the_commands_that_show_it_still_do(run_vove: RunVove) -> None:
    """`secret show` in both forms."""
    assert run_vove("secret", "show", "--secret", SECRET).stdout == f"{SECRET}\n"
    assert run_vove("secret", "show", "--secret", SECRET, "--json").json["secret"] == SECRET


def test_file_name_cannot_steer_the_terminal(run_vove: RunVove) -> None:
    """The origin of a secret may be a path out of a project's file."""
    name = "s\x1b]0;evil\x07.txt"
    Path(name).write_text(SECRET)
    Path("vove.toml").write_text('secret_file = "s\\u001b]0;evil\\u0007.txt"')

    for arguments in (("secret",), ("secret", "fingerprint"), ("config",)):
        shown = run_vove(*arguments)
        assert "\x1b" not in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/home/user/Projects-2026/captures/request1.http", None),
        ("9b2d5b4e-8f0e-4a57-b6c8-0f3f1f6f2a11", None),
        ("kyb.case.in_review", None),
        (f"/a/{BARE}", "/a/***"),
        ("x whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx y", "x whsec_*** y"),
    ],
)
def test_only_what_looks_like_a_secret_is_masked(text: str, shown: str | None) -> None:
    """Ordinary paths and ids are read as they are."""
    assert mask_likely(text) == (text if shown is None else shown)


def test_userinfo_of_urls() -> None:
    """Up to the end of the authority, and an address in a path stays."""
    assert mask_secrets("http://a:b@c/d@e http://c/x@y") == "http://***@c/d@e http://c/x@y"
