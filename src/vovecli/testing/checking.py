"""The whole conformance suite as one test: of an application in this process, or of a URL."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from vovecli.adapters.observer import Observer
from vovecli.api import parse_secrets
from vovecli.core.catalogue import SAMPLE_PATHS
from vovecli.core.conformance.conversation import DriverReply, Read, Request, Resolve, Send
from vovecli.core.conformance.run import Run
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.errors import Category, VoveError
from vovecli.core.outcomes.checks import CHECKED_FAMILIES, FAILURES, CheckReport, CheckResult
from vovecli.core.probes.exchanges import Observation
from vovecli.core.suite import BY_ID, Options, choose
from vovecli.testing.applications import HOST, is_asgi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vovecli.core.outcomes.checks import CheckVerdict, Diagnosis
    from vovecli.testing.callers import Caller

DEFAULT_PATH = SAMPLE_PATHS["kyb"]
# What only a wire shows, and why it cannot be judged here.
WIRE_CHECKS: Mapping[str, str] = {
    "delivery.header-case": "in process: WSGI and ASGI give header names one spelling",
    "retry.concurrent-duplicate": "in process: one request at a time",
    "retry.volume": "in process: one request at a time",
    "body.split": "in process: the body comes whole",
} | {id_: "in process: there is no connection" for id_ in BY_ID if id_.startswith("tls.")}
_READINGS, _PAUSE_S = 20, 0.05  # of a state that a delivery should have changed


class NotConformantError(AssertionError):
    """The handler failed checks, or could not be judged.

    Attributes:
        conformance: Everything that was found.
    """

    def __init__(self, conformance: Conformance, text: str) -> None:
        super().__init__(text)
        self.conformance = conformance


@dataclass(frozen=True, slots=True)
class Conformance:
    """What the suite found; true where the handler is conformant.

    Attributes:
        report: Every check, as `vove check --json` has it.
        raised: Exceptions of the application, by what it was sent.
    """

    report: CheckReport
    raised: Mapping[str, BaseException]

    def __bool__(self) -> bool:
        return self.verdict == "conformant"

    @property
    def verdict(self) -> CheckVerdict:
        """`conformant`, `failing`, `inconclusive` or `unreachable`."""
        return self.report.verdict

    @property
    def diagnosis(self) -> tuple[Diagnosis, ...]:
        """The handler's mistakes, named."""
        return self.report.diagnosis

    def failures(self, *, fail_on: Literal["error", "warn"] = "error") -> list[CheckResult]:
        """The checks that failed; with `warn` those that warn, too."""
        return [one for one in self.report.checks if one.outcome in FAILURES[fail_on]]

    def raise_for_failures(self, *, fail_on: Literal["error", "warn"] = "error") -> None:
        """Do nothing where the handler is right.

        Raises:
            NotConformantError: With one paragraph per failure, and the named mistakes before them.
        """
        failures = self.failures(fail_on=fail_on)
        if failures or not self:
            raise NotConformantError(self, "\n\n".join(self._paragraphs(failures)))

    def _paragraphs(self, failures: Sequence[CheckResult]) -> Iterator[str]:
        failed = f"; {len(failures)} of {len(self.report.checks)} checks failed" if failures else ""
        yield f"{self.report.endpoint} is {self.verdict}{failed}"
        for mistake in self.diagnosis:
            yield f"{mistake.certainty}: {mistake.message} ({mistake.code})\n  fix:  {mistake.fix}"
        if self.report.unjudged:
            yield f"not judged: {self.report.unjudged}"
        for one in failures:
            lines = {"sent": one.sent, "got": one.got, "why": one.why, "fix": one.fix}
            yield f"{one.id}: {BY_ID[one.id].title}" + "".join(
                f"\n  {name + ':':<5} {text}" for name, text in lines.items() if text
            )
        if self.raised:
            lines = {label: f"{error!r}" for label, error in list(self.raised.items())[:3]}
            yield "the application raised:" + "".join(
                f"\n  {text} (sent: {label})" for label, text in lines.items()
            )


