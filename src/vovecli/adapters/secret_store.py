"""Where signing secrets come from: flags, settings, or the development secret made on first use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.adapters import files
from vovecli.adapters.settings import Setting
from vovecli.core.errors import VoveError
from vovecli.core.secrets import (
    MIN_KEY_BYTES,
    SigningSecret,
    encode_secret,
    parse_secret,
    split_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vovecli.adapters.settings import Settings

DEVELOPMENT = "development secret"
MAX_SECRET_FILE_BYTES = 64 * 1024
MAX_SECRETS = 16


def load_secrets(
    settings: Settings,
    random_bytes: Callable[[int], bytes],
    *,
    texts: Sequence[str] = (),
    paths: Sequence[str] = (),
) -> list[SigningSecret]:
    """The secrets in force: those given, else the settings' first, else the development secret.

    Args:
        settings: Consulted only where nothing was given.
        random_bytes: Makes the development secret on first use.
        texts: Values of `--secret`.
        paths: Values of `--secret-file`; `-` is standard input.

    Raises:
        VoveError: `empty-secret`, `bad-base64-secret`, `asymmetric-secret`, or a file's error.
    """
    given = [(text, "--secret") for text in texts]
    given += [(_read_secret_file(path), files.display(path)) for path in paths]
    if not given:
        given = _from_settings(settings)
    if not given:
        return [development_secret(random_bytes)]
    secrets = [
        parse_secret(piece, origin=origin)
        for text, origin in given
        for piece in split_secrets(text)
    ]
    if len(secrets) > MAX_SECRETS:
        raise VoveError("too-many-secrets", f"{len(secrets)} secrets given, {MAX_SECRETS} at most")
    return secrets


def development_secret(random_bytes: Callable[[int], bytes]) -> SigningSecret:
    """The per-user random secret that makes everything work with nothing configured."""
    path = development_secret_path()
    if not path.exists():
        files.create_private(path, encode_secret(random_bytes(MIN_KEY_BYTES)).encode() + b"\n")
    return parse_secret(_read_secret_file(str(path)), origin=DEVELOPMENT)


def development_secret_path() -> Path:
    """The file of the development secret, mode 0600."""
    import platformdirs  # only where a user folder is needed

    return platformdirs.user_data_path("vove") / "development-secret"


def _from_settings(settings: Settings) -> list[tuple[str, str]]:
    """The first layer that sets a secret or a secret file wins, even if what it sets is empty."""
    for layer in settings.layers():
        if "secret" in layer.values:
            return [(str(layer.values["secret"]), f"VOVE_WEBHOOK_SECRET ({layer.origin})")]
        if "secret_file" in layer.values:
            path = str(layer.folder / str(layer.values["secret_file"]))
            return [(_read_secret_file(path), path)]
    return []


def _read_secret_file(path: str) -> str:
    data = files.read_bytes(path, limit=MAX_SECRET_FILE_BYTES)
    return data.decode("utf-8-sig", "replace").strip()


def describe_secret(settings: Settings) -> Setting:
    """The secrets in force as fingerprints, without making a development secret.

    Raises:
        VoveError: As `load_secrets`.
    """
    given = _from_settings(settings)
    if not given:
        made = development_secret_path().exists()
        return Setting("secret", None, DEVELOPMENT if made else f"{DEVELOPMENT}, not made yet")
    parsed = [
        parse_secret(piece, origin=origin)
        for text, origin in given
        for piece in split_secrets(text)
    ]
    return Setting("secret", " ".join(each.fingerprint for each in parsed), parsed[0].origin)
