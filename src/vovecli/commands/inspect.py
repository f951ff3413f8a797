"""`vove inspect`: a page over the history, served until a signal says so."""

from __future__ import annotations

import asyncio
import os
import secrets as randomness
from typing import TYPE_CHECKING, NamedTuple

from vovecli.adapters import ports
from vovecli.adapters.history import history_path
from vovecli.adapters.history_view import HistoryPulse, HistoryView
from vovecli.adapters.inspector import STYLE_SHEETS, Follower, PageServer, page_files
from vovecli.adapters.interrupts import on_interrupt
from vovecli.adapters.receiver import Limits, Receiver
from vovecli.commands.inspection import Inspection
from vovecli.commands.page_actions import PageActions
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.arrivals import Ready

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from typing import Any

    from vovecli.adapters.inspector.server import PageRoute
    from vovecli.commands.inspection import Means
    from vovecli.core.envelope import Json

FIRST_PORT = 4050
_PORTS_TRIED = 50
_HOST = "localhost"  # and nothing else: there is no option for more
_TOKEN_BYTES = 32
# A body that is edited comes as text within JSON.
_LIMITS = Limits(body_bytes=8 * 1024 * 1024, connections=100, peer_connections=100)


def inspect(
    means: Means,
    emit: Callable[[Ready], None],
    *,
    port: int | None,
    record: int | None = None,
    parent: int | None = None,
) -> str:
    """Serve the page until a signal asks for the end.

    Args:
        means: What the page may use.
        emit: Gets `Ready` once the page can be opened; its URL holds the token of this run.
        port: None takes 4050 or the next free one.
        record: Shown first.
        parent: A descriptor that can be read once the process that started this one is gone.

    Returns:
        The name of the signal, or `parent`.

    Raises:
        VoveError: `port-in-use`, `port-forbidden`, `history-off`, `history-unusable`.
    """
    check_history(means)
    sockets = _bind(port)
    return asyncio.run(_serve(means, sockets, emit, record, parent))


class PageContents(NamedTuple):
    """What a page to send is made of.

    Attributes:
        inspections: `vove.inspection/1` of each record, newest first.
        comparisons: `vove.comparison/1` with what was signed, by number, where that is proved.
        style: The style sheets of the live page.
    """

    inspections: list[Json]
    comparisons: dict[int, Json]
    style: str


def page_contents(means: Means, numbers: Sequence[int]) -> PageContents:
    """What is to be said of some records, to somebody else.

    Args:
        means: With pseudonyms: the page leaves this machine.
        numbers: Of the records.

    Raises:
        VoveError: `no-record`, `history-unusable`.
    """
    inspection = Inspection(means, Follower(HistoryPulse(history_path())))
    inspections = [inspection.inspected(number) for number in numbers]
    comparisons = {
        number: inspection.compared(number)
        for number, found in zip(numbers, inspections, strict=True)
        if found["signed_differs"]
    }
    files = page_files()
    style = b"\n".join(files[name] for name in STYLE_SHEETS).decode()
    return PageContents(inspections, comparisons, style)


def check_history(means: Means) -> None:
    """Say at the start what the page could only say later.

    Raises:
        VoveError: `history-off`, `history-unusable`.
    """
    enabled = means.settings.get("history.enabled")
    if not enabled.value:
        raise VoveError(
            "history-off",
            f"there is nothing to inspect: the history is turned off ({enabled.origin})",
            hint="turn it on: VOVE_HISTORY_ENABLED=true vove inspect",
        )
    HistoryView(history_path()).state()


def _bind(port: int | None) -> list[socket.socket]:
    if port is not None:
        return ports.bind(_HOST, port)
    for candidate in range(FIRST_PORT, FIRST_PORT + _PORTS_TRIED):
        try:
            return ports.bind(_HOST, candidate)
        except VoveError as error:
            if error.code != "port-in-use":
                raise
    return ports.bind(_HOST, 0)


async def _serve(
    means: Means,
    sockets: list[socket.socket],
    emit: Callable[[Ready], None],
    record: int | None,
    parent: int | None,
) -> str:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[str] = loop.create_future()
    follower = Follower(HistoryPulse(history_path()))
    token = randomness.token_urlsafe(_TOKEN_BYTES)
    server = _server(means, follower, token)
    receiver = Receiver(server.answer, lambda _: None, limits=_LIMITS)
    await receiver.start(sockets)

    def stop(reason: str) -> None:
        loop.call_soon_threadsafe(_settle, stopped, reason)

    if parent is not None:
        loop.add_reader(parent, _settle, stopped, "parent")
    with on_interrupt(stop):
        try:
            emit(_ready(sockets, token, means, record))
            ends: list[asyncio.Future[Any]] = [stopped, receiver.failure]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            follower.end()
            await receiver.close()
    if receiver.failure.done():
        receiver.failure.result()
    return stopped.result()


def _server(means: Means, follower: Follower, token: str) -> PageServer:
    inspection = Inspection(means, follower)
    actions = PageActions(means, inspection)
    reads: dict[str, PageRoute] = {
        "about": inspection.about,
        "records": inspection.records,
        "numbers": inspection.numbers,
        "record": inspection.record,
        "comparison": inspection.comparison,
        "overview": inspection.overview,
        "copy": actions.copy,
    }
    changes: dict[str, PageRoute] = {
        "replay": actions.replay,
        "send": actions.send,
        "delete": actions.delete,
        "clear": actions.clear,
    }
    return PageServer(token, reads, changes)


def _ready(sockets: list[socket.socket], token: str, means: Means, record: int | None) -> Ready:
    port = sockets[0].getsockname()[1]
    shown = f"&record={record}" if record else ""
    url = f"http://{_HOST}:{port}/#token={token}{shown}"
    return Ready(url=url, public_url=None, pid=os.getpid(), secrets=means.secrets)


def _settle(stopped: asyncio.Future[str], reason: str) -> None:
    if not stopped.done():
        stopped.set_result(reason)
