"""The payload and envelope options that `sign` and `send` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from vovecli.adapters.clock import now
from vovecli.adapters.files import read_bytes
from vovecli.cli.options import Panel, parse_headers
from vovecli.cli.values import choice, whole_number
from vovecli.commands.compose import Composition
from vovecli.core.errors import Category, VoveError
from vovecli.core.headers import FRAMING
from vovecli.core.messages import can_be_id
from vovecli.core.signing import HeaderPrefix
from vovecli.core.times import parse_time

if TYPE_CHECKING:
    from vovecli.core.signing import HeaderCase

RefIdOption = Annotated[
    str | None,
    typer.Option(
        "--ref-id",
        metavar="ID",
        help="refId; a fresh UUID by default",
        rich_help_panel=Panel.PAYLOAD,
    ),
]
PreviousStatusOption = Annotated[
    str | None,
    typer.Option(
        "--previous-status",
        metavar="STATUS",
        help="previousStatus (KYB)",
        rich_help_panel=Panel.PAYLOAD,
    ),
]
ReasonOption = Annotated[
    str | None,
    typer.Option(
        "--reason",
        metavar="REASON",
        help="reason (kyb.case.rejected)",
        rich_help_panel=Panel.PAYLOAD,
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change a field; VALUE is JSON or text",
        rich_help_panel=Panel.PAYLOAD,
    ),
]
SetNewOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set-new", metavar="FIELD=VALUE", help="Add a field", rich_help_panel=Panel.PAYLOAD
    ),
]
UnsetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--unset", metavar="FIELD", help="Leave a field out", rich_help_panel=Panel.PAYLOAD
    ),
]
BodyOption = Annotated[
    str | None,
    typer.Option(
        "--body",
        metavar="FILE|-",
        help="Send these bytes exactly as they are",
        rich_help_panel=Panel.EVENT,
    ),
]
PrettyOption = Annotated[
    bool,
    typer.Option(
        "--pretty/--compact",
        help="Indent the JSON; the provider sends it compact",
        rich_help_panel=Panel.PAYLOAD,
    ),
]
MessageIdOption = Annotated[
    str | None,
    typer.Option(
        "--message-id",
        metavar="ID",
        help="svix-id; fresh by default",
        rich_help_panel=Panel.SIGNING,
    ),
]
TimestampOption = Annotated[
    str | None,
    typer.Option(
        "--timestamp",
        metavar="TIME",
        help="Time of the signature: Unix, ISO 8601, -10m",
        rich_help_panel=Panel.SIGNING,
    ),
]
HeaderPrefixOption = Annotated[
    str,
    typer.Option(
        "--header-prefix",
        parser=choice("family of header names", get_args(HeaderPrefix)),
        metavar="svix|webhook",
        help="Family of header names",
        rich_help_panel=Panel.SIGNING,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        parser=whole_number(0),
        metavar="N",
        help="Make the ids repeatable",
        rich_help_panel=Panel.SIGNING,
    ),
]


def composition(
    *,
    ref_id: str | None,
    previous_status: str | None,
    reason: str | None,
    set_: list[str] | None,
    set_new: list[str] | None,
    unset: list[str] | None,
    body: str | None,
    pretty: bool,
    message_id: str | None,
    timestamp: str | None,
    header: list[str] | None,
    header_prefix: str,
    header_case: HeaderCase,
) -> Composition:
    """The parsed options, files read and times resolved.

    Raises:
        VoveError: `bad-time`, or what reading `--body` raises.
    """
    shaped = ref_id, previous_status, reason, set_, set_new, unset, pretty or None
    if body is not None and any(option is not None for option in shaped):
        raise typer.BadParameter(
            "--body is sent exactly as it is, so payload options cannot be combined with it"
        )
    if body is not None and body.lstrip().startswith(("{", "[")):
        raise VoveError(
            "usage",
            "--body takes a file name, and this is JSON itself",
            hint="pipe it: echo '{...}' | vove send --body -",
            category=Category.USAGE,
        )
    if ref_id == "" or message_id == "":
        raise typer.BadParameter("--ref-id and --message-id cannot be empty; see --fault and --set")
    if message_id is not None and not can_be_id(message_id):
        raise typer.BadParameter(f"--message-id {message_id!r} is sent in a header: give one line")
    return Composition(
        ref_id=ref_id,
        previous_status=previous_status,
        reason=reason,
        set_=set_ or (),
        set_new=set_new or (),
        unset=unset or (),
        body=None if body is None else read_bytes(body),
        pretty=pretty,
        message_id=message_id,
        timestamp=None if timestamp is None else parse_time(timestamp, now=now()),
        headers=parse_headers(header, own=FRAMING),
        prefix=cast("HeaderPrefix", header_prefix),
        case=header_case,
    )
