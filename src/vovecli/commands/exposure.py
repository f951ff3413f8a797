"""The listener's way to the internet: a tunnel opened, tried out, watched beside the loop."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

from vovecli.adapters.threads import off_loop
from vovecli.adapters.tunnel.agent_errors import tunnel_error
from vovecli.adapters.tunnel.public_url import exchange_last_url, probe_public_url
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.arrivals import Reply
from vovecli.core.tunnels import TunnelEvent, TunnelState, url_change

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from vovecli.core.requests import CapturedRequest
    from vovecli.core.tunnels import Tunnel

    Answering = Callable[[CapturedRequest, str], Awaitable[Reply]]
    MakeTunnel = Callable[[Callable[[TunnelEvent], None]], Tunnel]

_PROBE_HEADER = "Vove-Probe"
_T = TypeVar("_T")


class Exposure:
    """One run's tunnel.

    Args:
        make: Makes the tunnel, given whom to tell its events (from any thread).
        tell: Gets them, within the event loop.
        nonce: Known to nobody else: by it the listener knows its own probe.
        last_url: File that keeps the public URL for the next run; None keeps none.
        probe_s: How long the public URL may take to lead here.
        strict: Whether one that leads elsewhere is an error; else it is told.

    Attributes:
        failure: Gets the error when the tunnel is lost for good.
    """

    def __init__(
        self,
        make: MakeTunnel,
        tell: Callable[[TunnelEvent], None],
        *,
        nonce: str,
        last_url: Path | None = None,
        probe_s: float = 5.0,
        strict: bool = True,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._tell = tell
        self._nonce = nonce
        self._last_url = last_url
        self._probe_s = probe_s
        self._strict = strict
        self.failure: asyncio.Future[None] = self._loop.create_future()
        self.failure.add_done_callback(_seen)
        self._tunnel = make(self._pass_on)

    async def open(self, local_url: str, stopped: asyncio.Future[None]) -> str | None:
        """The public URL, once it leads here; None when `stopped` came first.

        Raises:
            VoveError: of `Category.TUNNEL`.
        """
        opening = off_loop(self._tunnel.start, local_url)
        await asyncio.wait((opening, stopped), return_when=asyncio.FIRST_COMPLETED)
        if not opening.done():
            await self.close()
            with contextlib.suppress(VoveError):
                await opening
            return None
        url = opening.result()
        probing = off_loop(self._probe, url)
        await asyncio.wait((probing, stopped), return_when=asyncio.FIRST_COMPLETED)
        if probing.done():
            probing.result()
        self._compare(url)
        return url

    async def close(self) -> None:
        """Close the tunnel; when this returns, nothing that was started for it is left."""
        await off_loop(self._tunnel.stop)

    def answering_probes(self, answer: Answering) -> Answering:
        """`answer`, but for our own probe: that one is neither shown nor counted."""

        async def answer_others(request: CapturedRequest, peer: str) -> Reply:
            if request.values(_PROBE_HEADER) == [self._nonce]:
                return Reply(204, headers=((_PROBE_HEADER, self._nonce),))
            return await answer(request, peer)

        return answer_others

    def _probe(self, url: str) -> None:
        probe = probe_public_url(url, (_PROBE_HEADER, self._nonce), self._probe_s)
        if probe.arrived:
            return
        if probe.arrived is False and self._strict:
            raise tunnel_error(
                "tunnel-probe-failed",
                f"a request to {url} does not arrive here: {probe.message}",
                "stop whatever else answers on that URL, then start again",
            )
        message = f"it is not certain that {url} leads here: {probe.message}"
        self._pass_on(TunnelEvent(TunnelState.ONLINE, url, message))

    def _compare(self, url: str) -> None:
        if self._last_url is None:
            return
        change = url_change(exchange_last_url(self._last_url, url), url)
        if change:
            self._tell(TunnelEvent(TunnelState.ONLINE, url, change))

    def _pass_on(self, event: TunnelEvent) -> None:
        """Called by the tunnel's threads, which must neither wait nor fail."""
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._take, event)

    def _take(self, event: TunnelEvent) -> None:
        self._tell(event)
        if event.state is TunnelState.RESTARTED and self._last_url is not None:
            exchange_last_url(self._last_url, event.public_url)
        if event.error is not None and not self.failure.done():
            self.failure.set_exception(event.error)


def _seen(outcome: asyncio.Future[_T]) -> None:
    """Not awaiting a future any more is no accident here: keep asyncio from reporting it."""
    outcome.exception()
