"""All figures of the project beside their goals: `nox -s bench [-- NAME ...]`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main(names: list[str]) -> None:
    scripts = [path for path in sorted(HERE.glob("*.py")) if path.name != Path(__file__).name]
    for script in scripts:
        if not names or script.stem in names:
            subprocess.run([sys.executable, str(script)], check=True)
            print(flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
