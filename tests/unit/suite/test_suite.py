"""The suite as data: complete, explained, choosable; the mistakes that belong to it."""

from __future__ import annotations

import pytest
from tests.conftest import ROOT

from vovecli.core.codes.handler_mistakes import HANDLER_MISTAKES
from vovecli.core.conformance.patterns import PATTERNS, REWRITTEN
from vovecli.core.conformance.trials import CLOCKS, TRIALS, named
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.errors import VoveError
from vovecli.core.mistakes import Scheme
from vovecli.core.mistakes.bodies import BODIES
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.suite import (
    BY_ID,
    ESSENTIAL,
    GATES,
    STEPS,
    SUITE,
    choose,
    find_check,
    in_groups,
)
from vovecli.core.suite.check import Evidence
from vovecli.core.suite.state import RunState

# group -> name: severity by its first letter
CONTRACT = {
    "delivery": "reachable:e valid-kyc:e valid-kyb:e redirect:e csrf:e auth-wall:e fast:e header-case:e "
    "charset:w without-user-id:e with-user-id:e every-kyc-status:e every-kyb-event:e own-events:w unknown-reason:w",
    "retry": "rotation:e foreign-version:w same-id:e duplicate:e concurrent-duplicate:w "
    "duplicate-effect:e volume:e distinct-events:e out-of-order:w terminal-flip:i unknown-ref:w after-restart:w",
    "forgery": "unsigned:e missing-id:e missing-timestamp:e missing-signature:e tampered-body:e "
    "swapped-id:e swapped-timestamp:e wrong-secret:e empty-key:e published-secret:e stale-24h:e "
    "stale-6min:w future-6min:w truncated-signature:e bare-signature:i unknown-version:w malformed:i "
    "unsigned-unknown-ref:w effect:e altered-signature:e other-sender:e content-type:w reused-signature:w "
    "used-up-id:w",
    "body": "reserialized-js:w reserialized-python:e whitespace:w escapes:w utf8:w numbers:w large:w "
    "extra-field:w unknown-status:w unknown-shape:w hostile-ref:w split:e signed-garbage:i leak:w",
    "tls": "https:e certificate:e http-redirect:e",
    "interop": "webhook-headers:i",
    "config": "secret-unset:e",
}
CAUSES = [
    "docs-kyb-node",
    "docs-kyb-python",
    "docs-kyc-node",
    "reads-canonical-header-names",
    "header-case",
    "body-only-hmac",
    "undecoded-secret",
    "secret-prefix-in-key",
    "hex-instead-of-base64",
    "body-reserialized",
    "invented-header-name",
    "webhook-headers-only",
    "no-verification",
    "verifies-only-if-present",
    "ok-on-failure",
    "crash-after-verification",
    "published-secret",
    "secret-unset",
    "clock-skew",
    "timestamp-milliseconds",
    "id-not-signed",
    "timestamp-not-signed",
    "prefix-compare",
    "unpadded-base64",
    "urlsafe-base64",
    "python-bytes-repr",
    "content-separator",
    "status-vocabulary",
    "wrong-path",
    "crash-before-verification",
    "wrong-secret",
    "csrf",
    "auth-wall",
    "redirect",
    "method",
    "content-type-guard",
    "body-parsed-before-verify",
]


def test_every_check_of_the_contract_is_there() -> None:
    """With its severity, and no other."""
    contract = {
        f"{group}.{name}": severity
        for group, text in CONTRACT.items()
        for name, severity in (word.split(":") for word in text.split())
    }
    assert contract == {check.id: check.severity[0] for check in SUITE}
    assert len(BY_ID) == len(SUITE)


@pytest.mark.parametrize("check", SUITE, ids=lambda check: check.id)
def test_every_check_explains_itself(check: object) -> None:
    """In sentences without a final period, so that reports may put them together."""
    for name in ("title", "sent", "why", "fix", "source"):
        text = getattr(check, name)
        assert text, name
        assert not text.endswith("."), name
    title = getattr(check, "title", "")
    assert title[0].isupper()


