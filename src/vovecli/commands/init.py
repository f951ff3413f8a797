"""`vove init`: the files of a project that receives webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.adapters import files
from vovecli.core.errors import VoveError
from vovecli.core.secrets import new_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOML = """\
# Settings of `vove` for this project; `vove config` shows what is in force and why.

# Where send, replay and check deliver to.
# endpoint = "http://localhost:3000/webhooks/vove-kyb"

# A file that holds the signing secret, instead of VOVE_WEBHOOK_SECRET in .env.
# secret_file = ".secret"

# [history]
# enabled = true

# [flows]
# my-case = ["kyb.case.in_progress", "kyb.case.in_review", "kyb.case.rejected"]

# [retry.staging]
# steps = ["10s", "1m", "10m"]

# [events."user.aml.escalated"]
# payload = { refId = "", status = "ESCALATED" }

# [profile.staging]
# endpoint = "https://staging.example.com/webhooks/vove-kyb"
"""
ENV = """\
# A fresh secret for development: your app and `vove` both read it.
# To verify genuine deliveries, replace it with the one from Settings -> Webhooks in the dashboard.
VOVE_WEBHOOK_SECRET={secret}
"""


def init(folder: Path, random_bytes: Callable[[int], bytes]) -> Iterator[tuple[Path, bool]]:
    """Write `vove.toml` and `.env`, and keep `.env` out of git; nothing that exists is overwritten.

    Yields:
        Each path and whether it was written.

    Raises:
        VoveError: `unreadable`, `unwritable`.
    """
    ignore = folder / ".gitignore"
    if ignore.is_symlink():
        raise VoveError(
            "unwritable",
            f"{ignore} is a link, and vove does not write through links",
            hint="replace it with a regular file",
            source=str(ignore),
        )
    known = files.read_bytes(str(ignore)) if ignore.is_file() else b""
    # First, so that the secret is never there without it.
    is_missing = b".env" not in known.splitlines()
    if is_missing:
        separator = "" if known.endswith(b"\n") or not known else "\n"
        files.write_text(str(ignore), f"{separator}.env\n", append=True)
    yield ignore, is_missing
    secret = new_secret(random_bytes).text
    for name, text in (("vove.toml", TOML), (".env", ENV.format(secret=secret))):
        yield folder / name, files.create_private(folder / name, text.encode())
