"""The file of the history: opened at this version's schema, or emptied."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager, suppress
from shlex import quote as quote_for_shell
from typing import TYPE_CHECKING
from urllib.parse import quote

from vovecli.adapters.files import PRIVATE_MODE
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

BUSY_TIMEOUT_S = 5
_AGAIN_S = 0.005
# One script per version of the schema, each applied to what the one before it left.
_MIGRATIONS = (
    """
    CREATE TABLE records (
      number INTEGER PRIMARY KEY, direction TEXT NOT NULL, at REAL NOT NULL, event TEXT,
      ref_id TEXT, message_id TEXT, endpoint TEXT, method TEXT NOT NULL, target TEXT NOT NULL,
      outcome TEXT NOT NULL, failed INTEGER NOT NULL, status INTEGER, latency_ms REAL,
      headers TEXT NOT NULL, body BLOB NOT NULL, faults TEXT NOT NULL, cause TEXT,
      attempts TEXT NOT NULL
    );
    CREATE INDEX records_by_message ON records (message_id);
    """,
    """
    ALTER TABLE records ADD COLUMN body_len INTEGER;
    ALTER TABLE records ADD COLUMN body_sha256 TEXT;
    ALTER TABLE records ADD COLUMN answer_reason TEXT;
    ALTER TABLE records ADD COLUMN answer_headers TEXT;
    ALTER TABLE records ADD COLUMN answer_body BLOB;
    ALTER TABLE records ADD COLUMN answer_truncated INTEGER;
    CREATE INDEX records_not_verified ON records (number) WHERE outcome = 'invalid';
    """,
)
SCHEMA_VERSION = len(_MIGRATIONS)


@contextmanager
def explained(path: Path, *, otherwise: str = "") -> Iterator[None]:
    """Turn what SQLite and the system complain about into `history-unusable`.

    Args:
        path: The database.
        otherwise: What can be done instead of using it.
    """
    try:
        yield
    except (sqlite3.Error, OSError, MemoryError, ValueError, TypeError, OverflowError) as error:
        away = f"start a new one: mv {quote_for_shell(str(path))} history.old"
        if _is_full(error):
            away = "free some space, or stop every vove listen and run: vove history clear"
        raise VoveError(
            "history-unusable",
            f"the history cannot be used: {str(error) or type(error).__name__}",
            hint=f"{otherwise}, or {away}" if otherwise else away,
            source=str(path),
        ) from None


def _is_full(error: Exception) -> bool:
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or getattr(error, "errno", None) == errno.ENOSPC


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open the database at this version's schema: an older one is brought up to it first."""
    _check_regular(path)
    try:
        return _open_at_our_schema(path, "mode=ro")
    except sqlite3.OperationalError as error:
        # Where the folder is read-only SQLite cannot make the file that readers of a log share
        # (sqlite.org/wal.html, 5). Without a log nobody writes, so none is needed.
        unshared = sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN
        has_log = path.with_name(f"{path.name}-wal").exists()
        if has_log or getattr(error, "sqlite_errorcode", 0) & 0xFF not in unshared:
            raise
        return _open_at_our_schema(path, "mode=ro&immutable=1")


def _open_at_our_schema(path: Path, how: str) -> sqlite3.Connection:
    uri = f"file:{quote(str(path))}?{how}"
    database = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S)
    try:
        if _schema_version(database) == SCHEMA_VERSION:
            return database
    except BaseException:
        database.close()
        raise
    database.close()
    return open_for_writing(path)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open, or make, the database; SQLite gives the files beside it the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _check_regular(path)
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, PRIVATE_MODE)
    os.fchmod(descriptor, PRIVATE_MODE)
    os.close(descriptor)
    database = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_TIMEOUT_S, check_same_thread=False
    )
    try:
        _prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def overwrite_database(path: Path) -> int | None:
    """Empty the file and remove its log where nobody else uses them; how many records there were.

    Deleting records takes room on the disk for the log of it, and a full disk is a reason to do so.
    The file itself stays: whoever waits for it meanwhile would write into one that is gone.
    """
    _check_regular(path)
    with (
        ExitStack() as closed_last,  # closing what was opened lets go of SQLite's lock
        closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as database,
    ):
        # Set before the first look into the file, it keeps all others out, and nothing is made
        # beside it (sqlite.org/wal.html, "Use of WAL Without Shared-Memory").
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            if not _schema_version(database):
                return None
            database.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:  # in use, or locked
            return None
        count = int(database.execute("SELECT count(*) FROM records").fetchone()[0])
        content = closed_last.enter_context(path.open("r+b"))
        for file in (path.with_name(f"{path.name}-{end}") for end in ("wal", "shm")):
            with suppress(FileNotFoundError), file.open("r+b") as log:
                _overwrite(log)
                file.unlink()
        _overwrite(content)
    return count


def _overwrite(file: BinaryIO) -> None:
    """With zeros: bodies can hold personal data."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    while size > 0:
        size -= file.write(bytes(min(size, 1 << 20)))
    file.truncate(0)


def empty_database(path: Path) -> int:
    """Delete the records of a database that others may use; how many they were."""
    with closing(open_for_writing(path)) as database:
        count = database.execute("DELETE FROM records").rowcount
        with suppress(sqlite3.OperationalError):  # a listener has the file open
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("VACUUM")
    return count


def _check_regular(path: Path) -> None:
    """Refuse what would hold up or swallow a read: a pipe, a device."""
    if path.exists() and not path.is_file():
        raise OSError(f"{path.name} is not a regular file")


def _prepare(database: sqlite3.Connection) -> None:
    version = _schema_version(database)
    # Lets the file shrink; it counts before the first table is made, or from the next VACUUM on.
    database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _keep_a_log(database)
    # A commit survives the death of the process; after a power cut the last ones may be gone.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA journal_size_limit = 16777216")
    database.execute("PRAGMA secure_delete = ON")  # bodies can hold personal data
    if version < SCHEMA_VERSION:
        _migrate(database)
        if version:
            with suppress(sqlite3.OperationalError):  # another process uses the file
                database.execute("VACUUM")


def _keep_a_log(database: sqlite3.Connection) -> None:
    """Log writes ahead; SQLite itself does not wait for another writer to set that."""
    until_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                raise
            time.sleep(_AGAIN_S)
        else:
            return


def _schema_version(database: sqlite3.Connection) -> int:
    """The version of the schema; 0 where nothing is in the file.

    Raises:
        VoveError: `history-unusable` where it is a later one than ours.
    """
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise VoveError(
            "history-unusable",
            f"the history was written by a newer vove (format {version}, "
            f"this one knows {SCHEMA_VERSION})",
            hint="update this vove: pip install --upgrade vovecli",
        )
    return version


def _migrate(database: sqlite3.Connection) -> None:
    """Bring an older schema up to ours, its records kept; of several processes one does it."""
    database.execute("BEGIN IMMEDIATE")
    try:
        for script in _MIGRATIONS[_schema_version(database) :]:
            for statement in script.split(";"):  # `executescript` would commit before each
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        database.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
