"""The bytes of a capture file as its writer meant them, and what all readers share."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import cast

from vovecli.core.captures.escapes import unescaped
from vovecli.core.errors import VoveError
from vovecli.core.webhook_headers import HEADER_NAMES

ReadFile = Callable[[str], bytes]

_MAX_FILES, _MAX_NAME, _MAX_BYTES = 100, 1024, 64_000_000

_MAIL = re.compile(
    rb"^content-transfer-encoding:[ \t]*(?:quoted-printable|base64)\b", re.IGNORECASE | re.MULTILINE
)
_MAIL_HEAD_BYTES = 65_536
_NESTING = re.compile(rb"multipart/|message/", re.IGNORECASE)
_MAX_COMPARED = 5_000_000  # lines with ends of parts, within a second
_CRI_LINE = re.compile(rb"^[0-9T:.Z+-]{20,40} std(?:out|err) ([FP]) ([^\n]*)\n?", re.MULTILINE)
_DOCKER_LINE = re.compile(
    rb'^\{"log": ?"((?:[^"\\\n]|\\.)*+)", ?"stream": ?"std(?:out|err)"[^\n]*\n?', re.MULTILINE
)
_UTF16_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def plain(data: bytes) -> bytes:
    """The file as UTF-8 without a BOM; `>` of Windows PowerShell writes UTF-16."""
    if data[:3] == BOM_UTF8:
        return data[3:]
    if encoding := _UTF16_BOMS.get(data[:2]) or _utf16_without_bom(data):
        text = data.decode(encoding, "replace")
        return text.removeprefix("\ufeff").encode("utf-8", "replace")
    return data


def without_log_frames(source: bytes) -> bytes:
    """What a container printed, out of the lines of its log: CRI and Docker both split long ones.

    Of CRI, `F` ends a line and `P` only a part of one; Docker's text has its line end in it.
    """
    if _CRI_LINE.match(source):
        return _CRI_LINE.sub(lambda line: line[2] + b"\n" * (line[1] == b"F"), source)
    if _DOCKER_LINE.match(source):
        return _DOCKER_LINE.sub(_docker_text, source)
    return source


def _docker_text(line: re.Match[bytes]) -> bytes:
    text = unescaped(line[1].decode("utf-8", "surrogateescape"), wide=True)
    return text.encode("utf-8", "surrogateescape")


def without_mail_encoding(source: bytes) -> bytes:
    """The texts of a saved mail, which were encoded to be sent (RFC 2045 6); else as it is."""
    if not _MAIL.search(source, 0, _MAIL_HEAD_BYTES):
        return source
    # Each line is compared with the end of every part around it.
    if source.count(b"\n") * (1 + len(_NESTING.findall(source))) > _MAX_COMPARED:
        return source
    from email import message_from_bytes

    mail = message_from_bytes(source)
    if any(name.lower() in HEADER_NAMES for name in mail):  # a request that has such a header
        return source
    texts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    return b"\n".join([cast("bytes", text.get_payload(decode=True)) for text in texts])


class FilesBeside:
    """The files that one capture refers to: at most 100 of them, each read once."""

    def __init__(self, read_file: ReadFile | None) -> None:
        self._read_file = read_file
        self._known: dict[str, bytes] = {}
        self._bytes = 0

    def read(self, name: str) -> bytes:
        """The bytes of a file.

        Raises:
            VoveError: `unresolved-variable` where there can be no such file, `too-many-files`, and
                whatever the reader of files raises.
        """
        if name not in self._known:
            if not self._read_file or not name.isprintable() or len(name) > _MAX_NAME:
                raise VoveError(
                    "unresolved-variable",
                    f"the body is in the file {name[:80]!r}, which is not part of this capture",
                    hint="save the capture as a file beside it",
                )
            if len(self._known) >= _MAX_FILES:
                raise VoveError(
                    "too-many-files",
                    f"the capture refers to more than {_MAX_FILES} files",
                    hint="split it",
                )
            self._known[name] = self._read_file(name)
        self._bytes += len(self._known[name])
        if self._bytes > _MAX_BYTES:
            raise VoveError(
                "too-many-files",
                "the files that the capture refers to have more than 64 MB",
                hint="split it",
            )
        return self._known[name]


def not_a_request(why: str) -> VoveError:
    """The error for a source that holds no HTTP request."""
    return VoveError(
        "not-a-request",
        f"this is not a captured request: {why}",
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
