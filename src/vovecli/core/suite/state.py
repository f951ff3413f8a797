"""What a run knows so far: the families that are served, how failure looks, the answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from vovecli.core.headers import parse_http_date
from vovecli.core.leaks import Leaks
from vovecli.core.probes.reading import (
    alike,
    gist,
    says_failure,
    speaks_of_unknown_user,
)
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.secrets import parse_secret

if TYPE_CHECKING:
    from vovecli.core.catalogue import EventFamily
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.probes.exchanges import Observation, ProbeAnswer, ProbeExchange
    from vovecli.core.secrets import SigningSecret

CLOCK_SLACK_S = 60
_SLOW_S = 0.7
BUDGET_S = 57.0
LEFT_OUT = f"left out: the endpoint is slow, and the run's {BUDGET_S:.0f} s are over"

# What sends nothing but genuine deliveries, in the order of a run.
_PLAIN = ("delivery.valid-kyb", "delivery.valid-kyc", "kyb again", "kyc again", "again")


class Gate(Enum):
    """Whether a family's genuine deliveries are accepted, or why that cannot be judged."""

    OPEN = "genuine deliveries are accepted"
    CLOSED = "genuine deliveries are refused, so a refused forgery proves nothing"
    UNASKED = "this family was not asked for (--family)"
    ELSEWHERE = "the endpoint serves the other family; --family both requires this one too"
    DOUBTED = "the other family's deliveries are refused like forgeries"
    NEEDS_REF = "the endpoint needs a refId that it knows: give a test user's with --ref-id"
    LIMITED = "a rate limit (429) answered instead of the handler"
    DOWN = "a gateway answered (502, 503 or 504) instead of the handler"
    LATE = "the endpoint is so slow that the run's time ran out"


class NeverSentError(LookupError):
    """A judgement asked about deliveries that were never sent: silence would read like refusal."""