def check(
    app: object,
    *,
    secret: str | Iterable[str],
    path: str = DEFAULT_PATH,
    host: str = HOST,
    family: Literal["kyb", "kyc", "both"] | None = None,
    ref_id: str | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    observe: Callable[[], object] | None = None,
    own_host: bool = False,
) -> Conformance:
    """Send a handler about a hundred genuine, forged, repeated and odd deliveries.

    Args:
        app: A WSGI or ASGI application, or the URL of one that runs.
        secret: `whsec_...`, the handler's.
        path: Of the handler within the application.
        host: The name that the application is called by, where it insists on one.
        family: Events that must be served; by default whichever are.
        ref_id: A test user's refId, for an app that looks them up.
        only: Checks to run: ids, groups or patterns.
        skip: Checks to leave out.
        observe: Reads the state that deliveries change, so that effects are judged, too.
        own_host: Whether a URL on another machine is yours to attack.

    Raises:
        VoveError: `no-secret`, `unknown-check`, `bad-endpoint`, `host-not-confirmed`.
        TypeError: The app is none.
        ValueError: For another family, or a path without its slash.
        RuntimeError: An ASGI application in a thread whose event loop runs, or whose start-up
            fails.
    """
    is_url = isinstance(app, str)
    if not path.startswith("/"):
        raise ValueError(f"path is {path!r}: it begins with a slash")
    if family is not None and family not in CHECKED_FAMILIES:
        raise ValueError(f"family is {', '.join(CHECKED_FAMILIES)} or None, not {family!r}")
    options = Options(
        endpoint=parse_endpoint(app if isinstance(app, str) else f"http://localhost{path}"),
        secrets=tuple(parse_secrets(secret)),
        families=CHECKED_FAMILIES[family] if family else (),
        ref_id=ref_id or "",
        final=True,
        observes=observe is not None,
        chosen=choose(only, skip),
    )
    if is_url:
        return _check_url(options, observe, own_host=own_host)
    caller = _caller(app, host)
    try:
        report = _converse(options, caller, observe)
    finally:
        caller.close()
    return Conformance(_named(report, app), caller.raised)


def _check_url(
    options: Options, observe: Callable[[], object] | None, *, own_host: bool
) -> Conformance:
    from vovecli.commands.check import check as check_endpoint

    is_loopback = options.endpoint.is_loopback
    if not is_loopback and not own_host:
        raise VoveError(
            "host-not-confirmed",
            f"the suite sends forgeries; {options.endpoint.host} is not this machine",
            hint="pass own_host=True if it is yours, and an environment for tests",
            category=Category.USAGE,
        )
    *_, report = check_endpoint(
        replace(options, final=is_loopback),
        random_bytes=os.urandom,
        observer=Observer(lambda: str(observe())) if observe else None,
    )
    assert isinstance(report, CheckReport)
    return Conformance(report, {})


def _caller(app: object, host: str) -> Caller:
    from vovecli.testing.callers import AsgiCaller, WsgiCaller

    is_async = is_asgi(app)
    assert callable(app)
    return AsgiCaller(app, host) if is_async else WsgiCaller(app, host)


def _converse(
    options: Options, caller: Caller, observe: Callable[[], object] | None
) -> CheckReport:
    """Carry the run's requests to the application and its answers back."""
    within = replace(options, out_of_reach=WIRE_CHECKS)
    started = time.monotonic()

    def perform(step: Request) -> DriverReply:
        made = _perform(step, caller, observe)
        return replace(made, now=time.time(), elapsed_s=time.monotonic() - started)

    *_, report = Run(within, os.urandom, time.time()).results(perform)
    assert isinstance(report, CheckReport)
    return report


def _perform(step: Request, caller: Caller, observe: Callable[[], object] | None) -> DriverReply:
    if isinstance(step, Resolve):
        return DriverReply(0, addresses=["in process"])
    if isinstance(step, Send):
        return DriverReply(0, answers=[caller.ask(probe) for probe in step.probes])
    assert isinstance(step, Read)
    return DriverReply(0, observation=_look(step, observe))


def _look(step: Read, observe: Callable[[], object] | None) -> Observation:
    """Read the state; the handler's work is done, unless it hands it to a thread of its own."""
    if observe is None:
        return Observation("", is_stable=False)
    text = str(observe())
    for _ in range(_READINGS):
        if text != step.changed_from:
            break
        time.sleep(_PAUSE_S)
        text = str(observe())
    return Observation(text, is_stable=not step.first or text == str(observe()))


def _named(report: CheckReport, app: object) -> CheckReport:
    """The application where the report has the endpoint."""
    path = report.endpoint.removeprefix("http://localhost")
    kind = type(app)
    name = getattr(app, "__qualname__", None) or f"{kind.__module__}.{kind.__qualname__}"
    return replace(report, endpoint=f"{name} at {path}")
