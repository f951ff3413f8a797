"""`vove send --repeat` beside a stock httpx.AsyncClient in the same run, and a steady rate.

Each round sends to a bare asyncio sink in a process of its own, first with `vove`, then with httpx
and as many workers; medians over the rounds are printed beside the goals.

    python bench/load.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING

import httpx

from vovecli.commands.compose import Composition, compose
from vovecli.core.secrets import parse_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EVENT = "kyb.case.completed"
CONNECTIONS = 50
REQUESTS, STOCK_REQUESTS = 10_000, 1_000
RATE, RATE_S = 500, 10
SINK = """
import asyncio
class Sink(asyncio.Protocol):
    data = b""
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.data += data
        head, end, rest = self.data.partition(b"\\r\\n\\r\\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0]
        if end and len(rest) >= int(length):
            self.data = b""
            self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
async def main():
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextlib.contextmanager
def sink() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
        process.kill()


def send(url: str, *options: str) -> dict[str, float]:
    """The `vove.load/1` of a run; its percentiles flattened."""
    command = [sys.executable, "-m", "vovecli", "send", EVENT, "--to", url, *options, "--json"]
    with tempfile.TemporaryDirectory() as home:
        environ = {**os.environ, "HOME": home, "VOVE_WEBHOOK_SECRET": SECRET}
        load = json.loads(
            subprocess.run(command, env=environ, capture_output=True, check=True).stdout
        )
    return load | load["latency_ms"]


async def stock(url: str) -> float:
    """Requests per second of httpx.AsyncClient, signing included."""
    secrets, left = [parse_secret(SECRET)], iter(range(STOCK_REQUESTS))

    async def work(client: httpx.AsyncClient) -> None:
        for _ in left:
            now = int(time.time())
            signed = compose(EVENT, Composition(), secrets, now=now, random_bytes=os.urandom)
            (
                await client.post(url, headers=signed.headers, content=signed.message.body)
            ).raise_for_status()

    async with httpx.AsyncClient(trust_env=False) as client:
        started = time.perf_counter()
        await asyncio.gather(*(work(client) for _ in range(CONNECTIONS)))
        return STOCK_REQUESTS / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    rates, p99s, ratios = [], [], []
    with sink() as url:
        for _ in range(rounds):
            load = send(url, "--repeat", str(REQUESTS), "--concurrency", str(CONNECTIONS))
            rates.append(load["rate_per_s"])
            p99s.append(load["p99"])
            ratios.append(load["rate_per_s"] / asyncio.run(stock(url)))
        steady = send(url, "--rate", str(RATE), "--duration", f"{RATE_S}s")
    print(f"{'vove send --repeat, 50 connections':45} {'goal':>8} {'median':>8}")
    print(f"{'requests/s, signed and judged':45} {'>= 8000':>8} {statistics.median(rates):8.0f}")
    print(f"{'p99, ms':45} {'<= 20':>8} {statistics.median(p99s):8.1f}")
    print(f"{'times a stock httpx.AsyncClient':45} {'>= 12':>8} {statistics.median(ratios):8.1f}")
    what = f"--rate {RATE} --duration {RATE_S}s, requests/s"
    print(f"{what:45} {'500 2%':>8} {steady['rate_per_s']:8.1f}")


if __name__ == "__main__":
    main()
