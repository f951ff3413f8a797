"""The kit of one test: a secret, and all that is signed with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vovecli.adapters.randomness import random_source
from vovecli.core import secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Literal

    from vovecli.core.signing import HeaderPrefix
    from vovecli.testing.checking import Conformance
    from vovecli.testing.deliveries import SignedDelivery
    from vovecli.testing.listener import DeliveryListener


def new_secret() -> str:
    """A signing secret that nobody else has."""
    return secrets.new_secret(random_source()).text


@dataclass(frozen=True, slots=True)
class Vove:
    """What the fixture `vove` gives; without pytest: `Vove()`.

    Attributes:
        secret: The signing secret of the handler under test; a fresh one by default.
        at: Unix seconds at which deliveries are signed; None: when they are made.
    """

    secret: str = field(default_factory=new_secret, repr=False)
    at: int | None = None

    def clock(self, at: float) -> Vove:
        """The same kit at another moment: `vove.clock(time.time() - 600)` signs stale deliveries.

        Args:
            at: Unix seconds; a fraction is cut off.
        """
        return replace(self, at=int(at))

    def delivery(
        self,
        content: str | bytes | Mapping[str, object],
        *,
        secret: str | Iterable[str] | None = None,
        ref_id: str | None = None,
        timestamp: int | None = None,
        message_id: str | None = None,
        faults: Sequence[str] = (),
        rotation: str | Iterable[str] = (),
        header_prefix: HeaderPrefix = "svix",
    ) -> SignedDelivery:
        """As `vovecli.testing.delivery`, signed with the kit's secret."""
        from vovecli.testing.deliveries import delivery

        return delivery(
            content,
            secret=self.secret if secret is None else secret,
            ref_id=ref_id,
            timestamp=self.at if timestamp is None else timestamp,
            message_id=message_id,
            faults=faults,
            rotation=rotation,
            header_prefix=header_prefix,
        )

    def flow(self, name: str, *, ref_id: str | None = None) -> list[SignedDelivery]:
        """As `vovecli.testing.flow`, signed with the kit's secret."""
        from vovecli.testing.deliveries import flow

        return flow(name, secret=self.secret, ref_id=ref_id, timestamp=self.at)

    def listener(self, *, statuses: Sequence[int] = ()) -> AbstractContextManager[DeliveryListener]:
        """As `vovecli.testing.listener`, with the kit's secret."""
        from vovecli.testing.listener import listener

        return listener(secret=self.secret, statuses=statuses)

    def check(
        self,
        app: object,
        *,
        path: str = "/webhooks/vove-kyb",
        host: str = "testserver",
        family: Literal["kyb", "kyc", "both"] | None = None,
        ref_id: str | None = None,
        only: Sequence[str] = (),
        skip: Sequence[str] = (),
        observe: Callable[[], object] | None = None,
        own_host: bool = False,
    ) -> Conformance:
        """As `vovecli.testing.check`, with the kit's secret."""
        from vovecli.testing.checking import check

        return check(
            app,
            secret=self.secret,
            path=path,
            host=host,
            family=family,
            ref_id=ref_id,
            only=only,
            skip=skip,
            observe=observe,
            own_host=own_host,
        )
