"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Final, Literal, NamedTuple

import typer

from vovecli.cli.values import choice


class Panel:
    """The sections of a help page, in their order."""

    EVENT: Final = "What to send"
    PAYLOAD: Final = "Payload"
    SIGNING: Final = "Signing"
    DELIVERY: Final = "Delivery"
    LOAD: Final = "Load"
    ANSWERS: Final = "Answers"
    FORWARDING: Final = "Forwarding"
    TUNNEL: Final = "Public URL"
    APP: Final = "Your app"
    CHOICE: Final = "Strictness"
    OUTPUT: Final = "Output and history"
    SCRIPTS: Final = "For scripts"
    GLOBAL: Final = "Global options"


PANELS = [title for name, title in vars(Panel).items() if name.isupper()]


class SecretOptions(NamedTuple):
    """The signing secrets that were given."""

    secret: Annotated[
        list[str] | None,
        typer.Option(
            "--secret",
            metavar="whsec_...",
            help="Signing secret (visible in the process list); repeat for a rotation",
            show_default=False,
            rich_help_panel=Panel.SIGNING,
        ),
    ] = None
    secret_file: Annotated[
        list[str] | None,
        typer.Option(
            "--secret-file",
            metavar="PATH",
            help="File that holds the secret; - is stdin",
            rich_help_panel=Panel.SIGNING,
        ),
    ] = None


HeaderOption = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        "-H",
        metavar="'K: V'",
        help="Header to add; repeatable",
        rich_help_panel=Panel.SIGNING,
    ),
]
StrictEventsOption = Annotated[
    bool,
    typer.Option(
        "--strict-events",
        help="Exit 1 if a delivery differs from what vove learn has written",
        rich_help_panel=Panel.CHOICE,
    ),
]
HeaderCaseOption = Annotated[
    Literal["title", "lower"],
    typer.Option(
        "--header-case",
        parser=choice("header case", ("title", "lower")),
        metavar="title|lower",
        help="Spelling of header names: as VOVE ID prints them, or as Svix sends them",
        rich_help_panel=Panel.SIGNING,
    ),
]


def parse_headers(texts: list[str] | None, *, own: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """`Name: value` texts as pairs.

    Args:
        texts: As they were typed.
        own: Beginnings of names, in lower case, that are ours to send.
    """
    from vovecli.core.headers import is_header
    from vovecli.core.masking import hide
    from vovecli.core.outcomes.records import UNRECORDED_HEADERS

    pairs = []
    for text in texts or ():
        name, colon, value = text.partition(":")
        if not colon or not is_header(name.strip(), value.strip()):
            raise typer.BadParameter(f"{text!r} is not of the form 'Name: value'")
        if name.strip().lower().startswith(own):
            raise typer.BadParameter(f"{name.strip()} is a header that vove sends itself")
        if name.strip().lower() in UNRECORDED_HEADERS:
            hide(value.strip(), value.strip().rpartition(" ")[2])
        pairs.append((name.strip(), value.strip()))
    return pairs
