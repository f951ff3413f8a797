"""A Locust user that delivers webhooks as VOVE ID does, and judges the answers.

Needs the extra: `pip install 'vovecli[locust]'`. Locust distributes the load over processes and
machines; each worker signs its own deliveries just before they are sent.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, ClassVar

from locust import FastHttpUser, constant, task

from vovecli.api import parse_secrets
from vovecli.core.catalogue import find_event
from vovecli.core.flows import find_flow
from vovecli.core.outcomes.answers import is_acknowledged
from vovecli.testing.deliveries import FORGERIES, SignedDelivery, delivery, flow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SERVER_ERROR = 500


class WebhookUser(FastHttpUser):
    """Delivers as fast as the endpoint answers; subclass it in a locustfile.

    A genuine delivery must be answered 2xx, each copy of it as well; a forgery 3xx or 4xx.

    Attributes:
        path: Of the handler, below Locust's `--host`.
        secret: `whsec_...`; by default `VOVE_WEBHOOK_SECRET` of each worker's environment.
        events: Event types with their weights.
        flows: Flows with their weights: all events of one refId, in order.
        duplicated: Share of the genuine deliveries that are sent twice, 0 to 1.
        forged: Share of the tasks that send a forgery instead, 0 to 1.
        forgeries: Which ones: names of `vovecli.testing.FORGERIES`.
    """

    abstract = True
    wait_time = constant(0)
    path = "/webhooks/vove-kyb"
    secret: str | None = None
    events: ClassVar[Mapping[str, int]] = {"kyb.case.completed": 1}
    flows: ClassVar[Mapping[str, int]] = {}
    duplicated = 0.0
    forged = 0.0
    forgeries: Sequence[str] = FORGERIES

    def on_start(self) -> None:
        """Find mistakes in the settings before anything is sent.

        Raises:
            VoveError: `no-secret`, `unknown-event`, `unknown-flow`.
        """
        self._secret = self.secret or os.environ.get("VOVE_WEBHOOK_SECRET") or ""
        parse_secrets(self._secret or ())
        for event in self.events:
            find_event(event)
        for name in self.flows:
            find_flow(name, {})

    @task
    def deliver(self) -> None:
        """One event or flow of those that are asked for, or a forgery."""
        if random.random() < self.forged:  # noqa: S311 - a choice, not a secret
            self._forge()
            return
        weights = {**self.events, **self.flows}
        (name,) = random.choices([*weights], [*weights.values()])  # noqa: S311 - as above
        made = (
            flow(name, secret=self._secret)
            if name in self.flows
            else [delivery(name, secret=self._secret)]
        )
        for one in made:
            self._send(one, f"{one.event}")
            if random.random() < self.duplicated:  # noqa: S311 - as above
                self._send(one, f"{one.event} (again)")

    def _forge(self) -> None:
        event = random.choice([*(self.events or ("kyb.case.completed",))])  # noqa: S311 - as above
        forgery = random.choice(self.forgeries)  # noqa: S311 - as above
        made = delivery(event, secret=self._secret, faults=[forgery])
        self._send(made, f"forgery: {forgery}", is_forged=True)

    def _send(self, made: SignedDelivery, name: str, *, is_forged: bool = False) -> None:
        with self.client.post(
            self.path,
            data=made.body,
            headers=dict(made.headers),
            name=name,
            allow_redirects=False,
            catch_response=True,
        ) as answer:
            if failure := _failure(answer.status_code, is_forged=is_forged):
                answer.failure(failure)
            else:
                answer.success()


def _failure(status: int, *, is_forged: bool) -> str:
    """What is wrong with an answer; empty where nothing is. 0: none came."""
    is_taken = is_acknowledged(status)
    if not is_forged:
        return "" if is_taken else f"not acknowledged: {status}"
    if is_taken:
        return f"a forgery was accepted: {status}"
    return "" if 0 < status < _SERVER_ERROR else f"a forgery was not refused cleanly: {status}"
