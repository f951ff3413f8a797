"""Writing the history: a thread of its own stores many records in one transaction."""

from __future__ import annotations

import itertools
import json
import sqlite3
import threading
import time
from contextlib import closing, suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING

from vovecli.adapters import clock
from vovecli.adapters.history import ANSWER_COLUMNS, COLUMNS, storable
from vovecli.adapters.history_file import explained, open_for_writing
from vovecli.adapters.history_limits import HistoryLimits, purge
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.records import UNRECORDED_HEADERS, Record, Settlement

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from typing import Self

    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.answers import Answer

MAX_BATCH = 500
# Records that may wait for the disk; beyond that `append` waits, so memory stays flat.
MAX_WAITING = 5_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.25, 5.0
_WITHOUT = "go on without it (--no-history)"
_PURGE_EACH = 500  # records
_INSERT = (
    f"INSERT INTO records ({', '.join(COLUMNS)}) "  # noqa: S608 - names of our own
    f"VALUES ({', '.join('?' * len(COLUMNS))})"
)
_SETTLED = ("endpoint", "status", "latency_ms", "failed", *ANSWER_COLUMNS)
_UPDATE = (
    f"UPDATE records SET {', '.join(f'{name} = ?' for name in _SETTLED)} "  # noqa: S608 - as above
    "WHERE number = ? AND at = ?"
)


class HistoryWriter:
    """Stores records from a thread of its own, many in one transaction.

    A process that is killed loses what was not committed yet, and nothing else.

    Args:
        path: The database; made, for the user alone, where there is none.
        keep: How many of the newest records are kept; 0 keeps all.
        max_age_s: Seconds after which a record is removed.
        max_bytes: Of the database; 0 knows no limit.
        max_answer: Bytes kept of an answer's body.

    Raises:
        VoveError: `history-unusable`.
    """

    def __init__(
        self,
        path: Path,
        *,
        keep: int,
        max_age_s: float,
        max_bytes: int = 0,
        max_answer: int = 64 * 1024,
    ) -> None:
        self._path = path
        self._limits = HistoryLimits(keep, max_age_s, max_bytes)
        self._max_answer = max_answer
        with explained(path, otherwise=_WITHOUT):
            self._database = open_for_writing(path)
        self._file = _identity(path)
        self._unpurged = 0
        self._unsettled: list[Settlement] = []
        self._outage: VoveError | None = None
        self._retry_at, self._pause_s = 0.0, _FIRST_PAUSE_S
        self._queue: SimpleQueue[list[_Waiting] | None] = SimpleQueue()
        self._gathered: list[_Waiting] = []
        self._ended = False
        self._failure: VoveError | None = None
        self._thread = threading.Thread(target=self._run, name="history", daemon=True)
        self._thread.start()

    def append(self, record: Record, committed: asyncio.Future[int] | None = None) -> None:
        """Hand a record over and go on.

        Args:
            record: Its number is ignored.
            committed: Gets the record's number once it is safe, or the `VoveError`.
        """
        while self._queue.qsize() >= MAX_WAITING:
            time.sleep(0.001)
        self._queue.put([(record, committed, None)])

    def settle(self, settlement: Settlement) -> None:
        """Note how a stored record ended, and go on; within a running event loop."""
        import asyncio

        self._gather((settlement, None, None), asyncio.get_running_loop())

    async def commit(
        self,
        record: Record,
        *,
        within_s: float | None = None,
        late: Callable[[int], None] | None = None,
    ) -> int:
        """Hand a record over and wait until it is safe.

        Args:
            record: Its number is ignored.
            within_s: How long to wait at most.
            late: Gets the number of a record that was stored when nobody waited any more.

        Returns:
            The record's number.

        Raises:
            VoveError: `history-unusable`.
        """
        import asyncio  # `send` appends without it

        if self._queue.qsize() >= MAX_WAITING:
            raise self._outage or _busy(self._path)
        loop = asyncio.get_running_loop()
        committed: asyncio.Future[int] = loop.create_future()
        self._gather((record, committed, late), loop)
        # A third of what `asyncio.wait` or `asyncio.timeout` cost, and each delivery waits here.
        timer = None if within_s is None else loop.call_later(within_s, self._tire, committed)
        try:
            return await committed
        finally:
            if timer:
                timer.cancel()

    def _tire(self, committed: asyncio.Future[int]) -> None:
        if not committed.done():
            committed.set_exception(_busy(self._path))

    def close(self) -> None:
        """Store what waits, purge what is old, let go of the file.

        Raises:
            VoveError: `history-unusable` when records could not be stored.
        """
        self._hand_over()
        self._queue.put(None)
        self._thread.join()
        with closing(self._database), explained(self._path, otherwise=_WITHOUT):
            if self._failure:
                raise self._failure
            purge(self._database, self._limits, clock.now())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _gather(self, waiting: _Waiting, loop: asyncio.AbstractEventLoop) -> None:
        """Wake the thread once for a whole turn of the loop: each time costs both of them."""
        if not self._gathered:
            loop.call_soon(self._hand_over)
        self._gathered.append(waiting)

    def _hand_over(self) -> None:
        gathered, self._gathered = self._gathered, []
        self._queue.put(gathered)

    def _run(self) -> None:
        while batch := self._next_batch():
            try:
                with explained(self._path, otherwise=_WITHOUT):
                    _tell(batch, self._try_to_store(batch))
            except VoveError as error:
                self._give_up(batch, error)
            except Exception as error:  # noqa: BLE001 - a bug: whoever waits must hear of it
                _tell(batch, itertools.repeat(error))

    def _try_to_store(self, batch: Sequence[_Waiting]) -> Iterable[int]:
        """Store a batch, where the file can be used or may be usable again."""
        if self._outage and time.monotonic() < self._retry_at:
            raise self._outage
        if self._outage or _identity(self._path) != self._file:
            self._database.close()
            self._database = open_for_writing(self._path)
            self._file = _identity(self._path)
        entries = [*self._unsettled, *(entry for entry, _, _ in batch)]
        numbers = self._store(entries)
        self._outage, self._pause_s = None, _FIRST_PAUSE_S
        self._unsettled.clear()
        self._unpurged += len(batch)
        if self._unpurged >= _PURGE_EACH:
            self._unpurged = 0
            with suppress(sqlite3.Error):  # the records are safe: there is a next time
                purge(self._database, self._limits, clock.now())
        return numbers

    def _give_up(self, batch: Sequence[_Waiting], error: VoveError) -> None:
        """Tell whoever waits; try again after a while, and longer after each failure."""
        if error is not self._outage:
            self._retry_at = time.monotonic() + self._pause_s
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._outage = error
        settlements = [entry for entry, _, _ in batch if isinstance(entry, Settlement)]
        self._unsettled = [*self._unsettled, *settlements][-MAX_WAITING:]
        if any(isinstance(entry, Record) and not committed for entry, committed, _ in batch):
            self._failure = error
        _tell(batch, itertools.repeat(error))

    def _store(self, entries: Sequence[Record | Settlement]) -> Iterable[int]:
        """Insert and settle records in one transaction; other processes wait meanwhile.

        Returns:
            The number of each new record; they are numbered on.
        """
        database = self._database
        records = [entry for entry in entries if isinstance(entry, Record)]
        settlements = [entry for entry in entries if isinstance(entry, Settlement)]
        database.execute("BEGIN IMMEDIATE")
        try:
            newest = database.execute("SELECT max(number) FROM records").fetchone()[0] or 0
            numbers = range(newest + 1, newest + 1 + len(records))
            rows = (
                (*_row(record, number), *self._answer(record.answer))
                for number, record in zip(numbers, records, strict=True)
            )
            database.executemany(_INSERT, rows)
            changes = (
                (*new, *self._answer(answer), number, at)
                for number, at, *new, answer in settlements
            )
            database.executemany(_UPDATE, changes)
            database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise
        return numbers

    def _answer(self, answer: Answer | None) -> tuple[object, ...]:
        """The values of `ANSWER_COLUMNS`."""
        if answer is None:
            return (None,) * len(ANSWER_COLUMNS)
        kept = answer.cut(self._max_answer)
        return (
            storable(kept.reason),
            _headers_json(kept.headers),
            kept.body,
            kept.body_truncated,
        )

    def _next_batch(self) -> list[_Waiting]:
        """All that waits, at least one entry; empty at the end."""
        batch: list[_Waiting] = []
        while not self._ended and len(batch) < MAX_BATCH and not (batch and self._queue.empty()):
            waiting = self._queue.get()
            if waiting is None:
                self._ended = True
            else:
                batch += waiting
        return batch


