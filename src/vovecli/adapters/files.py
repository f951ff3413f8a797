"""Files: bounded reads, private and atomic writes, a walk through folders."""

from __future__ import annotations

import errno
import io
import os
import stat
import sys
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, cast

from vovecli.core.errors import VoveError
from vovecli.core.masking import mask_likely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

MAX_FILE_BYTES = 64 * 1024 * 1024
CHUNK_BYTES = 64 * 1024  # a read makes room for all it asks for: asking for little is fast
PRIVATE_MODE, _PUBLIC_MODE = 0o600, 0o666  # of the latter the umask takes its part
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)
STDIN = "-"


def data_folder() -> Path:
    """The user's own folder for what vove keeps: history, development secret, trust, last URL."""
    import platformdirs  # only where a user folder is needed

    return platformdirs.user_data_path("vove")


def read_bytes(source: str, *, limit: int = MAX_FILE_BYTES, pipes: bool = True) -> bytes:
    """All bytes of a file, or of standard input for `-`.

    Args:
        source: Its path.
        limit: Bytes.
        pipes: Whether a named pipe will do, which may never end: only where the user named it.

    Raises:
        VoveError: `unreadable`, `is-a-folder`, `not-a-file` or `too-large`.
    """
    with open_source(source, pipes=pipes) as file:
        return read_rest(source, b"", file, limit=limit)


