"""A real receiver on a free port of this machine, for code that sends webhooks or forwards them."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.adapters import ports
from vovecli.adapters.receiver import Receiver
from vovecli.api import Verdict, verify
from vovecli.core.outcomes.arrivals import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.core.outcomes.arrivals import BrokenRequest
    from vovecli.core.requests import CapturedRequest

WAIT_S = 5.0
_REFUSED = 401


@dataclass(frozen=True, slots=True)
class ReceivedDelivery:
    """One request that came.

    Attributes:
        target: Path and query.
        headers: In order, names as they were spelt.
        body: The exact bytes.
        verdict: Whether it is a valid delivery, and why not.
        answered: The status that was sent back.
    """

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    verdict: Verdict
    answered: int


class DeliveryListener:
    """Answers like a correct handler: 200 to what is valid, 401 to what is not.

    Attributes:
        url: Of its root; every path below it is taken.
        requests: What came, in order.
    """

    def __init__(self, secret: str | Iterable[str], statuses: Sequence[int] = ()) -> None:
        self.url = ""
        self.requests: list[ReceivedDelivery] = []
        self._secrets = [secret] if isinstance(secret, str) else list(secret)
        self._statuses = list(statuses)
        self._came = threading.Condition()

    def wait_for(self, count: int, *, timeout_s: float = WAIT_S) -> list[ReceivedDelivery]:
        """The requests, once there are so many.

        Raises:
            TimeoutError: Fewer came in time.
        """
        with self._came:
            if self._came.wait_for(lambda: len(self.requests) >= count, timeout_s):
                return list(self.requests)
        raise TimeoutError(f"{len(self.requests)} of {count} requests came within {timeout_s:g} s")

    async def answer(self, request: CapturedRequest, _peer: str) -> Reply:
        """What the receiver calls for each request."""
        verdict = verify(headers=request.headers, body=request.body, secret=self._secrets)
        status = 200 if verdict else _REFUSED
        if self._statuses:
            status = self._statuses.pop(0)
        came = ReceivedDelivery(
            method=request.method or "",
            target=request.target,
            headers=request.headers,
            body=request.body,
            verdict=verdict,
            answered=status,
        )
        with self._came:
            self.requests.append(came)
            self._came.notify_all()
        return Reply(status, (verdict.why + "\n").encode() if verdict.why else b"")


@contextmanager
def listener(
    *, secret: str | Iterable[str], statuses: Sequence[int] = ()
) -> Iterator[DeliveryListener]:
    """A receiver that listens while the block runs.

    Args:
        secret: `whsec_...`, the sender's.
        statuses: What to answer to the first requests instead, such as `[503, 503]`.
    """
    made = DeliveryListener(secret, statuses)
    ready: threading.Event = threading.Event()
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()
    sockets = ports.bind("127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"

    async def serve() -> None:
        receiver = Receiver(made.answer, _ignore)
        await receiver.start(sockets)
        ready.set()
        await stopping.wait()
        await receiver.close()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()], daemon=True)
    thread.start()
    ready.wait()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()


def _ignore(_broken: BrokenRequest) -> None:
    """Bytes that are no request were refused already; a test of those needs none of this."""