# What is to be stored, who waits for it, and who is told if they do not wait any more.
_Waiting = tuple[
    "Record | Settlement", "asyncio.Future[int] | None", "Callable[[int], None] | None"
]


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is there: SQLite would go on writing into one that was removed."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _busy(path: Path) -> VoveError:
    return VoveError(
        "history-unusable",
        "the history cannot be used: writing to it takes too long",
        hint=f"{_WITHOUT}, or see what holds {path}",
        source=str(path),
    )


def _tell(batch: Sequence[_Waiting], results: Iterable[int | Exception]) -> None:
    """Tell those who wait, with one call into their loop for the whole batch."""
    waiting = ((future, late) for entry, future, late in batch if isinstance(entry, Record))
    told = [
        (future, late, result)
        for (future, late), result in zip(waiting, results, strict=False)
        if future
    ]
    if told:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            told[0][0].get_loop().call_soon_threadsafe(_resolve, told)


def _resolve(
    told: Sequence[tuple[asyncio.Future[int], Callable[[int], None] | None, int | Exception]],
) -> None:
    for future, late, result in told:
        if future.done():
            if late and not isinstance(result, Exception):
                late(result)
        elif isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)


def _row(record: Record, number: int) -> tuple[object, ...]:
    """The values of `COLUMNS` but those of the answer."""
    return (
        record.direction,
        record.at,
        record.event,
        record.ref_id and storable(record.ref_id),
        record.message_id and storable(record.message_id),
        record.endpoint,
        storable(record.method),
        storable(record.target),
        record.outcome,
        record.failed,
        record.status,
        record.latency_ms,
        _headers_json(record.headers),
        record.body,
        _json(record.faults),
        record.cause,
        _json(record.attempts),
        record.body_len,
        record.body_sha256,
        number,
    )


def _json(values: Sequence[object]) -> str:
    return json.dumps(values) if values else "[]"


def _headers_json(headers: Headers) -> str:
    return json.dumps([pair for pair in headers if pair[0].lower() not in UNRECORDED_HEADERS])
