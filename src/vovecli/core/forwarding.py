"""Forwarding: which app gets a delivery, as which bytes, and what of its answer goes back."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.endpoints import Endpoint, parse_endpoint
from vovecli.core.headers import FRAMING, HOP_BY_HOP, header_values
from vovecli.core.names import unknown_name
from vovecli.core.outcomes.arrivals import TEXT, Reply
from vovecli.core.outside import is_cross_site, sign_of_outside

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vovecli.core.catalogue import Catalogue, EventFamily
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.answers import Answer, NoAnswer
    from vovecli.core.outcomes.arrivals import Arrival
    from vovecli.core.requests import CapturedRequest

EVERYTHING = "*"
_BAD_GATEWAY, _GATEWAY_TIMEOUT = 502, 504


class Route(NamedTuple):
    """Who gets what.

    Attributes:
        pattern: Of event types; `*` stands for any characters.
    """

    pattern: str
    endpoint: Endpoint


def parse_route(text: str, catalogue: Catalogue = BUILT_IN) -> Route:
    """Read `URL` or `EVENT=URL`; an equals sign after a `:` or `/` belongs to the URL.

    Raises:
        VoveError: `bad-endpoint`, `unknown-event`.
    """
    pattern, equals, url = text.partition("=")
    if not equals or ":" in pattern or "/" in pattern:
        return Route(EVERYTHING, parse_endpoint(text))
    family: EventFamily = "kyc" if pattern.startswith("kyc") else "kyb"
    return Route(known_pattern(pattern, catalogue), parse_endpoint(url, family=family))


def known_pattern(pattern: str, catalogue: Catalogue = BUILT_IN) -> str:
    """A pattern that at least one event type of the catalogue matches.

    Raises:
        VoveError: `unknown-event`.
    """
    if not any(fnmatchcase(name, pattern) for name in catalogue.events):
        raise unknown_name("event", pattern, catalogue.events, see="vove events")
    return pattern


@dataclass(frozen=True, slots=True)
class Rules:
    """What is forwarded, and where to.

    Attributes:
        events: Patterns of which an event must match one; empty: all are forwarded.
        exposed: Whether anybody beyond this machine can send requests.
        allow_unsigned: Forward requests that are not verified, wherever they come from and go to.
        headers: For the apps, instead of those of the same name that came.
    """

    routes: Sequence[Route]
    events: Sequence[str] = ()
    exposed: bool = False
    allow_unsigned: bool = False
    headers: Sequence[tuple[str, str]] = ()

    def is_outside(self, request: CapturedRequest) -> bool:
        """Whether the sender of a request is beyond this machine."""
        return self.exposed or bool(sign_of_outside(request))

    def targets(self, arrival: Arrival) -> list[Endpoint]:
        """The endpoints that get a request, each once; only POSTs are forwarded."""
        if arrival.verdict is None:
            return []
        event = arrival.verdict.event
        names = event.names if event else ("",)
        if self.events and not any(_matches(names, pattern) for pattern in self.events):
            return []
        endpoints = [route.endpoint for route in self.routes if _matches(names, route.pattern)]
        if arrival.cause and not self.allow_unsigned:
            refused = self.exposed or (arrival.request and is_cross_site(arrival.request))
            endpoints = [to for to in endpoints if to.is_loopback and not refused]
        return list(dict.fromkeys(endpoints))


def _matches(names: Iterable[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def forwarded_headers(request: CapturedRequest, endpoint: Endpoint, peer: str) -> Headers:
    """The headers for the app: order and spelling kept, `Host` rewritten, `X-Forwarded-*` added.

    Args:
        request: As it came in; its body is sent with a `Content-Length`, whatever framed it.
        endpoint: Where it goes.
        peer: Address of the sender. What a proxy before us said of it stays.
    """
    dropped = HOP_BY_HOP | _named_by_connection(request.headers)
    headers: Headers = []
    framing = ("Content-Length", str(len(request.body)))
    for name, value in request.headers:
        lower = name.lower()
        if lower == "host":
            headers.append((name, endpoint.host_header))
        elif lower in FRAMING:
            if framing not in headers:
                headers.append(framing)
        elif lower not in dropped:
            headers.append((name, value))
    if framing not in headers:
        headers.append(framing)
    present = {name.lower() for name, _ in headers}
    added = [("X-Forwarded-For", peer), ("X-Forwarded-Proto", "http")]
    added += [("X-Forwarded-Host", host) for host in request.values("host")]
    return headers + [pair for pair in added if pair[0].lower() not in present]


def returned(answer: Answer) -> Reply:
    """What goes back of an app's answer: status, body, and the headers that are its own.

    Where the body was cut it is left out: a part must not pass as the whole.
    """
    if answer.body_truncated:
        return Reply(answer.status, b"the app's answer is too long to be passed on\n", TEXT)
    dropped = {*HOP_BY_HOP, *FRAMING, "date", *_named_by_connection(answer.headers)}
    headers = tuple(pair for pair in answer.headers if pair[0].lower() not in dropped)
    return Reply(answer.status, answer.body, headers)


def unanswered(failure: NoAnswer, *, exposed: bool) -> Reply:
    """What goes back where the app gave no answer: 504 if it took too long, else 502.

    Why is said to senders on this machine only: it names internal addresses.
    """
    status = _GATEWAY_TIMEOUT if failure.kind == "timeout" else _BAD_GATEWAY
    why = "the app behind this listener gave no answer" if exposed else failure.message
    return Reply(status, f"{why}\n".encode(), TEXT)


def _named_by_connection(headers: Headers) -> set[str]:
    return {
        name.strip().lower()
        for value in header_values(headers, "connection")
        for name in value.split(",")
    }
