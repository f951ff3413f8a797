"""The official Python `svix` package as a second opinion on a request."""

from __future__ import annotations

import sys
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING
from unittest.mock import patch

from vovecli.core.outcomes.verdicts import SecondOpinion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret


def second_opinion(
    request: CapturedRequest, secrets: Sequence[SigningSecret], *, moment: int
) -> SecondOpinion:
    """What the package says of a request, called as its documentation shows.

    Args:
        request: Repeated headers reach the package joined by commas, as frameworks hand them over.
        secrets: The package takes one: it accepts if it does so with any.
        moment: Unix seconds that the package takes for now; its tolerance is five minutes.
    """
    from importlib.metadata import version

    refusals = [_refusal(request, secret, moment) for secret in secrets]
    accepts = None in refusals
    return SecondOpinion(
        library="svix",
        version=version("svix"),
        accepts=accepts,
        message="" if accepts else str(refusals[0]),
    )


def _refusal(request: CapturedRequest, secret: SigningSecret, moment: int) -> str | None:
    """The package's words, or None where it accepts."""
    from svix.webhooks import Webhook  # 250 ms

    headers: dict[str, str] = {}
    for name, value in request.headers:
        lower = name.lower()
        headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    try:
        webhook = Webhook(secret.text)
        # The package asks the clock itself; it must see the moment that we judge at.
        library = sys.modules[type(webhook._inner).__module__]  # noqa: SLF001 - no public way
        with patch.object(library, "datetime", _clock_at(moment)):
            webhook.verify(request.body, headers)
    except Exception as error:  # noqa: BLE001 - it raises ValueError, binascii.Error and its own
        return f"{type(error).__name__}: {error}".rstrip(": ")
    return None


def _clock_at(moment: int) -> type[datetime]:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls.fromtimestamp(moment, tz)

    return Clock
