"""Bulk verification: captures a second, beside a bare loop over the same files."""

from __future__ import annotations

import base64
import hmac
import json
import os
import resource
import subprocess
import sysconfig
import tempfile
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import vovecli

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = str(Path(sysconfig.get_path("scripts")) / "vove")
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))


def write(folder: Path, count: int) -> None:
    lines = []
    for number in range(count):
        payload = vovecli.sample("kyb.case.completed", ref_id=f"ref-{number}")
        headers, body = vovecli.sign(payload, SECRET)
        lines.append(json.dumps({"headers": headers, "body": body.decode()}))
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        inner = folder / "files" / str(number // 1000)
        inner.mkdir(parents=True, exist_ok=True)
        text = f"POST /hook HTTP/1.1\r\nHost: localhost\r\n{head}\r\n"
        (inner / f"{number}.http").write_bytes(text.encode() + body)
    (folder / "all.ndjson").write_text("\n".join(lines) + "\n")


def bare_files(folder: Path) -> None:
    for inner, _, names in os.walk(folder / "files"):
        for name in names:
            with open(f"{inner}/{name}", "rb") as file:  # noqa: PTH123 - the bare loop
                hmac.digest(KEY, file.read().partition(b"\r\n\r\n")[2], "sha256")


def bare_lines(folder: Path) -> None:
    with (folder / "all.ndjson").open("rb") as file:
        for line in file:
            hmac.digest(KEY, json.loads(line)["body"].encode(), "sha256")


def rate(count: int, run: Callable[[], object]) -> float:
    started = perf_counter()
    run()
    return count / (perf_counter() - started)


def main(count: int = 30_000) -> None:
    print(f"{'bulk verification':24} {'goal/s':>9} {'found/s':>9} {'bare loop/s':>12}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, count)
        report(folder / "files", count, 20_000, lambda: bare_files(folder))
        report(folder / "all.ndjson", count, 40_000, lambda: bare_lines(folder))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"peak memory {peak} MiB")


def report(source: Path, count: int, goal: int, bare: Callable[[], object]) -> None:
    command = [PROGRAM, "verify", str(source), "--secret", SECRET]
    found = rate(count, lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    print(f"{source.name:24} {goal:9,} {found:9,.0f} {rate(count, bare):12,.0f}")


if __name__ == "__main__":
    main()
