"""`vove listen`: a receiver and an inbox, until enough has come, time is up or a signal says so."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters import files, ports
from vovecli.adapters.interrupts import on_interrupt
from vovecli.adapters.receiver import Limits, Receiver
from vovecli.commands.forwarding import Forwarding
from vovecli.commands.keeping import NOT_KEPT, Keeping
from vovecli.commands.recording import settlement
from vovecli.commands.strangers import Strangers
from vovecli.core.allowance import Allowance
from vovecli.core.arrival_envelope import ready_json
from vovecli.core.endpoints import is_loopback
from vovecli.core.errors import Category, VoveError
from vovecli.core.outcomes.arrivals import Arrival, Ready, Reply, Summary

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from vovecli.adapters.history_writer import HistoryWriter
    from vovecli.commands.exposure import Exposure
    from vovecli.core.forwarding import Rules
    from vovecli.core.inbox import Inbox
    from vovecli.core.outcomes.arrivals import BrokenRequest, ListenerEvent
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.tunnels import TunnelEvent

    Emit = Callable[[ListenerEvent], None]
    Expose = Callable[[Callable[[TunnelEvent], None]], Exposure]

ENOUGH, TIME_UP, UNREAD = "enough", "time-up", "unread"
# Explaining one failed signature takes 25 ms and more, in which nothing else is answered.
_EXPLAINING_SHARE, _EXPLAINING_BURST_S = 0.2, 0.5
_WILDCARDS = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 - compared, not bound
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - as above
_TEXT = (("Content-Type", "text/plain"),)
_STOPPING = Reply(503, b"the listener is stopping\n", _TEXT)
_UNKEPT = Reply(NOT_KEPT, b"it cannot be recorded now: send it again\n", _TEXT)
_TOO_MANY = Reply(429, b"too many requests that are not verified\n", _TEXT)


@dataclass(frozen=True, slots=True)
class Listened:
    """How a run of the listener ended.

    Attributes:
        ended_by: `enough`, `time-up`, or the name of a signal.
        all_valid: Whether every POST was a valid delivery.
        drifted: Whether one was unlike what was learned.
    """

    ended_by: str
    all_valid: bool
    drifted: bool = False


@dataclass(frozen=True, slots=True)
class Until:
    """When a listener stops by itself.

    Attributes:
        posts: After so many POSTs.
        timeout_s: After so many seconds.
    """

    posts: int | None = None
    timeout_s: float | None = None


def listen(
    inbox: Inbox,
    secrets: Sequence[SigningSecret],
    emit: Emit,
    *,
    flush: Callable[[], None],
    host: str = "localhost",
    port: int = 3000,
    max_body: int = Limits().body_bytes,
    delay_s: float = 0,
    until: Until | None = None,
    save: str | None = None,
    ready_file: str | None = None,
    expose: Expose | None = None,
    rules: Rules | None = None,
    history: HistoryWriter | None = None,
) -> Listened:
    """Receive until told to stop.

    Args:
        inbox: Judges what arrives and decides what to answer.
        secrets: Shown with `Ready`.
        emit: Gets `Ready`, an `Arrival` per request, a `Forward` per app, and the `Summary`.
        flush: Called once for all that was emitted in a turn of the event loop.
        host: Where to listen: a name or an address.
        port: 0 takes any free one.
        max_body: Bytes.
        delay_s: Seconds before each answer to a POST.
        until: When to stop without being told.
        save: Folder for a byte-exact `.http` file per request.
        ready_file: Written when the listener takes requests.
        expose: Makes the way to the internet, given whom to tell about it.
        rules: What is forwarded to which app.
        history: Where requests are recorded before they are answered.

    Raises:
        VoveError: `port-in-use`, `port-forbidden`, `bad-host`, `unwritable`, `forward-loop`,
            `history-unusable`; the tunnel's.
    """
    until = until or Until()
    if ready_file:  # one that an earlier run left would tell a lie
        with contextlib.suppress(OSError):
            if Path(ready_file).is_file():
                Path(ready_file).unlink()
    if save:  # now, not at the first delivery
        files.make_private_folder(Path(save))
    listener = _Listener(
        inbox, emit, flush, delay_s=delay_s, posts=until.posts, save=save, history=history
    )
    if rules:
        _check_no_loop(rules, host, port)
    sockets = ports.bind(host, port)
    ready = Ready(
        url=_url(host, sockets[0].getsockname()[1]),
        public_url=None,
        pid=os.getpid(),
        secrets=secrets,
        elsewhere=_elsewhere(host, sockets[0].getsockname()[1]),
    )
    return asyncio.run(
        _run(
            listener,
            sockets,
            ready,
            limits=Limits(
                body_bytes=max_body, buffered_bytes=max(Limits().buffered_bytes, 2 * max_body)
            ),
            timeout_s=until.timeout_s,
            ready_file=ready_file,
            expose=expose,
            rules=rules,
        )
    )


async def _run(
    listener: _Listener,
    sockets: Sequence[socket.socket],
    ready: Ready,
    *,
    limits: Limits,
    timeout_s: float | None,
    ready_file: str | None,
    expose: Expose | None,
    rules: Rules | None,
) -> Listened:
    started = time.monotonic()
    listener.begin(rules)
    exposure = expose(listener.emit) if expose else None
    answer = exposure.answering_probes(listener.answer) if exposure else listener.answer
    receiver = Receiver(answer, listener.note_broken, limits=limits)
    await receiver.start(sockets)
    ends = [listener.stopped, receiver.failure]
    with on_interrupt(listener.stop):
        try:
            if exposure:
                ends.append(exposure.failure)
                public_url = await exposure.open(_reached_at(sockets[0]), listener.stopped)
                ready = replace(ready, public_url=public_url)
            if not listener.stopped.done():
                if ready_file:
                    files.write_private(
                        Path(ready_file), json.dumps(ready_json(ready)).encode() + b"\n"
                    )
                listener.emit(ready)
            await asyncio.wait(ends, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if exposure:
                await exposure.close()
            await receiver.close()
            await listener.close()
    for end in (listener.stopped, receiver.failure):
        if end.done():
            end.result()
    listened = listener.end(time.monotonic() - started)
    if exposure and exposure.failure.done():
        exposure.failure.result()
    return listened


class _Listener:
    """One run: answers what comes, counts it, knows when it is over."""

    def __init__(
        self,
        inbox: Inbox,
        emit: Emit,
        flush: Callable[[], None],
        *,
        delay_s: float,
        posts: int | None,
        save: str | None,
        history: HistoryWriter | None,
    ) -> None:
        self._inbox = inbox
        self._emit = emit
        self._flush = flush
        self._unflushed = False
        self._delay_s = delay_s
        self._posts = posts
        self._history = history
        self._keeping = Keeping(history, save, self.emit)
        self._explaining = Allowance(_EXPLAINING_SHARE, _EXPLAINING_BURST_S)
        self._strangers = Strangers(self.emit)
        self._forwarding: Forwarding | None = None
        self._answered_posts = 0
        self._ended_by = ""

    def begin(self, rules: Rules | None) -> None:
        """Start within the running event loop."""
        self._loop = asyncio.get_running_loop()
        self.stopped: asyncio.Future[None] = self._loop.create_future()
        if rules:
            self._forwarding = Forwarding(rules, self.emit)

    async def close(self) -> None:
        """Let go of the apps."""
        if self._forwarding:
            await self._forwarding.close()

    def stop(self, reason: str) -> None:
        """Ask for the end; the first reason counts. May be called by a signal handler."""
        if not self._ended_by:
            self._ended_by = reason
            self._loop.call_soon_threadsafe(self.stopped.set_result, None)

    def end(self, elapsed_s: float) -> Listened:
        """Sum up."""
        inbox, ended_by = self._inbox, self._ended_by or TIME_UP
        self._ended_by = ended_by
        self.emit(
            Summary(
                requests=inbox.requests,
                valid=inbox.valid,
                invalid=inbox.requests - inbox.valid,
                duplicates=inbox.duplicates,
                forwarded=self._forwarding.forwarded if self._forwarding else 0,
                failed=self._forwarding.failed if self._forwarding else 0,
                elapsed_s=elapsed_s,
                unseen=self._strangers.unseen,
            )
        )
        self._pass_on()
        return Listened(ended_by, all_valid=inbox.valid == inbox.posts, drifted=inbox.drifted > 0)

    def emit(self, event: ListenerEvent) -> None:
        """Report an event; it is passed on at the end of the turn, with all others of it."""
        if not self._unflushed:
            self._unflushed = True
            self._loop.call_soon(self._pass_on)
        try:
            self._emit(event)
        except OSError as error:
            self._stop_unread(error)

    def _pass_on(self) -> None:
        self._unflushed = False
        try:
            self._flush()
        except OSError as error:
            self._stop_unread(error)

    def _stop_unread(self, error: OSError) -> None:
        """End because nobody can read what arrives; once the end has begun, that is nothing new."""
        if not self._ended_by:
            self._ended_by = UNREAD
            self.stopped.set_exception(error)

    async def answer(self, request: CapturedRequest, peer: str) -> Reply:
        """What the receiver calls for each request."""
        if self._ended_by:
            return _STOPPING
        arrival, reply = self._judge(request)
        if arrival.stranger and not self._strangers.admits(peer):
            return _TOO_MANY
        if self._forwarding and (sent := self._forwarding.send(arrival, peer)):
            arrival = await self._take_down(arrival._replace(answered=None))
            forward, reply = await self._forwarding.finish(arrival, sent)
            if self._history and arrival.record:
                self._history.settle(settlement(arrival.record, arrival.at, forward))
        else:
            arrival = await self._take_down(arrival)
        if request.method == "POST" and not arrival.stranger:
            if self._delay_s:
                await asyncio.sleep(self._delay_s)
            self._count_post()
        return reply if arrival.record else _UNKEPT

    def note_broken(self, broken: BrokenRequest) -> None:
        """What the receiver calls for bytes that it refused."""
        arrival = self._inbox.take_broken(broken)
        if arrival.stranger and not self._strangers.admits(""):
            return
        self.emit(arrival)
        if broken.method == "POST" and not arrival.stranger:
            self._count_post()

    def _judge(self, request: CapturedRequest) -> tuple[Arrival, Reply]:
        """Judge a request; of the time for explaining failures, only so much at once."""
        begun_s = time.monotonic()
        arrival, reply = self._inbox.take(
            request,
            moment=request.received_at or 0,
            explain=lambda outside: self._allowance(outside=outside).allows(begun_s),
        )
        if arrival.cause:
            allowance = self._allowance(outside=self._inbox.is_outside(request))
            allowance.spend(time.monotonic() - begun_s)
        return arrival, reply

    def _allowance(self, *, outside: bool) -> Allowance:
        return self._strangers.explaining if outside else self._explaining

    async def _take_down(self, arrival: Arrival) -> Arrival:
        """Keep a request, give it its number and report it; what is not kept is answered 503."""
        record = await self._keeping.keep(arrival)
        if record is None:
            arrival = arrival._replace(answered=NOT_KEPT)
        else:
            arrival = self._inbox.recorded(arrival, record)
        self.emit(arrival)
        return arrival

    def _count_post(self) -> None:
        self._answered_posts += 1
        if self._posts and self._answered_posts >= self._posts:
            self.stop(ENOUGH)


def _url(host: str, port: int) -> str:
    if host in _WILDCARDS:
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host.strip("[]") else f"http://{host}:{port}"


def _elsewhere(host: str, port: int) -> str | None:
    """How other machines reach a listener on all addresses."""
    address = ports.network_address() if host in _WILDCARDS else None
    return address and _url(address, port)


def _check_no_loop(rules: Rules, host: str, port: int) -> None:
    if host not in _WILDCARDS and not is_loopback(host):
        return
    for _, endpoint in rules.routes:
        if endpoint.is_loopback and endpoint.port == port:
            raise VoveError(
                "forward-loop",
                f"{endpoint.url} is where this listener listens: it would forward to itself",
                hint="give the app's port with --forward-to, or another one with --port",
                category=Category.USAGE,
            )


def _reached_at(sock: socket.socket) -> str:
    """The URL by which a program on this machine reaches a listening socket."""
    address, port = sock.getsockname()[:2]
    return _url(_ANY.get(address, address), port)
