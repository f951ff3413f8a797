"""Load from many machines: genuine webhooks, each with its own id and signature.

Start it: locust --host http://localhost:3000 --users 50 --headless --run-time 1m
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from locust import FastHttpUser, constant, events, task
from locust.runners import MasterRunner
from signed_requests import SignedRequests

if TYPE_CHECKING:
    from locust.env import Environment

PATH = os.environ.get("VOVE_PATH", "/webhooks/vove-kyb")
EVENT = os.environ.get("VOVE_EVENT", "kyb.case.completed")


class Provider(FastHttpUser):
    """Delivers as fast as the endpoint answers; only 2xx is an acknowledgement."""

    wait_time = constant(0)
    requests: SignedRequests

    @task
    def deliver(self) -> None:
        headers, body = self.requests.take()
        with self.client.post(
            PATH, data=body, headers=headers, allow_redirects=False, catch_response=True
        ) as answer:
            if answer.status_code not in range(200, 300):
                answer.failure(f"not acknowledged: {answer.status_code}")


@events.test_start.add_listener
def start_signing(environment: Environment, **_: object) -> None:
    # In each worker: one that is forked later must not share the pipe of another.
    if not isinstance(environment.runner, MasterRunner):
        Provider.requests = SignedRequests(EVENT)


@events.test_stop.add_listener
def stop_signing(environment: Environment, **_: object) -> None:
    if not isinstance(environment.runner, MasterRunner):
        Provider.requests.close()