@dataclass
class RunState:
    """The state of a run that judgements look at.

    Attributes:
        gates: Per family.
        main: The family that forgeries and odd bodies use.
        reached: What each address of the host answered first.
        soft_failures: What refused forgeries look like where they are answered 2xx.
        false_start: A server error that only the first requests got.
        clock_off_s: How far the endpoint's clock is ahead, by its `Date` header; None: unknown.
        unobservable: Why effects cannot be judged; empty when they can.
        noise: Of the observed state, the places that requests change which are no deliveries.
        gone_after: The probe after which nothing listened any more.
        gone_during: The check or control that it belonged to.
        outcomes: Of the checks that were judged, by their id.
        latency_s: Of genuine deliveries.
        is_own_demanded: Whether --family names a family of one's own events.
        cut: Checks and controls of which not everything could be sent.
        settings_file: From which the app may read a secret of its own, where it is restarted.
        shut: Why nothing that comes now can be judged: a ban, a limit; empty: it can.
    """

    endpoint: Endpoint
    secrets: tuple[SigningSecret, ...]
    main: EventFamily = "kyb"
    gates: dict[EventFamily, Gate] = field(default_factory=dict)
    reached: dict[str, ProbeAnswer] = field(default_factory=dict)
    soft_failures: frozenset[tuple[int | str, str]] = frozenset()
    false_start: ProbeAnswer | None = None
    clock_off_s: float | None = None
    certificate: str = ""
    unobservable: str = ""
    noise: frozenset[tuple[str, int]] = frozenset()
    before: Observation | None = None
    gone_after: str = ""
    gone_during: str = ""
    outcomes: dict[str, str] = field(default_factory=dict)
    latency_s: float = 0.0
    cut: set[str] = field(default_factory=set)
    shut: str = ""
    is_own_demanded: bool = False
    settings_file: str = ""
    _sent: dict[str, list[ProbeExchange]] = field(default_factory=dict)

    @property
    def is_slow(self) -> bool:
        """Whether genuine deliveries take so long that the run's time is short."""
        return self.latency_s > _SLOW_S

    @property
    def why_cut(self) -> str:
        """Why what was not sent could not be."""
        return self.shut or LEFT_OUT

    @property
    def is_open(self) -> bool:
        """Whether genuine deliveries of the main family are accepted."""
        return self.gates.get(self.main) is Gate.OPEN

    @property
    def names(self) -> tuple[str, ...]:
        """The checks and controls that were sent."""
        return tuple(self._sent)

    def keep(self, name: str, exchanges: list[ProbeExchange]) -> None:
        """Keep what a check or a control sent and got."""
        self._sent.setdefault(name, []).extend(exchanges)

    def was_sent(self, name: str) -> bool:
        """Whether a check's or a control's deliveries went out."""
        return name in self._sent

    def all(self, *names: str) -> list[ProbeExchange]:
        """The exchanges of these checks and controls.

        Raises:
            NeverSentError: For a name that was never sent; a check says what it needs.
        """
        for name in names:
            if name not in self._sent:
                raise NeverSentError(name)
        return [exchange for name in names for exchange in self._sent[name]]

    def sent(self, *names: str) -> list[ProbeExchange]:
        """The exchanges of those that were sent; what was not sent proves nothing."""
        return self.all(*filter(self.was_sent, names))

    def first(self, name: str) -> ProbeExchange | None:
        """The first exchange of a check or control; None where none of it could be sent."""
        return next(iter(self.all(name)), None)

    @property
    def is_fickle(self) -> bool:
        """Whether a genuine delivery was refused, and its like taken later."""
        refused: set[EventFamily] = set()
        for one in self.sent(*_PLAIN):
            if self.accepts(one):
                if one.probe.family in refused:
                    return True
            elif one.answer.status and not one.answer.is_transient:
                refused.add(one.probe.family)
        return False

    @property
    def deadly(self) -> list[ProbeExchange]:
        """Probes that ended the process, each of them twice."""
        return [one for one in self.all(*self.names) if one.answer.is_deadly]

    def accepts(self, exchange: ProbeExchange) -> bool:
        """Whether the handler took a delivery for genuine: 2xx, and no words of a failure."""
        if not exchange.answer.is_2xx or self.is_lookup(exchange):
            return False
        return not self.is_soft_failure(exchange)

    def is_lookup(self, exchange: ProbeExchange) -> bool:
        """Whether it says that nobody knows the refId, on an endpoint that looks it up first."""
        wants_ref = self.gates.get(exchange.probe.family) is Gate.NEEDS_REF
        return wants_ref and speaks_of_unknown_user(exchange)

    def is_soft_failure(self, exchange: ProbeExchange) -> bool:
        """Whether it is a refusal with a 2xx."""
        if not self.soft_failures or not exchange.answer.is_2xx:
            return False
        return says_failure(exchange.answer) or gist(exchange) in self.soft_failures

    def accepted(self, *names: str) -> bool:
        """Whether any delivery of these checks was taken for genuine."""
        return any(self.accepts(exchange) for exchange in self.all(*names))

    def taken(self, *names: str) -> list[ProbeExchange]:
        """The deliveries among these that were sent and taken for genuine."""
        return [exchange for exchange in self.sent(*names) if self.accepts(exchange)]

    @property
    def genuine(self) -> ProbeExchange:
        """The main family's plain delivery."""
        return self.all(f"delivery.valid-{self.main}")[0]

    @property
    def uses_published_secret(self) -> bool:
        """Whether everybody can read the handler's secret in some documentation."""
        published = {parse_secret(published.text).key for published in PUBLISHED_SECRETS}
        return any(secret.key in published for secret in self.secrets)

    def forgeries(self, family: EventFamily) -> list[ProbeExchange]:
        """Deliveries of a family that are right in everything but the key."""
        return [
            one
            for one in self.all("forgery.wrong-secret")
            if one.probe.family == family and one.probe.header("svix-signature").startswith("v1,")
        ]

    @property
    def forged(self) -> list[ProbeExchange]:
        """Deliveries of the main family that are right in everything but the key."""
        return self.forgeries(self.main)

    @property
    def accepts_any_signature(self) -> bool:
        """Whether a signature by a random key passes, so that accepted signatures prove nothing."""
        return any(map(self.accepts, (*self.forged, *self.sent("forged again"))))

    def is_refused_as_forged(self, exchange: ProbeExchange) -> bool:
        """Whether it is answered as forgeries of its family are."""
        return bool(forged := self.forgeries(exchange.probe.family)) and alike([exchange, *forged])

    def learn_soft_failures(self) -> None:
        """See whether refusals come with a 2xx."""
        genuine, forged = self.genuine, self.forged
        if not forged or not all(one.answer.is_2xx for one in forged):
            return
        differs = genuine.answer.is_2xx and gist(genuine) != gist(forged[0])
        if alike(forged) and (differs or says_failure(forged[0].answer)):
            self.soft_failures = frozenset(gist(one) for one in forged)

    def learn_clock(self, answer: ProbeAnswer, now: float) -> None:
        """Compare the endpoint's `Date` header with our clock."""
        if (date := parse_http_date(answer.header("date"))) is not None:
            self.clock_off_s = date - now

    @property
    def is_clock_off(self) -> bool:
        """Whether the endpoint's clock is wrong by more than what rounding and latency explain."""
        return abs(self.clock_off_s or 0) > CLOCK_SLACK_S

    @property
    def clock_off(self) -> str:
        """By how much, in words."""
        off = round(self.clock_off_s or 0)
        return f"{abs(off)} s {'ahead' if off > 0 else 'behind'}"

    @cached_property
    def leaks(self) -> Leaks:
        """Parts of the secrets in what the handler answers."""
        return Leaks(self.secrets, self.endpoint.credentials)

    def mask(self, text: str) -> str:
        """The text without any part of a secret that the handler may have repeated."""
        return self.leaks.mask(text)
