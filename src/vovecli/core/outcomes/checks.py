"""What `vove check` found: a result per check, what is wrong with the handler, the whole report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.catalogue import EventFamily

Severity = Literal["error", "warning", "info"]
CheckOutcome = Literal["pass", "fail", "warn", "info", "skipped", "inconclusive"]
CheckVerdict = Literal["conformant", "failing", "inconclusive", "unreachable"]
Proof = Literal["proved", "likely"]

# Which families a handler may be asked to accept, and what counts as a failure.
CHECKED_FAMILIES: Mapping[str, tuple[EventFamily, ...]] = {
    "kyc": ("kyc",),
    "kyb": ("kyb",),
    "both": ("kyb", "kyc"),
}
FAILURES: Mapping[str, frozenset[CheckOutcome]] = {
    "error": frozenset({"fail"}),
    "warn": frozenset({"fail", "warn"}),
}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check.

    Attributes:
        severity: Of a failure; where a check knows two, the one that applied.
        sent: What was sent, in words.
        got: What came back, in words; may be empty where nothing was sent.
        why: What the answer means, or why the check was not judged; empty when it passed cleanly.
        fix: What to change; empty unless the check did not pass.
        source: The sentence of the documentation that the check stems from.
        printed: Lines that the app printed while it answered, masked; empty unless the run started
            the app and the check did not pass.
    """

    id: str
    outcome: CheckOutcome
    severity: Severity
    sent: str
    got: str
    why: str
    fix: str
    source: str
    printed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A mistake of the handler, named.

    Attributes:
        explains: Ids of the checks that fail for this reason.
        certainty: `proved` when the handler accepted what only this mistake accepts.
    """

    code: str
    message: str
    fix: str
    certainty: Proof
    explains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Framework:
    """What a handler is made with, as far as its answers show.

    Attributes:
        names: As people write them, the likeliest first.
        seen: What shows it, such as `x-powered-by: Express`.
        stacks: At most two tested handlers for it, by the names that `vove handler` takes.
        is_guess: Whether other frameworks show the same.
    """

    names: tuple[str, ...]
    seen: str
    stacks: tuple[str, ...]
    is_guess: bool


@dataclass(frozen=True, slots=True)
class CheckExchange:
    """One request of a check and what came back, as text, without secrets.

    Attributes:
        label: What is special about it.
        printed: Lines that the app printed meanwhile.
    """

    label: str
    request: str
    answer: str
    printed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedApp:
    """The app, where the run started it.

    Attributes:
        command: Without its assignments, masked.
        ended: How it ended before the run did: `exit code 1`, `signal 9`; empty: it did not.
        last_lines: That it printed, masked; empty unless it ended.
    """

    command: str
    ended: str = ""
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A whole run.

    Attributes:
        requests: HTTP requests that were sent.
        framework: Of the handler; None where no answer bears a mark.
        wants_handler: Whether a whole handler helps with the leading mistake more than words.
        partial: Whether checks were left out by choice: there is no verdict on the whole then.
        observed: Whether the app's state was read, so that effects were judged.
        restarts: How often the server went away and came back in between.
        unjudged: What a verdict needs and could not be judged, and why; empty when it all was.
        app: The app, where the run started it.
        secrets: Fingerprints of those that were used.
        evidence: What each check sent and was answered, by its id.
    """

    endpoint: str
    verdict: CheckVerdict
    diagnosis: tuple[Diagnosis, ...]
    checks: tuple[CheckResult, ...]
    elapsed_s: float
    requests: int
    framework: Framework | None = None
    wants_handler: bool = False
    partial: bool = False
    observed: bool = False
    unjudged: str = ""
    restarts: int = 0
    app: CheckedApp | None = None
    secrets: tuple[str, ...] = ()
    evidence: Mapping[str, Sequence[CheckExchange]] = field(default_factory=dict)

    @property
    def summary(self) -> dict[CheckOutcome, int]:
        """How many checks had each outcome."""
        outcomes = [check.outcome for check in self.checks]
        return {outcome: outcomes.count(outcome) for outcome in get_args(CheckOutcome)}
