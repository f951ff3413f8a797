"""`vove check`: carries the conversation of `core.conformance.run` to the endpoint and back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from vovecli.adapters.addresses import listens, resolve
from vovecli.adapters.sniffing import spoken_protocol
from vovecli.adapters.tls import client_context
from vovecli.adapters.wire import WireClient
from vovecli.commands.starting import START_S, start_again, wait_until_up
from vovecli.core.conformance.conversation import (
    DriverReply,
    Read,
    Request,
    Resolve,
    Send,
)
from vovecli.core.conformance.run import Run
from vovecli.core.headers import retry_after_s, with_headers
from vovecli.core.outcomes.answers import NoAnswer
from vovecli.core.outcomes.checks import CheckedApp, CheckReport, CheckResult
from vovecli.core.outcomes.records import UNRECORDED_HEADERS
from vovecli.core.probes.exchanges import Observation, ProbeAnswer, at_once
from vovecli.core.suite.check import AppStart, Restart
from vovecli.core.suite.state import BUDGET_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.adapters.app_process import AppProcess
    from vovecli.adapters.observer import Observer
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.messages import Headers
    from vovecli.core.probes.exchanges import Probe
    from vovecli.core.suite import Options

# More than the sender waits: an answer that comes too late is not the same as none.
ANSWER_TIMEOUT_S = 16.0
# After a probe without any answer, the next are not worth that long, but for slow answers.
IMPATIENT_TIMEOUT_S, SLOWNESS = 2.5, 3
COMEBACK_S = 4.0  # for a supervisor to start a process that died again
GATEWAY_PAUSE_S = 0.5
_LAST_TIMEOUT_S = 2.0  # of what is under way when the run's time is over
_LOST = ("refused", "closed", "protocol")
_MISUNDERSTOOD = ("closed", "protocol", "tls")
MAX_RETRY_AFTER_S, MAX_LIMITED_S = 15.0, 30.0
_PAUSE_S = 0.05


class ProbeTransport(NamedTuple):
    """How the endpoint is reached.

    Attributes:
        headers: That go with every request, for what comes before the handler.
        timeout_s: How long an answer may take.
        verify: For https: False takes any certificate, a path adds an authority.
        rate: Requests per second at most; 0: as fast as they are answered.
        wait_s: How long the endpoint may take to come up, and the app to start again; 0: the
            endpoint is not waited for, the app as long as is usual.
    """

    headers: Sequence[tuple[str, str]] = ()
    timeout_s: float = ANSWER_TIMEOUT_S
    verify: bool | str = True
    rate: float = 0.0
    wait_s: float = 0.0


def check(
    options: Options,
    *,
    random_bytes: Callable[[int], bytes],
    observer: Observer | None = None,
    app: AppProcess | None = None,
    how: ProbeTransport | None = None,
) -> Iterator[CheckResult | CheckReport]:
    """Run the suite: results as they come, the report last.

    Args:
        options: What to check.
        random_bytes: For ids, refIds and wrong keys.
        observer: Reads the app's state.
        app: The app behind the endpoint, where this run has started it.
        how: The endpoint is reached.

    Raises:
        VoveError: `observe-failed`, `bad-ca-file`.
    """
    how = how or ProbeTransport()
    with asyncio.Runner() as runner:
        if how.wait_s and not app:
            runner.run(wait_until_up(options.endpoint, how.wait_s))
        driver = Driver(options.endpoint, observer, app, how)
        run = Run(options, random_bytes, time.time())
        for found in run.results(lambda request: runner.run(driver.perform(request))):
            if app and isinstance(found, CheckReport):
                ended = CheckedApp(app.command, app.ending, app.tail if app.ending else ())
                yield replace(found, app=ended)
            else:
                yield found


class Driver:
    """Performs what a run asks for.

    Args:
        endpoint: Where to.
        observer: Reads the app's state.
        app: What it printed is filed under the probe that it answered.
        how: The endpoint is reached.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        observer: Observer | None = None,
        app: AppProcess | None = None,
        how: ProbeTransport | None = None,
    ) -> None:
        self._how = how or ProbeTransport()
        is_https = endpoint.scheme == "https"
        self._trusted = client_context(verify=self._how.verify) if is_https else None
        self._endpoint = endpoint
        self._observer = observer
        self._app = app
        self._next_at = 0.0
        self._paced_s = 0.0
        self._started = time.monotonic()
        self._answered: set[str] = set()
        self._is_impatient = False
        self._slowest_s = 0.0
        self._limited_s = 0.0

    async def perform(self, request: Request) -> DriverReply:
        """Do it, and say what came of it and what time it is."""
        reply = DriverReply(0)
        if isinstance(request, Resolve):
            try:
                reply = DriverReply(0, addresses=await resolve(self._endpoint))
            except NoAnswer as error:
                reply = DriverReply(0, message=error.message)
        elif isinstance(request, Send):
            reply = DriverReply(0, answers=await self._send(request.probes))
        elif isinstance(request, Read):
            reply = DriverReply(0, observation=self._observe(request))
        elif isinstance(request, Restart):
            reply = DriverReply(0, start=await self._restart(request))
        return replace(reply, now=time.time(), elapsed_s=self._elapsed_s)

    async def _restart(self, request: Restart) -> AppStart:
        """End the app and start it again, which is no time of the run's."""
        assert self._app, "vove restarts only an app that it started"
        started = time.monotonic()
        wait_s = self._how.wait_s or START_S
        found = await start_again(
            self._app, self._endpoint, wait_s, with_secret=request.with_secret
        )
        self._paced_s += time.monotonic() - started
        return found

    async def _send(self, probes: Sequence[Probe]) -> list[ProbeAnswer]:
        """One after the other; a probe marked `together` goes with the one before it."""
        answers: list[ProbeAnswer] = []
        for group in at_once(probes):
            answers += await self._answers(group)
            if answers[-1].gone:
                break
        return answers

    async def _answers(self, group: Sequence[Probe]) -> list[ProbeAnswer]:
        """Of probes that are sent at once; what the app prints meanwhile is filed under each."""
        if self._app:
            self._app.take_lines()  # late words about an earlier probe, nobody knows which
        answers = await asyncio.gather(*(self._ask(probe) for probe in group))
        if not self._app:
            return answers
        printed = self._app.settle(failed=any(answer.is_crash for answer in answers))
        return [replace(answer, printed=printed) for answer in answers]

    async def _ask(self, probe: Probe) -> ProbeAnswer:
        """Send a probe; again after a connection error, a limit, or a gateway's own answer."""
        answer = await self._once(probe)
        if answer.error in _LOST and probe.address in self._answered:
            answer = await self._insist(probe, answer)
        elif answer.error in _MISUNDERSTOOD and not self._answered:
            answer = await self._name_protocol(probe, answer)
        if answer.is_transient and (pause_s := self._pause(answer)):
            self._limited_s += pause_s
            await asyncio.sleep(pause_s)
            answer = await self._once(probe)
        return answer

    async def _insist(self, probe: Probe, first: ProbeAnswer) -> ProbeAnswer:
        """Whether a lost connection was a hiccup, or the process ended, and of this probe."""
        down_ms = await self._wait_for_listener(probe)
        if down_ms is None:
            return replace(first, gone=True)
        again = await self._once(probe)
        if again.error in _LOST:
            down_again_ms = await self._wait_for_listener(probe)
            if down_again_ms is None:
                return replace(again, gone=True)
            return replace(again, down_ms=down_again_ms if down_ms else 0)
        return replace(again, down_ms=down_ms)

    async def _name_protocol(self, probe: Probe, answer: ProbeAnswer) -> ProbeAnswer:
        """What the port speaks, where it is not what the URL says."""
        spoken = await spoken_protocol(self._endpoint, probe.address)
        if not spoken:
            return answer
        port = self._endpoint.port
        message = f"the URL begins with {self._endpoint.scheme}://, port {port} speaks {spoken}"
        return replace(answer, error="scheme", message=message)

    async def _wait_for_listener(self, probe: Probe) -> float | None:
        """For how many milliseconds nothing listened; None: it did not come back."""
        started = time.monotonic()
        down_ms = 0.0
        while not await listens(probe.address or self._endpoint.host, self._endpoint.port):
            down_ms = (time.monotonic() - started) * 1000 + 1
            if down_ms > COMEBACK_S * 1000:
                return None
            await asyncio.sleep(_PAUSE_S)
        return down_ms

    async def _once(self, probe: Probe) -> ProbeAnswer:
        endpoint = self._endpoint
        if probe.plain_http:
            endpoint = endpoint._replace(scheme="http", port=80, authorization="")
        await self._pace()
        timeout_s = self._how.timeout_s
        if self._is_impatient:
            timeout_s = min(timeout_s, max(IMPATIENT_TIMEOUT_S, SLOWNESS * self._slowest_s))
        timeout_s = min(timeout_s, max(BUDGET_S - self._elapsed_s, _LAST_TIMEOUT_S))
        client = WireClient(
            endpoint,
            timeout_s=timeout_s,
            ssl_context=client_context(verify=False) if probe.unverified else self._trusted,
            keep_alive=False,
            address=probe.address or None,
        )
        started = time.monotonic()
        try:
            answer = await client.request(
                probe.method,
                probe.target,
                self._headers(probe),
                probe.body,
                held_bytes=probe.held_bytes,
                hold_s=probe.hold_s,
            )
        except NoAnswer as error:
            self._is_impatient |= error.kind == "timeout"
            latency_ms = (time.monotonic() - started) * 1000
            return ProbeAnswer(error=error.kind, message=error.message, latency_ms=latency_ms)
        finally:
            await client.aclose()
        self._answered.add(probe.address)
        self._slowest_s = max(self._slowest_s, answer.latency_ms / 1000)
        return ProbeAnswer(
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            latency_ms=answer.latency_ms,
            is_early=answer.latency_ms < probe.hold_s * 1000,
        )

    def _headers(self, probe: Probe) -> Headers:
        """A probe's, and those of the user but where the credentials are the probe's point."""
        extra = [
            pair
            for pair in self._how.headers
            if pair[0].lower() not in UNRECORDED_HEADERS or not probe.header(pair[0].lower())
        ]
        return with_headers(probe.headers, extra)

    @property
    def _elapsed_s(self) -> float:
        """Since the run began, without the pauses that `--rate` makes."""
        return time.monotonic() - self._started - self._paced_s

    async def _pace(self) -> None:
        if not self._how.rate:
            return
        now = time.monotonic()
        wait_s = max(self._next_at - now, 0)
        self._next_at = max(self._next_at, now) + 1 / self._how.rate
        self._paced_s += wait_s
        await asyncio.sleep(wait_s)

    def _pause(self, answer: ProbeAnswer) -> float:
        """Seconds to wait as `Retry-After` asks; 0 when it asks for too much, or too often."""
        asked_s = retry_after_s(answer.headers, time.time())
        default_s = 1.0 if answer.is_limited else GATEWAY_PAUSE_S
        pause_s = default_s if asked_s is None else asked_s
        if pause_s > MAX_RETRY_AFTER_S or self._limited_s + pause_s > MAX_LIMITED_S:
            return 0
        return pause_s

    def _observe(self, read: Read) -> Observation:
        if self._observer is None:
            return Observation("", is_stable=False)
        if read.first:
            return self._observer.look_closely()
        return self._observer.look(changed_from=read.changed_from)
