"""Where signing secrets come from: flags, settings, or the development secret made on first use."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, overload

from vovecli.adapters import files
from vovecli.adapters.settings import Setting
from vovecli.core.errors import VoveError
from vovecli.core.masking import PREFIX
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.secrets import (
    DEVELOPMENT,
    SigningSecret,
    new_secret,
    parse_secret,
    secret_of_env_file,
    split_secrets,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from vovecli.adapters.setting_layers import Layer
    from vovecli.adapters.settings import Settings

FROM_ENV_FILE = Finding(
    "secret-from-env-file", "the file holds settings: the one whsec_ value in it was used"
)
MAX_SECRET_FILE_BYTES = 64 * 1024
MAX_SECRETS = 16


def load_secrets(
    settings: Settings,
    random_bytes: Callable[[int], bytes],
    *,
    texts: Sequence[str] = (),
    paths: Sequence[str] = (),
    store: bool = True,
) -> list[SigningSecret]:
    """The secrets in force: those given, else the settings' first, else the development secret.

    Args:
        settings: Consulted only where nothing was given.
        random_bytes: Makes the development secret on first use.
        texts: Values of `--secret`.
        paths: Values of `--secret-file`; `-` is standard input.
        store: Whether a development secret that is new may be written down.

    Raises:
        VoveError: `empty-secret`, `bad-base64-secret`, `asymmetric-secret`, or a file's error.
    """
    given = [_Given(text, "--secret") for text in texts]
    given += [_Given(_read_secret_file(path), files.display(path), is_file=True) for path in paths]
    if not given:
        given = _from_settings(settings)
    if not given:
        return [development_secret(random_bytes, store=store)]
    secrets = _parse(given)
    if len(secrets) > MAX_SECRETS:
        raise VoveError("too-many-secrets", f"{len(secrets)} secrets given, {MAX_SECRETS} at most")
    return secrets


def development_secret(
    random_bytes: Callable[[int], bytes], *, store: bool = True
) -> SigningSecret:
    """The per-user random secret that makes everything work with nothing configured.

    Raises:
        VoveError: Where it cannot be written down; its hint says how to do without.
    """
    path = development_secret_path()
    if not path.exists():
        text = new_secret(random_bytes).text
        if not store:
            return _parse([_Given(text, DEVELOPMENT)])[0]
        try:
            files.create_private(path, text.encode() + b"\n")
        except VoveError as error:
            error.hint = "give a secret, and none is written: export VOVE_WEBHOOK_SECRET=whsec_..."
            raise
    (secret,) = _parse([_Given(_read_secret_file(str(path)), DEVELOPMENT)])
    return secret


def development_secret_path() -> Path:
    """The file of the development secret, mode 0600."""
    return files.data_folder() / "development-secret"


class _Given(NamedTuple):
    text: str
    origin: str
    is_file: bool = False


def _from_settings(settings: Settings) -> list[_Given]:
    """The first layer that sets a secret or a secret file wins, even if what it sets is empty."""
    for layer in settings.layers():
        if "secret_file" in layer.values and "secret" not in layer.values:
            settings.check_trust(layer, "secret_file")
        if given := _layer_secrets(layer):
            return given
    return []


def _layer_secrets(layer: Layer) -> list[_Given]:
    if "secret" in layer.values:
        return [_Given(str(layer.values["secret"]), f"VOVE_WEBHOOK_SECRET ({layer.origin})")]
    if "secret_file" in layer.values:
        if not layer.values["secret_file"]:
            return [_Given("", f"secret_file ({layer.origin})")]
        path = str(layer.folder / str(layer.values["secret_file"]))
        return [_Given(_read_secret_file(path, pipes=layer.file is None), path, is_file=True)]
    return []


def _parse(given: Iterable[_Given]) -> list[SigningSecret]:
    secrets = []
    for text, origin, is_file in given:
        if is_file and (only := secret_of_env_file(text)):
            secret = parse_secret(only, origin=origin)
            secrets.append(replace(secret, notes=(*secret.notes, FROM_ENV_FILE)))
        else:
            secrets += (parse_secret(piece, origin=origin) for piece in split_secrets(text))
    for secret in secrets:
        secret.hide()
    return secrets


def _read_secret_file(path: str, *, pipes: bool = True) -> str:
    if PREFIX in path:
        raise VoveError(
            "secret-as-path",
            "a path was expected, and this is a secret",
            hint="use --secret or VOVE_WEBHOOK_SECRET for the secret itself, --secret-file for a "
            "path",
        )
    data = files.read_bytes(path, limit=MAX_SECRET_FILE_BYTES, pipes=pipes)
    return data.decode("utf-8-sig", "replace").strip()


class OtherSecrets(Sequence[SigningSecret]):
    """Secrets that are configured but not in force; read when a failure makes somebody look."""

    def __init__(self, settings: Settings, in_force: Sequence[SigningSecret]) -> None:
        self._settings = settings
        self._keys = {secret.key for secret in in_force}

    @cached_property
    def _found(self) -> list[SigningSecret]:
        found: dict[bytes, SigningSecret] = {}
        for layer in (*self._settings.layers(), *self._settings.profile_layers()):
            # One that is not in force and cannot be used is nobody's problem now.
            with suppress(VoveError):
                if "secret_file" in layer.values:
                    self._settings.check_trust(layer, "secret_file")
                for secret in _parse(_layer_secrets(layer)):
                    found.setdefault(secret.key, secret)
        if development_secret_path().exists():
            secret = development_secret(os.urandom)
            found.setdefault(secret.key, secret)
        return [secret for key, secret in found.items() if key not in self._keys]

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, index: int) -> SigningSecret: ...
    @overload
    def __getitem__(self, index: slice) -> list[SigningSecret]: ...
    def __getitem__(self, index: int | slice) -> SigningSecret | list[SigningSecret]:
        return self._found[index]


def describe_secret(settings: Settings) -> Setting:
    """The secrets in force as fingerprints, without making a development secret.

    Raises:
        VoveError: As `load_secrets`.
    """
    try:
        given = _from_settings(settings)
    except VoveError as error:
        if error.code != "not-trusted":
            raise
        return Setting("secret", None, error.message)
    if not given:
        if not development_secret_path().exists():
            return Setting("secret", None, f"{DEVELOPMENT}, not made yet")
        return Setting("secret", development_secret(os.urandom).fingerprint, DEVELOPMENT)
    parsed = _parse(given)
    return Setting("secret", " ".join(each.fingerprint for each in parsed), parsed[0].origin)
