"""Forwarding of one run of `listen`: to whom each request goes, what came back."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from vovecli.adapters.forwarder import App
from vovecli.core.forwarding import returned, unanswered
from vovecli.core.outcomes.answers import NoAnswer, is_acknowledged
from vovecli.core.outcomes.arrivals import Forward
from vovecli.core.retries import ANSWER_WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.endpoints import Endpoint
    from vovecli.core.forwarding import Rules
    from vovecli.core.outcomes.arrivals import AppChange, Arrival, Reply

    Sent = asyncio.Future[list[tuple[Forward, Reply]]]


class Forwarding:
    """Passes requests on. Made within the running event loop.

    Args:
        rules: Who gets what.
        emit: Gets a `Forward` for each, and what changes with the apps.
        timeout_s: How long an app may take.

    Attributes:
        forwarded: How many were passed on.
        failed: How many of these were not acknowledged.
    """

    def __init__(
        self,
        rules: Rules,
        emit: Callable[[Forward | AppChange], None],
        *,
        timeout_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._rules = rules
        self._emit = emit
        endpoints = dict.fromkeys(route.endpoint for route in rules.routes)
        self._apps = {
            to: App(to, emit, timeout_s=timeout_s, headers=list(rules.headers)) for to in endpoints
        }
        self.forwarded = self.failed = 0

    def send(self, arrival: Arrival, peer: str) -> Sent | None:
        """Begin to pass a request on; None when nobody is to get it."""
        targets = self._rules.targets(arrival)
        if not targets:
            return None
        return asyncio.gather(*(self._send(arrival, to, peer) for to in targets))

    async def finish(self, arrival: Arrival, sent: Sent) -> tuple[Forward, Reply]:
        """Wait for the apps; gives what goes back: the first refusal, else the first answer."""
        results = [
            (replace(forward, record=arrival.record), reply) for forward, reply in await sent
        ]
        for forward, _ in results:
            self.forwarded += 1
            self.failed += not is_acknowledged(forward.status)
            self._emit(forward)
        refusals = (result for result in results if not is_acknowledged(result[1].status))
        return next(refusals, results[0])

    async def close(self) -> None:
        """Close the connections to all apps."""
        for app in self._apps.values():
            await app.aclose()

    async def _send(self, arrival: Arrival, to: Endpoint, peer: str) -> tuple[Forward, Reply]:
        verdict, request = arrival.verdict, arrival.request
        assert verdict is not None
        assert request is not None
        event, answer, error = verdict.event, None, None
        turn = f"{event.family} {event.ref_id}" if event and event.ref_id is not None else None
        try:
            answer = await self._apps[to].forward(request, peer, turn)
        except NoAnswer as failure:
            exposed = self._rules.is_outside(request)
            reply, error = unanswered(failure, exposed=exposed), failure.message
        else:
            reply = returned(answer)
            if answer.body_truncated:
                error = f"its answer is longer than {len(answer.body)} bytes: not passed on"
        forward = Forward(
            record=None,
            at=int(time.time()),
            message_id=verdict.message_id,
            endpoint=to.url,
            answer=answer,
            answered=reply.status,
            error=error,
            verified=arrival.cause is None,
        )
        return forward, reply
