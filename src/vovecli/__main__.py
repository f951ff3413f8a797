"""The `vove` command: `vove ...` or `python -m vovecli ...`."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress

_INTERRUPTED = 130  # `cli.exit_codes`, which may not be loaded yet


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
    try:
        import signal

        from vovecli.cli.boundary import run

        code = run(sys.argv[1:])
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is left that has to end in order
    except KeyboardInterrupt:  # while modules are loaded, or once more while the last word is said
        code = _INTERRUPTED
    gc.freeze()  # nor is there any use in it at the end
    return code


if __name__ == "__main__":
    sys.exit(main())
