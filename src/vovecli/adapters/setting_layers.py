"""The places that settings come from: variables, `.env` and TOML files, each read and checked."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, NamedTuple

from vovecli.adapters.setting_keys import SETTING_KEYS, VARIABLES
from vovecli.core.errors import Category, VoveError
from vovecli.core.names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_SETTINGS_BYTES = 1024 * 1024
# Tables of the user's own names; each says itself what it may hold.
_TABLES = ("flows", "events", "retry")


class Layer(NamedTuple):
    """One place that settings come from.

    Attributes:
        folder: What a relative path in it is relative to.
        file: Of a project: it may have come with a checkout, so it may not name programs to run.
        unread: Names of variables that look like ours and are not.
    """

    origin: str
    values: Mapping[str, object]
    folder: Path
    file: Path | None = None
    unread: tuple[str, ...] = ()


def variables_layer(
    origin: str, variables: Mapping[str, str], folder: Path, *, file: Path | None = None
) -> Layer:
    """The settings among environment variables, or those of a file of them."""
    values = {
        name: variables[key.variable]
        for name, key in SETTING_KEYS.items()
        if key.variable in variables and not (file and key.trusted)
    }
    unread = tuple(
        sorted(name for name in variables if name.startswith("VOVE_") and name not in VARIABLES)
    )
    return Layer(origin, values, folder, file=file, unread=unread)


def dotenv_layer(folder: Path) -> Layer | None:
    """The `.env` of a folder, or of one above it in the same repository.

    Raises:
        VoveError: `bad-settings`.
    """
    path = _nearest(folder, ".env", stop_at_repository=True)
    if not path:
        return None
    import dotenv  # 10 ms, only where there is such a file

    text = io.StringIO(_content(path).decode("utf-8", "replace"), newline=None)
    values = dotenv.dotenv_values(stream=text, interpolate=False)
    present = {name: value for name, value in values.items() if value is not None}
    return variables_layer(str(path), present, path.parent, file=path)


def project_layer(folder: Path) -> Layer | None:
    """The `vove.toml`, or else the table in `pyproject.toml`, of a folder or of one above it.

    Raises:
        VoveError: `bad-settings`.
    """
    path = _nearest(folder, "vove.toml")
    if path:
        return _toml_layer(path, _read_toml(path), project=True)
    pyproject = _nearest(folder, "pyproject.toml")
    if not pyproject or b"vove" not in _head(pyproject):
        return None  # as nearly every one: neither parsed nor judged
    table = _read_toml(pyproject).get("tool", {})
    if isinstance(table, dict) and isinstance(table.get("vove"), dict):
        return _toml_layer(pyproject, table["vove"], project=True)
    return None


def user_layer(file: Path) -> Layer | None:
    """The user's own file, where there is one.

    Raises:
        VoveError: `bad-settings`.
    """
    return _toml_layer(file, _read_toml(file)) if file.is_file() else None


def _toml_layer(path: Path, table: Mapping[str, object], *, project: bool = False) -> Layer:
    try:
        values = dict(_flatten(table))
    except RecursionError:
        raise bad_settings(
            path, "its tables are nested too deeply", hint="see: vove init"
        ) from None
    for name, value in values.items():
        plain = name
        if name.startswith("profile."):
            if name.count(".") < 2:  # noqa: PLR2004 - profile.NAME.KEY
                raise bad_settings(path, f"{name} must be a table", hint=f"write [{name}]")
            plain = name.split(".", 2)[2]
        if plain in _TABLES:
            _check_table(path, plain, value)
            continue
        if plain not in SETTING_KEYS:
            error = unknown_name("setting", plain, SETTING_KEYS, see="vove config")
            raise bad_settings(path, error.message, hint=error.hint)
        if project and SETTING_KEYS[plain].trusted:
            raise bad_settings(
                path, f"{plain} may not be set by a project", hint="use the user file"
            )
        if plain == "secret":
            raise bad_settings(
                path, "a secret does not belong there", hint="use secret_file or .env"
            )
    return Layer(str(path), values, path.parent, file=path if project else None)


def _check_table(path: Path, name: str, table: object) -> None:
    if not isinstance(table, dict):
        raise bad_settings(path, f"{name} must be a table", hint=f"write [{name}]")
    for flow, events in table.items() if name == "flows" else ():
        if not isinstance(events, list):
            raise bad_settings(
                path,
                f"flows.{flow} must be a list of event types",
                hint=f'write {flow} = ["kyb.case.in_progress", "kyb.case.in_review"]',
            )


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict) and prefix + name not in _TABLES:
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _read_toml(path: Path) -> dict[str, object]:
    import tomllib  # 5 ms, only where there is such a file

    try:
        return tomllib.loads(_content(path).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise bad_settings(path, str(error), hint="see the example: vove init") from None


def _content(path: Path) -> bytes:
    content = _head(path)
    if len(content) > MAX_SETTINGS_BYTES:
        raise bad_settings(path, "it holds more than 1 MiB", hint="keep nothing but settings in it")
    return content


def _head(path: Path) -> bytes:
    """The file, or as much of it as settings may take and one byte."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_SETTINGS_BYTES + 1)
    except OSError as error:
        raise bad_settings(path, str(error.strerror), hint="check its permissions") from None


def _nearest(folder: Path, name: str, *, stop_at_repository: bool = False) -> Path | None:
    """The nearest file of that name from a folder upward that belongs to the user or to root.

    A file that another user put into a shared folder such as /tmp must not steer us.
    """
    for place in (folder, *folder.parents):
        path = place / name
        try:
            if path.is_file() and _is_own(path):
                return path
        except OSError:  # a folder that may not be looked into has none for us
            continue
        if stop_at_repository and ((place / ".git").exists() or not _in_repository(place)):
            return None
    return None


def _in_repository(folder: Path) -> bool:
    return any((place / ".git").exists() for place in (folder, *folder.parents))


def _is_own(path: Path) -> bool:
    return not hasattr(os, "getuid") or path.stat().st_uid in (os.getuid(), 0)


def bad_settings(path: Path | str, why: str, *, hint: str) -> VoveError:
    """What is wrong with the settings of a place, and what to do."""
    return VoveError(
        "bad-settings", f"{path}: {why}", hint=hint, category=Category.INPUT, source=str(path)
    )
