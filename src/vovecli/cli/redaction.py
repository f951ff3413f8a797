"""Writing captures without personal data: what `history export` and `verify --redact` share."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.options import Panel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vovecli.cli.session import Session
    from vovecli.core.requests import CapturedRequest

RedactOption = Annotated[
    str | None,
    typer.Option(
        "--redact",
        metavar="OUT",
        help="Write valid requests to OUT without personal data, signed with a fresh secret",
        rich_help_panel=Panel.OUTPUT,
    ),
]


def export_redacted(run: Session, requests: Iterable[CapturedRequest | None], place: str) -> None:
    """Write them, and say under which secret they verify.

    Raises:
        VoveError: `file-exists`, `unwritable`, `nothing-to-export`.
    """
    from vovecli.adapters.randomness import random_source
    from vovecli.commands.export import export

    found = export(requests, place, run.catalogue, random_source())
    if run.json:
        from vovecli.core.envelope import export_json

        run.emit(export_json(found))
        return
    notice = run.terminal.notice
    notice(f"{found.requests} written without personal data, signed with {found.fingerprint}")
    if found.left_out:
        notice(f"{found.left_out} left out: nothing shows that they are genuine")
    places = f"{quote(found.file)} --secret-file {quote(found.secret_file)}"
    notice(f"to verify them: vove verify {places}")
