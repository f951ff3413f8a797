"""Backslash escapes of the shell: in `$'...'`, in `echo -e` and in the format of `printf`."""

from __future__ import annotations

import re

_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_FORMAT = re.compile(r"%(?:(%)|([sb])|[-+ #0-9.]*[a-zA-Z])")


def ansi_c(text: str) -> str:
    """The value of `$'text'`; bytes above 127 come surrogate-escaped, as everywhere in captures."""
    decoded = _ESCAPE.sub(_value, text)
    # `\xc3\xa9` are two bytes of one character: join what is UTF-8 again.
    return decoded.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


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
        return ansi_c(argument) if match[2] == "b" else argument

    text = ansi_c(form)
    printed = [_FORMAT.sub(value, text)]
    while known and left and len(left) < len(arguments):
        printed.append(_FORMAT.sub(value, text))
    return "".join(printed) if known else None


def _value(match: re.Match[str]) -> str:
    two, four, eight, octal, control, other = match.groups()
    if two or octal:
        number = int(two, 16) if two else int(octal, 8) & 0xFF
        return bytes([number]).decode("ascii", "surrogateescape")
    if four or eight:
        number = int(four or eight, 16)
        try:
            return chr(number).encode().decode()
        except (ValueError, OverflowError):  # half a surrogate pair, or beyond Unicode
            return match[0]
    if control:
        return chr(ord(control) & 0x1F)
    return _SIMPLE.get(other, match[0])
