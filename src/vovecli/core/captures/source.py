"""The bytes of a capture file as its writer meant them, and what all readers share."""

from __future__ import annotations

from collections.abc import Callable

from vovecli.core.errors import VoveError

ReadFile = Callable[[str], bytes]

MAX_FILES = 100

_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def plain(data: bytes) -> bytes:
    """The file as UTF-8 without a BOM; `>` of Windows PowerShell writes UTF-16."""
    if data[:3] == _UTF8_BOM:
        return data[3:]
    if encoding := _UTF16_BOMS.get(data[:2]) or _utf16_without_bom(data):
        text = data.decode(encoding, "replace")
        return text.removeprefix("\ufeff").encode("utf-8", "replace")
    return data


def read_nothing(name: str) -> bytes:
    """Stand in for files where a capture has none beside it.

    Raises:
        VoveError: `unresolved-variable`.
    """
    raise VoveError(
        "unresolved-variable",
        f"the body is in the file {name!r}, which is not part of this capture",
        hint="give the capture as a file that lies beside it",
    )


def refuse_too_many_files(count: int) -> None:
    """Refuse a capture that refers to more than 100 files.

    Raises:
        VoveError: `too-many-files`.
    """
    if count > MAX_FILES:
        raise VoveError(
            "too-many-files",
            f"the capture refers to more than {MAX_FILES} files",
            hint="split it",
        )


def not_a_request(why: str) -> VoveError:
    """The error for a source that holds no HTTP request."""
    return VoveError(
        "not-a-request",
        f"this is no captured request: {why}",
        hint="give a raw HTTP message, a curl command, a HAR, ngrok, webhook.site or AWS export, "
        "or JSON with headers and body",
    )


def _utf16_without_bom(data: bytes) -> str | None:
    """ASCII in UTF-16 has a NUL in every second byte; what starts a capture always is ASCII."""
    start = data[:8]
    if len(start) == 8:  # noqa: PLR2004 - four characters
        if start[1::2] == b"\0\0\0\0" and b"\0" not in start[::2]:
            return "utf-16-le"
        if start[::2] == b"\0\0\0\0" and b"\0" not in start[1::2]:
            return "utf-16-be"
    return None
