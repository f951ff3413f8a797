"""The wire client against real loopback servers, well-behaved and broken ones."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import trustme

from vovecli.adapters.addresses import resolve
from vovecli.adapters.wire import WireClient
from vovecli.core.endpoints import Endpoint, parse_endpoint
from vovecli.core.outcomes.answers import Answer, NoAnswer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from vovecli.core.messages import Headers

    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HEADERS: Headers = [("Content-Length", "2")]


@asynccontextmanager
async def served(
    handler: Handler, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Endpoint]:
    """A server on a free port whose connections are closed when the test is over."""
    writers: list[asyncio.StreamWriter] = []

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(on_connection, host, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield parse_endpoint(f"{'https' if tls else 'http'}://localhost:{port}/hook")
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)


def answering(*answers: bytes) -> Handler:
    """Read one request per answer on each connection, then close it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await reader.readuntil(b"\r\n\r\n{}")
            writer.write(answer)
            await writer.drain()

    return handle


async def post(endpoint: Endpoint, **options: object) -> Answer:
    """One request of a client of its own."""
    client = WireClient(endpoint, **({"timeout_s": 5.0} | options))  # type: ignore[arg-type] # options of any type, by name
    try:
        return await client.request("POST", endpoint.target, HEADERS, b"{}")
    finally:
        await client.aclose()


def answer_to(raw: bytes, **options: object) -> Answer:
    """What the client makes of the raw bytes of an answer."""

    async def main() -> Answer:
        async with served(answering(raw)) as endpoint:
            return await post(endpoint, **options)

    return asyncio.run(main())


def failure_of(handler: Handler, **options: object) -> NoAnswer:
    """The error of a request to a server with that handler."""

    async def main() -> NoAnswer:
        async with served(handler) as endpoint:
            with pytest.raises(NoAnswer) as caught:
                await post(endpoint, **options)
            return caught.value

    return asyncio.run(main())


def wire_of(headers: Headers, *, method: str = "POST", target: str = "/hook") -> tuple[bytes, str]:
    """The bytes that reached the server for a request, and the host and port it went to."""

    async def main() -> tuple[bytes, str]:
        seen = asyncio.get_running_loop().create_future()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set_result(await reader.readuntil(b"{}"))
            writer.write(OK)
            await writer.drain()

        async with served(handle) as endpoint:
            client = WireClient(endpoint, timeout_s=5)
            await client.request(method, target, headers, b"{}")
            await client.aclose()
            return await seen, endpoint.host_header

    return asyncio.run(main())


def test_an_answer_is_read() -> None:
    """Status, reason, headers in order and spelling, body and latency come back."""
    answer = answer_to(
        b"HTTP/1.1 422 No Such Case\r\n"
        b"X-B: 1\r\nx-a: caf\xe9\r\nX-B: 2\r\ncontent-length: 4\r\n\r\nnope"
    )

    assert (answer.status, answer.reason, answer.body) == (422, "No Such Case", b"nope")
    assert answer.headers == [
        ("X-B", "1"),
        ("x-a", "caf\udce9"),
        ("X-B", "2"),
        ("content-length", "4"),
    ]
    assert 0 < answer.latency_ms < 5000


def test_the_request_is_written_exactly() -> None:
    """Order, spelling, duplicates, odd names and odd bytes of headers travel as given."""
    headers = [("sViX-iD", "a"), ("svix-id", "b"), ("Bad Name", "caf\udce9 é"), ("Empty", "")]

    wire, host = wire_of(headers, method="POST", target="/a?b=%20")

    assert wire == (
        f"POST /a?b=%20 HTTP/1.1\r\nHost: {host}\r\nsViX-iD: a\r\nsvix-id: b\r\n".encode()
        + b"Bad Name: caf\xe9 \xc3\xa9\r\nEmpty: \r\n\r\n{}"
    )


def test_a_host_header_of_ones_own_is_kept_in_its_place() -> None:
    """Host is added only where no header has that name in any case."""
    wire, _ = wire_of([("A", "1"), ("hOST", "elsewhere")])

    assert wire == b"POST /hook HTTP/1.1\r\nA: 1\r\nhOST: elsewhere\r\n\r\n{}"


