"""Exit codes, as documented in docs/reference/exit-codes.md."""

from __future__ import annotations

from enum import IntEnum

from vovecli.core.errors import Category


class ExitCode(IntEnum):
    """What the shell learns."""

    OK = 0
    NEGATIVE = 1
    USAGE = 2
    INPUT = 3
    UNREACHABLE = 4
    TUNNEL = 5
    BUG = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


EXIT_CODES = {
    Category.USAGE: ExitCode.USAGE,
    Category.INPUT: ExitCode.INPUT,
    Category.UNREACHABLE: ExitCode.UNREACHABLE,
    Category.TUNNEL: ExitCode.TUNNEL,
}
