"""Change the code of core and the receiver in small ways, and list the changes that no test notices.

mutmut does the work, in a copy of the repository. Only modules of the sample are mutated: to make
the mutants of all takes minutes before the first one is tried. It mutates functions and leaves
tables alone; docs/mutation.md says how those were tried, and what survives with reason.

    python tests/mutation.py FOLDER [--minutes 10] [--modules 4] [--seed N] [MODULE ...]
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUTATED = ("src/vovecli/core", "src/vovecli/adapters/receiver")
SETTINGS = """[mutmut]
source_paths=src
only_mutate=
    {modules}
also_copy=
    docs
    examples
    completions
    README.md
pytest_add_cli_args=
    -q
    -p
    no:cacheprovider
    -W
    ignore
    --hypothesis-profile=mutation
pytest_add_cli_args_test_selection=
    tests/unit
    tests/adapters/test_exchange.py
    tests/adapters/test_receiver.py
"""


def modules(names: list[str], count: int, seed: int) -> list[str]:
    """The modules that are mutated: those named, or some of all."""
    found = [
        str(path.relative_to(ROOT))
        for folder in MUTATED
        for path in sorted((ROOT / folder).rglob("*.py"))
        # Of texts alone nothing is to be learned.
        if path.name != "__init__.py" and path.parent.name != "codes"
    ]
    if names:
        return [path for path in found if any(path.endswith(name) for name in names)]
    return random.Random(seed).sample(found, count)


def copy(folder: Path) -> None:
    """The files of the repository as they are now."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def main() -> int:
    """Run it; 1 where mutants survive, which is to be looked at and not a failure of a gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="MODULE", help="such as core/times.py")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--modules", type=int, default=4)
    parser.add_argument("--seed", type=int, default=int(time.time() // 86_400))
    given = parser.parse_args()
    chosen = modules(given.names, given.modules, given.seed)
    print(f"seed {given.seed}: {', '.join(chosen)}", flush=True)  # noqa: T201
    copy(given.folder)
    settings = SETTINGS.format(modules="\n    ".join(chosen))
    (given.folder / "setup.cfg").write_text(settings, encoding="utf-8")
    mutmut = [sys.executable, "-m", "mutmut"]
    with (
        (given.folder / "run.log").open("wb") as log,
        contextlib.suppress(subprocess.TimeoutExpired),
    ):
        subprocess.run(
            [*mutmut, "run", "--max-children", "2"],
            cwd=given.folder, stdout=log, stderr=log, timeout=given.minutes * 60, check=False,
        )  # fmt: skip
    found = subprocess.run(
        [*mutmut, "results", "--all", "true"],
        cwd=given.folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    states = [line.strip().rsplit(": ", 1) for line in found.stdout.splitlines() if ": " in line]
    survivors = [name for name, state in states if state == "survived"]
    tried = sum(state != "not checked" for _, state in states)
    print(f"{tried} of {len(states)} mutants tried, {len(survivors)} survive")  # noqa: T201
    for name in survivors:
        shown = subprocess.run(
            [*mutmut, "show", name], cwd=given.folder, capture_output=True, text=True, check=False
        )
        changes = [
            line
            for line in shown.stdout.splitlines()
            if line.startswith(("-", "+")) and not line.startswith(("---", "+++"))
        ]
        print("\n".join([name, *changes, ""]))  # noqa: T201
    if not tried:
        print((given.folder / "run.log").read_text(errors="replace")[-3000:])  # noqa: T201
    return 0 if tried else 2


if __name__ == "__main__":
    sys.exit(main())