@pytest.mark.parametrize("value", ["a\r\nInjected: 1", "a\nb", "a\rb", "a\0b"])
def test_a_header_cannot_smuggle_another(value: str) -> None:
    """Line breaks and zero bytes in a header are refused before anything is sent."""

    async def main() -> None:
        client = WireClient(parse_endpoint("http://localhost:9/"), timeout_s=1)
        with pytest.raises(NoAnswer, match="line break") as caught:
            await client.request("POST", "/", [("X", value)], b"")
        assert caught.value.kind == "protocol"

    asyncio.run(main())


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", 200, b"abc"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, b""),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08",
            200,
            b"\x1f\x8b\x08",
        ),
    ],
)  # fmt: skip
def test_framings(raw: bytes, status: int, body: bytes) -> None:
    """Every framing of HTTP/1 is understood; nothing is decoded and no redirect is followed."""
    answer = answer_to(raw)

    assert (status, body) == (answer.status, answer.body)


def test_a_head_request_has_no_body_to_wait_for() -> None:
    """The Content-Length of an answer to HEAD announces nothing that follows."""

    async def main() -> Answer:
        async with served(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")) as endpoint:
            client = WireClient(endpoint, timeout_s=5)
            try:
                return await client.request("HEAD", "/", [], b"{}")
            finally:
                await client.aclose()

    assert asyncio.run(main()).body == b""


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        CHUNKED + b"zz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000,
    ],
)
def test_malformed_answers(raw: bytes) -> None:
    """What is not HTTP/1.1, or has an endless head, is a `protocol` error with a short message."""
    error = failure_of(answering(raw))

    assert error.kind == "protocol"
    assert len(error.message) < 300


@pytest.mark.parametrize(
    ("raw", "when"),
    [
        (b"", "before it answered"),
        (b"HTTP/1.1 200 OK\r\nConte", "in the middle of its answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", "in the middle of its answer"),
    ],
)
def test_a_connection_closed_early(raw: bytes, when: str) -> None:
    """A server that closes before the end of its answer is `closed`, and the message says when."""
    error = failure_of(answering(raw))

    assert error.kind == "closed"
    assert when in error.message


def test_a_connection_that_is_reset() -> None:
    """A reset is `closed` like an ordinary end, with the system's reason."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()

    error = failure_of(handle)

    assert error.kind == "closed"
    assert "reset" in error.message


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """An answer whose body never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


def test_an_endless_body_is_cut() -> None:
    """No more than `max_body` bytes are kept, and the answer counts all the same."""

    async def main() -> Answer:
        async with served(endless) as endpoint:
            return await post(endpoint, max_body=1000)

    answer = asyncio.run(main())

    assert (answer.status, answer.body, answer.body_truncated) == (200, b"x" * 1000, True)


def test_a_body_of_exactly_the_limit_is_whole() -> None:
    """The limit itself is allowed."""
    answer = answer_to(OK, max_body=2)

    assert (answer.body, answer.body_truncated) == (b"ok", False)


