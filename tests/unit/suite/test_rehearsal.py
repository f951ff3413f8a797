"""The app started again: what it does without its secret, what it remembers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import App, Verifier, examine, reply

from vovecli.core.endpoints import parse_endpoint
from vovecli.core.probes.exchanges import Observation
from vovecli.core.suite.check import AppStart, Evidence
from vovecli.core.suite.rehearsal import REHEARSAL
from vovecli.core.suite.state import RunState
from vovecli.core.suite.traces import NOISY, TRACELESS

if TYPE_CHECKING:
    from tests.unit.conformance.handlers import Examined, Handler, Request

    from vovecli.core.probes.exchanges import ProbeAnswer

UP = AppStart(is_up=True)
ENDED = AppStart(ended=True, words="exit code 1: VOVE_WEBHOOK_SECRET is not set")
SILENT = AppStart(words="no answer within 15 s")
RIGHT = App()
EMPTY_KEY = App(Verifier(key=b""))


@dataclass
class Rehearsed:
    """A handler that is another one without its secret.

    Attributes:
        bare: It, then.
        starts: What becomes of a start without the secret, and of the next with it.
    """

    bare: Handler
    starts: tuple[AppStart, AppStart] = (UP, UP)
    has_secret: bool = True

    def __call__(self, request: Request) -> ProbeAnswer:
        """Answer."""
        return (RIGHT if self.has_secret else self.bare)(request)

    def restart(self, with_secret: bool) -> AppStart:  # noqa: FBT001 - as the run asks
        """Start again."""
        self.has_secret = with_secret
        return self.starts[with_secret]

    def examine(self, **options: str) -> Examined:
        """Run everything."""
        return examine(self, restart=self.restart, **options)  # type: ignore[arg-type]  # of Options


def _accepts_all(_: Request) -> ProbeAnswer:
    return reply(200, "ok")


def _refuses_all(_: Request) -> ProbeAnswer:
    return reply(500, "no secret")


BARE = {
    "takes unsigned requests": (
        Rehearsed(_accepts_all),
        "fail",
        "without the webhook headers: 200",
    ),
    "verifies with an empty key": (Rehearsed(EMPTY_KEY), "fail", "an empty key"),
    "refuses": (Rehearsed(_refuses_all), "pass", "500"),
    "refuses to start": (
        Rehearsed(_accepts_all, (ENDED, UP)),
        "pass",
        "VOVE_WEBHOOK_SECRET is not",
    ),
    "hangs": (Rehearsed(_accepts_all, (SILENT, UP)), "inconclusive", "no answer within 15 s"),
    "never comes back": (Rehearsed(_refuses_all, (ENDED, SILENT)), "inconclusive", "no answer"),
    "is limited": (Rehearsed(lambda _: reply(429)), "inconclusive", "429"),
    "has the secret from elsewhere": (Rehearsed(RIGHT), "inconclusive", "a genuine delivery: 200"),
}


@pytest.mark.parametrize("name", BARE)
def test_without_its_secret(name: str) -> None:
    """To end and to refuse is right; to take what anybody can send is an error."""
    rehearsed, outcome, got = BARE[name]
    examined = replace(rehearsed).examine()

    assert examined["config.secret-unset"].outcome == outcome
    assert got in examined["config.secret-unset"].got
    assert examined.report.verdict == ("failing" if outcome == "fail" else "conformant")


def test_a_file_of_its_own() -> None:
    """What refuses may have read a secret from it; what accepts is wrong all the same."""
    refuses = Rehearsed(_refuses_all).examine(settings_file=".env")["config.secret-unset"]
    accepts = Rehearsed(_accepts_all).examine(settings_file=".env")["config.secret-unset"]

    assert (refuses.outcome, accepts.outcome) == ("inconclusive", "fail")
    assert refuses.why == "it may have read another secret from .env"


def test_a_process_that_dies_of_a_request_without_its_secret() -> None:
    """It has refused; with its secret it is back."""
    dies = lambda _: replace(reply(0), status=None, error="closed", message="closed", gone=True)  # noqa: E731
    examined = Rehearsed(dies).examine()

    assert examined["config.secret-unset"].outcome == "pass"
    assert examined.report.verdict == "conformant"


def test_nothing_is_restarted_unasked() -> None:
    """Both checks say what does it."""
    examined = examine(App())

    for id_ in ("config.secret-unset", "retry.after-restart"):
        assert examined[id_].outcome == "skipped"
        assert "--rehearse" in examined[id_].why


@dataclass
class Ledger:
    """Applies each message once, as far as it remembers.

    Attributes:
        forgets: What a restart takes.
    """

    forgets: tuple[str, ...] = ()
    seen: set[str] = field(default_factory=set)
    applied: list[str] = field(default_factory=list)
    start: AppStart = UP

    def __call__(self, request: Request) -> ProbeAnswer:
        """Answer and apply."""
        answer = RIGHT(request)
        if answer.status == 200 and request.headers["svix-id"] not in self.seen:
            self.seen.add(request.headers["svix-id"])
            self.applied.append(str(request.ref_id))
        return answer

    def restart(self, with_secret: bool) -> AppStart:  # noqa: FBT001 - as the run asks
        """Start again."""
        for name in self.forgets:
            getattr(self, name).clear()
        return self.start if with_secret else ENDED

    def state(self) -> str:
        """What is observed."""
        return "\n".join(self.applied)


@pytest.mark.parametrize(
    ("forgets", "outcome", "why"),
    [
        ((), "pass", ""),
        (("seen",), "warn", "in memory: after"),
        (("seen", "applied"), "inconclusive", "does not survive a restart"),
    ],
)
def test_what_a_restart_forgets(forgets: tuple[str, ...], outcome: str, why: str) -> None:
    """Ids kept in memory are a warning; a state kept there proves nothing."""
    ledger = Ledger(forgets)
    result = examine(ledger, observe=ledger.state, restart=ledger.restart)["retry.after-restart"]

    assert (result.outcome, why in result.why) == (outcome, True)


def test_a_restart_that_fails_proves_nothing() -> None:
    """The state after it is not even looked at."""
    ledger = Ledger(start=SILENT)
    failed = examine(ledger, observe=ledger.state, restart=ledger.restart)

    assert failed["retry.after-restart"].outcome == "inconclusive"
    assert failed["retry.after-restart"].got == "no answer within 15 s"


def test_a_state_that_shows_nothing_or_never_rests() -> None:
    """Skipped, as for every effect."""
    clock = iter(range(10_000))
    ledger = Ledger()
    still = examine(RIGHT, observe=lambda: "", restart=ledger.restart)["retry.after-restart"]
    noisy = examine(RIGHT, observe=lambda: str(next(clock)), restart=ledger.restart)[
        "retry.after-restart"
    ]

    assert (still.outcome, noisy.outcome) == ("skipped", "skipped")


def _judged(*texts: str, is_stable: bool = True) -> str:
    check = next(check for check in REHEARSAL if check.needs_observer)
    seen = [Observation(text, is_stable=is_stable) for text in texts]
    state = RunState(parse_endpoint("3000"), ())
    return check.judge(Evidence(observations=seen, starts=[UP]), state).why


def test_the_judge_of_what_is_remembered() -> None:
    """What the run skips before it comes to that, it knows as well."""
    assert _judged("a", "a", "a", "a") == TRACELESS
    assert _judged("a", "b", "b", "b", is_stable=False) == NOISY
