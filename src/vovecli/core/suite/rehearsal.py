"""The app started again: without its secret, and after a delivery that it must remember."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.probes.variants import Variant
from vovecli.core.suite import sources
from vovecli.core.suite.check import Check, Evidence, Judgement, Observe, Restart, described
from vovecli.core.suite.check import unjudged as not_the_handler
from vovecli.core.suite.forgery import UNSIGNED
from vovecli.core.suite.signatures import SIGNATURES
from vovecli.core.suite.traces import NOISY, TRACELESS, changes

if TYPE_CHECKING:
    from vovecli.core.suite.state import RunState

_KEYS_FOR_NOTHING = next(check.steps for check in SIGNATURES if check.id.endswith(".empty-key"))
_NO_RETURN = "the app does not restart even with its secret, so the restarts show nothing"


def _needs_its_secret(evidence: Evidence, state: RunState) -> Judgement:
    """To end is right, and so is to refuse; to take what anybody can send is not."""
    without, again = evidence.starts
    taken = [one for one in evidence.exchanges[1:] if state.accepts(one)]
    if taken:
        return Judgement("fail", described(taken[0], evidence))
    if not again.is_up:
        return Judgement("inconclusive", again.words, _NO_RETURN)
    if without.ended:
        return Judgement("pass", f"it refuses to start: {without.words}")
    if not without.is_up:
        return Judgement("inconclusive", without.words, "it neither ends nor answers")
    last = evidence.exchanges[-1]
    if last.answer.gone:
        return Judgement("pass", f"it ends at a request: {described(last, evidence)}")
    for one in evidence.exchanges:
        if one.answer.is_transient:
            return not_the_handler(one)
    genuine, unsigned, *_ = evidence.exchanges
    if state.accepts(genuine):
        why = "it still verifies with the secret of this run: it gets it from somewhere else"
        return Judgement("inconclusive", described(genuine, evidence), why)
    if state.settings_file:
        why = f"it may have read another secret from {state.settings_file}"
        return Judgement("inconclusive", described(unsigned, evidence), why)
    return Judgement("pass", described(unsigned, evidence))


def _remembers(evidence: Evidence, state: RunState) -> Judgement:  # noqa: ARG001 - a judge
    """The state after the second copy is that before it."""
    (start,) = evidence.starts
    if not start.is_up:
        return Judgement("inconclusive", start.words, _NO_RETURN)
    if not evidence.is_stable:
        return Judgement("skipped", why=NOISY)
    applied, restarted, again = changes(evidence)
    if not applied:
        return Judgement("skipped", why=TRACELESS)
    if restarted:
        why = "the observed state itself does not survive a restart"
        return Judgement("inconclusive", restarted.describe(), why)
    if again:
        return Judgement("fail", f"the state changed: {again.describe()}")
    return Judgement("pass", "the state did not change")


REHEARSAL = (
    Check(
        "config.secret-unset", "error", "Without its secret the app accepts nothing",
        sent="the app is started without its secret; then a genuine delivery, an unsigned one, and "
        "some signed with an empty key or a word such as undefined",
        judge=_needs_its_secret, needs_restart=True,
        steps=(Restart(with_secret=False), Variant(), UNSIGNED, *_KEYS_FOR_NOTHING, Restart()),
        why="if the variable is missing or misspelt in production, the verification is off and "
        "nothing reports it",
        fix="read the secret when the app starts, and exit with an error if it is missing",
        source=sources.REJECT,
    ),
    Check(
        "retry.after-restart", "warning", "A restart does not forget what was applied",
        sent="a delivery and, after a restart of the app, the same message again",
        judge=_remembers, gated=True, needs_observer=True, needs_restart=True,
        steps=(
            Observe(),
            Variant("before the restart", message="a"),
            Observe(awaits_change=True),
            Restart(),
            Observe(),
            Variant("the same message after the restart", message="a"),
            Observe(),
        ),
        why="the app keeps the ids it has seen in memory: after a deployment, each retry is "
        "applied twice",
        fix="store the ids where the effects are stored, in the same transaction",
        source=sources.IDEMPOTENCY,
    ),
)  # fmt: skip
