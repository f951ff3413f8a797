"""The suite: all checks, their choice, what a run is asked for, and the order of its checks."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vovecli.core.names import unknown_name
from vovecli.core.suite.blockers import CONTROLS
from vovecli.core.suite.body import BODY
from vovecli.core.suite.delivery import DELIVERY, INTEROP, TLS
from vovecli.core.suite.effects import EFFECTS
from vovecli.core.suite.forgery import FORGERY
from vovecli.core.suite.rehearsal import REHEARSAL
from vovecli.core.suite.retry import RETRY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.catalogue import EventFamily, EventType
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.checks import Framework
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.signing import HeaderCase
    from vovecli.core.suite.check import Check, Step

SUITE: Sequence[Check] = (
    *DELIVERY,
    *RETRY,
    *EFFECTS,
    *FORGERY,
    *BODY,
    *TLS,
    *INTEROP,
    *REHEARSAL,
)
BY_ID = {check.id: check for check in SUITE}
STEPS: Mapping[str, Sequence[Step]] = {check.id: check.steps for check in SUITE} | {
    name: (control,) for name, control in CONTROLS.items()
}

# Everything else hangs on these: they run and are reported whatever was chosen.
GATES = ("delivery.reachable", "delivery.valid-kyc", "delivery.valid-kyb")
_BLOCKERS = ("delivery.redirect", "delivery.csrf", "delivery.auth-wall")
_GATE = tuple(BY_ID[id_] for id_ in (*GATES, *_BLOCKERS))
# Right after the gate, before any limit or ban hides them.
_FIRST = tuple(BY_ID[f"forgery.{name}"] for name in ("wrong-secret", "unsigned", "empty-key"))
# What a verdict needs. Sent whatever was chosen: every diagnosis looks at it.
ESSENTIAL = tuple(
    check for check in FORGERY if check.severity == "error" and not check.needs_observer
)
_LAST = ("body.leak",)  # reads what everything else was answered
# What a verdict needs: judged, where it applies.
JUDGED = (
    *GATES,
    "retry.duplicate-effect",
    *(check.id for check in FORGERY if check.severity == "error"),
)
_SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Options:
    """What a run was asked to do.

    Attributes:
        families: That must be served; empty: whichever are.
        ref_id: A test user that the endpoint knows; empty: fresh refIds.
        header_case: Spelling of the header names.
        own_events: Of the settings, those that go to this endpoint.
        own_family: That of them which must be served; empty: they need not be.
        final: Whether final statuses may be sent.
        observes: Whether there is an observer.
        is_secret_given: Whether the secret is the user's, not the development secret.
        chosen: Ids of the checks to report.
        out_of_reach: Ids of checks that the driver cannot carry out, each with the reason.
        of_app: What the app is made with, where the run has started it.
        restarts: Whether it may be started again.
        settings_file: From which it may read a secret of its own; empty: none is known.
    """

    endpoint: Endpoint
    secrets: tuple[SigningSecret, ...]
    families: tuple[EventFamily, ...] = ()
    ref_id: str = ""
    header_case: HeaderCase = "lower"
    own_events: tuple[EventType, ...] = ()
    own_family: EventFamily = ""
    final: bool = False
    observes: bool = False
    is_secret_given: bool = True
    chosen: frozenset[str] = frozenset(BY_ID)
    out_of_reach: Mapping[str, str] = field(default_factory=dict)
    of_app: Framework | None = None
    restarts: bool = False
    settings_file: str = ""

    @property
    def is_partial(self) -> bool:
        """Whether checks were left out by choice, so that the whole cannot be judged."""
        return self.chosen != frozenset(BY_ID)


def find_check(name: str) -> Check:
    """Look a check up by its id.

    Raises:
        VoveError: `unknown-check` with the nearest names.
    """
    if check := BY_ID.get(name):
        return check
    raise unknown_name("check", name, BY_ID, see="vove check --list")


def choose(only: Iterable[str] = (), skip: Iterable[str] = ()) -> frozenset[str]:
    """The ids that run: ids, groups (`forgery`) and patterns (`retry.*`), those of the gate always.

    Raises:
        VoveError: `unknown-check` for a name that fits none.
    """
    wanted = frozenset(id_ for name in only for id_ in _fitting(name)) or frozenset(BY_ID)
    unwanted = {id_ for name in skip for id_ in _fitting(name)}
    return (wanted - unwanted) | frozenset(GATES)


def in_groups(*, is_slow: bool) -> Iterable[Sequence[Check]]:
    """The checks as they run, in groups with a genuine control after each that holds forgeries.

    The gate and what a verdict needs come first. On a slow endpoint, where time runs out, errors
    come before warnings.
    """
    yield _GATE
    yield _FIRST
    yield [check for check in ESSENTIAL if check not in _FIRST]
    rest = [check for check in SUITE if check not in (*_GATE, *ESSENTIAL, *REHEARSAL)]
    if is_slow:
        rest.sort(key=lambda check: _SEVERITIES.index(check.severity))
    late = [check for check in rest if check.id in _LAST or check.id.startswith("forgery.")]
    yield [check for check in rest if check not in late]
    yield late
    yield REHEARSAL  # a restart forgets what is kept in memory


def _fitting(name: str) -> list[str]:
    found = [id_ for id_ in BY_ID if fnmatchcase(id_, name) or id_.startswith(f"{name}.")]
    return found or [find_check(name).id]