def read_rest(source: str, head: bytes, file: BinaryIO, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """What was already read of a source and everything after it.

    Raises:
        VoveError: `too-large`.
    """
    chunks, size = [head], len(head)
    while size <= limit and (chunk := file.read(CHUNK_BYTES)):
        chunks.append(chunk)
        size += len(chunk)
    if size > limit:
        raise VoveError(
            "too-large",
            f"{display(source)} holds more than {limit // 1024 // 1024} MiB",
            hint="cut the capture down to the webhook requests",
            source=source,
        )
    return b"".join(chunks)


def lines(head: bytes, file: BinaryIO, *, limit: int) -> Iterator[bytes]:
    """The lines of a source whose beginning was already read.

    Raises:
        VoveError: `too-large` for a line of more than `limit` bytes.
    """
    if isinstance(file, io.FileIO):
        with io.BufferedReader(file) as buffered:
            yield from lines(head, buffered, limit=limit)
        return
    whole = head.splitlines(keepends=True)
    rest = whole.pop() if whole and not whole[-1].endswith(b"\n") else b""
    yield from whole
    for line in chain([rest + file.readline(limit)], iter(lambda: file.readline(limit), b"")):
        if len(line) >= limit:
            raise VoveError("too-large", f"a line holds more than {limit // 1024 // 1024} MiB")
        if line:
            yield line


@contextmanager
def open_source(source: str, *, pipes: bool = True) -> Iterator[BinaryIO]:
    """Open a file, or standard input for `-`; what goes wrong while reading is `unreadable` too.

    Raises:
        VoveError: `unreadable`, `is-a-folder` or `not-a-file`.
    """
    try:
        if source == STDIN:
            yield sys.stdin.buffer
        else:
            with _open_file(source, pipes=pipes) as file:
                yield file
    except OSError as error:
        raise _unreadable(source, error) from None


def _open_file(source: str, *, pipes: bool) -> BinaryIO:
    """Open a regular file, unbuffered (a buffer costs four system calls more), or a pipe."""
    try:
        mode = os.stat(source).st_mode  # noqa: PTH116 - the name may hold bytes Path refuses
        if stat.S_ISREG(mode):
            return cast("BinaryIO", io.FileIO(source))
        if stat.S_ISFIFO(mode) and pipes:
            return open(source, "rb")  # noqa: PTH123 - the caller closes it
    except (OSError, ValueError) as error:
        raise _unreadable(source, error) from None
    is_folder = stat.S_ISDIR(mode)
    raise VoveError(
        "is-a-folder" if is_folder else "not-a-file",
        f"cannot read {display(source)}: it is {'a folder' if is_folder else 'not a file'}",
        hint="name a file" + (f" in it: ls {quote(source)}" if is_folder else ""),
        source=source,
    )


def write_private(path: Path, data: bytes) -> None:
    """Replace a file's content in one step; only the user can read it.

    A pipe or a device is written into: curl does the same with `-o` (lib/curl_fopen.c).

    Raises:
        VoveError: `unwritable`.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        _write_into(path, data)
        return
    with _written_beside(path, data) as temporary:
        temporary.replace(path)


def rewrite(path: Path, data: bytes) -> None:
    """Replace a file of the user's own in one step: a link stays a link, its permissions stay.

    Whoever reads it meanwhile gets the old or the new content, whole.

    Raises:
        VoveError: `unwritable`.
    """
    target = path.resolve()
    with _written_beside(target, data, mode=_PUBLIC_MODE) as temporary:
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)


def create_private(path: Path, data: bytes) -> bool:
    """Write a new file that only the user can read; False, and nothing done, where one exists.

    Two processes that create it at once agree: one wins, and the file is whole when it appears.

    Raises:
        VoveError: `unwritable`.
    """
    with _written_beside(path, data) as temporary:
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            return _create_in_place(path, data)
    return True


def _create_in_place(path: Path, data: bytes) -> bool:
    """The same where the file system has no hard links (FAT, many network and FUSE mounts)."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_MODE)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return True


def _write_into(path: Path, data: bytes) -> None:
    try:
        # A pipe that nobody reads is an error at once, not a wait without end.
        descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except OSError as error:
        raise _unwritable(str(path), error) from None


def make_private_folder(path: Path) -> None:
    """Make a folder that we can write into, if there is none.

    Raises:
        VoveError: `unwritable`.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unwritable(str(path), error) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise _unwritable(str(path), PermissionError(errno.EACCES, "Permission denied"))


@contextmanager
def _written_beside(path: Path, data: bytes, mode: int = PRIVATE_MODE) -> Iterator[Path]:
    """A whole file in the same folder, to be moved into place; always cleaned up.

    Nobody can foresee its name, and it is always a new one: what others made is never used.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            yield temporary
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(str(path), error) from None


def await_stdin() -> None:
    """Wait until something is on standard input, or until it ends; nothing is taken from it."""
    if isinstance(sys.stdin.buffer, io.BufferedReader):
        sys.stdin.buffer.peek(1)


def walk(folder: str) -> Iterator[str | VoveError]:
    """Every regular file below a folder in a stable order; no hidden ones, no links followed.

    Yields:
        Paths, and `unreadable` in place of a folder that cannot be listed.
    """
    pending: list[str | os.DirEntry[str]] = [folder]
    while pending:
        entry = pending.pop()
        if isinstance(entry, str) or entry.is_dir(follow_symlinks=False):
            try:
                entries = sorted(os.scandir(entry), key=lambda each: each.name, reverse=True)
            except OSError as error:
                yield _unreadable(os.fspath(entry), error)
            else:
                pending += [each for each in entries if not each.name.startswith(".")]
        elif entry.is_file(follow_symlinks=False):
            yield entry.path


def confined_reader(source: str, named: Sequence[str]) -> Callable[[str], bytes]:
    """A reader of files that a capture refers to, confined to the capture's folder.

    Args:
        source: The capture; for standard input the working directory counts as its folder.
        named: Sources of the command line, which may lie anywhere.

    Raises:
        VoveError: (the reader) `outside-folder`, or what `read_bytes` raises.
    """

    def read_file(name: str) -> bytes:
        folder = Path() if source == STDIN else Path(source).parent
        path = (folder / name).resolve()
        allowed = {Path(other).resolve() for other in named}
        if not path.is_relative_to(folder.resolve()) and path not in allowed:
            raise VoveError(
                "outside-folder",
                f"the capture refers to {name}, which lies outside its folder",
                hint="name that file on the command line too, or move it beside the capture",
            )
        return read_bytes(str(path), pipes=False)

    return read_file


def write_text(place: str, text: str, *, append: bool = False) -> None:
    """Write text to a file as it is: a link stays a link, its permissions stay.

    Raises:
        VoveError: `unwritable`.
    """
    try:
        with open(place, "a" if append else "w", encoding="utf-8") as file:  # noqa: PTH123 - as typed
            file.write(text)
    except (OSError, ValueError) as error:
        raise _unwritable(place, error) from None


def display(source: str) -> str:
    """How a source is called in a message."""
    return "standard input" if source == STDIN else source


def _unreadable(source: str, error: OSError | ValueError) -> VoveError:
    return VoveError(
        "unreadable",
        f"cannot read {mask_likely(display(source))}: {_why(error)}",
        hint=f"see what is there: ls -l {quote(mask_likely(str(Path(source).parent)))}",
        source=mask_likely(source),
    )


def _unwritable(place: str, error: OSError | ValueError) -> VoveError:
    return VoveError(
        "unwritable",
        f"cannot write {place}: {_why(error)}",
        hint="check the folder and its permissions",
        source=place,
    )


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return "the name is not possible"
