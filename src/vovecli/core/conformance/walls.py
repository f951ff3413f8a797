"""Walls before the handler: CSRF protection, logins, other paths and methods, media types.

An answer is called a wall only when control requests show that it does not come from the handler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.conformance.deliveries import PARTS, Delivery
from vovecli.core.conformance.reading import (
    alike,
    asks_for_credentials,
    is_csrf,
    is_login,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.conformance.facts import Facts
    from vovecli.core.outcomes.checks import Proof

OTHER_PATH = "/vove-check-no-such-path"
_BROWSER_CHALLENGES = ("basic", "digest", "negotiate", "ntlm")

# Sent when genuine deliveries are refused, to see what refuses them.
CONTROLS: Mapping[str, Delivery] = {
    "forged": Delivery("signed with another key", key="other"),
    "unsigned": Delivery("without the webhook headers", omit=PARTS),
    "not-json": Delivery("signed text that is no JSON", body=b"this is not JSON"),
    "elsewhere": Delivery("to a path that does not exist", elsewhere=OTHER_PATH),
    "get": Delivery("GET", method="GET", body=b"", omit=PARTS),
    "get-elsewhere": Delivery(
        "GET of a path that does not exist",
        method="GET",
        body=b"",
        omit=PARTS,
        elsewhere=OTHER_PATH,
    ),
}


@dataclass(frozen=True)
class Wall:
    """Something before the handler that refuses everything.

    Attributes:
        got: Its answer in words.
    """

    code: str
    got: str
    certainty: Proof


def csrf_wall(facts: Facts) -> Wall | None:
    """A protection against cross-site forms: it answers every POST, signed or not."""
    genuine, unsigned = facts.genuine, facts.first("unsigned")
    if not genuine or not unsigned or not alike([genuine, unsigned]) or not is_csrf(genuine.answer):
        return None
    get = facts.first("get")
    spares_get = bool(get and not is_csrf(get.answer))
    certainty: Proof = "proved" if spares_get else "likely"
    return Wall("csrf", genuine.answer.describe(), certainty)


def auth_wall(facts: Facts) -> Wall | None:
    """A login or a token check: it answers whatever is signed, and not on this route alone."""
    genuine, unsigned = facts.genuine, facts.first("unsigned")
    if not genuine or not unsigned or not alike([genuine, unsigned]):
        return None
    if is_csrf(genuine.answer) or not asks_for_credentials(genuine.answer):
        return None
    if is_login(genuine.answer):
        return Wall("auth-wall", genuine.answer.describe(), "proved")
    scheme = genuine.answer.header("www-authenticate").partition(" ")[0].lower()
    if scheme in _BROWSER_CHALLENGES:
        return Wall("auth-wall", genuine.answer.describe(), "proved")
    controls = [*facts.all("elsewhere"), *facts.all("get")]
    if any(asks_for_credentials(control.answer) for control in controls):
        return Wall("auth-wall", genuine.answer.describe(), "likely")
    return None


def other_place(facts: Facts) -> Wall | None:
    """A path or method that no handler answers: 404 or 405 whatever is sent.

    A handler that hides itself answers forgeries 404, too; then a GET of this path and one of a
    path that does not exist are answered differently, or the genuine delivery is.
    """
    genuine, elsewhere = facts.genuine, facts.first("elsewhere")
    if not genuine or not elsewhere or genuine.answer.status not in (404, 405, 501):
        return None
    if not alike([genuine, *facts.all("forged", "unsigned")]):
        return None
    get, get_elsewhere = facts.first("get"), facts.first("get-elsewhere")
    has_route = bool(get and get_elsewhere and not alike([get, get_elsewhere]))
    if genuine.answer.status == 404:  # noqa: PLR2004 - HTTP's own
        if get and has_route and get.answer.status not in (404, 405):
            return Wall("method", genuine.answer.describe(), "proved")
        if has_route or not alike([genuine, elsewhere]):
            return None
        return Wall("wrong-path", genuine.answer.describe(), "likely")
    if alike([genuine, elsewhere]) and not has_route:
        return Wall("wrong-path", genuine.answer.describe(), "likely")
    return Wall("method", genuine.answer.describe(), "proved")
