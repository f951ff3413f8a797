"""What the history may hold: records beyond its limits go, and the file shrinks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3

# Anybody may have sent those: their number is their own, so that they drive out nothing genuine.
MOST_NOT_VERIFIED = 1_000
_NOT_VERIFIED, _OTHERS = "outcome = 'invalid'", "outcome != 'invalid'"
_NOT_NEWEST = "number < (SELECT max(number) FROM records)"  # the next one counts on from it
_AT_ONCE = 500  # records that are removed in one transaction: others may wait to write
_FOR_ROOM = 50  # records that are removed before the size is looked at again
_SPARE_PAGES = 256  # are left in the file for the next records


class HistoryLimits(NamedTuple):
    """How much is kept.

    Attributes:
        keep: Records besides those that were not verified; 0 keeps all.
        max_age_s: Seconds.
        max_bytes: Of the database; 0 knows no limit.
    """

    keep: int
    max_age_s: float
    max_bytes: int = 0


def purge(database: sqlite3.Connection, limits: HistoryLimits, now: float) -> None:
    """Remove what is too old or too much, without reading all where nothing is."""
    not_verified = _count(database, f"SELECT count(*) FROM records WHERE {_NOT_VERIFIED}")  # noqa: S608 - text of our own
    _remove_oldest(database, _NOT_VERIFIED, not_verified - MOST_NOT_VERIFIED)
    if limits.keep:
        others = _count(database, "SELECT count(*) FROM records") - not_verified
        _remove_oldest(database, _OTHERS, others - limits.keep)
    _remove_older(database, now - limits.max_age_s)
    while limits.max_bytes and _used_bytes(database) > limits.max_bytes:
        if not (
            _remove_oldest(database, _NOT_VERIFIED, _FOR_ROOM)
            or _remove_oldest(database, _OTHERS, _FOR_ROOM)
        ):
            break
    if _count(database, "PRAGMA freelist_count") > _SPARE_PAGES:
        database.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page


def _remove_oldest(database: sqlite3.Connection, which: str, count: int) -> int:
    """Remove so many records; how many there were to remove."""
    removed = 0
    while (left := min(count - removed, _AT_ONCE)) > 0:
        gone = database.execute(
            f"DELETE FROM records WHERE number IN "  # noqa: S608 - as above
            f"(SELECT number FROM records WHERE {which} AND {_NOT_NEWEST} "
            "ORDER BY number LIMIT ?)",
            [left],
        ).rowcount
        if not gone:
            break
        removed += gone
    return removed


def _remove_older(database: sqlite3.Connection, oldest: float) -> None:
    first = database.execute("SELECT at FROM records ORDER BY number LIMIT 1").fetchone()
    if first and first[0] < oldest:
        database.execute("DELETE FROM records WHERE at < ?", [oldest])


def _used_bytes(database: sqlite3.Connection) -> int:
    pages = _count(database, "PRAGMA page_count") - _count(database, "PRAGMA freelist_count")
    return pages * _count(database, "PRAGMA page_size")


def _count(database: sqlite3.Connection, query: str) -> int:
    return int(database.execute(query).fetchone()[0])
