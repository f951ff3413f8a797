"""The suite: all checks, their choice by name, and the order in which they run."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vovecli.core.conformance.blockers import CONTROLS
from vovecli.core.conformance.body import BODY
from vovecli.core.conformance.delivery import DELIVERY, INTEROP, TLS
from vovecli.core.conformance.effects import EFFECTS
from vovecli.core.conformance.forgery import FORGERY
from vovecli.core.conformance.rehearsal import REHEARSAL
from vovecli.core.conformance.retry import RETRY
from vovecli.core.names import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.conformance.checks import Check, Step

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
    *(check.id for check in FORGERY if check.severity == "error"),
)
_SEVERITIES = ("error", "warning", "info")


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
