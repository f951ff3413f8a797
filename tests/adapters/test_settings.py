from __future__ import annotations

import os
from pathlib import Path

import pytest

from vovecli.adapters.setting_keys import SETTING_KEYS
from vovecli.adapters.settings import Settings
from vovecli.core.errors import VoveError

USER_FILE = Path("vove") / "config.toml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a folder inside, and nothing set."""
    folder = tmp_path / "repository" / "app"
    folder.mkdir(parents=True)
    (folder.parent / ".git").mkdir()
    return folder


def settings(
    folder: Path, environ: dict[str, str] | None = None, profile: str | None = None
) -> Settings:
    """The settings seen from a folder, whatever its files reach for (see cli/test_trust.py)."""
    trusting = {"VOVE_TRUST_PROJECT": "1"}
    return Settings(environ=(environ or {}) | trusting, folder=folder, profile=profile)


def write_user_file(text: str) -> Path:
    """The user's own settings."""
    path = settings(Path()).user_file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return path


def test_every_place_wins_over_the_next(project: Path) -> None:
    """Profile > environment > .env > vove.toml > user file > default."""
    user = write_user_file('endpoint = "user"')
    places = [("default", None), (str(user), "user")]
    (project / "vove.toml").write_text('endpoint = "project"\n[profile.p]\nendpoint = "profile"')
    places.append((str(project / "vove.toml"), "project"))
    (project / ".env").write_text('export VOVE_ENDPOINT="dotenv" # a remark\nOTHER=x\n')
    places.append((str(project / ".env"), "dotenv"))
    environ = {"VOVE_ENDPOINT": "environment"}

    seen = [settings(project, environ, "p").get("endpoint")]
    seen.append(settings(project, environ).get("endpoint"))
    seen.append(settings(project).get("endpoint"))
    for path in (project / ".env", project / "vove.toml", user):
        path.unlink()
        seen.append(settings(project).get("endpoint"))

    assert [s.value for s in seen] == ["profile", "environment", "dotenv", "project", "user", None]
    assert [
        f"profile p in {project / 'vove.toml'}",
        "environment",
        *[o for o, _ in places[::-1]],
    ] == [s.origin for s in seen]


def test_the_nearest_file_upward_is_read(project: Path) -> None:
    """From a subfolder of the project too."""
    (project.parent / "vove.toml").write_text('endpoint = "outer"')
    (project.parent / ".env").write_text("VOVE_SECRET_FILE=s")

    assert settings(project).get("endpoint").value == "outer"
    assert settings(project).get("secret_file").value == "s"


def test_dotenv_is_not_sought_beyond_the_repository(project: Path) -> None:
    """Another project's secrets are none of ours."""
    (project.parent.parent / ".env").write_text("VOVE_ENDPOINT=foreign")

    assert settings(project).get("endpoint").value is None


def test_dotenv_outside_a_repository_is_the_folder_s_own(tmp_path: Path) -> None:
    """Without a repository there is no root to stop at."""
    (tmp_path / "a").mkdir()
    (tmp_path / ".env").write_text("VOVE_ENDPOINT=parent")

    assert settings(tmp_path / "a").get("endpoint").value is None
    assert settings(tmp_path).get("endpoint").value == "parent"


def test_pyproject_is_read_where_there_is_no_vove_toml(project: Path) -> None:
    """[tool.vove]."""
    (project / "pyproject.toml").write_text('[tool.vove]\nendpoint = "py"\n')

    assert settings(project).get("endpoint").value == "py"


@pytest.mark.parametrize(
    "text",
    [
        "[tool.other]\nx = 1\n",
        "[build-system]\n",
        "tool = 3\n",
        "no TOML",
        '[tool.x]\na = "vove"\n',
    ],
)
def test_other_pyprojects_do_not_matter(project: Path, text: str) -> None:
    """Most have no such table."""
    (project / "pyproject.toml").write_text(text)

    assert settings(project).get("endpoint").origin == "default"


