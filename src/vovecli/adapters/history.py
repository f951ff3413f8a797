"""The history: deliveries sent and received, in a per-user SQLite database."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from contextlib import closing, contextmanager, suppress
from shlex import quote as quote_for_shell
from typing import TYPE_CHECKING
from urllib.parse import quote

from vovecli.adapters.files import PRIVATE_MODE
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.records import Record, RecordFilter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any, BinaryIO

    from vovecli.core.messages import Headers

# Whoever waits for a record waits for two batches at most, and the provider for 15 s.
BUSY_TIMEOUT_S = 5
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
_MOST = 2**63 - 1  # SQLite's largest number
ANSWER_COLUMNS = ("answer_reason", "answer_headers", "answer_body", "answer_truncated")
COLUMNS = (*(name for name in Record._fields if name != "answer"), *ANSWER_COLUMNS)
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM records"  # noqa: S608 - names of our own
# Of several failures of a message the last is enough, and none where it was acknowledged later, or
# by the same endpoint before. A forgery that bears its id says nothing of it; copies are genuine.
_FAILED = f"""
{_SELECT} AS record WHERE failed AND at >= ? AND NOT EXISTS (
  SELECT 1 FROM records AS other WHERE other.message_id = record.message_id AND (
    other.failed AND other.number > record.number
    OR NOT other.failed
      AND other.outcome IN ('delivered', 'valid') AND other.faults IN ('[]', '["duplicate"]')
      AND (other.number > record.number OR other.endpoint IS record.endpoint)
  )
) ORDER BY number
"""  # noqa: S608 - the same


def history_path() -> Path:
    """The file of the history."""
    import platformdirs  # only where a user folder is needed

    return platformdirs.user_data_path("vove") / "history.sqlite3"


class History:
    """Reads the history; where there is no file it is empty.

    Raises:
        VoveError: `history-unusable`, from every method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, wanted: RecordFilter) -> Iterator[Record]:
        """The records asked for, newest first, read as they are taken."""
        statuses = wanted.statuses or (None, None)
        conditions = [
            (condition, value)
            for condition, value in (
                ("event GLOB ?", wanted.event and storable(wanted.event)),
                ("outcome = ?", wanted.outcome),
                ("status >= ?", statuses[0]),
                ("status <= ?", statuses[1]),
                ("at >= ?", wanted.since),
                ("direction = ?", wanted.direction),
            )
            if value is not None
        ]
        where = " AND ".join(["1", *(condition for condition, _ in conditions)])
        limit = -1 if wanted.limit is None else min(wanted.limit, _MOST)
        return self._read(
            f"{_SELECT} WHERE {where} ORDER BY number DESC LIMIT ?",
            [*(value for _, value in conditions), limit],
        )

    def get(self, number: int) -> Record:
        """One record.

        Raises:
            VoveError: `no-record`.
        """
        for record in self._read(f"{_SELECT} WHERE number = ?", [min(number, _MOST)]):
            return record
        raise VoveError(
            "no-record",
            f"the history has no record {number}",
            hint="list the records: vove history",
        )

    def failed(self, *, since: int = 0) -> Iterator[Record]:
        """Genuine deliveries that were never acknowledged, one record of each, oldest first."""
        return self._read(_FAILED, [since])

    def of_message(self, message_id: str, limit: int) -> list[Record]:
        """The newest records of one message, oldest first."""
        query = f"{_SELECT} WHERE message_id = ? ORDER BY number DESC LIMIT ?"
        return [*self._read(query, [storable(message_id), limit])][::-1]

    def delete(self, number: int) -> bool:
        """Remove one record for good; whether it was there."""
        if not self._path.exists():
            return False
        with explained(self._path), closing(open_for_writing(self._path)) as database:
            query = "DELETE FROM records WHERE number = ?"
            return database.execute(query, [min(number, _MOST)]).rowcount > 0

    def clear(self) -> int:
        """Remove all records for good; how many they were."""
        if not self._path.exists():
            return 0
        with explained(self._path):
            count = _remove(self._path)
            return _empty(self._path) if count is None else count

    def _read(self, query: str, values: Sequence[object]) -> Iterator[Record]:
        if not self._path.exists():
            return
        with explained(self._path), closing(open_for_reading(self._path)) as database:
            for row in database.execute(query, values):
                yield _record(row)


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


def _remove(path: Path) -> int | None:
    """Remove the files where nobody else uses them; how many records were in them.

    Deleting records takes room on the disk for the log of it, and a full disk is a reason to do so.
    """
    _check_regular(path)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as database:
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
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            with suppress(FileNotFoundError), file.open("r+b") as content:
                _overwrite(content)
                # Before it is closed, which lets go of SQLite's lock.
                file.unlink()
    return count


def _overwrite(file: BinaryIO) -> None:
    """With zeros: bodies can hold personal data."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    while size > 0:
        size -= file.write(bytes(min(size, 1 << 20)))
    file.truncate(0)


def _empty(path: Path) -> int:
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
    database.execute("PRAGMA journal_mode = WAL")
    # A commit survives the death of the process; after a power cut the last ones may be gone.
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA journal_size_limit = 16777216")
    database.execute("PRAGMA secure_delete = ON")  # bodies can hold personal data
    if version < SCHEMA_VERSION:
        _migrate(database)
        if version:
            with suppress(sqlite3.OperationalError):  # another process uses the file
                database.execute("VACUUM")


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


def _record(row: Sequence[Any]) -> Record:
    fields: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    reason, headers, body, truncated = (fields.pop(name) for name in ANSWER_COLUMNS)
    if headers is not None:
        fields["answer"] = Answer(
            status=fields["status"],
            reason=reason,
            headers=_headers(headers),
            body=body,
            latency_ms=fields["latency_ms"],
            body_truncated=bool(truncated),
        )
    fields["failed"] = bool(fields["failed"])
    fields["headers"] = _headers(fields["headers"])
    for name in ("faults", "attempts"):
        fields[name] = tuple(json.loads(fields[name]))
    return Record(**fields)


def storable(text: str) -> str:
    """Text that SQLite takes: lone surrogates have no UTF-8 form."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _headers(text: str) -> Headers:
    return [(name, value) for name, value in json.loads(text)]
