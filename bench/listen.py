"""`vove listen` under load beside a bare asyncio + h11 echo in the same run: rates, CPU, memory.

Needs wrk. Each round runs echo, `--json` with history, `--json` without, lines for people, and
forwarding, one after the other; medians over the rounds are printed beside the goals.

    python bench/listen.py [--seconds 5] [--rounds 3] [--memory]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.messages import Message, new_message_id
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"refId":"ref-%d","status":"COMPLETED","previousStatus":"IN_REVIEW"}'
CONNECTIONS = 50
TICKS = os.sysconf("SC_CLK_TCK")
LISTEN = (sys.executable, "-m", "vovecli", "listen", "--port", "0", "--ready-file", "ready.json")
ECHO = """
import asyncio, h11, json, os
class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.http = transport, h11.Connection(h11.SERVER)
    def data_received(self, data):
        self.http.receive_data(data)
        while (event := self.http.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.ConnectionClosed):
                break
            if isinstance(event, h11.EndOfMessage):
                head = h11.Response(status_code=200, headers=[("Content-Length", "2")])
                parts = (head, h11.Data(data=b"ok"), h11.EndOfMessage())
                self.transport.write(b"".join(map(self.http.send, parts)))
                self.http.start_next_cycle()
async def main():
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    with open("ready.part", "w") as file:
        json.dump({"url": url}, file)
    os.rename("ready.part", "ready.json")
    await server.serve_forever()
asyncio.run(main())
"""
LOAD = """
local requests, place = {}, 0
init = function()
  for line in io.lines("signed.txt") do
    local id, moment, signature, body = line:match("^(%S+) (%S+) (%S+) (.*)$")
    requests[#requests + 1] = wrk.format("POST", "/hook", {
      Host = wrk.headers["Host"], ["Content-Type"] = "application/json", ["Svix-Id"] = id,
      ["Svix-Timestamp"] = moment, ["Svix-Signature"] = signature}, body)
  end
end
request = function()
  place = place % #requests + 1
  return requests[place]
end
done = function(summary, latency)
  io.write(string.format('{"requests": %d, "elapsed_us": %d, "errors": %d, "p50_us": %d}\\n',
    summary.requests, summary.duration, summary.errors.status + summary.errors.read
    + summary.errors.timeout + summary.errors.connect, latency:percentile(50)))
end
"""


class Figures(NamedTuple):
    """What one run came to."""

    rate: float
    cpu_us: float
    p50_us: float
    errors: int


def write_load(count: int) -> None:
    key, now = parse_secret(SECRET), int(time.time())
    with Path("signed.txt").open("w") as file:
        for number in range(count):
            body = BODY % (number % 5000)
            message = Message(new_message_id(now, number.to_bytes(16)), now, body.encode())
            headers = {name.lower(): value for name, value in signed_headers([key], message)}
            file.write(f"{message.id} {now} {headers['svix-signature']} {body}\n")
    Path("load.lua").write_text(LOAD)


@contextlib.contextmanager
def server(command: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Run a server until the block ends: its pid and URL."""
    Path("ready.json").unlink(missing_ok=True)
    environ = os.environ | {
        "HOME": str(Path.cwd()),
        "VOVE_WEBHOOK_SECRET": SECRET,
        "VOVE_HISTORY_KEEP": "0",
    }
    with Path("out").open("wb") as out, Path("err").open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environ)
        try:
            while not Path("ready.json").exists():
                assert process.poll() is None, Path("err").read_text()
                time.sleep(0.01)
            url = json.loads(Path("ready.json").read_text())["url"]
            yield process.pid, url.replace("localhost", "127.0.0.1")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def rss_mib(pid: int) -> float:
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmRSS" in x)
    return int(line.split()[1]) / 1024


def load(url: str, seconds: int, connections: int = CONNECTIONS) -> dict[str, float]:
    command = ("wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", "load.lua", url)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(command: Sequence[str], seconds: int, connections: int = CONNECTIONS) -> Figures:
    with server(command) as (pid, url):
        before = cpu_s(pid)
        found = load(url, seconds, connections)
        spent = cpu_s(pid) - before
    count = found["requests"]
    return Figures(
        count / found["elapsed_us"] * 1e6,
        spent / count * 1e6,
        found["p50_us"],
        int(found["errors"]),
    )


