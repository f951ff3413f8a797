"""The history as a page looks at it: lines without bodies, what changed, sums over all of it."""

from __future__ import annotations

import json
from contextlib import closing, suppress
from typing import TYPE_CHECKING, NamedTuple

from vovecli.adapters.history_file import explained, open_for_reading
from vovecli.core.coverage import Tally
from vovecli.core.outcomes.record_lines import STATUS_BODY_BYTES, RecordLine, payload_statuses
from vovecli.core.outcomes.records import Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from typing import Any

_FIELDS = (
    "number", "direction", "at", "event", "ref_id", "message_id", "endpoint", "method", "target",
    "outcome", "failed", "status", "latency_ms", "faults", "cause",
)  # fmt: skip
_LINES = (
    f"SELECT {', '.join(_FIELDS)}, coalesce(body_len, length(body)), "  # noqa: S608 - names of our own
    f"CASE WHEN length(body) <= {STATUS_BODY_BYTES} THEN body ELSE x'' END FROM records"
)
# What `send` delivered to `listen` is recorded twice: the received record says what an app did.
_TALLIES = """
SELECT event, direction, outcome, endpoint IS NOT NULL, answer_headers IS NOT NULL, status, faults,
  count(*), max(number)
FROM records AS record WHERE event IS NOT NULL AND NOT (direction = 'sent' AND EXISTS (
  SELECT 1 FROM records AS twin WHERE twin.message_id = record.message_id
  AND twin.direction = 'received' AND twin.at BETWEEN record.at - 1 AND record.at + 15
)) GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
_POINTS = "SELECT number, at, direction, outcome, status, latency_ms, faults FROM records"


class State(NamedTuple):
    """What the history holds at one moment.

    Attributes:
        newest: The number of the newest record; 0 where there is none.
    """

    records: int
    newest: int


class HistoryView:
    """Reads the history, each time on a connection of its own; where there is no file it is empty.

    Raises:
        VoveError: `history-unusable`, from every method.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def state(self) -> State:
        """How much there is."""
        rows = self._rows("SELECT count(*), coalesce(max(number), 0) FROM records")
        return State(*rows[0]) if rows else State(0, 0)

    def newer(self, after: int, limit: int) -> list[RecordLine]:
        """The first lines after a number, oldest first."""
        return self._lines("WHERE number > ? ORDER BY number LIMIT ?", [after, limit])

    def older(self, before: int, limit: int) -> list[RecordLine]:
        """The lines before a number, newest first."""
        return self._lines("WHERE number < ? ORDER BY number DESC LIMIT ?", [before, limit])

    def settled(self, numbers: Sequence[int]) -> list[RecordLine]:
        """Those of the lines whose app has answered."""
        places = ", ".join("?" * len(numbers))
        return self._lines(f"WHERE number IN ({places}) AND status IS NOT NULL", numbers)

    def numbers(self) -> list[tuple[int, int]]:
        """The numbers of all records, as ranges of first and last."""
        ranges: list[tuple[int, int]] = []
        for (number,) in self._rows("SELECT number FROM records ORDER BY number"):
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1] = ranges[-1][0], number
            else:
                ranges.append((number, number))
        return ranges

    def tallies(self) -> list[Tally]:
        """Counts for coverage."""
        return [
            Tally(
                event,
                direction,
                outcome,
                bool(sent_on),
                bool(answered),
                status,
                tuple(json.loads(faults)),
                count,
                newest,
            )
            for (
                event, direction, outcome, sent_on, answered, status, faults, count, newest,
            ) in self._rows(_TALLIES)
        ]  # fmt: skip

    def points(self, limit: int) -> list[tuple[Any, ...]]:
        """Number, moment, direction, outcome, status, latency and faults of the newest records."""
        rows = self._rows(f"{_POINTS} ORDER BY number DESC LIMIT ?", [limit])
        return [(*row, tuple(json.loads(faults))) for *row, faults in reversed(rows)]

    def _lines(self, where: str, values: Sequence[object]) -> list[RecordLine]:
        return [_line(row) for row in self._rows(f"{_LINES} {where}", values)]

    def _rows(self, query: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        if not self._path.exists():
            return []
        with explained(self._path), closing(open_for_reading(self._path)) as database:
            return database.execute(query, tuple(values)).fetchall()


class HistoryPulse:
    """Whether anything was written since it was last asked; of one thread, which it costs 5 µs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._version: int | None = None

    def beats(self) -> bool:
        """Whether another connection has committed something, or the file is another one.

        Raises:
            VoveError: `history-unusable`.
        """
        with explained(self._path):
            identity = self._find()
            if identity != self._identity or (identity and self._database is None):
                self.close()
                self._database = open_for_reading(self._path) if identity else None
                self._identity, self._version = identity, None
            version = 0
            if self._database:
                version = self._database.execute("PRAGMA data_version").fetchone()[0]
        before, self._version = self._version, version
        return version != before

    def _find(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def close(self) -> None:
        """Let go of the file."""
        if self._database:
            with suppress(Exception):
                self._database.close()
            self._database = None


def _line(row: Sequence[Any]) -> RecordLine:
    *values, body_len, body = row
    fields: dict[str, Any] = dict(zip(_FIELDS, values, strict=True))
    fields["failed"] = bool(fields["failed"])
    fields["faults"] = tuple(json.loads(fields["faults"]))
    record = Record(**fields, headers=[], body=b"", body_len=body_len)
    return RecordLine(record, *payload_statuses(body))
