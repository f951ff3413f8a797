"""Genuine deliveries to an exposed `vove listen` in the middle of a flood of unsigned requests.

Eight clients send 20,000 unsigned requests, every hundredth with a megabyte of body; meanwhile one
sender delivers genuine events, which have to be answered by the app behind the listener.

    python bench/flood.py [--requests 20000]
"""

# ruff: noqa: ASYNC240 - a script of one loop
from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.core.messages import Message, new_message_id
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
CLIENTS, EACH = 8, 100
SLOWEST = "slowest genuine delivery, ms"
GOALS = {SLOWEST: 250, "RSS, MB": 100, "disk, MB": 50}


async def send(port: int, headers: list[tuple[str, str]], body: bytes) -> int:
    """One request over a connection of its own; the status."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = ["POST /hook HTTP/1.1", "Host: pub.example", *(f"{n}: {v}" for n, v in headers)]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + body)
    with contextlib.closing(writer), contextlib.suppress(OSError):
        answer = await reader.read()
        return int(answer[9:12] or 0)
    return 0


async def flood(port: int, count: int) -> None:
    """Unsigned requests, one after the other."""
    for n in range(count):
        await send(port, [], b"x" * (1_000_000 if n % EACH == 0 else 50))


async def measure(port: int, requests: int) -> list[float]:
    """Milliseconds of each genuine delivery while the flood lasts."""
    key, took = parse_secret(SECRET), []
    flooding = asyncio.gather(*(flood(port, requests // CLIENTS) for _ in range(CLIENTS)))
    while not flooding.done():
        now = int(time.time())
        message = Message(new_message_id(now, os.urandom(16)), now, BODY)
        started = time.perf_counter()
        status = await send(port, signed_headers([key], message), BODY)
        took.append((time.perf_counter() - started) * 1000)
        assert status == 202, status
        await asyncio.sleep(0.05)
    await flooding
    return took


@contextlib.contextmanager
def listening(folder: Path, app_port: int) -> Iterator[tuple[int, int]]:
    """Port and process id of an exposed listener that forwards."""
    environ = os.environ | {"XDG_DATA_HOME": str(folder), "VOVE_WEBHOOK_SECRET": SECRET}
    ready = folder / "ready.json"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "vovecli", "listen", "--port", "0", "--ready-file", str(ready)),
            *("--public-url", "http://127.0.0.1:9/", "--forward-to", f":{app_port}/"),
            *("--save", str(folder / "saved")),
        ],
        env=environ, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not ready.exists():
            time.sleep(0.05)
        yield int(json.loads(ready.read_text())["url"].rpartition(":")[2]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The app behind the listener."""
    ended = asyncio.IncompleteReadError, asyncio.CancelledError, OSError
    with contextlib.closing(writer), contextlib.suppress(*ended):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length:")[1].split()[0]))
            writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


async def run(folder: Path, requests: int) -> dict[str, float]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    with listening(folder, server.sockets[0].getsockname()[1]) as (port, pid):
        took = await measure(port, requests)
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    server.close()
    with contextlib.closing(sqlite3.connect(folder / "vove" / "history.sqlite3")) as database:
        (kept,) = database.execute(
            "SELECT count(*) FROM records WHERE outcome = 'valid' AND status = 202"
        ).fetchone()
    assert kept == len(took), (kept, len(took))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return {
        "genuine deliveries, all recorded and forwarded": len(took),
        SLOWEST: max(took),
        "RSS, MB": int(status.split("VmHWM:")[1].split()[0]) / 1024,
        "disk, MB": size / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run(Path(folder), arguments.requests))
    print(f"{arguments.requests} unsigned requests to an exposed listener      goal   found")
    for name, value in found.items():
        print(f"{name:<48} {'<= ' + str(GOALS[name]) if name in GOALS else '':>8} {value:8.1f}")


if __name__ == "__main__":
    main()
