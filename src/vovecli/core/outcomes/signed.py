"""A request that was signed and not sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.messages import Headers, Message
    from vovecli.core.secrets import SigningSecret


class SignedRequest(NamedTuple):
    """One signed request.

    Attributes:
        event: Name of the event type; None for a body that was given as bytes.
        headers: Everything but `Host`.
        secrets: What it is signed with, one signature each.
    """

    event: str | None
    ref_id: str | None
    message: Message
    headers: Headers
    secrets: Sequence[SigningSecret]
