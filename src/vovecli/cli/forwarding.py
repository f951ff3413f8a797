"""The options by which `listen` passes on what arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vovecli.cli.options import Panel, parse_headers

if TYPE_CHECKING:
    from vovecli.core.catalogue import Catalogue
    from vovecli.core.forwarding import Rules


class ForwardingOptions(NamedTuple):
    """Which app gets what."""

    forward_to: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[EVENT=]URL",
            help="Pass deliveries on to an app; kyb.*=URL passes on only those events; repeatable",
            rich_help_panel=Panel.FORWARDING,
        ),
    ] = None
    events: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN,...",
            help="Forward only these events, for example kyb.*",
            rich_help_panel=Panel.FORWARDING,
        ),
    ] = None
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            "-H",
            metavar="'K: V'",
            help="Header to send to the apps; replaces one with the same name; repeatable",
            rich_help_panel=Panel.FORWARDING,
        ),
    ] = None
    allow_unsigned: Annotated[
        bool,
        typer.Option(
            "--allow-unsigned",
            help="Also forward unverified requests to other hosts and from the internet",
            rich_help_panel=Panel.FORWARDING,
        ),
    ] = False


def forwarding_rules(
    options: ForwardingOptions, catalogue: Catalogue, *, exposed: bool, played: bool
) -> Rules | None:
    """What is forwarded to which app; None without `--forward-to`.

    Raises:
        VoveError: `bad-endpoint`, `unknown-event`.
    """
    forward_to, events, headers, allow_unsigned = options
    if not forward_to:
        if events or allow_unsigned or headers:
            raise typer.BadParameter("--events, --header and --allow-unsigned need --forward-to")
        return None
    if played:
        raise typer.BadParameter(
            "--respond... and --forward-to cannot be combined: the app answers"
        )
    from vovecli.core.forwarding import Rules, known_pattern, parse_route
    from vovecli.core.headers import FRAMING

    patterns = [part.strip() for text in events or () for part in text.split(",")]
    return Rules(
        routes=[parse_route(text, catalogue) for text in forward_to],
        events=[known_pattern(pattern, catalogue) for pattern in patterns],
        exposed=exposed,
        allow_unsigned=allow_unsigned,
        headers=parse_headers(headers, own=FRAMING),
    )
