"""The payload and envelope options that `sign` and `send` share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NamedTuple, get_args

import typer

from vovecli.adapters.clock import now
from vovecli.adapters.files import read_bytes
from vovecli.cli.options import HeaderOption, Panel, parse_headers
from vovecli.cli.values import choice, whole_number
from vovecli.commands.compose import Composition
from vovecli.core.errors import Category, VoveError
from vovecli.core.headers import FRAMING
from vovecli.core.messages import can_be_id
from vovecli.core.signing import HeaderPrefix
from vovecli.core.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.catalogue import Catalogue
    from vovecli.core.signing import HeaderCase

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


class EditOptions(NamedTuple):
    """Changes of a payload."""

    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Change a field; VALUE is JSON or text",
            rich_help_panel=Panel.PAYLOAD,
        ),
    ] = None
    set_new: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Add a field", rich_help_panel=Panel.PAYLOAD),
    ] = None
    unset: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="Leave a field out", rich_help_panel=Panel.PAYLOAD),
    ] = None

    @property
    def overrides(self) -> dict[str, Sequence[str]]:
        """As arguments of `apply_overrides`."""
        return {name: given or () for name, given in self._asdict().items()}


class CompositionOptions(NamedTuple):
    """What the payload and the envelope are made of."""

    ref_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="refId; a fresh UUID by default", rich_help_panel=Panel.PAYLOAD
        ),
    ] = None
    previous_status: Annotated[
        str | None,
        typer.Option(metavar="STATUS", help="previousStatus (KYB)", rich_help_panel=Panel.PAYLOAD),
    ] = None
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="reason (kyb.case.rejected)", rich_help_panel=Panel.PAYLOAD
        ),
    ] = None
    edits: EditOptions = EditOptions()
    body: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Send these bytes exactly as they are",
            rich_help_panel=Panel.EVENT,
        ),
    ] = None
    pretty: Annotated[
        bool,
        typer.Option(
            "--pretty/--compact",
            help="Indent the JSON; the provider sends it compact",
            rich_help_panel=Panel.PAYLOAD,
        ),
    ] = False
    message_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="svix-id; fresh by default", rich_help_panel=Panel.SIGNING),
    ] = None
    timestamp: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Time of the signature: Unix, ISO 8601, -10m",
            rich_help_panel=Panel.SIGNING,
        ),
    ] = None
    header: HeaderOption = None
    header_prefix: Annotated[
        HeaderPrefix,
        typer.Option(
            parser=choice("family of header names", get_args(HeaderPrefix)),
            metavar="svix|webhook",
            help="Family of header names",
            rich_help_panel=Panel.SIGNING,
        ),
    ] = "svix"

    def composition(self, header_case: HeaderCase, catalogue: Catalogue) -> Composition:
        """The parsed options, files read and times resolved.

        Raises:
            VoveError: `bad-time`, or what reading `--body` raises.
        """
        body, edits = self.body, self.edits
        shaped = (self.ref_id, self.previous_status, self.reason, *edits, self.pretty or None)
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
        if self.ref_id == "" or self.message_id == "":
            raise typer.BadParameter(
                "--ref-id and --message-id cannot be empty; see --fault and --set"
            )
        if self.message_id is not None and not can_be_id(self.message_id):
            raise typer.BadParameter(
                f"--message-id {self.message_id!r} is sent in a header: give one line, without "
                "spaces at its ends"
            )
        return Composition(
            ref_id=self.ref_id,
            previous_status=self.previous_status,
            reason=self.reason,
            **edits.overrides,
            body=None if body is None else read_bytes(body),
            pretty=self.pretty,
            message_id=self.message_id,
            timestamp=None if self.timestamp is None else parse_time(self.timestamp, now=now()),
            headers=parse_headers(self.header, own=FRAMING),
            prefix=self.header_prefix,
            case=header_case,
            catalogue=catalogue,
        )
