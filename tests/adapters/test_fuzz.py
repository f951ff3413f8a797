"""Damaged messages for as long as `VOVE_TEST_FUZZ_S` says: sockets of the receiver and the client.

A failure names its seed; `VOVE_TEST_SEED` begins with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import time
from typing import TYPE_CHECKING

import pytest
from tests.adapters.test_receiver import Listener, post, status
from tests.conftest import SECRET

from vovecli.adapters.wire import WireClient
from vovecli.core.captures import read_captures
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.formats import to_raw_http
from vovecli.core.messages import Message
from vovecli.core.outcomes.answers import NoAnswer
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHORT_S, LONG_S = 1.0, float(os.environ.get("VOVE_TEST_FUZZ_S", "300"))
KEY, MOMENT = parse_secret(SECRET), 1_750_000_000
BODIES = (
    b'{"refId":"r1","status":"IN_PROGRESS","previousStatus":"NOT_STARTED"}',
    '{"refId":"é\\u00e9","status":"IN_REVIEW"}\n'.encode(),
    b'{ "refId" : "a" , "status":"COMPLETED" }\r\n', b"", b"null", b"no JSON", b'{"a":{{b}}}',
    b'# comment\n{"a":1}', b"< ./x.json", b"curl x", b'\xef\xbb\xbf{"a":1}', b'\n\n{"a":1}',
    b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"\xff\xfe{\x00}\x00",
)  # fmt: skip
PIECES = (
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b",", b"chunked", b"Connection: close\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
    b"Expect: 100-continue\r\n", b"HTTP/1.0", b"HTTP/2.0", b"GET ", b"HEAD ", b"0\r\n\r\n",
    b"5\r\nabcde\r\n", b"ffffffff\r\n", b"{{x}}", b"# a: b\r\n", b"//a: b\r\n", b"< ./x\r\n",
    b"svix-id: a\r\n", b"webhook-id: b\r\n", b"svix_id: a\r\n", b"\xff", b"\xe2\x80\xae",
    b"\x1b[31m", b"http://x/", b"*", b"%00", b"Upgrade: h2c\r\n", b"x: " + b"a" * 1000 + b"\r\n",
    b"a" * 40_000,
)  # fmt: skip
ANSWERS = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end",
)


def seeds(seconds: float) -> Iterator[int]:
    """One after the other until time is up."""
    seed = int(os.environ.get("VOVE_TEST_SEED", str(random.randrange(2**32))))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield seed
        seed += 1


def damaged(data: bytes, chance: random.Random) -> bytes:
    """A message with a few bytes changed, lost, doubled or put in."""
    changed = bytearray(data)
    for _ in range(chance.choice((0, 1, 1, 2, 4))):
        start = chance.randrange(len(changed) + 1)
        end = min(len(changed), start + chance.choice((0, 1, 3, 20)))
        piece = chance.choice((chance.choice(PIECES), bytes(changed[start:end]) * 2, b""))
        changed[start:end] = piece
    return bytes(changed)


def a_request(chance: random.Random) -> bytes:
    """Rightly signed, mostly."""
    body = chance.choice(BODIES)
    key = KEY if chance.random() < 0.7 else parse_secret("whsec_" + "b25l" * 8)
    headers = signed_headers([key], Message(f"msg_{chance.random()}", MOMENT, body))
    names = ("X-A", "#h", "$x", "Content-Type", "X_Y", "svix_id", "~")
    values = ("1", "{{x}}", '"q"', "# c", "// d", "a, b", "   z", "@f", "", "curl http://x")
    headers += [(chance.choice(names), chance.choice(values)) for _ in range(chance.randrange(4))]
    target = chance.choice(("/", "/a?b=c", "//x", "/{{x}}", "http://h/p", "/%0a", "/a|b;curl"))
    lines = [f"POST {target} HTTP/1.1", "Host: localhost", *(f"{n}: {v}" for n, v in headers)]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def fuzz_receiver(seconds: float) -> None:
    """It goes on serving; what it takes reads the same from the file in which it is saved."""
    with Listener() as listener:
        for seed in seeds(seconds):
            chance = random.Random(seed)
            listener.requests.clear()
            data = damaged(a_request(chance), chance)
            cut = chance.randrange(len(data) + 1)
            with contextlib.suppress(OSError):  # it may have hung up before all was sent
                listener.talk(data[:cut], data[cut:])
            for request in listener.requests:
                live = verify(request, [KEY], moment=MOMENT, explain=False)
                if live.valid and request.method == "POST":  # no others are judged
                    (saved,) = read_captures(to_raw_http(request))
                    later = verify(saved, [KEY], moment=MOMENT, explain=False)
                    assert (saved.body, later.valid) == (request.body, True), seed
            assert status(listener.talk(post(b""))) == 200, seed


def fuzz_client(seconds: float) -> None:
    """It answers or says why not, in time, and leaves nothing behind."""

    async def run() -> None:
        current = b""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(current)
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            endpoint = parse_endpoint(f"http://127.0.0.1:{port}/")
            for seed in seeds(seconds):
                chance = random.Random(seed)
                current = damaged(chance.choice(ANSWERS), chance)
                client = WireClient(endpoint, timeout_s=5)
                begun_s = time.monotonic()
                with contextlib.suppress(NoAnswer):
                    found = await client.request("POST", endpoint.target, [], b"")
                    assert 200 <= found.status <= 599, seed
                await client.aclose()
                assert time.monotonic() - begun_s < 6, seed

    asyncio.run(run())


@pytest.mark.parametrize("fuzz", [fuzz_receiver, fuzz_client])
def test_damaged_messages(fuzz: Callable[[float], None]) -> None:
    """The short form."""
    fuzz(SHORT_S)


@pytest.mark.slow
@pytest.mark.timeout(LONG_S + 60)
@pytest.mark.parametrize("fuzz", [fuzz_receiver, fuzz_client])
def test_damaged_messages_for_long(fuzz: Callable[[float], None]) -> None:
    """The long one."""
    fuzz(LONG_S)