def test_a_file_of_another_user_is_ignored(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stranger puts into /tmp must not steer us."""
    (project / "vove.toml").write_text('endpoint = "trap"')
    owner = (project / "vove.toml").stat().st_uid
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)

    expected = "trap" if owner == 0 else None
    assert expected == settings(project).get("endpoint").value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("endpoint = ", "vove.toml"),
        ("endpont = 'x'", "unknown setting"),
        ("endpoint = 3", "endpoint must be text"),
        ("history.keep = 5", "by a project"),
        ("history.enabled = 3", "true or false"),
        ("history.max_age = '1d'", "by a project"),
        ("tunnel.ngrok_path = '/bin/sh'", "by a project"),
        ("check.observe = 'rm'", "by a project"),
        ("profile.p.tunnel.ngrok_path = '/bin/sh'", "by a project"),
        ("secret = 'whsec_x'", "does not belong"),
        ("flows.mine = 'kyc.pending'", "flows.mine must be a list of event types"),
        ("retry = 3", "retry must be a table"),
    ],
)
def test_what_a_file_may_not_say(project: Path, text: str, words: str) -> None:
    """The error names the file, the reason and the way out."""
    (project / "vove.toml").write_text(text)

    with pytest.raises(VoveError) as caught:
        [settings(project).get(name) for name in SETTING_KEYS]

    assert caught.value.code == "bad-settings"
    assert words in caught.value.message
    assert str(project / "vove.toml") in caught.value.message
    assert caught.value.hint


def test_dotenv_may_not_name_programs(project: Path) -> None:
    """A checkout must not decide what is executed."""
    (project / ".env").write_text("VOVE_TUNNEL_NGROK_PATH=/bin/sh\nVOVE_CHECK_OBSERVE=rm\n")

    assert settings(project).get("tunnel.ngrok_path").value is None
    assert settings(project).get("check.observe").value is None


def test_the_environment_and_the_user_file_may_name_programs(project: Path) -> None:
    """They are the user's own."""
    write_user_file("tunnel.ngrok_path = '/opt/ngrok'")

    assert settings(project).get("tunnel.ngrok_path").value == "/opt/ngrok"
    environ = {"VOVE_CHECK_OBSERVE": "cat state"}
    assert settings(project, environ).get("check.observe").value == "cat state"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("history.enabled", "off", False),
        ("history.enabled", "True", True),
        ("history.keep", "25", 25),
        ("history.max_age", "7d", "7d"),
    ],
)
def test_variables_are_converted(project: Path, name: str, text: str, value: object) -> None:
    """A variable can only hold text."""
    environ = {SETTING_KEYS[name].variable: text}

    assert value == settings(project, environ).get(name).value


def test_an_unknown_profile_is_named_with_the_nearest(project: Path) -> None:
    """A typo must not fall through to other settings."""
    (project / "vove.toml").write_text("[profile.staging]\nendpoint = 'x'")

    with pytest.raises(VoveError) as caught:
        settings(project, profile="stagin").get("endpoint")

    assert caught.value.code == "unknown-profile"
    assert "staging" in caught.value.hint


def test_a_profile_where_there_are_none_is_to_be_written(project: Path) -> None:
    """No list can be seen while a variable asks for it: `vove config` would fail like this, too."""
    with pytest.raises(VoveError) as caught:
        settings(project, profile="staging").get("endpoint")

    assert caught.value.hint == "write [profile.staging] into vove.toml; to make one: vove init"


@pytest.mark.parametrize("name", ["HISTORY_MAX_AGE", "HISTORY_MAX_SIZE", "HISTORY_MAX_ANSWER"])
def test_a_length_or_size_that_is_none_names_its_setting(project: Path, name: str) -> None:
    """When it is read, so that `doctor` says it, and not only the run that records something."""
    key = name.lower().replace("_", ".", 1)
    with pytest.raises(VoveError, match=f"environment: {key}: 'soon' is not a") as caught:
        settings(project, {f"VOVE_{name}": "soon"}).get(key)

    assert (caught.value.code, caught.value.hint[:6]) == ("bad-settings", "write ")


def test_flows_of_the_project_win_over_the_user_s(project: Path) -> None:
    """Both are offered."""
    write_user_file("[flows]\na = ['kyc.pending']\nb = ['kyc.pending']")
    (project / "vove.toml").write_text("[flows]\nb = ['kyc.successful']")

    assert settings(project).flows() == {"a": ["kyc.pending"], "b": ["kyc.successful"]}


def test_an_unreadable_file_is_a_clear_error(project: Path) -> None:
    """Not UTF-8."""
    (project / "vove.toml").write_bytes(b"endpoint = '\xff'")

    with pytest.raises(VoveError, match=r"vove\.toml"):
        settings(project).get("endpoint")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="of Linux alone")
@pytest.mark.parametrize("name", ["vove.toml", ".env"])
def test_a_file_that_cannot_be_read_through_says_why(project: Path, name: str) -> None:
    """In words, without an errno; and one that is too large is not read to its middle."""
    (project / name).symlink_to("/proc/self/mem")  # nothing is mapped at its beginning
    with pytest.raises(VoveError, match=f"{name}: Input/output error$"):
        settings(project).get("endpoint")

    (project / name).unlink()
    (project / name).write_text("#" * (1024 * 1024 + 1))
    with pytest.raises(VoveError, match="it holds more than 1 MiB"):
        settings(project).get("endpoint")


@pytest.mark.parametrize(
    "text", ["history.keep = 'many'", "history.keep = true", "history.keep = -1"]
)
def test_numbers_are_whole_and_not_negative(project: Path, text: str) -> None:
    """In the user's own file, which alone may set this one."""
    write_user_file(text)

    with pytest.raises(VoveError, match="whole number"):
        settings(project).get("history.keep")
