"""Handlers as functions from request to answer, right ones and wrong ones, and runs against them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vovecli.core.conformance.conversation import DriverReply, Read, Resolve
from vovecli.core.conformance.run import Run
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.outcomes.checks import CheckReport, CheckResult
from vovecli.core.probes.exchanges import Observation, Probe, ProbeAnswer
from vovecli.core.secrets import parse_secret
from vovecli.core.suite import Options
from vovecli.core.suite.check import AppStart, Restart

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.core.conformance.conversation import Request as Step

NOW = 1_800_000_000
SECRET = parse_secret("whsec_q+8/Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==")
OTHER_KEY = b"another key of 24 bytes."
URL = "http://localhost:3000/webhooks/vove"
FINAL = {"COMPLETED", "REJECTED", "successful", "suspected"}
KYB = ("IN_PROGRESS", "IN_REVIEW", "COMPLETED", "REJECTED")
KYC = ("in_progress", "pending", "successful", "suspected")


@dataclass
class Request:
    """One request as a handler sees it."""

    method: str
    path: str
    raw_headers: list[tuple[str, str]]
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """By lower-case name."""
        return {name.lower(): value for name, value in self.raw_headers}

    def json(self) -> Any:
        """The parsed body; raises ValueError."""
        return json.loads(self.body)

    @property
    def status(self) -> Any:
        """The payload's status, None where there is none."""
        return self._field("status")

    @property
    def ref_id(self) -> Any:
        """The payload's refId, None where there is none."""
        return self._field("refId")

    def _field(self, name: str) -> Any:
        try:
            payload = self.json()
        except ValueError:
            return None
        return payload.get(name) if isinstance(payload, dict) else None


Handler = Callable[[Request], ProbeAnswer]


