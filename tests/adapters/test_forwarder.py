"""The way to an app behind the listener, over real loopback connections."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tests.loopback import unused_port
from tests.sinks import Sink

from vovecli.adapters.forwarder import App
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.outcomes.answers import NoAnswer
from vovecli.core.requests import CapturedRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from vovecli.core.outcomes.arrivals import AppChange


def request(body: bytes = b"{}") -> CapturedRequest:
    """A request as the receiver hands it over."""
    return CapturedRequest("POST", "/any", [("Host", "x"), ("sVix-Id", "msg_1")], body)


class Told:
    """What was told of an app."""

    def __init__(self) -> None:
        self.states: list[str] = []
        self._news = asyncio.Event()

    def __call__(self, change: AppChange) -> None:
        """Note a change."""
        self.states.append(change.state)
        self._news.set()

    async def wait_for(self, state: str) -> None:
        """Return once it was told."""
        while state not in self.states:
            self._news.clear()
            await self._news.wait()


@asynccontextmanager
async def app(url: str, told: Told | None = None, *, timeout_s: float = 5) -> AsyncIterator[App]:
    """An app at a URL; its changes of state are told."""
    found = App(parse_endpoint(url), told or Told(), timeout_s=timeout_s)
    try:
        yield found
    finally:
        await found.aclose()


class Serving(asyncio.Protocol):
    """Answers whatever comes with 204, after `before` has let it."""

    def __init__(self, before: Callable[[bytes], Awaitable[None]], open_: set[Serving]) -> None:
        self._before, self._open = before, open_
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: somebody has come."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._open.add(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: a whole request, for they are small."""
        self._tasks.add(asyncio.create_task(self._answer(data)))

    async def _answer(self, data: bytes) -> None:
        await self._before(data)
        self.transport.write(b"HTTP/1.1 204 No Content\r\n\r\n")


async def at_once(_: bytes) -> None:
    """Let an answer go."""


@asynccontextmanager
async def serving(
    before: Callable[[bytes], Awaitable[None]] = at_once, *, port: int = 0
) -> AsyncIterator[int]:
    """An app that runs until the block ends, and then closes its connections; its port."""
    open_: set[Serving] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Serving(before, open_), "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in open_:
            connection.transport.abort()
        await asyncio.sleep(0.01)


async def failure(found: App) -> NoAnswer:
    """Why a request does not get through."""
    with pytest.raises(NoAnswer) as caught:
        await found.forward(request(), "::1", None)
    return caught.value


def test_exact_bytes_over_a_kept_connection() -> None:
    """The app sees target, headers and body byte for byte; a connection serves many requests."""

    async def run(url: str) -> None:
        async with app(url) as found:
            for _ in range(3):
                answer = await found.forward(request(b"\xff\x00"), "10.0.0.7", "r")
                assert (answer.status, answer.body) == (200, b"ok")

    with Sink().running() as sink:
        asyncio.run(run(sink.url))

    assert sink.requests == 3 * [
        b"POST /hook HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nsVix-Id: msg_1\r\nContent-Length: 2\r\n"
        b"X-Forwarded-For: 10.0.0.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: x\r\n\r\n"
        b"\xff\x00" % sink.port
    ]
    assert sink.connections == 2  # the first one only looked whether somebody is there


def test_requests_wait_for_the_app_at_the_start() -> None:
    """What arrives before the app is up is answered once it is; waiting is said once."""
    told = Told()
    port = unused_port()

    async def run() -> None:
        async with app(f"http://localhost:{port}/hook", told) as found:
            waiting = asyncio.gather(*(found.forward(request(), "::1", None) for _ in range(3)))
            await told.wait_for("waiting")
            async with serving(port=port):
                assert [answer.status for answer in await waiting] == [204, 204, 204]

    asyncio.run(run())

    assert told.states == ["waiting", "up"]


def test_waiting_ends_with_the_time_for_an_answer() -> None:
    """A sender does not wait for ever for an app that is never started: it is unreachable."""

    async def run() -> NoAnswer:
        async with app(f"http://localhost:{unused_port()}/", timeout_s=0.05) as found:
            return await failure(found)

    found = asyncio.run(run())

    assert (found.kind, "did not come up" in found.message) == ("refused", True)


def test_outage_is_told_once() -> None:
    """Once met, an app that is gone fails at once; going and coming back are told once each."""
    told = Told()
    port = unused_port()

    async def run() -> None:
        async with contextlib.AsyncExitStack() as stack:
            async with serving(port=port):
                found = await stack.enter_async_context(app(f"http://localhost:{port}/", told))
                assert (await found.forward(request(), "::1", None)).status == 204
            assert [(await failure(found)).kind for _ in range(3)] == ["refused"] * 3
            async with serving(port=port):
                for _ in range(2):
                    assert (await found.forward(request(), "::1", None)).status == 204

    asyncio.run(run())

    assert told.states == ["down", "back"]


def test_slow_app_is_a_timeout() -> None:
    """An answer that does not come in time is given up."""

    async def run(url: str) -> NoAnswer:
        async with app(url, timeout_s=0.05) as found:
            return await failure(found)

    with Sink(delay_s=0.5).running() as sink:
        assert asyncio.run(run(sink.url)).kind == "timeout"


def test_one_ref_id_is_in_order_others_run_beside_it() -> None:
    """The second of a refId waits for the answer to the first; other refIds do not."""
    arrived: list[bytes] = []

    async def run() -> None:
        second, release = asyncio.Event(), asyncio.Event()

        async def before(data: bytes) -> None:
            arrived.append(data[-2:])
            if data.endswith(b"b1"):
                second.set()
            elif data.endswith(b"a1"):
                await release.wait()

        async with serving(before) as port, app(f"http://127.0.0.1:{port}/") as found:
            sending = asyncio.gather(
                *(
                    found.forward(request(body), "::1", body[:1].decode())
                    for body in (b"a1", b"a2", b"a3", b"b1")
                )
            )
            await second.wait()
            assert sorted(arrived) == [b"a1", b"b1"]
            release.set()
            await sending
            assert arrived[2:] == [b"a2", b"a3"]
            assert not found._turns

    asyncio.run(run())


def test_headers_and_credentials() -> None:
    """One's own replace what came; the URL's credentials are sent and not shown."""

    async def run(port: int) -> None:
        endpoint = parse_endpoint(f"http://user:secret-word@127.0.0.1:{port}/hook")
        found = App(endpoint, Told(), headers=[("svix-id", "msg_2"), ("X-Tenant", "one")])
        await found.forward(request(), "127.0.0.1", None)
        await found.aclose()

    with Sink().running() as sink:
        asyncio.run(run(sink.port))
    (sent,) = sink.requests

    assert b"Authorization: Basic dXNlcjpzZWNyZXQtd29yZA==\r\n" in sent
    assert b"svix-id: msg_2\r\n" in sent
    assert b"msg_1" not in sent
    assert b"X-Tenant: one\r\n" in sent
