"""The settings there are: what each means, its type, its default, who may set it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.sizes import parse_size
from vovecli.core.times import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Key(NamedTuple):
    """One setting.

    Attributes:
        default: Shown and used where nothing sets it; None where there is none.
        trusted: Never read from a project's files: it names programs or removes records.
        secret: Its value is never shown.
        check: Raises `VoveError` for a text that will not do.
    """

    name: str
    meaning: str
    kind: type = str
    default: str | int | bool | None = None
    trusted: bool = False
    secret: bool = False
    check: Callable[[str], object] | None = None

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return _VARIABLES.get(self.name, "VOVE_" + self.name.upper().replace(".", "_"))


PROFILE_VARIABLE = "VOVE_PROFILE"
_VARIABLES = {"secret": "VOVE_WEBHOOK_SECRET", "tunnel.authtoken": "NGROK_AUTHTOKEN"}
SETTING_KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key("secret", "signing secret, several for a rotation", secret=True),
        Key("secret_file", "file that holds the signing secret"),
        Key("endpoint", "where send, replay and check deliver to"),
        Key("history.enabled", "whether deliveries are recorded", bool, default=True),
        # A checkout must not decide what of the user's own history is removed.
        Key(
            "history.keep",
            "how many records are kept; 0 keeps all",
            int,
            default=10_000,
            trusted=True,
        ),
        Key(
            "history.max_age",
            "how long records are kept",
            default="30d",
            trusted=True,
            check=parse_duration,
        ),
        Key(
            "history.max_size",
            "how large the history may grow; 0: no limit",
            default="256MiB",
            trusted=True,
            check=parse_size,
        ),
        Key(
            "history.max_answer",
            "how much of an app's answer is kept",
            default="64KiB",
            trusted=True,
            check=parse_size,
        ),
        Key("tunnel.domain", "ngrok domain to ask for"),
        Key("tunnel.ngrok_path", "ngrok agent to run", trusted=True),
        Key("tunnel.authtoken", "ngrok authtoken", trusted=True, secret=True),
        Key("check.observe", "command that prints the app's state", trusted=True),
    )
}
VARIABLES = {PROFILE_VARIABLE, *(key.variable for key in SETTING_KEYS.values())}
