"""Sending the probes of a run to an application in this process: no socket, no server."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from vovecli.core.probes.exchanges import ProbeAnswer
from vovecli.core.signing import header_text
from vovecli.testing.applications import asgi_receive, asgi_scope, wsgi_environ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vovecli.core.probes.exchanges import Probe

MAX_BODY_BYTES = 1024 * 1024
TIMEOUT_S = (
    20.0  # more than the sender waits: an answer that comes too late is not the same as none
)
LIFESPAN_TIMEOUT_S = 60.0
# What servers answer for an application that raises or says nothing.
CRASHED = ProbeAnswer(
    status=500, headers=[("Content-Type", "text/plain")], body=b"Internal Server Error"
)


class Caller(Protocol):
    """Calls an application.

    Attributes:
        raised: What came out of it instead of an answer, by the probe's label.
    """

    raised: dict[str, BaseException]

    def ask(self, probe: Probe) -> ProbeAnswer:
        """Send one probe."""

    def close(self) -> None:
        """Let the application end."""


class WsgiCaller:
    """Calls a WSGI application, in the thread of the test: what it opened there, it finds again."""

    def __init__(self, application: Callable[..., Iterable[bytes]], host: str) -> None:
        self.raised: dict[str, BaseException] = {}
        self._application = application
        self._host = host

    def ask(self, probe: Probe) -> ProbeAnswer:
        """Send one probe; an exception is the server error that a server would make of it."""
        started = time.perf_counter()
        try:
            environ = wsgi_environ(
                probe.method, probe.target, probe.headers, probe.body, self._host
            )
            answer = self._call(environ)
        except SystemExit as error:
            self.raised[probe.label] = error
            return _ended(error)
        except Exception as error:  # noqa: BLE001 - whatever the application raises
            self.raised[probe.label] = error
            answer = CRASHED
        return _timed(answer, started)

    def close(self) -> None:
        """Nothing to do: WSGI knows no end."""

    def _call(self, environ: dict[str, Any]) -> ProbeAnswer:
        heads: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Any:
            heads.append((status, headers))
            return written.append

        parts = self._application(environ, start_response)
        try:
            for part in parts:
                written.append(part)
                if sum(map(len, written)) > MAX_BODY_BYTES:
                    break
        finally:
            if close := getattr(parts, "close", None):
                close()
        if not heads:
            return CRASHED
        status, headers = heads[-1]
        named = [(name, header_text(value.encode("latin-1"))) for name, value in headers]
        return ProbeAnswer(status=int(status[:3]), headers=named, body=b"".join(written))


class AsgiCaller:
    """Calls an ASGI application in an event loop of its own, between its start-up and its end.

    Raises:
        RuntimeError: An event loop runs already in this thread, or the start-up failed.
    """

    def __init__(self, application: Callable[..., Any], host: str) -> None:
        self.raised: dict[str, BaseException] = {}
        self._application = application
        self._host = host
        self._state: dict[str, Any] = {}
        self._stopping = asyncio.Event()
        self._lifespan: asyncio.Task[None] | None = None
        self._runner = asyncio.Runner()
        if _in_event_loop():
            raise RuntimeError(
                "an event loop runs in this thread: check the application in a test that is a "
                "plain function, or with `await asyncio.to_thread(...)`"
            )
        try:
            self._runner.run(self._start())
        except BaseException:
            self._runner.close()
            raise

    def ask(self, probe: Probe) -> ProbeAnswer:
        """Send one probe; it is answered with the last byte, and the call runs to its end."""
        return self._runner.run(self._ask(probe))

    def close(self) -> None:
        """Let the application shut down."""
        try:
            self._runner.run(self._stop())
        finally:
            self._runner.close()

    async def _ask(self, probe: Probe) -> ProbeAnswer:
        exchange = _AsgiExchange()
        scope = asgi_scope(probe.method, probe.target, probe.headers, self._host)
        scope["state"] = dict(self._state)
        receive = asgi_receive(probe.body, exchange.answered.wait)
        limit = asyncio.timeout(TIMEOUT_S)
        try:
            async with limit:
                await self._application(scope, receive, exchange.send)
        except TimeoutError as error:
            self.raised[probe.label] = error
            if limit.expired() and not exchange.answered.is_set():
                message = f"no answer within {TIMEOUT_S:.0f} s"
                return ProbeAnswer(error="timeout", message=message, latency_ms=TIMEOUT_S * 1000)
        except SystemExit as error:
            self.raised[probe.label] = error
            return _ended(error)
        except Exception as error:  # noqa: BLE001 - whatever the application raises
            self.raised[probe.label] = error
        return exchange.answer()

    async def _start(self) -> None:
        """Run the start-up, where the application has one (ASGI, Lifespan Protocol)."""
        started: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._lifespan = asyncio.create_task(self._live(started))
        waited: list[asyncio.Future[Any]] = [self._lifespan, started]
        await asyncio.wait(waited, timeout=LIFESPAN_TIMEOUT_S, return_when=asyncio.FIRST_COMPLETED)
        if started.done() and (failure := started.result()):
            raise RuntimeError(f"the application's start-up failed: {failure}")

    async def _live(self, started: asyncio.Future[str]) -> None:
        messages = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> dict[str, Any]:
            kind = next(messages)
            if kind == "lifespan.shutdown":
                await self._stopping.wait()
            return {"type": kind}

        async def send(message: dict[str, Any]) -> None:
            if not started.done():
                failed = message["type"] == "lifespan.startup.failed"
                started.set_result((message.get("message") or "no reason given") if failed else "")

        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self._state}
        # ASGI, Lifespan Protocol: an exception means that the application knows no lifespan.
        with contextlib.suppress(Exception):
            await self._application(scope, receive, send)

    async def _stop(self) -> None:
        self._stopping.set()
        if self._lifespan:
            async with asyncio.timeout(LIFESPAN_TIMEOUT_S):
                await self._lifespan


class _AsgiExchange:
    """Collects the messages of one answer."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self._started = time.perf_counter()
        self._latency_ms = 0.0
        self._head: dict[str, Any] | None = None
        self._body = bytearray()

    async def send(self, message: dict[str, Any]) -> None:
        """What the application calls."""
        if message["type"] == "http.response.start":
            self._head = message
        elif message["type"] == "http.response.body" and not self.answered.is_set():
            self._body += message.get("body", b"")[: MAX_BODY_BYTES - len(self._body)]
            if not message.get("more_body"):
                self._latency_ms = (time.perf_counter() - self._started) * 1000
                self.answered.set()

    def answer(self) -> ProbeAnswer:
        """What the client has by now."""
        if self._head is None or not self.answered.is_set():
            return _timed(CRASHED, self._started)
        return ProbeAnswer(
            status=self._head["status"],
            headers=[
                (header_text(name), header_text(value))
                for name, value in self._head.get("headers", [])
            ],
            body=bytes(self._body),
            latency_ms=self._latency_ms,
        )


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _ended(error: BaseException) -> ProbeAnswer:
    return ProbeAnswer(error="closed", message=f"the handler ended the process: {error!r}")


def _timed(answer: ProbeAnswer, started: float) -> ProbeAnswer:
    return replace(answer, latency_ms=(time.perf_counter() - started) * 1000)
