"""The suite: all checks, their choice by name, and the order in which they run."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from vovecli.core.catalogue import unknown_name
from vovecli.core.conformance.body import BODY, REWRITTEN
from vovecli.core.conformance.delivery import DELIVERY
from vovecli.core.conformance.forgery import FORGERY
from vovecli.core.conformance.retry import RETRY
from vovecli.core.conformance.transport import TRANSPORT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vovecli.core.conformance.checks import Check

SUITE: Sequence[Check] = (*DELIVERY, *RETRY, *FORGERY, *BODY, *REWRITTEN, *TRANSPORT)
BY_ID = {check.id: check for check in SUITE}

# Everything else hangs on these: they run and are reported whatever was chosen.
GATES = ("delivery.reachable", "delivery.valid-kyc", "delivery.valid-kyb")
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


def in_order(*, is_slow: bool) -> Sequence[Check]:
    """The checks after the gate, as they run.

    Forgeries come late, for they are what crashes an app that the rest is still to be tried on.
    On a slow endpoint, where time runs out, the most telling come first.
    """
    if not is_slow:
        return (*DELIVERY, *RETRY, *BODY, *FORGERY, *REWRITTEN, *TRANSPORT)
    telling = (*DELIVERY[:7], *FORGERY, *REWRITTEN, *DELIVERY[7:], *RETRY, *BODY, *TRANSPORT)
    return sorted(telling, key=lambda check: _SEVERITIES.index(check.severity))


def _fitting(name: str) -> list[str]:
    found = [id_ for id_ in BY_ID if fnmatchcase(id_, name) or id_.startswith(f"{name}.")]
    return found or [find_check(name).id]
