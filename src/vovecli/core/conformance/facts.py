"""What a run knows so far: which families are served, how failure is told, what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

from vovecli.core.conformance.reading import alike, fingerprint, says_failure
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.secrets import parse_secret

if TYPE_CHECKING:
    from vovecli.core.catalogue import EventFamily
    from vovecli.core.conformance.probes import Answer, Exchange, Observation
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.secrets import SigningSecret

CLOCK_SLACK_S = 60
WELL_FORMED = 2  # of the deliveries of forgery.wrong-secret; the others have another form, too


class Gate(Enum):
    """Whether a family's genuine deliveries are accepted, or why that cannot be judged."""

    OPEN = "genuine deliveries are accepted"
    CLOSED = "genuine deliveries are refused, so a refused forgery proves nothing"
    UNASKED = "this family was not asked for (--family)"
    ELSEWHERE = "the endpoint serves the other family; --family both demands this one too"
    NEEDS_REF = "the endpoint wants a refId that it knows: pass --ref-id with a test user's"
    LIMITED = "a rate limit (429) answered instead of the handler"
    GONE = "nothing listens any more"


@dataclass
class Facts:
    """The state of a run that judgements look at.

    Attributes:
        exchanges: What each check and each control sent and got, by their name.
        gates: Per family.
        main: The family that forgeries and odd bodies use.
        soft_failures: What refused forgeries look like where they are answered 2xx.
        clock_off_s: How far the endpoint's clock is ahead, by its `Date` header; None: unknown.
        observable: Why effects cannot be judged; empty when they can.
        gone_after: The probe after which nothing listened any more.
    """

    endpoint: Endpoint
    secrets: tuple[SigningSecret, ...]
    main: EventFamily = "kyb"
    gates: dict[EventFamily, Gate] = field(default_factory=dict)
    exchanges: dict[str, list[Exchange]] = field(default_factory=dict)
    reached: dict[str, Answer] = field(default_factory=dict)
    soft_failures: frozenset[tuple[int | str, str]] = frozenset()
    clock_off_s: float | None = None
    certificate: str = ""
    observable: str = ""
    before: Observation | None = None
    gone_after: str = ""

    @property
    def is_open(self) -> bool:
        """Whether genuine deliveries of the main family are accepted."""
        return self.gates.get(self.main) is Gate.OPEN

    def accepts(self, exchange: Exchange) -> bool:
        """Whether the handler took a delivery for genuine: 2xx, and no tale of a failure."""
        if not exchange.answer.is_2xx:
            return False
        if not self.soft_failures:
            return True
        return not says_failure(exchange.answer) and fingerprint(exchange) not in self.soft_failures

    def accepted(self, *names: str) -> bool:
        """Whether any delivery of these checks was taken for genuine."""
        return any(self.accepts(exchange) for exchange in self.all(*names))

    def all(self, *names: str) -> list[Exchange]:
        """The exchanges of these checks and controls."""
        return [exchange for name in names for exchange in self.exchanges.get(name, ())]

    def first(self, name: str) -> Exchange | None:
        """The first exchange of a check or control."""
        return next(iter(self.exchanges.get(name, ())), None)

    @property
    def genuine(self) -> Exchange | None:
        """The main family's plain delivery."""
        return self.first(f"delivery.valid-{self.main}")

    @property
    def uses_published_secret(self) -> bool:
        """Whether everybody can read the handler's secret in some documentation."""
        published = {parse_secret(published.text).key for published in PUBLISHED_SECRETS}
        return any(secret.key in published for secret in self.secrets)

    @property
    def forged(self) -> list[Exchange]:
        """Deliveries that are right in everything but the key."""
        return [*self.all("forged"), *self.all("forgery.wrong-secret")[:WELL_FORMED]]

    @property
    def accepts_any_signature(self) -> bool:
        """Whether a signature by a random key passes, so that accepted signatures prove nothing."""
        random_key = self.first("forgery.wrong-secret")
        return random_key is not None and self.accepts(random_key)

    def learn_soft_failures(self) -> None:
        """See whether refusals are told with a 2xx."""
        genuine, forged = self.genuine, self.forged
        if not forged or not genuine or not all(one.answer.is_2xx for one in forged):
            return
        differs = genuine.answer.is_2xx and fingerprint(genuine) != fingerprint(forged[0])
        if alike(forged) and (differs or says_failure(forged[0].answer)):
            self.soft_failures = frozenset(fingerprint(one) for one in forged)

    def learn_clock(self, answer: Answer, now: float) -> None:
        """Compare the endpoint's `Date` header with our clock."""
        try:
            self.clock_off_s = parsedate_to_datetime(answer.header("date")).timestamp() - now
        except (ValueError, TypeError):
            return

    @property
    def is_clock_off(self) -> bool:
        """Whether the endpoint's clock is wrong by more than what rounding and latency explain."""
        return abs(self.clock_off_s or 0) > CLOCK_SLACK_S

    def mask(self, text: str) -> str:
        """The text without any secret that the handler may have repeated."""
        for secret in self.secrets:
            for shown in (secret.text, secret.encoded):
                text = text.replace(shown, "[secret]") if len(shown) > 3 else text  # noqa: PLR2004
        return text
