"""`vove listen` under load alone and with the page of `vove inspect` following it, in one run.

Needs wrk. The page is a process of its own and followed here as a browser does it. What counts is
the CPU that the listener takes for a request: the rate falls where load, page and listener share
too few cores. Medians over interleaved rounds.

    python bench/page.py [--seconds 5] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from listen import LISTEN, Figures, cpu_s, load, median, server, write_load

if TYPE_CHECKING:
    from collections.abc import Sequence


def follow(url: str, over: threading.Event) -> None:
    """What a page does that is open: take what is new, until the listener has ended."""
    base, _, token = url.partition("/#token=")
    newest = count = 0
    while not over.is_set():
        query = f"after={newest}&count={count}&wait=25"
        request = urllib.request.Request(f"{base}/api/records?{query}")
        request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                found = json.load(answer)
        except OSError:
            return
        newest = max([newest, *(line["record"] for line in found["lines"])])
        count = found["count"]


def measure(command: Sequence[str], seconds: int) -> Figures:
    over = threading.Event()
    with server(command) as (pid, url):
        if "--inspect" in command:
            said = Path("err").read_text()
            page = next(line for line in said.splitlines() if line.startswith("inspect at "))
            follower = threading.Thread(target=follow, args=[page.split()[-1], over])
            follower.start()
        before = cpu_s(pid)
        found = load(url, seconds)
        spent = cpu_s(pid) - before
        over.set()
    count = found["requests"]
    rate = count / found["elapsed_us"] * 1e6
    return Figures(rate, spent / count * 1e6, found["p50_us"], int(found["errors"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    kinds = {"alone": (*LISTEN, "--json"), "with the page": (*LISTEN, "--json", "--inspect")}
    found: dict[str, list[Figures]] = {name: [] for name in kinds}
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_load(20_000)
        for _ in range(options.rounds):
            for name, command in kinds.items():
                found[name].append(measure(command, options.seconds))
    for name, figures in found.items():
        rate, cpu = median(figures, "rate"), median(figures, "cpu_us")
        print(f"{name:16}{rate:8.0f} req/s{cpu:8.0f} µs CPU each")
    alone, beside = (median(found[name], "cpu_us") for name in kinds)
    print(f"CPU of a request, alone to with the page: {alone / beside:.2f}   goal >= 0.95")


if __name__ == "__main__":
    main()