@pytest.mark.parametrize(
    ("first", "state"),
    [(b"", "connected, but no answer"), (b"HTTP/1.1 2", "the answer began but did not finish")],
)
def test_a_silent_or_slow_server_ends_with_the_timeout(first: bytes, state: str) -> None:
    """The timeout bounds the whole request; slow bytes do not prolong it."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(first)
        while True:
            writer.write(first[:0] or b"0" if first else b"")
            await asyncio.sleep(0.01)

    error = failure_of(handle, timeout_s=0.1)

    assert error.kind == "timeout"
    assert error.message == f"{state} within 0.1 s"


def test_nothing_listens() -> None:
    """A refused connection names every loopback address that was tried."""

    async def main() -> NoAnswer:
        async with served(answering()) as endpoint:
            pass
        with pytest.raises(NoAnswer) as caught:
            await post(endpoint)
        return caught.value

    error = asyncio.run(main())

    assert error.kind == "refused"
    assert "tried 127.0.0.1 and ::1" in error.message


def test_localhost_is_both_families() -> None:
    """An app that listens on ::1 only is found under `localhost`, whatever the hosts file says."""

    async def main() -> Answer:
        async with served(answering(OK), host="::1") as endpoint:
            return await post(endpoint)

    assert asyncio.run(main()).status == 200


def test_a_pinned_address_is_the_only_one_tried() -> None:
    """With an address given, the host is not resolved and nothing else is tried."""

    async def main() -> tuple[Answer, NoAnswer]:
        async with served(answering(OK), host="::1") as endpoint:
            answer = await post(endpoint, address="::1")
            with pytest.raises(NoAnswer) as caught:
                await post(endpoint, address="127.0.0.1")
            return answer, caught.value

    answer, error = asyncio.run(main())

    assert answer.status == 200
    assert error.message.endswith("(tried 127.0.0.1)")


def test_names_that_cannot_be_resolved() -> None:
    """An impossible host name is a `dns` error, not a crash."""

    async def main() -> NoAnswer:
        with pytest.raises(NoAnswer) as caught:
            await resolve(parse_endpoint("http://a..b/"))
        return caught.value

    assert asyncio.run(main()).kind == "dns"


def test_an_address_resolves_to_itself() -> None:
    """A literal address is the only one to try."""
    assert asyncio.run(resolve(parse_endpoint("http://127.0.0.1:1/"))) == ["127.0.0.1"]


def counting(*answers: bytes) -> tuple[list[int], Handler]:
    """A server that answers so on each connection, and the requests it saw per connection."""
    seen: list[int] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(0)
        number = len(seen) - 1
        for answer in answers:
            await reader.readuntil(b"{}")
            seen[number] += 1
            writer.write(answer)
            await writer.drain()

    return seen, handle


async def post_times(count: int, endpoint: Endpoint, *, keep_alive: bool = True) -> list[int]:
    """The statuses of several requests, one after the other, of one client."""
    client = WireClient(endpoint, timeout_s=5, keep_alive=keep_alive)
    statuses = []
    for _ in range(count):
        answer = await client.request("POST", "/", HEADERS, b"{}")
        statuses.append(answer.status)
        await asyncio.sleep(0.01)  # time for the server's end of a connection to arrive
    await client.aclose()
    return statuses


@pytest.mark.parametrize(
    ("answers", "keep_alive", "per_connection"),
    [
        ((OK, OK, OK), True, [3]),
        ((OK, OK, OK), False, [1, 1, 1]),
        ((OK,), True, [1, 1, 1]),
        ((OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),), True, [1, 1, 1]),
        ((OK + b"trailing", OK), True, [1, 1, 1]),
        ((b"HTTP/1.1 200 OK\r\n\r\n",), True, [1, 1, 1]),
    ],
    ids=["kept", "not kept", "closed while idle", "announced", "trailing bytes", "ends with it"],
)
def test_connections_are_kept_where_they_can_be(
    answers: tuple[bytes, ...], *, keep_alive: bool, per_connection: list[int]
) -> None:
    """A connection carries the next request unless server, answer or caller forbid it."""

    async def main() -> list[int]:
        seen, handler = counting(*answers)
        async with served(handler) as endpoint:
            assert await post_times(3, endpoint, keep_alive=keep_alive) == [200, 200, 200]
        return seen

    assert per_connection == asyncio.run(main())


def test_a_request_that_may_have_been_read_is_not_sent_again() -> None:
    """An app that takes the second request and closes instead of answering sees it once."""

    async def main() -> tuple[NoAnswer, list[int]]:
        seen: list[int] = []

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(0)
            for answer in (OK, b""):
                await reader.readuntil(b"{}")
                seen[-1] += 1
                writer.write(answer)

        async with served(handle) as endpoint:
            client = WireClient(endpoint, timeout_s=5)
            await client.request("POST", "/", HEADERS, b"{}")
            with pytest.raises(NoAnswer) as caught:
                await client.request("POST", "/", HEADERS, b"{}")
            await client.aclose()
        return caught.value, seen

    error, seen = asyncio.run(main())

    assert error.kind == "closed"
    assert seen == [2]


@pytest.mark.parametrize("kept", [1, 2])
def test_connections_closed_unnoticed_are_replaced(kept: int) -> None:
    """A close that has arrived, but that the event loop had no time to see, costs no delivery."""
    everybody, answered = threading.Barrier(kept), threading.Event()

    def answer_once(server: socket.socket, *, is_first: bool) -> None:
        connection, _ = server.accept()
        with connection:
            while not connection.recv(1000).endswith(b"{}"):
                pass
            if is_first:
                everybody.wait(5)
            connection.sendall(OK)
            answered.wait(5)

    async def main(server: socket.socket) -> int:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        client = WireClient(parse_endpoint(url), timeout_s=5)
        with ThreadPoolExecutor() as pool:
            first = [pool.submit(answer_once, server, is_first=True) for _ in range(kept)]
            await asyncio.gather(
                *(client.request("POST", "/", HEADERS, b"{}") for _ in range(kept))
            )
            answered.set()
            wait(first)  # blocks the event loop: it cannot see that they are closed
            pool.submit(answer_once, server, is_first=False)
            answer = await client.request("POST", "/", HEADERS, b"{}")
        await client.aclose()
        return answer.status

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        assert asyncio.run(main(server)) == 200


def test_a_kept_connection_that_closes_in_its_answer_is_an_error() -> None:
    """Once a byte of the answer has come, the request is not sent a second time."""

    async def main() -> NoAnswer:
        seen, handler = counting(OK, b"HTTP/1.1 200")
        async with served(handler) as endpoint:
            client = WireClient(endpoint, timeout_s=5)
            await client.request("POST", "/", HEADERS, b"{}")
            with pytest.raises(NoAnswer) as caught:
                await client.request("POST", "/", HEADERS, b"{}")
            await client.aclose()
        assert seen == [2]
        return caught.value

    assert asyncio.run(main()).kind == "closed"


def test_requests_at_once_have_connections_of_their_own() -> None:
    """Two requests that overlap do not wait for each other; both connections are kept."""

    async def main() -> int:
        seen, handler = counting(OK, OK)
        async with served(handler) as endpoint:
            client = WireClient(endpoint, timeout_s=5)
            for _ in range(2):
                await asyncio.gather(
                    client.request("POST", "/", HEADERS, b"{}"),
                    client.request("POST", "/", HEADERS, b"{}"),
                )
            await client.aclose()
        return len(seen)

    assert asyncio.run(main()) == 2


def test_an_answer_before_the_request_is_no_answer() -> None:
    """Bytes that arrive on an idle connection close it: they belong to no request."""

    async def main() -> list[int]:
        seen: list[int] = []

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(1)
            await reader.readuntil(b"{}")
            writer.write(OK)
            await asyncio.sleep(0.005)
            writer.write(b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n")
            await reader.read()

        async with served(handle) as endpoint:
            assert await post_times(1, endpoint) == [200]
            client = WireClient(endpoint, timeout_s=5)
            await client.request("POST", "/", HEADERS, b"{}")
            await asyncio.sleep(0.05)
            answer = await client.request("POST", "/", HEADERS, b"{}")
            assert answer.status == 200
            await client.aclose()
        return seen

    assert asyncio.run(main()) == [1, 1, 1]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority of the tests' own."""
    return trustme.CA()


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    """The server's side, with a certificate for those names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    """The client's side that trusts the authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_https(authority: trustme.CA) -> None:
    """An https endpoint works where the certificate is trusted and names the host."""

    async def main() -> Answer:
        async with served(answering(OK), tls=server_tls(authority, "localhost")) as endpoint:
            return await post(endpoint, ssl_context=client_tls(authority))

    assert asyncio.run(main()).status == 200


@pytest.mark.parametrize(
    ("name", "trusted", "reason"),
    [
        ("localhost", False, "self-signed|unable to get local issuer"),
        ("other.test", True, "ostname"),
    ],
)
def test_certificates_are_verified(
    authority: trustme.CA, *, name: str, trusted: bool, reason: str
) -> None:
    """An unknown authority or another host's name is a `tls` error that says which."""

    async def main() -> None:
        context = client_tls(authority) if trusted else None
        async with served(answering(OK), tls=server_tls(authority, name)) as endpoint:
            with pytest.raises(NoAnswer, match=reason) as caught:
                await post(endpoint, ssl_context=context)
            assert caught.value.kind == "tls"

    asyncio.run(main())


def test_https_to_a_server_that_speaks_http() -> None:
    """The TLS failure is named, whether the server answers in plain text or hangs up."""

    async def hang_up(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(1)

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async def main(handler: Handler) -> str:
        async with served(handler) as endpoint:
            secure = parse_endpoint(endpoint.url.replace("http:", "https:"))
            with pytest.raises(NoAnswer) as caught:
                await post(secure)
            return caught.value.kind

    assert [asyncio.run(main(hang_up)), asyncio.run(main(plain))] == ["tls", "tls"]