def rates(seconds: int, rounds: int) -> None:
    echo = (sys.executable, "-c", ECHO)
    kinds = {
        "echo": echo,
        "--json, history": (*LISTEN, "--json"),
        "--json, no history": (*LISTEN, "--json", "--no-history"),
        "for people, history": LISTEN,
    }
    found: dict[str, list[Figures]] = {name: [] for name in kinds}
    for _ in range(rounds):
        for name, command in kinds.items():
            found[name].append(measure(command, seconds))
    floor_rate, floor_cpu = (median(found["echo"], field) for field in ("rate", "cpu_us"))
    print(f"{'':22}{'req/s':>8}{'of echo':>9}{'CPU µs':>9}{'echo/it':>9}  errors")
    for name, figures in found.items():
        rate, cpu = median(figures, "rate"), median(figures, "cpu_us")
        errors = sum(each.errors for each in figures)
        print(
            f"{name:22}{rate:8.0f}{rate / floor_rate:9.2f}"
            f"{cpu:9.0f}{floor_cpu / cpu:9.2f}  {errors}"
        )
    print("goals: --json with history >= 0.50 of echo by both; for people >= 4,000/s")


def forwarding(seconds: int, rounds: int) -> None:
    """Latency of one request at a time, straight and through the listener; then the rate."""
    added, rate = [], []
    for _ in range(rounds):
        with contextlib.ExitStack() as stack:
            _, app = stack.enter_context(server((sys.executable, "-c", ECHO)))
            command = (*LISTEN, "--json", "--no-history", "--forward-to", f"{app}/hook")
            through = measure(command, seconds, 1).p50_us
            recorded = measure(
                (*LISTEN, "--json", "--forward-to", f"{app}/hook"), seconds, 1
            ).p50_us
            straight = load(app, seconds, 1)["p50_us"]
            alone = measure((*LISTEN, "--json"), seconds, 1).p50_us
            added.append((through - straight, recorded - straight, recorded - alone))
            rate.append(measure((*LISTEN, "--json", "--forward-to", f"{app}/hook"), seconds).rate)
    plain, recorded, beyond = (
        statistics.median(column) / 1000 for column in zip(*added, strict=True)
    )
    print(f"forwarding adds {plain:.2f} ms at p50 without history, {recorded:.2f} ms with it")
    print(f"  ({beyond:.2f} ms to what listening with history takes by itself)   goal <= 0.8 ms")
    print(
        f"forwarding at {CONNECTIONS} connections {statistics.median(rate):.0f}/s   goal >= 3,000/s"
    )


def memory(events: int) -> None:
    """RSS before and after so many distinct deliveries, and whether all of them are recorded."""
    write_load(events)
    Path(".local/share/vove/history.sqlite3").unlink(missing_ok=True)
    with server((*LISTEN, "--json")) as (pid, url):
        load(url, 1)
        before, sent = rss_mib(pid), 0.0
        while sent < events:
            sent += load(url, 10)["requests"]
        print(f"RSS grew by {rss_mib(pid) - before:.1f} MiB over {sent:.0f} deliveries   goal < 20")
    summary = json.loads(Path("out").read_bytes().splitlines()[-1])
    with contextlib.closing(sqlite3.connect(".local/share/vove/history.sqlite3")) as database:
        (recorded,) = database.execute("SELECT count(*) FROM records").fetchone()
    print(f"{summary['requests']} reported, {recorded} recorded, {summary['invalid']} invalid")


def median(figures: Sequence[Figures], field: str) -> float:
    return statistics.median(float(getattr(each, field)) for each in figures)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="200,000 deliveries, a minute or two")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        write_load(50_000)
        if options.memory:
            memory(200_000)
            return
        rates(options.seconds, options.rounds)
        forwarding(min(options.seconds, 2), options.rounds)


if __name__ == "__main__":
    main()
