r"""Backslash escapes of string literals: of the shell's `$'...'`, and as languages print text."""

from __future__ import annotations

import re

_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
    "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:x([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})"
    r"|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_POWERSHELL = {
    "n": "\n", "r": "\r", "t": "\t", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v",
}  # fmt: skip
_BACKTICK = re.compile(r'`(.)|""', re.DOTALL)
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def unescaped(text: str, *, wide: bool = False) -> str:
    r"""The value of a literal; bytes above 127 come surrogate-escaped, as everywhere in captures.

    Args:
        text: What stands between the quotes.
        wide: `\xe9` is the character U+00E9 (JavaScript, Python's `str`, PHP) and an escape that is
            not known gives its character; else it is that byte (shells, C, Go, Python's `bytes`)
            and such an escape stays as it is.
    """

    def value(match: re.Match[str]) -> str:
        two, braced, four, eight, octal, control, other = match.groups()
        if two or octal:
            number = int(two, 16) if two else int(octal, 8) & 0xFF
            return chr(number) if wide else bytes([number]).decode("ascii", "surrogateescape")
        if code := braced or four or eight:
            number = int(code, 16)
            return chr(number) if number <= 0x10FFFF else match[0]  # noqa: PLR2004 - Unicode's last
        if control:
            return match[0] if wide else chr(ord(control) & 0x1F)
        return _SIMPLE.get(other, other if wide else match[0])

    decoded = _ESCAPE.sub(value, text)
    if not decoded.isascii():
        decoded = _PAIR.sub(_joined, decoded)
    try:
        # `\xc3\xa9` are two bytes of one character: join what is UTF-8 again.
        return decoded.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a surrogate pair: nothing that a wire could carry
        return text


def powershell_unescaped(text: str) -> str:
    """The value of what stands between double quotes, or without any, in PowerShell."""
    return _BACKTICK.sub(_powershell_character, text)


def _powershell_character(match: re.Match[str]) -> str:
    return _POWERSHELL.get(match[1], match[1]) if match[1] else '"'


def _joined(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")