def test_every_cause_of_the_contract_is_known() -> None:
    """With a message and a fix; those that a scheme proves among them."""
    assert set(CAUSES) <= set(HANDLER_MISTAKES)
    trials = (*TRIALS, *CLOCKS)
    codes = {named(one).handler_code for trial in trials for one in trial.delivery.schemes}
    assert {trial.code for trial in trials} | codes - {""} <= set(HANDLER_MISTAKES)
    for mistake in HANDLER_MISTAKES.values():
        assert mistake.message
        assert mistake.fix
        assert not (mistake.message + mistake.fix).endswith(".")


def test_every_wrong_way_to_sign_of_the_table_is_tried() -> None:
    """A row of the one table that a handler can make is tried; adding one touches that row."""
    tried = {scheme for trial in TRIALS for scheme in trial.delivery.schemes}
    rows = [
        *(Scheme(key=row) for row in KEYS.values() if row.probe and row.mistakes),
        *(Scheme(content=row) for row in CONTENTS.values() if row.probe and row.mistakes),
    ]
    bodies = {scheme.body.code for scheme in tried if scheme.body}
    assert set(rows) <= tried
    assert bodies == {row.code for row in BODIES.values() if row.probe}


def test_choosing() -> None:
    """Ids, groups and patterns; the gate stays."""
    assert frozenset(BY_ID) == choose()
    assert {*GATES, "retry.rotation"} == choose(["retry.rotation"])
    assert {*GATES, *(id_ for id_ in BY_ID if id_.startswith("tls."))} == choose(["tls"])
    assert "forgery.stale-24h" not in choose(skip=["forgery.stale-*"])
    assert set(GATES) <= choose(skip=["delivery"])
    with pytest.raises(VoveError, match="unknown check 'retri'"):
        choose(["retri"])
    with pytest.raises(VoveError) as error:
        find_check("body.utf-8")
    assert "body.utf8" in error.value.hint


def test_the_order() -> None:
    """All of them either way: the gate, then what a verdict needs; on a slow endpoint errors first."""
    for is_slow in (False, True):
        gate, first, forgeries, *rest = in_groups(is_slow=is_slow)
        ids = [check.id for group in (gate, first, forgeries, *rest) for check in group]
        assert sorted(BY_ID) == sorted(ids)
        assert [check.id for check in gate[:3]] == list(GATES)
        assert {check.id for check in first} == {
            f"forgery.{name}" for name in ("wrong-secret", "unsigned", "empty-key")
        }
        assert {check.id for check in (*first, *forgeries)} == {check.id for check in ESSENTIAL}
    severities = [check.severity for check in rest[0]]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)


def test_what_a_check_needs_is_known() -> None:
    """By its name, and it can be sent."""
    for check in SUITE:
        assert set(check.needs) <= set(STEPS)
    for pattern in PATTERNS:
        assert set(pattern.needs) <= set(STEPS)


def test_a_verdict_fits_in_28_requests() -> None:
    """A limiter of 30 a minute must not hide what it needs: the gate, the forgeries, two controls."""
    forgeries = sum(len(check.steps) for check in ESSENTIAL)

    assert 2 + forgeries + 2 <= 28


def test_a_check_stands_in_one_place() -> None:
    """Its row; others name it only where they need its answers, or run it first."""
    folder = ROOT / "src" / "vovecli" / "core" / "conformance"
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*.py")]
    needed = {name for check in SUITE for name in check.needs} | {
        name for pattern in (*PATTERNS, REWRITTEN) for name in pattern.needs
    }
    first = {check.id for group in list(in_groups(is_slow=False))[:3] for check in group}
    for id_ in BY_ID:
        named_in = sum(f'"{id_}"' in text for text in texts)
        assert named_in <= 1 or id_ in needed | first or id_ in ("forgery.effect", "body.leak"), id_


@pytest.mark.parametrize("check", ["forgery.used-up-id", "forgery.reused-signature"])
def test_a_conversation_that_was_cut_short_proves_nothing(check: str) -> None:
    """The run may end between two steps."""
    state = RunState(parse_endpoint("3000"), ())

    assert BY_ID[check].judge(Evidence(), state).outcome == "inconclusive"
