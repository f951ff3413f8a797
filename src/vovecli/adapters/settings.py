"""Settings: an explicit profile > environment > `.env` > `vove.toml` > user file > default."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from vovecli.adapters.setting_keys import PROFILE_VARIABLE, SETTING_KEYS, VARIABLES, Key
from vovecli.adapters.setting_layers import (
    Layer,
    bad_settings,
    dotenv_layer,
    project_layer,
    user_layer,
    variables_layer,
)
from vovecli.core.errors import Category, VoveError
from vovecli.core.masking import hide
from vovecli.core.names import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


class Setting(NamedTuple):
    """A value in force and the place that set it."""

    name: str
    value: str | int | bool | None
    origin: str

    @property
    def outranks_events(self) -> bool:
        """Whether it was set for this run rather than in a file's general part."""
        is_general = self.origin == "default" or self.origin.endswith(".toml")
        return self.origin.startswith("profile ") or not is_general


class Settings:
    """All places that settings come from, each read only when it is reached."""

    def __init__(
        self, *, environ: Mapping[str, str], folder: Path, profile: str | None = None
    ) -> None:
        self._environ = environ
        self._folder = folder
        self._profile = profile

    def get(self, name: str) -> Setting:
        """The value in force for a key of `SETTING_KEYS`, its default included.

        Raises:
            VoveError: `bad-settings` where a file or a value cannot be used, `not-trusted`.
        """
        for layer in self.layers():
            if name in layer.values:
                self.check_trust(layer, name)
                break
        return self.get_untrusted(name)

    def check_trust(self, layer: Layer, name: str, value: object = None) -> None:
        """Refuse what a project's file sets that reaches out, unless the user trusts that file.

        Args:
            layer: Sets it.
            name: Of the setting.
            value: By default what the layer sets.

        Raises:
            VoveError: `not-trusted`.
        """
        from vovecli.adapters import trust  # only where something is set

        value = layer.values[name] if value is None else value
        if layer.file and trust.reaches_out(name, value, layer.folder):
            trust.check_trust(name, layer.file, self._environ)

    def check_event_endpoint(self, endpoint: str) -> None:
        """The same of the endpoint that the project declares for an event of its own.

        Raises:
            VoveError: `not-trusted`.
        """
        if self._project:
            self.check_trust(self._project, "endpoint", endpoint)

    def _is_trusted(self, layer: Layer, name: str) -> bool:
        try:
            self.check_trust(layer, name)
        except VoveError:
            return False
        return True

    def project_files(self) -> list[Path]:
        """The files of a project that set something here."""
        return list(dict.fromkeys(layer.file for layer in self.layers() if layer.file))

    def get_untrusted(self, name: str) -> Setting:
        """The same, whether it is trusted or not: to be shown, not to be used.

        Raises:
            VoveError: `bad-settings`.
        """
        key = SETTING_KEYS[name]
        for layer in self.layers():
            if name in layer.values:
                origin = layer.origin + ("" if self._is_trusted(layer, name) else " (not trusted)")
                value = _convert(key, layer.values[name], layer)
                if key.secret:
                    hide(str(value))
                return Setting(name, value, origin)
        return Setting(name, key.default, "default")

    def layers(self) -> Iterator[Layer]:
        """The places in order of precedence."""
        if self._profile:
            yield self._profile_layer(self._profile)
        yield self._environment
        if self._dotenv:
            yield self._dotenv
        if self._project:
            yield self._project
        if self._user:
            yield self._user

    def flows(self) -> dict[str, Sequence[str]]:
        """Named sequences of event types out of `[flows]`; the project's win over the user's."""
        return {
            name: [str(event) for event in cast("list[object]", events)]
            for name, events in self.table("flows").items()
        }

    def table(self, name: str) -> dict[str, object]:
        """The entries of a table such as `[retry]`; the project's win over the user's."""
        found: dict[str, object] = {}
        for layer in (self._user, self._project):
            if layer and isinstance(entries := layer.values.get(name), dict):
                found |= entries
        return found

    def events(self) -> tuple[dict[str, object], str]:
        """The entries of the project's `[events]`, and its file; the user's has none.

        So that commands which need no settings but these never look for the user's file.
        """
        layer = self._project
        entries = layer.values.get("events") if layer else None
        return (entries if isinstance(entries, dict) else {}), layer.origin if layer else ""

    def profiles(self) -> list[str]:
        """The names of the profiles of the project and of the user."""
        names = {
            name.split(".")[1]
            for layer in (self._project, self._user)
            for name in (layer.values if layer else ())
            if name.startswith("profile.")
        }
        return sorted(names)

    def profile_layers(self) -> Iterator[Layer]:
        """Every profile of the project and of the user."""
        yield from map(self._profile_layer, self.profiles())

    def misspelt_variables(self) -> Iterator[str]:
        """What to say of `VOVE_` variables that nobody reads but that look like one that is."""
        layers = (layer for layer in (self._environment, self._dotenv) if layer)
        for layer in layers:
            for name in layer.unread:
                if near := nearest(name, VARIABLES, cutoff=0.8):
                    yield f"{name} ({layer.origin}) is not read; did you mean {near[0]}?"

    @property
    def _environment(self) -> Layer:
        return variables_layer("environment", self._environ, self._folder)

    @cached_property
    def user_file(self) -> Path:
        """Where the user's own settings are kept."""
        import platformdirs  # only where a user folder is needed

        return platformdirs.user_config_path("vove") / "config.toml"

    @cached_property
    def _dotenv(self) -> Layer | None:
        return dotenv_layer(self._folder)

    @cached_property
    def _project(self) -> Layer | None:
        return project_layer(self._folder)

    @cached_property
    def _user(self) -> Layer | None:
        return user_layer(self.user_file)

    def _profile_layer(self, profile: str) -> Layer:
        prefix = f"profile.{profile}."
        for layer in filter(None, (self._project, self._user)):
            values = {
                name.removeprefix(prefix): value
                for name, value in layer.values.items()
                if name.startswith(prefix)
            }
            if values:
                origin = f"profile {profile} in {layer.origin}"
                return Layer(origin, values, layer.folder, file=layer.file)
        names = ", ".join(self.profiles())  # not `vove config`: the variable may ask for one, too
        raise VoveError(
            "unknown-profile",
            f"unknown profile {profile!r}",
            hint=f"choose from {names}"
            if names
            else f"write [profile.{profile}] into vove.toml; to make one: vove init",
            category=Category.USAGE,
        )


def from_process(profile: str | None = None) -> Settings:
    """The settings of this process: its environment and working directory."""
    try:
        folder = Path.cwd()
    except OSError:
        folder = Path("/")  # the working directory is gone: nothing in it can be set
    profile = profile or os.environ.get(PROFILE_VARIABLE)
    return Settings(environ=os.environ, folder=folder, profile=profile)


def _convert(key: Key, value: object, layer: Layer) -> str | int | bool:
    """A value of the key's type; text is accepted where a variable can only hold text."""
    if key.kind is bool and isinstance(value, str):
        value = _BOOLEANS.get(value.lower(), value)
    elif key.kind is int and isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    is_negative = isinstance(value, int) and value < 0
    if isinstance(value, str | int) and type(value) is key.kind and not is_negative:
        try:
            if key.check:
                key.check(str(value))
        except VoveError as error:
            why = f"{key.name}: {error.message}"
            raise bad_settings(layer.origin, why, hint=error.hint) from None
        return value
    raise bad_settings(
        layer.origin,
        f"{key.name} must be {_KINDS[key.kind]}",
        hint=f"fix it there, or override it with {key.variable}",
    )


_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True} | {
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip
_KINDS = {str: "text", int: "a whole number", bool: "true or false"}
