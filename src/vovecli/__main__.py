"""The `vove` command: `vove ...` or `python -m vovecli ...`."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] == ["--version"]:  # answered before anything is imported: eight times faster
        from vovecli import __version__

        with suppress(OSError):  # else the boundary says what is wrong with the output
            sys.stdout.write(f"vove {__version__}\n")
            sys.stdout.flush()
            return 0
    # Looking for garbage among modules that all stay is a tenth of a start-up; later, too, there is
    # little to find: next to nothing is part of a cycle.
    gc.set_threshold(50_000)
    from vovecli.cli.boundary import run

    code = run(sys.argv[1:])
    gc.freeze()  # nor is there any use in it at the end
    return code


if __name__ == "__main__":
    sys.exit(main())