def reply(status: int, body: object = "", **headers: str) -> ProbeAnswer:
    """An answer; what is no text is written as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return ProbeAnswer(status=status, body=text.encode(), headers=pairs, latency_ms=1.0)


def closes() -> ProbeAnswer:
    """A connection that ends without an answer."""
    return ProbeAnswer(
        error="closed", message="the endpoint closed the connection before it answered"
    )


@dataclass(frozen=True)
class Verifier:
    """A verification with every part of it to be got wrong."""

    key: bytes = SECRET.key
    content: str = "{id}.{timestamp}.{body}"
    encode: Callable[[bytes], str] = lambda mac: base64.b64encode(mac).decode()
    read_body: Callable[[Request], str | bytes] = lambda request: request.body
    tolerance_s: float = 300
    clock_off_s: float = 0
    prefix: str = "svix"
    matches: Callable[[str, str], bool] = lambda header, mac: any(
        entry == f"v1,{mac}" for entry in header.split(" ")
    )
    find: Callable[[Request, str], str | None] = lambda request, name: request.headers.get(name)
    now: Callable[[], float] = lambda: NOW

    def __call__(self, request: Request) -> bool:
        """Whether the request is taken for genuine."""
        message_id = self.find(request, f"{self.prefix}-id")
        timestamp = self.find(request, f"{self.prefix}-timestamp")
        header = self.find(request, f"{self.prefix}-signature")
        if not (header and timestamp and message_id):
            return False
        if not self.is_fresh(timestamp):
            return False
        body = self.read_body(request)
        content = self.content.format(id=message_id, timestamp=timestamp, body="\0").encode()
        content = content.replace(b"\0", body if isinstance(body, bytes) else body.encode())
        return self.matches(header, self.encode(hmac.digest(self.key, content, hashlib.sha256)))

    def is_fresh(self, timestamp: str) -> bool:
        """Whether the timestamp lies within the tolerance."""
        if self.tolerance_s == float("inf"):
            return True
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13):
            return False
        return abs(self.now() + self.clock_off_s - int(timestamp)) <= self.tolerance_s


verified = Verifier()


@dataclass(frozen=True)
class App:
    """A handler: what it verifies with, how it refuses, what it does with what is genuine."""

    verify: Callable[[Request], bool] = verified
    refuse: Callable[[Request], ProbeAnswer] = lambda _: reply(401, {"error": "invalid signature"})
    accept: Callable[[Request], ProbeAnswer] = lambda _: reply(200, {"ok": True})
    path: str = "/webhooks/vove"
    before: Callable[[Request], ProbeAnswer | None] = lambda _: None

    def __call__(self, request: Request) -> ProbeAnswer:
        """Answer one request as a framework with one POST route does."""
        if wall := self.before(request):
            return wall
        if urlsplit(request.path).path != self.path:
            return reply(404, f"Cannot {request.method} {request.path}")
        if request.method != "POST":
            return reply(405, "Method Not Allowed", Allow="POST")
        return self.accept(request) if self.verify(request) else self.refuse(request)


@dataclass
class Examined:
    """A finished run."""

    report: CheckReport
    probes: list[Probe] = field(default_factory=list)

    def __getitem__(self, id_: str) -> CheckResult:
        return next(check for check in self.report.checks if check.id == id_)

    @property
    def flagged(self) -> set[str]:
        """Ids of what failed or warned."""
        return {check.id for check in self.report.checks if check.outcome in ("fail", "warn")}

    @property
    def codes(self) -> list[str]:
        """The diagnosis by its codes."""
        return [one.code for one in self.report.diagnosis]

    def outcomes(self, *outcomes: str) -> set[str]:
        """Ids of the checks with these outcomes."""
        return {check.id for check in self.report.checks if check.outcome in outcomes}


def examine(
    handler: Handler,
    *,
    url: str = URL,
    observe: Callable[[], str] | None = None,
    addresses: Sequence[str] = ("127.0.0.1",),
    elapsed_s: Callable[[int], float] = lambda requests: requests * 0.001,
    settle: Callable[[], None] = lambda: None,
    restart: Callable[[bool], AppStart] | None = None,
    **options: Any,
) -> Examined:
    """Run the whole suite against a function.

    `settle` is called when the requests that were sent at once are all answered, `restart` with
    whether the handler gets its secret.
    """
    endpoint = parse_endpoint(url)
    options.setdefault("final", endpoint.is_loopback)
    wanted = Options(
        endpoint,
        (SECRET,),
        observes=observe is not None,
        restarts=restart is not None,
        **options,
    )
    examined = Examined(CheckReport("", "inconclusive", (), (), 0, 0))

    def perform(step: Step) -> DriverReply:
        elapsed = elapsed_s(len(examined.probes))
        if isinstance(step, Resolve):
            return DriverReply(NOW, elapsed, addresses=addresses)
        if isinstance(step, Read):
            assert observe is not None
            return DriverReply(NOW, elapsed, observation=_settle(observe))
        if isinstance(step, Restart):
            assert restart is not None
            return DriverReply(NOW, elapsed, start=restart(step.with_secret))
        answers = list(_answers(handler, step.probes, settle))
        examined.probes += step.probes[: len(answers)]
        return DriverReply(NOW, elapsed, answers=answers)

    *streamed, report = Run(wanted, _random(), NOW).results(perform)
    assert isinstance(report, CheckReport)
    ids = [one.id for one in streamed if isinstance(one, CheckResult)]
    assert ids == [one.id for one in report.checks]
    examined.report = report
    return examined


def _answers(
    handler: Handler, probes: Sequence[Probe], settle: Callable[[], None]
) -> Iterator[ProbeAnswer]:
    """Of each until one ends the process."""
    for probe in probes:
        if not probe.together:
            settle()
        answer = _ask(handler, probe)
        yield answer
        if answer.gone:
            break
    settle()


def _ask(handler: Handler, probe: Probe) -> ProbeAnswer:
    assert len(probe.body) < 20_000
    return handler(Request(probe.method, probe.target, list(probe.headers), probe.body))


def _settle(observe: Callable[[], str]) -> Observation:
    first, second = observe(), observe()
    return Observation(second, is_stable=first == second)


def _random() -> Callable[[int], bytes]:
    """Repeatable bytes."""
    state = b"seed"

    def draw(count: int) -> bytes:
        nonlocal state
        drawn = b""
        while len(drawn) < count:
            state = hashlib.sha256(state).digest()
            drawn += state
        return drawn[:count]

    return draw
