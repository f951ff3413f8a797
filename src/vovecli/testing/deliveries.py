"""Deliveries for tests: signed, broken on purpose, in flows; ready for any client."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vovecli.adapters.clock import now
from vovecli.adapters.randomness import random_source
from vovecli.api import composition, parse_secrets
from vovecli.commands.compose import broken, compose
from vovecli.core.errors import Category, VoveError
from vovecli.core.fault_kinds import FAULTS
from vovecli.core.faults import parse_faults
from vovecli.core.flows import find_flow
from vovecli.core.messages import new_ref_id
from vovecli.core.outcomes.records import DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.deliveries import SignedRequest
    from vovecli.core.signing import HeaderPrefix
    from vovecli.testing.applications import Receive

# What a correct handler refuses, each a name for `faults`; the same as `vove send --fault`.
FORGERIES: tuple[str, ...] = tuple(name for name in FAULTS if name != DUPLICATE)


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    """One request as VOVE ID sends it, or broken on purpose.

    Attributes:
        event: Name of the event type; None for a payload or body of your own.
        headers: Everything but `Host`.
        body: The exact bytes.
        message_id: What duplicates share.
        timestamp: Unix seconds it says it was signed at.
    """

    event: str | None
    headers: Mapping[str, str]
    body: bytes
    message_id: str
    timestamp: int
    _signed: SignedRequest = field(repr=False, compare=False)

    @property
    def json(self) -> Any:
        """The payload.

        Raises:
            ValueError: The body is not JSON.
        """
        return json.loads(self.body)

    def for_client(self, client: object) -> dict[str, Any]:
        """The keyword arguments of a test client's `post`, after the path.

        Knows the clients of Flask, Quart, Django and its REST framework, Starlette and FastAPI,
        httpx, requests, aiohttp, WebTest and Falcon.

        Raises:
            TypeError: For any other client; `headers` and `body` fit every one.
        """
        from vovecli.testing.clients import arguments_of_post

        return arguments_of_post(client, self.headers, self.body)

    def as_wsgi(self, path: str = "/") -> dict[str, Any]:
        """The environment with which a server calls a WSGI application (PEP 3333)."""
        from vovecli.testing.applications import wsgi_environ

        return wsgi_environ("POST", path, list(self.headers.items()), self.body)

    def as_asgi(self, path: str = "/") -> tuple[dict[str, Any], Receive]:
        """The scope and the `receive` with which a server calls an ASGI application."""
        from vovecli.testing.applications import asgi_receive, asgi_scope

        return asgi_scope("POST", path, list(self.headers.items())), asgi_receive(self.body)

    def as_curl(self, url: str) -> str:
        """A curl command for a POSIX shell that sends the same bytes.

        Raises:
            VoveError: `bad-endpoint`, `body-not-text`.
        """
        from vovecli.core.endpoints import parse_endpoint
        from vovecli.core.formats import as_curl

        return as_curl(self._signed, parse_endpoint(url))


def delivery(
    content: str | bytes | Mapping[str, object],
    *,
    secret: str | Iterable[str],
    ref_id: str | None = None,
    timestamp: int | None = None,
    message_id: str | None = None,
    faults: Sequence[str] = (),
    rotation: str | Iterable[str] = (),
    header_prefix: HeaderPrefix = "svix",
) -> SignedDelivery:
    """Sign one delivery, and break it where asked.

    Args:
        content: The name of an event type; a payload, written as compact JSON; or exact bytes.
        secret: `whsec_...`, the handler's.
        ref_id: For the sample payload of an event; a fresh one by default.
        timestamp: Unix seconds; now by default.
        message_id: A fresh one by default; give that of another for the same message again.
        faults: Names from `FORGERIES`, some with an amount: `stale=15m`.
        rotation: Further secrets to sign with, as while a secret is being replaced.
        header_prefix: Family of the header names.

    Raises:
        VoveError: `no-secret`, `unknown-event`, `unknown-fault`, `not-a-forgery` and their kin.
        TypeError: For content or a timestamp of another type.
    """
    wanted = composition(
        content,
        ref_id=ref_id,
        message_id=message_id,
        timestamp=timestamp,
        header_prefix=header_prefix,
    )
    secrets = parse_secrets(secret) + (parse_secrets(rotation) if rotation else [])
    event = content if isinstance(content, str) else None
    random_bytes = random_source()
    signed = compose(event, wanted, secrets, now=now(), random_bytes=random_bytes)
    if faults:
        signed = broken(signed, _parsed(faults), wanted, random_bytes=random_bytes)
    return SignedDelivery(
        event=event,
        headers=_mapping(signed.headers),
        body=signed.message.body,
        message_id=signed.message.id,
        timestamp=signed.message.timestamp,
        _signed=signed,
    )


def flow(
    name: str,
    *,
    secret: str | Iterable[str],
    ref_id: str | None = None,
    timestamp: int | None = None,
) -> list[SignedDelivery]:
    """The deliveries of a flow such as `kyb-approved`, in order, about one refId.

    Raises:
        VoveError: `unknown-flow`, `no-secret`.
    """
    shared = ref_id or new_ref_id(random_source()(16))
    return [
        delivery(event, secret=secret, ref_id=shared, timestamp=timestamp)
        for event in find_flow(name, {}).events
    ]


def _parsed(faults: Sequence[str]) -> Any:
    if isinstance(faults, str):
        raise TypeError(f"faults is text: pass a list, [{faults!r}]")
    parsed = parse_faults(faults)
    if any(fault.name == DUPLICATE for fault in parsed):
        raise VoveError(
            "not-a-forgery",
            "a duplicate is a genuine delivery that is sent again",
            hint="post the same delivery twice",
            category=Category.USAGE,
        )
    return parsed


def _mapping(headers: Headers) -> Mapping[str, str]:
    from types import MappingProxyType

    return MappingProxyType(dict(headers))
