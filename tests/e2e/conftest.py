"""Fixtures of the tests that run real processes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from tests.e2e.receivers import BOTH_SECRETS, RunningReceiver, run_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.receivers import StartReceiver


@pytest.fixture(scope="session")
def running_receiver() -> Iterator[StartReceiver]:
    """`running_receiver(name, secret=...)`: a receiver of examples/, started at its first use."""
    running: dict[tuple[str, str], RunningReceiver] = {}
    with contextlib.ExitStack() as stack:

        def start(name: str, secret: str = BOTH_SECRETS) -> RunningReceiver:
            if (name, secret) not in running:
                running[name, secret] = stack.enter_context(run_receiver(name, secret))
            return running[name, secret]

        yield start
