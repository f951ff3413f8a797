"""Which files of a project the user trusts with what reaches beyond this machine or that folder.

As direnv does it: a cloned repository decides nothing of that kind before its user has allowed the
file, and a file that changes has to be allowed anew.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from vovecli.adapters import files
from vovecli.adapters.setting_layers import MAX_SETTINGS_BYTES
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.errors import VoveError
from vovecli.core.formats import shell_quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TRUST_VARIABLE = "VOVE_TRUST_PROJECT"
# What a user types who means it, in place of the setting.
_OPTIONS = {
    "endpoint": "the endpoint itself (--to URL, check URL)",
    "secret_file": "--secret-file PATH",
    "tunnel.domain": "--domain",
}


def reaches_out(name: str, value: object, folder: Path) -> bool:
    """Whether a setting of a project's file concerns more than this machine and that folder."""
    if name == "endpoint":
        try:
            return not parse_endpoint(str(value)).is_loopback
        except VoveError:
            return False  # it is refused where it is used
    if name == "secret_file":
        return bool(value) and not (folder / str(value)).resolve().is_relative_to(folder.resolve())
    return name == "tunnel.domain"


def check_trust(name: str, file: Path, environ: Mapping[str, str]) -> None:
    """Refuse a setting that reaches out and comes from a file that was not trusted.

    Raises:
        VoveError: `not-trusted`.
    """
    if environ.get(TRUST_VARIABLE) == "1" or is_trusted(file):
        return
    raise VoveError(
        "not-trusted",
        f"{file} sets {name} to something outside "
        + ("its folder" if name == "secret_file" else "this machine")
        + ", and it may have come with a checkout",
        hint=f"read it, then: vove trust {shell_quote(str(file))} (once), or give "
        f"{_OPTIONS[name]}; in CI {TRUST_VARIABLE}=1",
        source=str(file),
    )


def is_trusted(file: Path) -> bool:
    """Whether the user has trusted the file with the content that it has now."""
    return _mark(file).exists()


def trust(file: Path) -> None:
    """Trust a file as long as its content stays as it is.

    Raises:
        VoveError: `unreadable`, `unwritable`.
    """
    files.create_private(_mark(file), os.fsencode(file.resolve()) + b"\n")


def _mark(file: Path) -> Path:
    """The file whose presence says that a settings file is trusted."""
    content = files.read_bytes(str(file), limit=MAX_SETTINGS_BYTES, pipes=False)
    place = os.fsencode(file.resolve())
    digest = hashlib.sha256(place + b"\0" + content).hexdigest()
    return files.data_folder() / "trusted" / digest
