"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

SecretOption = Annotated[
    list[str] | None,
    typer.Option(
        "--secret",
        metavar="whsec_...",
        help="Signing secret (visible in the process list); repeat for a rotation",
        show_default=False,
    ),
]
SecretFileOption = Annotated[
    list[str] | None,
    typer.Option("--secret-file", metavar="PATH", help="File that holds the secret; - is stdin"),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="'K: V'", help="Header to add; repeatable"),
]


def parse_headers(texts: list[str] | None) -> list[tuple[str, str]]:
    """`Name: value` texts as pairs."""
    pairs = []
    for text in texts or ():
        name, colon, value = text.partition(":")
        if not colon or not name.strip() or not name.isascii() or "\n" in text or "\r" in text:
            raise typer.BadParameter(f"{text!r} is not of the form 'Name: value'")
        pairs.append((name.strip(), value.strip()))
    return pairs
