"""Whole-process start-up, as a ratio to `python -c pass`, interleaved, medians.

Other tools that are on the PATH are measured in the same run, doing as little as they can.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

PROGRAM = str(Path(sys.executable).parent / "vove")
# name -> arguments, goal (ratio to `python -c pass`)
COMMANDS = {
    "--version": (["--version"], 2),
    "verify FILE --json": (["verify", "request.http", "--json"], 8),
    "sign EVENT --json": (["sign", "kyb.case.completed", "--json"], 8),
    "verify FILE": (["verify", "request.http"], 12),
    "send EVENT": (["send", "kyb.case.completed", "--to", "9"], 14),
    "--help": (["--help"], 13),
}
PEERS = {
    "node -e 0": ["node", "-e", "0"],
    "hookdeck version": ["hookdeck", "version"],
    "smee --version": ["smee", "--version"],
    "stripe version": ["stripe", "version"],
    "svix version": ["svix", "version"],
    "http --version": ["http", "--version"],
    "aws --version": ["aws", "--version"],
}


def seconds(command: list[str], folder: Path, environ: dict[str, str]) -> float:
    started = perf_counter()
    subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False)
    return perf_counter() - started


def main(runs: int = 15) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        environ = {"PATH": os.environ["PATH"], "HOME": temporary, "LANG": "C.UTF-8"}
        signed = [PROGRAM, "sign", "kyb.case.completed"]
        request = subprocess.run(signed, cwd=folder, env=environ, capture_output=True, check=True)
        (folder / "request.http").write_bytes(request.stdout)
        bare = [sys.executable, "-c", "pass"]
        peers = {name: command for name, command in PEERS.items() if shutil.which(command[0])}
        commands = {
            **{f"vove {name}": [PROGRAM, *words] for name, (words, _) in COMMANDS.items()},
            **peers,
        }
        ratios: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, command in commands.items():
                base = min(seconds(bare, folder, environ) for _ in range(2))
                ratios[name].append(seconds(command, folder, environ) / base)
    goals = {f"vove {name}": goal for name, (_, goal) in COMMANDS.items()}
    print(f"{'start-up, ratio to python -c pass':38} {'goal':>6} {'median':>7} {'min':>6}")
    for name, found in ratios.items():
        goal = goals.get(name, "peer")
        print(f"{name:38} {goal:>6} {statistics.median(found):7.1f} {min(found):6.1f}")


if __name__ == "__main__":
    main()
