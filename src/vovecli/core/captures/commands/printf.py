"""What the shell's `printf` prints."""

from __future__ import annotations

import re

from vovecli.core.captures.escapes import unescaped

_FORMAT = re.compile(r"%(?:(%)|([sb])|[-+ #0-9.]*[a-zA-Z])")


def printf(form: str, arguments: list[str]) -> str | None:
    """What `printf` prints for a format of plain text, `%s` and `%b`; None for anything else."""
    left = arguments[::-1]
    known = True

    def value(match: re.Match[str]) -> str:
        nonlocal known
        if match[1]:
            return "%"
        known = known and bool(match[2])
        argument = left.pop() if left else ""
        return unescaped(argument) if match[2] == "b" else argument

    text = unescaped(form)
    printed = [_FORMAT.sub(value, text)]
    while known and left and len(left) < len(arguments):
        printed.append(_FORMAT.sub(value, text))
    return "".join(printed) if known else None
