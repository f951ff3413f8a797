"""Fixtures of the tests that run real processes."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from tests.e2e.receivers import BOTH_SECRETS, RunningReceiver, run_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.receivers import StartReceiver


# What a test needs of a process that takes long to start, and the parameter that says which one.
_SHARED = {"completed": ("completed",), "running_receiver": ("name", "receiver")}


def pytest_itemcollected(item: pytest.Item) -> None:
    """Tests that share a process go to one worker (`--dist=loadgroup`): it is started once."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return
    for fixture, names in _SHARED.items():
        which = [item.callspec.params[name] for name in names if name in item.callspec.params]
        if fixture in item.fixturenames and which:
            item.add_marker(pytest.mark.xdist_group(f"{fixture} {which[0]}"))


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
