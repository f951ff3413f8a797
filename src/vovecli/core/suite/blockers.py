"""What answers before the handler, or instead of it: redirects, logins, gateways, nothing at all.

An answer is blamed on a blocker only when control requests show that it is not the handler's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from vovecli.core.codes.handler_mistakes import diagnosis
from vovecli.core.endpoints import absolute_location
from vovecli.core.probes.reading import (
    alike,
    asks_for_credentials,
    is_csrf,
    is_guarded,
    is_login,
    is_page,
    speaks_of_access,
    speaks_of_media_type,
    speaks_of_signature,
)
from vovecli.core.probes.variants import Variant
from vovecli.core.webhook_headers import HEADER_PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.checks import Diagnosis, Proof
    from vovecli.core.probes.exchanges import ProbeExchange
    from vovecli.core.suite.state import RunState

OTHER_PATH = "/vove-check-no-such-path"
_BROWSER_CHALLENGES = ("basic", "digest", "negotiate", "ntlm")

# Sent when genuine deliveries are refused, to see what refuses them.
CONTROLS: Mapping[str, Variant] = {
    "again": Variant("a genuine delivery again"),
    "not-json": Variant("signed text that is not JSON", body=b"this is not JSON"),
    "elsewhere": Variant("to a path that does not exist", elsewhere=OTHER_PATH),
    "get": Variant("GET", method="GET", body=b"", omit=HEADER_PARTS),
    "get-elsewhere": Variant(
        "GET of a path that does not exist",
        method="GET",
        body=b"",
        omit=HEADER_PARTS,
        elsewhere=OTHER_PATH,
    ),
    "withheld": Variant("the end of its body held back", cut=b"{", hold_s=0.4),
    "bearer": Variant("with Authorization: Bearer x", headers={"Authorization": "Bearer x"}),
}

EVERYWHERE = ("elsewhere", "get", "get-elsewhere")


class Blocker(NamedTuple):
    """Something before the handler that refuses deliveries.

    Attributes:
        got: Its answer, or what follows from it, in words.
    """

    code: str
    got: str
    certainty: Proof


def unreached(state: RunState) -> Iterator[Diagnosis]:
    """No HTTP answer came: what can be said without one."""
    for answer in state.reached.values():
        if answer.error == "scheme":
            yield diagnosis("wrong-scheme", "proved", answer.message)


def died(state: RunState) -> Iterator[Diagnosis]:
    """Probes that ended the process each time they were sent; a supervisor started it again."""
    if state.deadly:
        deadly = state.deadly[0]
        detail = (
            f"{deadly.describe()}, then nothing listened for "
            f"{deadly.answer.down_ms / 1000:.1f} s, and the same again"
        )
        yield diagnosis("process-died", "proved", detail)


def silent(state: RunState) -> Iterator[Diagnosis]:
    """Genuine deliveries hang."""
    if state.genuine.answer.is_silent:
        yield diagnosis("never-answers", "likely", state.genuine.answer.describe())


def redirect(exchange: ProbeExchange, endpoint: Endpoint) -> Blocker | None:
    """A redirect that is not to a login page.

    Only to the same path in another spelling, scheme or host does it name the URL to register;
    elsewhere it is how apps send a browser back whose form they refuse.
    """
    if not exchange.answer.is_redirect or is_login(exchange.answer):
        return None
    location = absolute_location(endpoint.url, exchange.answer.header("location"))
    if _path(location) == _path(endpoint.url):
        got = f"the sender does not go on to {location}: register it"
        return Blocker("redirect", got, "proved")
    return Blocker("redirects-back", exchange.answer.describe(), "likely")


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/").lower()
    except ValueError:
        return url


def csrf_wall(state: RunState) -> Blocker | None:
    """A protection against cross-site forms: it answers every POST, signed or not."""
    if state.is_open or not is_csrf(state.genuine.answer) or not _is_blind(state):
        return None
    spares_get = any(not is_csrf(one.answer) for one in state.all("get"))
    certainty: Proof = "proved" if spares_get else "likely"
    return Blocker("csrf", state.genuine.answer.describe(), certainty)


def auth_wall(state: RunState) -> Blocker | None:
    """A login or a token check: it answers whatever is signed."""
    genuine = state.genuine
    if state.is_open or is_csrf(genuine.answer) or not _is_blind(state):
        return None
    says = genuine.answer.describe()
    if is_login(genuine.answer):
        return Blocker("auth-wall", says, "proved")
    scheme = genuine.answer.header("www-authenticate").partition(" ")[0].lower()
    if genuine.answer.status == 401 and scheme in _BROWSER_CHALLENGES:  # noqa: PLR2004 - HTTP's own
        return Blocker("auth-wall", says, "proved")
    if genuine.answer.status not in (401, 403, 407) and not is_guarded(genuine.answer):
        return None
    bearer = state.first("bearer")
    if bearer and not alike([genuine, bearer]) and _is_alike(state, "again"):
        got = f"{says}; with Authorization: Bearer x: {bearer.answer.describe()}"
        return Blocker("auth-wall", got, "proved")
    if asks_for_credentials(genuine.answer) and not speaks_of_signature(genuine.answer):
        return Blocker("auth-wall", says, "likely")
    return None


def wall(state: RunState) -> Blocker | None:
    """One answer to everything, a GET and a path that does not exist included, whatever it says.

    Words about a signature are the handler's own: it answers every path itself. Else the words, or
    an answer before the body was sent, show that nothing was verified.
    """
    answer = state.genuine.answer
    if answer.status is None or answer.is_2xx or answer.status in (404, 405) or answer.is_crash:
        return None
    if speaks_of_signature(answer) or speaks_of_media_type(answer):
        return None
    is_unread = any(one.answer.is_early for one in state.all("withheld"))
    if not is_unread and not speaks_of_access(answer):
        return None
    if not _is_alike(state, *EVERYWHERE, "forgery.unsigned"):
        return None
    return Blocker("wall", answer.describe(), "likely")


def page(state: RunState) -> Blocker | None:
    """One page for everything, with a 2xx: of a tunnel, or of an app that runs in the browser."""
    answer = state.genuine.answer
    if not (answer.is_2xx and (is_page(answer) or answer.header("ngrok-error-code"))):
        return None
    if not _is_alike(state, *EVERYWHERE, "forgery.unsigned"):
        return None
    return Blocker("wall", answer.describe(), "likely")


def other_place(state: RunState) -> Blocker | None:
    """A path or method that no handler answers: 404 or 405 whatever is sent.

    A handler that hides itself answers forgeries 404, too; then a GET of this path and one of a
    path that does not exist are answered differently, or the genuine delivery is.
    """
    answer, get = state.genuine.answer, state.first("get")
    if answer.status not in (404, 405, 501) or not get or not _is_blind(state):
        return None
    has_route = not alike([get, *state.all("get-elsewhere")])
    is_everywhere = _is_alike(state, "elsewhere")
    if answer.status == 404 and has_route:  # noqa: PLR2004 - HTTP's own
        is_page = get.answer.status not in (404, 405)
        return Blocker("method", answer.describe(), "proved") if is_page else None
    if is_everywhere and not has_route:
        return Blocker("wrong-path", answer.describe(), "likely")
    if answer.status == 404:  # noqa: PLR2004 - HTTP's own
        return None
    return Blocker("method", answer.describe(), "proved")


def _is_blind(state: RunState) -> bool:
    """Whether signed, forged and unsigned deliveries are answered alike."""
    return _is_alike(state, "forgery.unsigned") and alike([state.genuine, *state.forged])


def _is_alike(state: RunState, *names: str) -> bool:
    """Whether each of these controls came through, answered as the genuine delivery was."""
    return all(state.all(name) for name in names) and alike([state.genuine, *state.all(*names)])
