"""The receiver over real loopback sockets: exact requests, strict HTTP, limits, an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Self

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vovecli.adapters import ports
from vovecli.adapters.receiver import Limits, Receiver, server
from vovecli.adapters.receiver.connection import Connection
from vovecli.adapters.receiver.exchange import Exchange
from vovecli.core.outcomes.arrivals import BrokenRequest, Reply
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from vovecli.core.requests import CapturedRequest

# One listener serves all examples; a run with mutants calls the same test more than once.
SUPPRESSED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
HEAD = b"POST /hook HTTP/1.1\r\nHost: localhost\r\n"
NOW = 1_700_000_000


class Listener:
    """A receiver in a thread of its own, and everything that it reported."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.requests: list[CapturedRequest] = []
        self.broken: list[BrokenRequest] = []
        self.respond: Callable[[CapturedRequest], Awaitable[Reply]] = self.accept
        self.receiver = Receiver(self.answer, self.broken.append, limits=limits, now=lambda: NOW)
        self.sockets = ports.bind("localhost", 0)
        self.port: int = self.sockets[0].getsockname()[1]
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.run)
        self.started = threading.Event()
        self.crash: BaseException | None = None

    async def accept(self, request: CapturedRequest) -> Reply:
        """The usual callback."""
        return Reply(200, b"taken", (("X-Path", request.target),))

    async def answer(self, request: CapturedRequest, peer: str) -> Reply:
        """Note the request, then do what the test wants done."""
        assert peer in ("127.0.0.1", "::1")
        self.requests.append(request)
        return await self.respond(request)

    def run(self) -> None:
        """The thread: serve until stopped or failed."""
        self.loop.run_until_complete(self.receiver.start(self.sockets))
        self.started.set()
        try:
            self.loop.run_until_complete(self.receiver.failure)
        except asyncio.CancelledError:
            pass
        except RuntimeError as error:
            self.crash = error
        self.loop.run_until_complete(self.receiver.close(within_s=0.5))
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    def __enter__(self) -> Self:
        self.thread.start()
        assert self.started.wait(5)
        return self

    def stop(self) -> None:
        """Close the receiver and wait for its thread."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.receiver.failure.cancel)
        self.thread.join(5)
        assert not self.thread.is_alive()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def connect(self, host: str = "127.0.0.1") -> socket.socket:
        """A raw connection to it."""
        return socket.create_connection((host, self.port), timeout=5)

    def talk(self, *pieces: bytes, end: bool = True) -> bytes:
        """Send the pieces, then read until the server closes; `end` half-closes first."""
        with self.connect() as sock:
            for piece in pieces:
                sock.sendall(piece)
            if end:
                sock.shutdown(socket.SHUT_WR)
            return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    """Everything until the server closes or resets."""
    received = bytearray()
    with contextlib.suppress(ConnectionResetError):
        while piece := sock.recv(65536):
            received += piece
    return bytes(received)


def status(answer: bytes) -> int:
    """The status code of an answer."""
    return int(answer.split(b" ", 2)[1])


@pytest.fixture(name="listener")
def running_listener() -> Iterator[Listener]:
    """A receiver with the limits that users get."""
    with Listener() as running:
        yield running


def post(body: bytes, extra: bytes = b"") -> bytes:
    """A whole request."""
    return HEAD + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


class TestExactness:
    """What is captured is what the wire carried."""

    def test_request_is_captured_as_it_was_sent(self, listener: Listener) -> None:
        """Method, target, header spelling and order, odd bytes and body are kept."""
        odd = b"svix-ID: msg_1\r\nX-Twice: a\r\nx-tWICE:  b \r\nX-Odd: \xff\xc3\xa9\r\n"
        body = bytes(range(256))

        answer = listener.talk(post(body, odd))

        (request,) = listener.requests
        assert answer.startswith(b"HTTP/1.1 200 OK\r\nX-Path: /hook\r\n")
        assert (request.method, request.target) == ("POST", "/hook")
        assert [(name, header_bytes(value)) for name, value in request.headers] == [
            ("Host", b"localhost"),
            ("svix-ID", b"msg_1"),
            ("X-Twice", b"a"),
            ("x-tWICE", b"b"),
            ("X-Odd", b"\xff\xc3\xa9"),
            ("Content-Length", b"256"),
        ]
        assert request.body == body
        assert request.received_at == NOW

    @pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
    def test_pieces_do_not_matter(self, listener: Listener, size: int) -> None:
        """A request that trickles in piece by piece is the same request."""
        whole = (
            HEAD
            + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\n\r\n\r\n0\r\nT: x\r\n\r\n"
        )

        listener.talk(*(whole[at : at + size] for at in range(0, len(whole), size)))

        assert [request.body for request in listener.requests] == [b"abc\r\n"]

    def test_both_loopback_families_answer(self, listener: Listener) -> None:
        """`localhost` is 127.0.0.1 and ::1 on the same port."""
        for host in ("127.0.0.1", "::1"):
            with listener.connect(host) as sock:
                sock.sendall(post(b"{}", b"Connection: close\r\n"))
                assert status(read_all(sock)) == 200

    @settings(max_examples=30, deadline=None, suppress_health_check=SUPPRESSED)
    @given(body=st.binary(max_size=5000), chunk=st.integers(1, 2000))
    def test_any_body_survives_chunking(self, listener: Listener, body: bytes, chunk: int) -> None:
        """Whatever the bytes and the chunk sizes, the body comes out exactly."""
        pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)

        answer = listener.talk(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")

        assert status(answer) == 200
        assert listener.requests[-1].body == body


class TestProtocol:
    """HTTP/1.1 as senders use it."""

    def test_connection_is_kept_and_pipelined_requests_are_answered_in_order(
        self, listener: Listener
    ) -> None:
        """Five requests in one piece get five answers, in their order."""
        requests = [post(b"x" * n).replace(b"/hook", b"/%d" % n) for n in range(5)]

        answer = listener.talk(b"".join(requests))

        assert [request.body for request in listener.requests] == [b"x" * n for n in range(5)]
        assert [line for line in answer.split(b"\r\n") if line.startswith(b"X-Path")] == [
            b"X-Path: /%d" % n for n in range(5)
        ]

    def test_many_pipelined_requests_wait_while_one_is_answered(self, listener: Listener) -> None:
        """Input is held back, not dropped, while an answer is under way."""
        release = threading.Event()

        async def slow(request: CapturedRequest) -> Reply:
            if not release.is_set():
                await asyncio.get_running_loop().run_in_executor(None, release.wait, 5)
            return await listener.accept(request)

        listener.respond = slow
        with listener.connect() as sock:
            sender = threading.Thread(target=sock.sendall, args=(post(b"y" * 50_000) * 20,))
            sender.start()
            release.set()
            sender.join(5)
            sock.shutdown(socket.SHUT_WR)
            answer = read_all(sock)

        assert answer.count(b"HTTP/1.1 200 OK") == 20
        assert len(listener.requests) == 20

    def test_half_a_pipelined_request_is_refused(self, listener: Listener) -> None:
        """The whole one is answered, the rest is refused when no more can come."""

        async def slow(request: CapturedRequest) -> Reply:
            await asyncio.sleep(0.05)
            return await listener.accept(request)

        listener.respond = slow
        answer = listener.talk(post(b"") + HEAD)

        assert answer.count(b"HTTP/1.1 200 ") == 1
        assert answer.count(b"HTTP/1.1 400 ") == 1

    def test_connection_close_is_honoured(self, listener: Listener) -> None:
        """`Connection: close` and HTTP/1.0 end the connection after the answer."""
        for request in (
            post(b"", b"Connection: close\r\n"),
            b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n",
        ):
            answer = listener.talk(request, end=False)
            assert (status(answer), b"Connection: close" in answer) == (200, True)

    def test_expect_100_continue(self, listener: Listener) -> None:
        """The peer is told to go on once, then answered."""
        with listener.connect() as sock:
            sock.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            assert sock.recv(1000) == b"HTTP/1.1 100 \r\n\r\n"
            sock.sendall(b"{}")
            sock.shutdown(socket.SHUT_WR)
            assert status(read_all(sock)) == 200

        assert listener.requests[0].body == b"{}"

    def test_head_gets_no_body_and_204_no_length(self, listener: Listener) -> None:
        """An answer to HEAD has the length alone, a 204 neither length nor body."""
        head = listener.talk(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")

        async def no_content(_: CapturedRequest) -> Reply:
            return Reply(204, b"never sent")

        listener.respond = no_content
        empty = listener.talk(post(b""))

        assert b"Content-Length: 5\r\n" in head
        assert head.endswith(b"\r\n\r\n")
        assert status(empty) == 204
        assert b"Content-Length" not in empty
        assert empty.endswith(b"\r\n\r\n")

    def test_leading_empty_lines_are_ignored(self, listener: Listener) -> None:
        """RFC 9112, 2.2: empty lines before a request are skipped, however they come."""
        assert status(listener.talk(b"\r\n\r\n" + post(b""))) == 200
        assert status(listener.talk(b"\r", b"\n", b"\r\n" + post(b""))) == 200

    def test_answers_are_dated(self, listener: Listener) -> None:
        """RFC 9110, 6.6.1: an answer says when it was made."""
        assert b"Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n" in listener.talk(post(b""))


TLS_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64)
LF_ONLY = b"POST / HTTP/1.1\nHost: x\nContent-Length: 0\n\n"


class TestRefusals:
    """What is no request is refused, and the receiver lives on."""

    @pytest.mark.parametrize(
        ("request_bytes", "expected_status", "code"),
        [
            (b"GARBAGE\r\n\r\n", 400, "not-a-request"),
            (b" GET / HTTP/1.1\r\n\r\n", 400, "not-a-request"),
            (b"\x00\x01\x02", 400, "not-a-request"),
            (TLS_HELLO, 400, "tls-on-http"),
            (LF_ONLY, 400, "malformed-header"),
            (b"POST / HTTP/1.1\r\n\r\n", 400, "malformed-header"),
            (b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, "malformed-header"),
            (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "not-a-request"),
            (HEAD + b"X: a\r\n b\r\n\r\n", 400, "malformed-header"),
            (HEAD + b"X : a\r\n\r\n", 400, "malformed-header"),
            (HEAD + b"X: a\x00b\r\n\r\n", 400, "malformed-header"),
            (HEAD + b"X: a\rb\r\n\r\n", 400, "malformed-header"),
            (HEAD + b"no colon\r\n\r\n", 400, "malformed-header"),
            (
                HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400,
                "malformed-header",
            ),
            (HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "malformed-header"),
            (HEAD + b"Content-Length: 1, 2\r\n\r\nab", 400, "malformed-header"),
            (HEAD + b"Content-Length: +1\r\n\r\na", 400, "malformed-header"),
            (HEAD + b"Content-Length: -1\r\n\r\n", 400, "malformed-header"),
            (HEAD + b"Content-Length: 0x1\r\n\r\na", 400, "malformed-header"),
            (HEAD + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n", 400, "malformed-header"),
            (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "malformed-header"),
            (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n", 501, "malformed-header"),
            (
                HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                501,
                "malformed-header",
            ),
            (
                b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400,
                "malformed-header",
            ),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400, "malformed-chunked"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400, "malformed-chunked"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", 400, "malformed-chunked"),
            (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n", 400, "truncated-body"),
            (HEAD + b"Content-Length: 5\r\n\r\nabc", 400, "truncated-body"),
            (HEAD, 400, "not-a-request"),
            (post(b"x" * 2000), 413, "body-too-large"),
            (
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n7d0\r\n" + b"x" * 2000,
                413,
                "body-too-large",
            ),
            (HEAD + b"X: " + b"a" * 5000 + b"\r\n\r\n", 431, "headers-too-large"),
            (HEAD + b"X: " + b"a" * 5000, 431, "headers-too-large"),
            (
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"a" * 9000,
                431,
                "malformed-chunked",
            ),
        ],
    )
    def test_broken_requests_are_refused(
        self, request_bytes: bytes, expected_status: int, code: str
    ) -> None:
        """Smuggling shapes, malformed pieces and excesses get their status and a report."""
        with Listener(Limits(head_bytes=4096, body_bytes=1000)) as listener:
            answer = listener.talk(request_bytes)
            after = listener.talk(post(b""))

        (broken,) = listener.broken
        assert (status(answer), broken.status, broken.code) == (
            expected_status,
            expected_status,
            code,
        )
        assert broken.message in answer.decode()
        assert b"\r\nConnection: close\r\n" in answer
        assert status(after) == 200
        assert len(listener.requests) == 1

    def test_nothing_after_a_refusal_is_read_as_a_request(self, listener: Listener) -> None:
        """What follows a refused request may be its smuggled twin: it is thrown away."""
        listener.talk(HEAD + b"Content-Length: 1\r\nContent-Length: 0\r\n\r\n" + post(b""))

        assert listener.requests == []

    def test_too_large_body_is_answered_before_it_is_sent(self, listener: Listener) -> None:
        """With Expect: 100-continue a body over the limit is refused, never asked for."""
        answer = listener.talk(
            HEAD + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", end=False
        )

        assert status(answer) == 413

    def test_sender_of_a_large_body_still_reads_the_answer(self, listener: Listener) -> None:
        """The connection lingers, so the 413 is not lost in a reset."""
        with listener.connect() as sock:
            with contextlib.suppress(ConnectionError):
                sock.sendall(post(b"x" * 4_000_000))
            assert status(sock.recv(1000)) == 413

    def test_ports_that_are_only_probed_are_no_requests(self, listener: Listener) -> None:
        """A connection that sends nothing is neither answered nor reported."""
        assert listener.talk() == b""
        assert (listener.requests, listener.broken) == ([], [])

    def test_reset_in_the_middle_is_reported(self, listener: Listener) -> None:
        """A peer that resets the connection within a request leaves a report, not a crash."""
        sock = listener.connect()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.sendall(HEAD)
        listener.talk(post(b""))
        sock.close()
        listener.talk(post(b""))

        assert [broken.code for broken in listener.broken] == ["not-a-request"]

    @settings(max_examples=60, deadline=None, suppress_health_check=SUPPRESSED)
    @given(data=st.binary(max_size=300), cut=st.integers(0, 200))
    def test_any_bytes_leave_it_serving(self, listener: Listener, data: bytes, cut: int) -> None:
        """Random bytes, alone or in the middle of a request, never take the receiver down."""
        listener.talk(post(b"{}")[:cut] + data)

        assert status(listener.talk(post(b""))) == 200


class TestLimits:
    """Nobody gets more than a share of time, memory or connections."""

    def test_slow_request_is_timed_out(self) -> None:
        """A request that is not whole in time gets a 408, however it trickles."""
        with Listener(Limits(request_s=0.05)) as listener:
            answer = listener.talk(HEAD, end=False)

        assert status(answer) == 408
        assert [broken.code for broken in listener.broken] == ["request-timeout"]

    def test_idle_connection_is_closed_in_silence(self) -> None:
        """A connection without a request ends without an answer, before and after a request."""
        with Listener(Limits(idle_s=0.05)) as listener:
            assert listener.talk(end=False) == b""
            assert status(listener.talk(post(b""), end=False)) == 200

        assert listener.broken == []

    def test_long_answers_are_not_timed_out(self) -> None:
        """The limits are the peer's: the callback may take longer than all of them."""

        async def slow(request: CapturedRequest) -> Reply:
            await asyncio.sleep(0.6)
            return await listener.accept(request)

        with Listener(Limits(request_s=0.05, idle_s=0.05, stalled_s=0.05)) as listener:
            listener.respond = slow
            assert status(listener.talk(post(b""), end=False)) == 200

    def test_peer_that_does_not_read_is_dropped(self) -> None:
        """Answers that nobody reads fill no memory: the connection is cut."""

        async def large(_: CapturedRequest) -> Reply:
            return Reply(200, b"z" * 1_000_000)

        with Listener(Limits(stalled_s=0.05)) as listener:
            listener.respond = large
            with listener.connect() as sock:
                sock.sendall(post(b"") * 100)
                while listener.receiver._connections or not listener.requests:
                    time.sleep(0.01)

        assert 0 < len(listener.requests) < 100

    def test_peer_that_reads_late_gets_every_answer(self) -> None:
        """While nobody reads no further request is taken; then all go on."""

        async def large(_: CapturedRequest) -> Reply:
            return Reply(200, b"z" * 1_000_000)

        with Listener() as listener:
            listener.respond = large
            with listener.connect() as sock:
                sock.sendall(post(b"") * 30)
                sock.shutdown(socket.SHUT_WR)
                while not listener.requests:
                    time.sleep(0.01)
                answer = read_all(sock)

        assert answer.count(b"HTTP/1.1 200 OK") == 30
        assert len(listener.requests) == 30

    def test_tiny_chunks_are_refused(self) -> None:
        """A byte a chunk costs a thousand times what its sender pays."""
        head = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
        with Listener() as listener:
            started = time.process_time()
            answer = listener.talk(head, b"1\r\na\r\n" * 1_000_000, end=False)
            took_s = time.process_time() - started
            extended = listener.talk(head, (b"1;" + b"x" * 9000 + b"\r\na\r\n") * 40)
            fair = listener.talk(head, b"8\r\n12345678\r\n" * 20_000 + b"0\r\n\r\n")

        assert [status(each) for each in (answer, extended, fair)] == [400, 400, 200]
        assert took_s < 2
        assert len(listener.requests) == 1

    def test_bytes_of_all_connections_together_are_bounded(self) -> None:
        """Whoever holds most goes; a delivery still gets through."""
        limits = Limits(buffered_bytes=1_000_000, body_bytes=500_000)
        half = HEAD + b"Content-Length: 400000\r\n\r\n" + b"x" * 300_000
        with Listener(limits) as listener, contextlib.ExitStack() as stack:
            for _ in range(12):
                sock = stack.enter_context(listener.connect())
                with contextlib.suppress(OSError):
                    sock.sendall(half)
            assert status(listener.talk(post(b"{}"))) == 200
            held = sum(each.buffered_bytes for each in list(listener.receiver._connections))

        assert held <= limits.buffered_bytes
        assert {each.code for each in listener.broken} >= {"too-many-connections"}

    def test_want_of_memory_is_survived(self, listener: Listener) -> None:
        """The delivery is answered 503, so that it is sent again; the next one is served."""

        async def exhausted(_: CapturedRequest) -> Reply:
            raise MemoryError

        listener.respond = exhausted
        assert status(listener.talk(post(b"{}"))) == 503
        listener.respond = listener.accept
        assert status(listener.talk(post(b"{}"))) == 200

    def test_open_files_bound_the_connections(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The soft limit is raised as far as the hard one; what it leaves is the most there are."""
        limits = [100, 400]

        def raise_limit(_: int, wanted: tuple[int, int]) -> None:
            limits[0] = wanted[0]

        monkeypatch.setattr(resource, "getrlimit", lambda _: tuple(limits))
        monkeypatch.setattr(resource, "setrlimit", raise_limit)
        assert (server._room_for(1000), limits[0]) == (200, 400)

        limits[:] = [100, 10_000]
        assert (server._room_for(1000), limits[0]) == (1000, 1512)

        limits[:] = [100_000, 100_000]
        assert (server._room_for(1000), limits[0]) == (1000, 100_000)

    def test_longest_unused_connection_makes_room(self) -> None:
        """With all connections taken, the one unused for longest is closed for a new one."""
        with Listener(Limits(connections=3)) as listener, contextlib.ExitStack() as stack:
            used, *held = (stack.enter_context(listener.connect()) for _ in range(3))
            for each in (used, *held, used):
                each.sendall(post(b""))
                assert status(each.recv(1000)) == 200
            held[0].sendall(HEAD)

            for _ in range(10):
                assert status(listener.talk(post(b""))) == 200
            assert read_all(held[0]) == b""
            used.sendall(post(b""))
            assert status(used.recv(1000)) == 200

    def test_no_room_is_said(self) -> None:
        """When every connection is busy a new one gets a 503."""
        release = threading.Event()
        busy = threading.Event()

        async def slow(request: CapturedRequest) -> Reply:
            busy.set()
            await asyncio.get_running_loop().run_in_executor(None, release.wait, 5)
            return await listener.accept(request)

        with Listener(Limits(connections=1)) as listener:
            listener.respond = slow
            with listener.connect() as sock:
                sock.sendall(post(b"", b"Connection: close\r\n"))
                assert busy.wait(5)
                assert status(listener.talk(end=False)) == 503
                release.set()
                assert status(read_all(sock)) == 200

    def test_idle_crowd_does_not_keep_others_out(self) -> None:
        """Hundreds of connections that do nothing leave room for one that does."""
        with Listener(Limits(connections=50)) as listener, contextlib.ExitStack() as stack:
            for n in range(300):
                sock = stack.enter_context(listener.connect())
                sock.sendall(HEAD[: n % 20])
            assert status(listener.talk(post(b""))) == 200
            assert len(listener.receiver._connections) <= 50


class Wire(asyncio.Transport):
    """What a connection sees of its socket."""

    def __init__(self, peer: str, connection: Connection) -> None:
        super().__init__({"peername": (peer, 4711)})
        self.connection = connection
        self.is_cut, self.sent = False, b""

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """What the peer gets."""
        self.sent += data

    def can_write_eof(self) -> bool:
        """As TLS has it."""
        return False

    def is_closing(self) -> bool:
        """Whether it is of no use any more."""
        return self.is_cut

    def abort(self) -> None:
        """The connection had to go."""
        self.is_cut = True
        asyncio.get_running_loop().call_soon(self.connection.connection_lost, None)

    close = abort


class Crowd:
    """A receiver that answers once it is told to, and connections from anywhere."""

    def __init__(self, **limits: int) -> None:
        self.broken: list[BrokenRequest] = []
        self.asked, self.release = 0, asyncio.Event()
        self.receiver = Receiver(self.answer, self.broken.append, limits=Limits(**limits))

    async def __aenter__(self) -> Self:
        await self.receiver.start([])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.receiver.close(within_s=0)

    async def answer(self, *_: object) -> Reply:
        """What the receiver calls."""
        self.asked += 1
        await self.release.wait()
        return Reply(200)

    @property
    def held(self) -> int:
        """Bytes of requests that are not answered yet."""
        return sum(each.buffered_bytes for each in self.receiver._connections)

    def connect(self, *pieces: bytes, peer: str = "127.0.0.1") -> Wire:
        """A connection on which this has come."""
        connection = Connection(self.receiver)
        wire = Wire(peer, connection)
        connection.connection_made(wire)
        for piece in pieces:
            connection.data_received(piece)
        return wire


class TestRoom:
    """Which connection goes when there are too many, or too much is held."""

    def test_a_busy_connection_stays(self) -> None:
        """The longest unused one that is not busy goes instead."""

        async def run() -> None:
            async with Crowd(connections=3) as crowd:
                busy, *idle = crowd.connect(post(b"")), crowd.connect(), crowd.connect()
                crowd.connect()

                assert [wire.is_cut for wire in (busy, *idle)] == [False, True, False]

        asyncio.run(run())

    def test_one_peer_has_a_share(self) -> None:
        """Its own longest unused connection goes; others, busy ones and this machine's stay."""

        async def run() -> None:
            async with Crowd(peer_connections=2) as crowd:
                other = crowd.connect(peer="203.0.113.1")
                here = [crowd.connect() for _ in range(5)]
                busy, half = (crowd.connect(data, peer="203.0.113.7") for data in (post(b""), HEAD))
                new = crowd.connect(peer="203.0.113.7")

                cut = [wire.is_cut for wire in (other, *here, busy, half, new)]
                assert cut == [False] * 7 + [True, False]
                assert [broken.code for broken in crowd.broken] == ["too-many-connections"]

        asyncio.run(run())

    def test_whoever_holds_most_makes_room(self) -> None:
        """Not one that is being answered, nor the one that sends, and no more than need be."""

        def part(size: int) -> bytes:
            return HEAD + b"Content-Length: 60000\r\n\r\n" + b"x" * size

        async def run() -> None:
            async with Crowd(buffered_bytes=100_000) as crowd:
                busy = crowd.connect(post(b"x" * 5_000) + b"y" * 5_000, b"y" * 20_000)
                most, less, least = (crowd.connect(part(size)) for size in (24_000, 20_000, 8_000))
                last = crowd.connect(part(26_000))

                cut = [wire.is_cut for wire in (busy, most, less, least, last)]
                assert cut == [False, True, False, False, False]

        asyncio.run(run())

    def test_what_is_being_answered_counts(self) -> None:
        """Where that alone fills the memory no long request is taken, even if its peer has left."""

        async def run() -> None:
            async with Crowd(buffered_bytes=100_000) as crowd:
                for _ in range(3):
                    gone = crowd.connect(post(b"x" * 27_000))
                    gone.abort()
                await asyncio.sleep(0)
                late, small = crowd.connect(post(b"x" * 27_000)), crowd.connect(post(b"{}"))
                await asyncio.sleep(0)

                assert [broken.code for broken in crowd.broken] == ["out-of-memory"]
                assert (status(late.sent), small.sent, crowd.asked) == (503, b"", 4)
                assert crowd.held == 3 * 27_000 + 2

                crowd.release.set()
                await asyncio.sleep(0.01)
                assert (status(small.sent), crowd.held) == (200, 0)

        asyncio.run(run())


class TestEnd:
    """An orderly end."""

    def test_answer_under_way_is_finished(self) -> None:
        """Stopping waits for the answer, announces the end, and closes the rest."""
        arrived = threading.Event()

        async def slow(request: CapturedRequest) -> Reply:
            arrived.set()
            while not listener.receiver.draining:  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(0.001)
            return await listener.accept(request)

        with Listener() as listener:
            listener.respond = slow
            with listener.connect() as sock, listener.connect() as idle:
                sock.sendall(post(b""))
                assert arrived.wait(5)
                listener.stop()
                answer = read_all(sock)
                assert read_all(idle) == b""

        assert status(answer) == 200
        assert b"Connection: close" in answer

    def test_answer_that_takes_too_long_is_given_up(self) -> None:
        """Stopping ends within its time even if an answer never comes."""
        arrived = threading.Event()

        async def never(_: CapturedRequest) -> Reply:
            arrived.set()
            await asyncio.sleep(60)
            raise AssertionError

        with Listener() as listener:
            listener.respond = never
            with listener.connect() as sock:
                sock.sendall(post(b""))
                assert arrived.wait(5)
                begun = time.monotonic()
                listener.stop()
                assert time.monotonic() - begun < 2
                assert read_all(sock) == b""

    def test_peer_gone_before_the_answer_hurts_nobody(self, listener: Listener) -> None:
        """An answer for a peer that has left is dropped; the request was taken all the same."""
        gone, arrived = threading.Event(), threading.Event()

        async def slow(request: CapturedRequest) -> Reply:
            arrived.set()
            await asyncio.get_running_loop().run_in_executor(None, gone.wait, 5)
            return await listener.accept(request)

        listener.respond = slow
        sock = listener.connect()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.sendall(post(b""))
        assert arrived.wait(5)
        sock.close()
        while listener.receiver._connections:
            time.sleep(0.01)
        gone.set()

        assert status(listener.talk(post(b""))) == 200
        assert len(listener.requests) == 2

    def test_bug_of_the_callback_is_handed_over(self) -> None:
        """An exception in the callback reaches whoever waits for the receiver to fail."""

        async def bug(_: CapturedRequest) -> Reply:
            raise RuntimeError("a bug")

        with Listener() as listener:
            listener.respond = bug
            assert listener.talk(post(b"")) == b""
            listener.thread.join(5)

        assert str(listener.crash) == "a bug"

    def test_bug_in_the_report_is_handed_over(self) -> None:
        """An exception while a broken request is reported gets there too."""

        def bug(_: BrokenRequest) -> None:
            raise RuntimeError("another bug")

        with Listener() as listener:
            listener.receiver._broken = bug
            listener.talk(b"GARBAGE\r\n\r\n")
            listener.thread.join(5)

        assert str(listener.crash) == "another bug"

    def test_trouble_with_accepting_is_no_bug(self, listener: Listener) -> None:
        """Out of descriptors: asyncio tries again by itself, and so the receiver lives on."""
        listener.receiver._on_loop_error(listener.loop, {"exception": OSError(24, "Too many")})

        assert status(listener.talk(post(b""))) == 200


@pytest.mark.skipif(sys.platform != "linux", reason="other systems queue 128 or fewer")
def test_a_burst_waits_while_the_receiver_is_busy() -> None:
    """The system queues more connections than asyncio asks for: none waits a second to try again."""
    entered, release = threading.Event(), threading.Event()

    def hold() -> None:
        entered.set()
        release.wait(20)

    with Listener() as listener, contextlib.ExitStack() as stack:
        listener.loop.call_soon_threadsafe(hold)
        stack.callback(release.set)
        assert entered.wait(5)
        for _ in range(300):
            sock = socket.create_connection(("127.0.0.1", listener.port), timeout=0.9)
            stack.enter_context(sock)
        release.set()
        assert status(listener.talk(post(b"{}"))) == 200


def test_a_connection_may_wait_before_its_first_request() -> None:
    """As a browser's spare one does; here for two rounds of whoever ends connections."""
    with Listener() as listener, listener.connect() as sock:
        time.sleep(0.6)
        sock.sendall(post(b"{}"))

        assert sock.recv(1000).startswith(b"HTTP/1.1 200")


def test_nothing_new_is_accepted_while_it_ends() -> None:
    """The answer under way is finished; whoever comes now is told that nobody listens."""
    release = threading.Event()

    async def slow(_: CapturedRequest) -> Reply:
        await asyncio.to_thread(release.wait, 5)
        return Reply(200, b"at last")

    with Listener() as listener, listener.connect() as sock:
        listener.respond = slow
        sock.sendall(post(b"{}"))
        while not listener.requests:
            time.sleep(0.01)
        closing = asyncio.run_coroutine_threadsafe(
            listener.receiver.close(within_s=5), listener.loop
        )
        while not listener.receiver.draining:
            time.sleep(0.01)
        with pytest.raises(ConnectionRefusedError):
            listener.connect()
        release.set()
        assert status(read_all(sock)) == 200
        closing.result(5)


def test_no_memory_for_a_request_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """503, and the next one is served."""
    with Listener() as listener:
        with monkeypatch.context() as patch:
            patch.setattr(Exchange, "feed", _no_memory)
            assert status(listener.talk(post(b"{}"))) == 503
        assert status(listener.talk(post(b"{}"))) == 200
    assert [broken.code for broken in listener.broken] == ["out-of-memory"]


def _no_memory(*_: object) -> bytes:
    raise MemoryError
