"""Waiting for an endpoint to come up; starting the app behind it for that."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

from vovecli.adapters.addresses import find_addresses, listens, resolve
from vovecli.adapters.ports import port_owner
from vovecli.adapters.reachability import other_ports
from vovecli.adapters.wire import WireClient
from vovecli.core.app_output import telling_lines
from vovecli.core.errors import Category, VoveError
from vovecli.core.next_steps import check_command
from vovecli.core.outcomes.answers import NoAnswer
from vovecli.core.suite.check import AppStart
from vovecli.core.times import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.adapters.app_process import AppProcess
    from vovecli.core.endpoints import Endpoint

START_S = 60.0  # a package manager that compiles first takes its time
WITHOUT_SECRET_S = 15.0  # enough to say why it does not start
_PORT_BUSY = re.compile(r"EADDRINUSE|address already in use", re.IGNORECASE)
_LOOK_AGAIN_S = 0.2
_LOOK_S = 2.0
_STARTING = (502, 503, 504)  # a gateway's words for an app that is not up yet


def check_port_is_free(endpoint: Endpoint) -> None:
    """Refuse to start an app where something else listens: that would be checked instead.

    Raises:
        VoveError: `port-in-use`.
    """
    for address in find_addresses(endpoint):
        if asyncio.run(listens(address, endpoint.port)):
            owner = port_owner(endpoint.port)
            raise VoveError(
                "port-in-use",
                f"port {endpoint.port} is already in use"
                + (f" by {owner}" if owner else "")
                + ": the app could not listen there",
                hint="end that process, or check what runs there: " + check_command(endpoint.url),
            )


def await_app(app: AppProcess, endpoint: Endpoint, wait_s: float) -> None:
    """Return when the app answers for itself.

    Raises:
        VoveError: `app-ended` where it ends before that, `app-silent` where time is over.
    """
    if asyncio.run(wait_until_up(endpoint, wait_s, is_hopeless=lambda: app.is_gone)):
        return
    if app.is_gone:
        app.settle(failed=True)
        raise _no_app("app-ended", f"the app ended before it answered, {app.ending}", app)
    ports = app.ports
    where = f"on {', '.join(map(str, ports))}" if ports else f"nowhere{other_ports(endpoint)}"
    raise _no_app(
        "app-silent",
        f"the app did not answer on port {endpoint.port} within {format_duration(wait_s)}; "
        f"it listens {where}",
        app,
    )


async def start_again(
    app: AppProcess, endpoint: Endpoint, wait_s: float, *, with_secret: bool
) -> AppStart:
    """End an app, start it, and see what becomes of it."""
    app.end()
    app.start(with_secret=with_secret)
    limit_s = wait_s if with_secret else min(wait_s, WITHOUT_SECRET_S)
    if await wait_until_up(endpoint, limit_s, is_hopeless=lambda: app.is_gone):
        return AppStart(is_up=True)
    app.settle(failed=True)
    # Nothing that the app decided: its last connections still hold the port.
    is_busy = any(_PORT_BUSY.search(line) for line in app.tail)
    how = app.ending or f"no answer within {format_duration(limit_s)}"
    words = ": ".join([how, *telling_lines(app.tail)[-1:]])
    return AppStart(ended=app.is_gone and not is_busy, words=words)


async def wait_until_up(
    endpoint: Endpoint, wait_s: float, *, is_hopeless: Callable[[], bool] = lambda: False
) -> bool:
    """Whether some address of the endpoint answers for itself before time is over."""
    until = time.monotonic() + wait_s
    while time.monotonic() < until and not is_hopeless():
        try:
            addresses = await resolve(endpoint)
        except NoAnswer:
            addresses = []
        for address in addresses:
            if await listens(address, endpoint.port) and not await _is_starting(endpoint, address):
                return True
        await asyncio.sleep(_LOOK_AGAIN_S)
    return False


async def _is_starting(endpoint: Endpoint, address: str) -> bool:
    client = WireClient(endpoint, timeout_s=_LOOK_S, keep_alive=False, address=address)
    try:
        answer = await client.request("GET", endpoint.target, [], b"")
    except NoAnswer:
        return False
    finally:
        await client.aclose()
    return answer.status in _STARTING


def _no_app(code: str, message: str, app: AppProcess) -> VoveError:
    last = "".join(f"\n  {line}" for line in app.tail)
    return VoveError(
        code,
        f"{message}; its last lines:{last}" if last else f"{message}; it printed nothing",
        hint="start it by hand with the same command, and give the URL at which it listens",
        category=Category.UNREACHABLE,
    )
