from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.adapters.secret_store import (
    describe_secret,
    development_secret_path,
    load_secrets,
)
from vovecli.adapters.settings import Settings
from vovecli.core.errors import VoveError
from vovecli.core.secrets import DEVELOPMENT


def settings(**environ: str) -> Settings:
    """The settings of the test's own folder."""
    return Settings(environ=environ, folder=Path.cwd())


def load(
    texts: list[str] | None = None, paths: list[str] | None = None, **environ: str
) -> list[str]:
    """The texts and origins of the secrets in force."""
    found = load_secrets(settings(**environ), os.urandom, texts=texts or (), paths=paths or ())
    return [f"{secret.text} {secret.origin}" for secret in found]


def test_flags_come_first() -> None:
    """Both kinds together are a rotation."""
    Path("s").write_text(f"{OTHER_SECRET}\n")

    found = load([SECRET], ["s"], VOVE_WEBHOOK_SECRET="whsec_bm90IHRoaXM=")

    assert [f"{SECRET} --secret", f"{OTHER_SECRET} s"] == found


def test_the_environment_comes_next() -> None:
    """A rotation in one variable."""
    origin = "VOVE_WEBHOOK_SECRET (environment)"

    assert [f"{SECRET} {origin}", f"{OTHER_SECRET} {origin}"] == load(
        VOVE_WEBHOOK_SECRET=f"{SECRET},{OTHER_SECRET}"
    )


def test_a_secret_file_is_relative_to_what_names_it() -> None:
    """A path in vove.toml means the same from every subfolder."""
    Path("vove.toml").write_text("secret_file = '.secret'")
    Path(".secret").write_bytes(b"\xef\xbb\xbf" + SECRET.encode())
    inner = Path("inner")
    inner.mkdir()

    found = load_secrets(Settings(environ={}, folder=inner.resolve()), os.urandom)

    assert [secret.text for secret in found] == [SECRET]


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_setting_does_not_fall_through(value: str) -> None:
    """A variable that lost its value must not silently become another secret."""
    with pytest.raises(VoveError) as caught:
        load(VOVE_WEBHOOK_SECRET=value)

    assert caught.value.code == "empty-secret"


def test_the_development_secret_is_made_once_and_private() -> None:
    """Random, per user, mode 0600, the same ever after."""
    first = load()

    assert first == load()
    assert first[0].endswith(DEVELOPMENT)
    assert development_secret_path().stat().st_mode & 0o777 == 0o600


def test_two_processes_that_start_at_once_agree() -> None:
    """Listen and send of a first try in two terminals."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: load()[0], range(16)))

    assert len(set(found)) == 1


def test_too_many_secrets_are_refused() -> None:
    """A bound on the work per request."""
    with pytest.raises(VoveError) as caught:
        load([SECRET] * 17)

    assert caught.value.code == "too-many-secrets"


def test_a_missing_secret_file_is_a_clear_error() -> None:
    """It names the file."""
    with pytest.raises(VoveError, match=r"nowhere\.txt"):
        load(paths=["nowhere.txt"])


def test_describing_shows_fingerprints_and_makes_nothing() -> None:
    """`vove config` is a question, not a first use."""
    assert describe_secret(settings()).origin == f"{DEVELOPMENT}, not made yet"
    assert not development_secret_path().exists()
    load()
    assert describe_secret(settings()).origin == DEVELOPMENT
    described = describe_secret(settings(VOVE_WEBHOOK_SECRET=f"{SECRET} {OTHER_SECRET}"))
    assert described.value == "fp:f74e1720 fp:" + str(described.value)[-8:]


def test_an_env_file_with_one_secret_is_read_as_what_it_is() -> None:
    """`--secret-file .env` is what many type; the note says what was taken."""
    Path(".env").write_text(f"PORT=3000\nVOVE_WEBHOOK_SECRET='{SECRET}'\n")

    (secret,) = load_secrets(settings(), os.urandom, paths=[".env"])

    assert (secret.text, secret.origin) == (SECRET, ".env")
    assert [note.code for note in secret.notes] == ["secret-from-env-file"]


def test_an_env_line_as_text_is_refused_with_what_to_type() -> None:
    """And so is a file with two secrets in it: which one is meant?"""
    Path(".env").write_text(f"A={SECRET}\nB={OTHER_SECRET}\n")

    for texts, paths in (([f"A={SECRET}"], []), ([], [".env"])):
        with pytest.raises(VoveError, match=r"\.env file"):
            load_secrets(settings(), os.urandom, texts=texts, paths=paths)
