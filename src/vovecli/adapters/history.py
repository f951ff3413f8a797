"""The history: deliveries sent and received, in a per-user SQLite database."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

from vovecli.adapters.files import data_folder
from vovecli.adapters.history_file import (
    empty_database,
    explained,
    open_for_reading,
    open_for_writing,
    overwrite_database,
)
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.records import Record, RecordFilter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from vovecli.core.messages import Headers

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
    return data_folder() / "history.sqlite3"


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
            count = overwrite_database(self._path)
            return empty_database(self._path) if count is None else count

    def _read(self, query: str, values: Sequence[object]) -> Iterator[Record]:
        if not self._path.exists():
            return
        with explained(self._path), closing(open_for_reading(self._path)) as database:
            for row in database.execute(query, values):
                yield _record(row)


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
