"""The way of a request to an app behind the listener, over connections that are kept."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from vovecli.adapters.addresses import listens, resolve
from vovecli.adapters.reachability import other_ports
from vovecli.adapters.wire import WireClient
from vovecli.core.forwarding import forwarded_headers
from vovecli.core.headers import with_headers
from vovecli.core.outcomes.answers import NoAnswer
from vovecli.core.outcomes.arrivals import AppChange
from vovecli.core.retries import ANSWER_WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.endpoints import Endpoint
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.answers import Answer
    from vovecli.core.requests import CapturedRequest

_MAX_ANSWER_BYTES = 1024 * 1024
_LOOK_AGAIN_S = 0.2
_UNREACHABLE = ("refused", "dns", "tls")


class App:
    """One app that requests are forwarded to, several at a time.

    At first requests wait until it is met; after that, and from the end of the wait for it on, a
    failure is reported at once.
    Made within the running event loop.

    Args:
        endpoint: Where it listens.
        tell: Gets each change of its state, once.
        timeout_s: For a whole request, waiting included.
        headers: Instead of those of the same name that came.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        tell: Callable[[AppChange], None],
        *,
        timeout_s: float = ANSWER_WITHIN_S,
        headers: Headers | None = None,
    ) -> None:
        self._headers = headers or []
        self._endpoint = endpoint
        self._tell = tell
        self._timeout_s = timeout_s
        self._client = WireClient(endpoint, timeout_s=timeout_s, max_body=_MAX_ANSWER_BYTES)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._is_down = False
        self._met = asyncio.Event()
        self._meeting = asyncio.create_task(self._meet())

    async def forward(self, request: CapturedRequest, peer: str, turn: str | None) -> Answer:
        """Pass a request on.

        Args:
            request: Sent with its exact body.
            peer: Address of its sender.
            turn: Requests with the same one reach the app one after the other, in order.

        Raises:
            NoAnswer: The app was not reached, or gave no answer in time.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                if not self._met.is_set():
                    await self._met.wait()
                async with self._turn(turn):
                    headers = forwarded_headers(request, self._endpoint, peer)
                    answer = await self._client.request(
                        "POST",
                        self._endpoint.target,
                        with_headers(headers, self._headers),
                        request.body,
                    )
        except TimeoutError:
            raise self._too_late() from None
        except NoAnswer as failure:
            if failure.kind in _UNREACHABLE and not self._is_down:
                self._is_down = True
                self._tell(AppChange(self._endpoint.url, "down", failure.message))
            raise
        if self._is_down:
            self._is_down = False
            self._tell(AppChange(self._endpoint.url, "back"))
        return answer

    async def aclose(self) -> None:
        """Close all connections."""
        self._meeting.cancel()
        await self._client.aclose()

    def _turn(self, name: str | None) -> asyncio.Lock:
        """Who waits or is served holds a reference; with the last one the lock is forgotten."""
        return self._turns.setdefault(name, asyncio.Lock()) if name else asyncio.Lock()

    async def _meet(self) -> None:
        """Knock until somebody opens; say once that it takes waiting."""
        is_waiting = False
        until_s = asyncio.get_running_loop().time() + self._timeout_s
        while failure := await self._knock():
            if asyncio.get_running_loop().time() > until_s:
                self._is_down = True
                self._tell(AppChange(self._endpoint.url, "absent", failure))
                break
            if not is_waiting:
                is_waiting = True
                self._tell(AppChange(self._endpoint.url, "waiting", failure))
            await asyncio.sleep(_LOOK_AGAIN_S)
        self._met.set()
        if is_waiting and not self._is_down:
            self._tell(AppChange(self._endpoint.url, "up"))

    async def _knock(self) -> str:
        """Why the app takes no connections; empty when it does."""
        where = f"{self._endpoint.host}:{self._endpoint.port}"
        try:
            addresses = await resolve(self._endpoint)
        except NoAnswer as failure:
            return failure.message
        for address in addresses:
            if await listens(address, self._endpoint.port, timeout_s=self._timeout_s):
                return ""
        return f"nothing listens on {where}{other_ports(self._endpoint)}"

    def _too_late(self) -> NoAnswer:
        if self._is_down or not self._met.is_set():
            return NoAnswer("refused", f"{self._endpoint.url} did not come up in time")
        return NoAnswer("timeout", f"no answer from {self._endpoint.url} in {self._timeout_s:g} s")
