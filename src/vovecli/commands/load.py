"""Load: many deliveries at once to one endpoint, each with its own id and signature."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import TYPE_CHECKING

from vovecli.adapters.wire import WireClient
from vovecli.commands.compose import broken, compose
from vovecli.commands.history import record_delivery
from vovecli.commands.send import Conduct, judge, judge_attempt
from vovecli.core.load import LoadPlan, LoadTally, LoadTimeline
from vovecli.core.outcomes.answers import NoAnswer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from vovecli.adapters.history_writer import HistoryWriter
    from vovecli.commands.compose import Composition
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.faults import Fault
    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.outcomes.deliveries import SignedRequest
    from vovecli.core.outcomes.loads import LoadSlice, LoadSummary
    from vovecli.core.secrets import SigningSecret

    # What became of one request; where nothing is recorded there is none.
    Recorder = Callable[[SignedRequest, Answer | NoAnswer], None]

PROGRESS_INTERVAL_S = 0.1
# An endpoint that never answered anything is not worth the rest of the run.
GIVE_UP_AFTER = 100
_MAX_ANSWER_BYTES = 4096


def signer(
    events: Sequence[str | None],
    composition: Composition,
    secrets: Sequence[SigningSecret],
    faults: Sequence[Fault],
    *,
    now: Callable[[], int],
    random_bytes: Callable[[int], bytes],
) -> Callable[[int], SignedRequest]:
    """Makes the request with an index: the events in turn, a refId of its own for each round."""
    rounds = random_bytes(8).hex()

    def sign(index: int) -> SignedRequest:
        wanted = composition
        if len(events) > 1 and not composition.ref_id:
            wanted = composition._replace(ref_id=f"load-{rounds}-{index // len(events)}")
        event = events[index % len(events)]
        signed = compose(event, wanted, secrets, now=now(), random_bytes=random_bytes)
        return broken(signed, faults, wanted, random_bytes=random_bytes) if faults else signed

    return sign


def recorder(
    endpoint: Endpoint, faults: Sequence[Fault], writer: HistoryWriter, *, now: Callable[[], int]
) -> Recorder:
    """Writes each request of a load run into the history."""
    conduct = Conduct(faults)

    def record(signed: SignedRequest, result: Answer | NoAnswer) -> None:
        attempt = judge_attempt(signed, 1, now(), result)
        writer.append(record_delivery(judge(signed, endpoint, [attempt], None, conduct)))

    return record


class LoadRun:
    """One load run; `summary` is true at any time, so an interrupted run has one too.

    Args:
        plan: How much, how fast, how long.
        sign: Makes the request with that index, from 0.
        record: Told what became of each request.
        has_timeline: Whether it is kept what happened when.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        plan: LoadPlan,
        sign: Callable[[int], SignedRequest],
        *,
        timeout_s: float,
        ssl_context: ssl.SSLContext | None = None,
        record: Recorder | None = None,
        has_timeline: bool = False,
    ) -> None:
        self._endpoint, self._plan, self._sign, self._record = endpoint, plan, sign, record
        self._timeout_s, self._ssl_context = timeout_s, ssl_context
        self._tally = LoadTally()
        self._timeline = LoadTimeline() if has_timeline else None
        self._next = 0
        self._started, self._ended = perf_counter(), 0.0

    def run(self, on_progress: Callable[[int], None]) -> LoadSummary:
        """Send everything; blocks until the end.

        Args:
            on_progress: Called now and then with the number of requests that are done.
        """
        asyncio.run(self._run(on_progress))
        return self.summary()

    def summary(self) -> LoadSummary:
        """The totals so far."""
        return self._tally.summary(self._plan, (self._ended or perf_counter()) - self._started)

    def slices(self) -> list[LoadSlice]:
        """What happened when; empty without a timeline."""
        return self._timeline.slices() if self._timeline else []

    async def _run(self, on_progress: Callable[[int], None]) -> None:
        client = WireClient(
            self._endpoint,
            timeout_s=self._timeout_s,
            max_body=_MAX_ANSWER_BYTES,
            ssl_context=self._ssl_context,
        )
        self._started = perf_counter()
        progress = asyncio.create_task(self._tell(on_progress))
        workers = [asyncio.create_task(self._work(client)) for _ in range(self._plan.concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            self._ended = perf_counter()
            for task in (progress, *workers):
                task.cancel()
            await asyncio.gather(progress, *workers, return_exceptions=True)
            on_progress(self._tally.requests)
            await client.aclose()

    async def _work(self, client: WireClient) -> None:
        """One connection: take the next request, wait until it is due, send it."""
        while not self._is_hopeless():
            index, now = self._next, perf_counter()
            due_s = self._plan.due_s(index, now - self._started)
            if due_s is None:
                return
            self._next += 1
            due = self._started + due_s
            if due > now:
                await asyncio.sleep(due - now)
            await self._send(client, self._sign(index), due)

    async def _send(self, client: WireClient, signed: SignedRequest, due: float) -> None:
        result: Answer | NoAnswer
        try:
            result = await client.request(
                "POST", self._endpoint.target, signed.headers, signed.message.body
            )
        except NoAnswer as error:
            result = error
        # Where a request is late because all connections were busy, that wait counts.
        ended = perf_counter()
        latency_ms = (ended - due) * 1000
        if self._record:  # first: a signal may come in between, and what is counted is recorded
            self._record(signed, result)
        self._count(self._tally, result, latency_ms)
        if self._timeline:
            self._count(self._timeline.at(ended - self._started), result, latency_ms)

    @staticmethod
    def _count(tally: LoadTally, result: Answer | NoAnswer, latency_ms: float) -> None:
        if isinstance(result, NoAnswer):
            tally.unanswered(result.message)
        else:
            tally.answered(result.status, latency_ms)

    def _is_hopeless(self) -> bool:
        return self._tally.failed == self._tally.requests >= GIVE_UP_AFTER

    async def _tell(self, on_progress: Callable[[int], None]) -> None:
        while True:
            on_progress(self._tally.requests)
            await asyncio.sleep(PROGRESS_INTERVAL_S)
