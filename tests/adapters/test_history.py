"""The history on real files, with real processes."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import time_machine

from vovecli.adapters import history, history_limits, history_writer
from vovecli.adapters.history import History, history_path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.answers import Answer
from vovecli.core.outcomes.records import Record, RecordFilter, Settlement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

DAY_S = 86_400
RECORD = Record(
    direction="sent",
    at=time.time(),
    event="kyb.case.completed",
    ref_id="r",
    message_id="msg_1",
    endpoint="http://localhost:3000/hook",
    method="POST",
    target="/hook",
    outcome="delivered",
    failed=False,
    status=200,
    latency_ms=1.5,
    headers=[("Svix-Id", "msg_1"), ("X-Odd", "caf\udce9")],
    body=b"{}\xff",
    faults=("stale", "duplicate"),
    cause=None,
    attempts=({"n": 1, "status": 200},),
    answer=Answer(200, "Fine", [("X-App", "caf\udce9")], b"ok\xff", 1.5, body_truncated=False),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test's history is, in a folder that does not exist yet."""
    return tmp_path / "data folder?" / "history.sqlite3"


def store(path: Path, records: Sequence[Record], *, keep: int = 0, age_s: float = DAY_S) -> None:
    """Write records and close."""
    with HistoryWriter(path, keep=keep, max_age_s=age_s) as writer:
        for record in records:
            writer.append(record)


def numbers(path: Path, **wanted: object) -> list[int]:
    """The numbers of the records that a filter finds."""
    return [record.number for record in History(path).find(RecordFilter(**wanted))]  # type: ignore[arg-type]  # fields by name


def test_records_come_back_as_they_were(path: Path) -> None:
    """Every field survives, odd bytes included; numbers start at 1."""
    store(path, [RECORD])

    assert list(History(path).find(RecordFilter())) == [RECORD._replace(number=1)]
    assert History(path).get(1) == RECORD._replace(number=1)


def test_numbers_go_on_where_they_were(path: Path) -> None:
    """Newest first, numbered through over several runs."""
    store(path, [RECORD, RECORD])
    store(path, [RECORD])

    assert numbers(path) == [3, 2, 1]


def test_a_new_history_is_made_while_another_process_is_at_it(path: Path) -> None:
    """Several first commands at once: none goes on without a history because another is faster."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("CREATE TABLE theirs (x)")
        other.execute("BEGIN IMMEDIATE")
        end = threading.Timer(0.2, other.execute, ["ROLLBACK"])
        end.start()
        store(path, [RECORD])
        end.join()

    assert numbers(path) == [1]


def test_text_without_a_utf8_form_is_stored(path: Path) -> None:
    """A refId out of a hostile payload breaks nothing."""
    store(path, [RECORD._replace(ref_id="\ud800é", target="/\udcff\0")])

    record = History(path).get(1)

    assert (record.ref_id, record.target) == ("\\ud800é", "/\\udcff\0")


def test_stored_record_is_settled(path: Path) -> None:
    """What became of a request is noted in its record, and nothing else in any other."""
    pending = RECORD._replace(endpoint=None, status=None, latency_ms=None, failed=True, answer=None)
    answer = Answer(201, "Created", [], b"{}", 2.5, body_truncated=False)

    async def store_and_settle(writer: HistoryWriter) -> None:
        numbers = list(await asyncio.gather(writer.commit(pending), writer.commit(pending)))
        assert numbers == [1, 2]
        writer.settle(
            Settlement(1, RECORD.at, "http://app/", 201, 2.5, failed=False, answer=answer)
        )

    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(store_and_settle(writer))

    settled, other = History(path).get(1), History(path).get(2)

    assert settled == pending._replace(
        number=1, endpoint="http://app/", status=201, latency_ms=2.5, failed=False, answer=answer
    )
    assert other == pending._replace(number=2)


def test_an_answer_that_comes_after_a_clear_is_no_other_records(path: Path) -> None:
    """Numbers begin again, but what an app said of one request is never said of another."""
    first = RECORD._replace(at=1.5)

    async def settle_late(writer: HistoryWriter) -> None:
        number = await writer.commit(first)
        assert History(path).clear() == 1
        assert await writer.commit(RECORD) == number
        writer.settle(Settlement(number, first.at, "http://app/", 500, 2.5, True, None))

    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(settle_late(writer))

    assert History(path).get(1) == RECORD._replace(number=1)


def test_credentials_are_not_recorded(path: Path) -> None:
    """Headers that carry credentials leave no trace in any file of the history."""
    headers = [("AUTHORIZATION", "Bearer hush"), ("cookie", "hush"), ("A", "b")]
    answer = Answer(200, "", [("Set-Cookie", "hush"), ("C", "d")], b"", 1.5, body_truncated=False)
    store(path, [RECORD._replace(headers=headers, answer=answer)])

    record = History(path).get(1)

    assert record.headers == [("A", "b")]
    assert record.answer == answer._replace(headers=[("C", "d")])
    assert all(b"hush" not in file.read_bytes() for file in path.parent.iterdir())


def test_long_answer_is_cut(path: Path) -> None:
    """Of an answer's body the history keeps so many bytes, and says that there was more."""
    answer = Answer(500, "", [], b"0123456789", 1.5, body_truncated=False)
    with HistoryWriter(path, keep=0, max_age_s=DAY_S, max_answer=4) as writer:
        writer.append(RECORD._replace(status=500, answer=answer))

    kept = History(path).get(1).answer

    assert kept == answer._replace(body=b"0123", body_truncated=True)


def old_history(path: Path, count: int) -> None:
    """A history as version 1 of the schema had it."""
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript("""
            PRAGMA journal_mode = WAL;
            CREATE TABLE records (
              number INTEGER PRIMARY KEY, direction TEXT NOT NULL, at REAL NOT NULL, event TEXT,
              ref_id TEXT, message_id TEXT, endpoint TEXT, method TEXT NOT NULL,
              target TEXT NOT NULL, outcome TEXT NOT NULL, failed INTEGER NOT NULL,
              status INTEGER, latency_ms REAL, headers TEXT NOT NULL, body BLOB NOT NULL,
              faults TEXT NOT NULL, cause TEXT, attempts TEXT NOT NULL
            );
            CREATE INDEX records_by_message ON records (message_id);
            PRAGMA user_version = 1;
        """)
        row = (
            *("sent", RECORD.at, RECORD.event, "r", "msg_1", RECORD.endpoint, "POST", "/hook"),
            *("delivered", 0, 200, 1.5, '[["Svix-Id", "msg_1"]]', b"{}", "[]", None, "[]"),
        )
        marks = ", ".join("?" * len(row))
        database.executemany(f"INSERT INTO records VALUES (NULL, {marks})", [row] * count)
        database.commit()


def test_records_of_an_older_version_are_kept(path: Path) -> None:
    """Reading alone brings the schema up to date; the answers of old records are not known."""
    old_history(path, 2)

    first = History(path).get(1)
    store(path, [RECORD])

    assert (first.number, first.body, first.answer) == (1, b"{}", None)
    assert numbers(path) == [3, 2, 1]
    assert History(path).get(3) == RECORD._replace(number=3)


def test_schema_is_brought_up_to_date_once(path: Path) -> None:
    """Of several processes that meet an old history at once, none fails."""
    old_history(path, 1)
    script = (
        "import sys; from pathlib import Path; from vovecli.adapters.history import History;"
        "sys.stdin.readline(); print(History(Path(sys.argv[1])).get(1).number)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(4)
    ]  # fmt: skip

    assert [process.communicate("\n", timeout=30)[0] for process in processes] == ["1\n"] * 4


@pytest.mark.parametrize("use", [History.failed, lambda history: history.find(RecordFilter())])
def test_history_of_a_newer_version_is_left_alone(path: Path, use: Any) -> None:
    """Reading and writing say that it is newer and what to do; nothing in it changes."""
    store(path, [RECORD])
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")

    with pytest.raises(VoveError, match="written by a newer vove") as reading:
        list(use(History(path)))
    with pytest.raises(VoveError, match="written by a newer vove"):
        store(path, [RECORD])

    assert "pip install" in reading.value.hint
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT count(*) FROM records").fetchone() == (1,)


def test_only_the_user_can_read_it(path: Path) -> None:
    """The database and the files beside it have mode 0600, an older file is mended."""
    path.parent.mkdir()
    path.touch(mode=0o666)
    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(writer.commit(RECORD))
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}

    assert modes == {f"history.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"event": "kyb.*"}, [4, 1]),
        ({"event": "kyc.pending"}, [2]),
        ({"outcome": "refused"}, [2]),
        ({"statuses": (500, 599)}, [2]),
        ({"statuses": (200, 200), "direction": "sent"}, [1]),
        ({"direction": "received"}, [4]),
        ({"since": 2000}, [4, 3]),
        ({"limit": 2}, [4, 3]),
        ({"limit": 0}, []),
        ({"event": "kyb.*", "since": 5000}, []),
    ],
)
def test_filters(path: Path, wanted: dict[str, object], found: list[int]) -> None:
    """Each filter narrows what is found; several narrow it together."""
    store(
        path,
        [
            RECORD._replace(at=1000),
            RECORD._replace(at=1000, event="kyc.pending", outcome="refused", status=500),
            RECORD._replace(at=2000, event=None, outcome="unreachable", status=None),
            RECORD._replace(at=3000, direction="received", outcome="valid", endpoint=None),
        ],
        age_s=1e10,
    )

    assert numbers(path, **wanted) == found


def test_what_failed_is_what_was_never_acknowledged(path: Path) -> None:
    """Success clears a failure, before it at the same endpoint only; several failures are one."""
    failed = RECORD._replace(failed=True, outcome="refused", status=500)
    store(
        path,
        [
            failed._replace(message_id="mended"),
            failed._replace(message_id="again"),
            RECORD._replace(message_id="mended", faults=()),
            failed._replace(message_id="once", at=1000),
            failed._replace(message_id="again"),
            RECORD._replace(message_id="before", faults=()),
            failed._replace(message_id="before"),
            RECORD._replace(message_id="elsewhere", endpoint="http://localhost:1/", faults=()),
            failed._replace(message_id="elsewhere"),
        ],
        age_s=1e10,
    )

    def found(since: int) -> list[tuple[int, str | None]]:
        return [(record.number, record.message_id) for record in History(path).failed(since=since)]

    assert found(0) == [(4, "once"), (5, "again"), (9, "elsewhere")]
    assert found(2000) == [(5, "again"), (9, "elsewhere")]


@pytest.mark.parametrize(
    ("later", "is_settled"),
    [
        (RECORD._replace(faults=()), True),
        (RECORD._replace(faults=("duplicate",)), True),
        (RECORD._replace(faults=("bad-signature",)), False),
        (RECORD._replace(faults=("duplicate", "stale")), False),
        (RECORD._replace(faults=("bad-signature",), outcome="refused", status=401), False),
        (RECORD._replace(direction="received", outcome="valid", faults=()), True),
        (RECORD._replace(direction="received", outcome="invalid", status=401, faults=()), False),
    ],
    ids=["ack", "copies", "forgery ack", "forged copies", "forgery", "valid", "invalid"],
)
def test_only_an_acknowledged_delivery_settles_a_failure(
    path: Path, later: Record, *, is_settled: bool
) -> None:
    """What was forged, or judged invalid, says nothing of the genuine delivery with its id."""
    store(path, [RECORD._replace(failed=True, outcome="refused", status=500, faults=()), later])

    assert [record.number for record in History(path).failed()] == ([] if is_settled else [1])


def test_closing_keeps_the_newest(path: Path) -> None:
    """What is beyond the number to keep, or too old, is gone after close."""
    store(path, [RECORD] * 5, keep=3)
    assert numbers(path) == [5, 4, 3]

    store(path, [RECORD] * 2, keep=10)
    assert numbers(path) == [7, 6, 5, 4, 3]

    store(path, [RECORD], age_s=-DAY_S)
    assert numbers(path) == []

    store(path, [RECORD._replace(at=1), RECORD])
    assert numbers(path) == [2]


def test_clearing_removes_the_bytes(path: Path) -> None:
    """After a clear no file holds a body any more, and numbers start anew."""
    store(path, [RECORD._replace(body=b"personal data")] * 3)

    assert History(path).clear() == 3
    assert numbers(path) == []
    assert all(b"personal" not in file.read_bytes() for file in path.parent.iterdir())
    store(path, [RECORD])
    assert numbers(path) == [1]


def test_clearing_under_a_writer(path: Path) -> None:
    """A listener that is running does not keep the history from being cleared, and goes on."""
    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(writer.commit(RECORD))

        assert History(path).clear() == 1

        assert asyncio.run(writer.commit(RECORD)) == 1


def test_who_waits_for_a_clear_has_the_right_file(path: Path) -> None:
    """A command that starts meanwhile has opened it already, and waits for its turn."""
    store(path, [RECORD])
    with closing(sqlite3.connect(path, isolation_level=None)) as waiting:
        assert History(path).clear() == 1
        waiting.execute("CREATE TABLE later (number)")

    with closing(sqlite3.connect(path)) as found:
        assert found.execute("SELECT name FROM sqlite_master").fetchall() == [("later",)]


def test_clearing_what_a_killed_listener_left(path: Path) -> None:
    """Its log holds what the database does not: neither is written back."""
    with HistoryWriter(path.parent / "live" / path.name, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(writer.commit(RECORD._replace(body=b"personal data")))
        for file in (path.parent / "live").iterdir():
            path.with_name(file.name).write_bytes(file.read_bytes())

    assert History(path).clear() == 1
    assert {file.name: file.stat().st_size for file in path.parent.glob("*.*")} == {path.name: 0}


@pytest.fixture
def full_disk(path: Path) -> Iterator[None]:
    """No file grows beyond the size of the database."""
    resource = pytest.importorskip("resource")
    store(path, [RECORD._replace(body=b"personal data" * 1000)] * 20)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.usefixtures("full_disk")
def test_clearing_takes_no_room(path: Path) -> None:
    """A full disk is a reason to clear the history."""
    assert History(path).clear() == 20
    assert [(file, file.stat().st_size) for file in path.parent.iterdir()] == [(path, 0)]


def test_clearing_a_full_disk_under_a_writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener has it open, and there is no room to delete anything: what to do is said."""
    full = sqlite3.OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL

    def fail(_: Path) -> int:
        raise full

    monkeypatch.setattr(history, "empty_database", fail)
    with (
        HistoryWriter(path, keep=0, max_age_s=DAY_S),
        pytest.raises(VoveError, match="full") as caught,
    ):
        History(path).clear()

    assert "stop every vove listen and run: vove history clear" in caught.value.hint


def test_where_there_is_no_history(path: Path) -> None:
    """Reading and clearing find nothing and make nothing."""
    assert numbers(path) == []
    assert list(History(path).failed()) == []
    assert History(path).clear() == 0
    assert not path.parent.exists()
    with pytest.raises(VoveError) as caught:
        History(path).get(7)
    assert caught.value.code == "no-record"


def test_a_commit_waits_until_the_record_is_safe(path: Path) -> None:
    """Numbers come back in order, and another connection sees the record at once."""

    async def main(writer: HistoryWriter) -> list[int]:
        got = await asyncio.gather(*(writer.commit(RECORD) for _ in range(1200)))
        assert len(numbers(path)) == 1200
        return got

    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        assert asyncio.run(main(writer)) == list(range(1, 1201))


def test_a_waiter_that_gave_up_disturbs_nobody(path: Path) -> None:
    """Cancelled waiters and loops that are gone are passed over; the records are stored."""

    async def give_up(writer: HistoryWriter) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.commit(RECORD), 0)
        waiting = asyncio.get_running_loop().create_future()
        waiting.cancel()
        writer.append(RECORD, waiting)
        assert await writer.commit(RECORD) > 0
        writer.append(RECORD, asyncio.get_running_loop().create_future())

    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(give_up(writer))

    assert len(numbers(path)) in (3, 4)


def test_two_writers_share_the_file(path: Path) -> None:
    """Two processes' worth of writers never use a number twice."""
    with (
        HistoryWriter(path, keep=0, max_age_s=DAY_S) as one,
        HistoryWriter(path, keep=0, max_age_s=DAY_S) as other,
    ):
        for _ in range(500):
            one.append(RECORD)
            other.append(RECORD)

    assert numbers(path) == list(range(1000, 0, -1))


def test_a_slow_disk_slows_the_writer_down(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more than the limit waits: `append` waits for room."""
    monkeypatch.setattr(history_writer, "MAX_WAITING", 10)
    store(path, [RECORD] * 200)

    assert len(numbers(path)) == 200


@pytest.mark.parametrize("content", [b"this is no database, " * 100])
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    """Writing, reading and clearing say so, name the file and how to go on."""
    path.parent.mkdir()
    path.write_bytes(content)

    for use in (
        lambda: HistoryWriter(path, keep=0, max_age_s=1),
        lambda: numbers(path),
        lambda: History(path).clear(),
    ):
        with pytest.raises(VoveError) as caught:
            use()
        assert caught.value.code == "history-unusable"
        assert str(path) in caught.value.hint


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file in the way of the folder is an error with a hint, not a crash."""
    (tmp_path / "file").touch()

    with pytest.raises(VoveError) as caught:
        HistoryWriter(tmp_path / "file" / "history.sqlite3", keep=0, max_age_s=1)

    assert "--no-history" in caught.value.hint


def test_records_that_cannot_be_stored_are_told(path: Path) -> None:
    """Who waits gets the error, who does not learns at close; the thread survives both."""
    writer = HistoryWriter(path, keep=0, max_age_s=1)
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE records")

    with pytest.raises(VoveError, match="no such table"):
        asyncio.run(writer.commit(RECORD))
    writer.append(RECORD)
    with pytest.raises(VoveError, match="no such table"):
        writer.close()


def test_the_path_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It follows the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert history_path() == tmp_path / "vove" / "history.sqlite3"


UNVERIFIED = RECORD._replace(direction="received", outcome="invalid", failed=False)


def test_unverified_records_drive_out_no_others(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may have sent them: they have a number of their own, kept while running too."""
    monkeypatch.setattr(history_limits, "MOST_NOT_VERIFIED", 3)
    monkeypatch.setattr(history_writer, "_PURGE_EACH", 10)
    with HistoryWriter(path, keep=2, max_age_s=DAY_S) as writer:
        for record in [RECORD, *[UNVERIFIED] * 50]:
            asyncio.run(writer.commit(record))
        assert len(numbers(path)) < 15

    assert numbers(path) == [51, 50, 49, 1]


def test_bytes_are_bounded_and_the_file_shrinks(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not verified goes first, then the oldest."""
    monkeypatch.setattr(history_writer, "_PURGE_EACH", 50)
    big = RECORD._replace(body=os.urandom(50_000))
    with HistoryWriter(path, keep=0, max_age_s=DAY_S, max_bytes=8_000_000) as writer:
        for record in [big, *[UNVERIFIED._replace(body=big.body)] * 400]:
            writer.append(record)

    assert path.stat().st_size < 16_000_000
    assert numbers(path)[-1] == 1

    store(path, [big] * 300, keep=0)
    with HistoryWriter(path, keep=0, max_age_s=DAY_S, max_bytes=1_000_000):
        pass

    assert path.stat().st_size < 4_000_000
    assert max(numbers(path)) == 701


def test_locked_history_is_an_error_and_works_again(path: Path) -> None:
    """Another program holds the lock: whoever waits hears so in time; later it goes on."""

    async def commit_twice(writer: HistoryWriter, other: sqlite3.Connection) -> int:
        await writer.commit(RECORD)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(VoveError, match="locked"):
            await writer.commit(RECORD)
        writer.settle(Settlement(1, RECORD.at, "http://late/", 500, 1, failed=True, answer=None))
        with pytest.raises(VoveError, match="locked"):  # at once
            await writer.commit(RECORD)
        other.execute("ROLLBACK")
        while True:
            try:
                return await writer.commit(RECORD)
            except VoveError:
                await asyncio.sleep(0.05)

    with (
        HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        writer._database.execute("PRAGMA busy_timeout = 100")
        assert asyncio.run(commit_twice(writer, other)) == 2

    assert History(path).get(1).endpoint == "http://late/"


def test_a_record_that_comes_too_late_is_told_to_nobody_but_late(path: Path) -> None:
    """Whoever waits hears in time that it takes too long; what was stored later can be settled."""

    async def commit(writer: HistoryWriter, other: sqlite3.Connection) -> list[int]:
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(VoveError, match="takes too long"):
            await writer.commit(RECORD, within_s=0.05, late=stored.set_result)
        cancelled = asyncio.create_task(writer.commit(RECORD))
        await asyncio.sleep(0)
        cancelled.cancel()
        other.execute("ROLLBACK")
        return [await stored, await writer.commit(RECORD, within_s=20)]

    with (
        HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        assert asyncio.run(commit(writer, other)) == [1, 3]


def test_a_pause_after_a_failure_is_not_of_the_wall_clock(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour's jump ends it as little as it makes it longer."""
    monkeypatch.setattr(history_writer, "_FIRST_PAUSE_S", 20)
    with (
        HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        writer._database.execute("PRAGMA busy_timeout = 10")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(VoveError, match="locked"):
            asyncio.run(writer.commit(RECORD))
        other.execute("ROLLBACK")
        with time_machine.travel(time.time() + 3600), pytest.raises(VoveError, match="locked"):
            asyncio.run(writer.commit(RECORD))
        writer._retry_at = time.monotonic()
        with time_machine.travel(time.time() - 3600):
            assert asyncio.run(writer.commit(RECORD)) == 1


def test_removed_history_is_made_anew(path: Path) -> None:
    """SQLite would go on writing into a file that nobody can read any more."""
    with HistoryWriter(path, keep=0, max_age_s=DAY_S) as writer:
        asyncio.run(writer.commit(RECORD))
        for file in path.parent.iterdir():
            file.unlink()
        assert asyncio.run(writer.commit(RECORD)) == 1
        assert numbers(path) == [1]


def test_pipe_in_its_place_holds_nobody_up(path: Path) -> None:
    """It is an error, for the reader as for the writer."""
    path.parent.mkdir()
    os.mkfifo(path)

    with pytest.raises(VoveError, match="not a regular file"):
        History(path).get(1)
    with pytest.raises(VoveError, match="not a regular file"):
        store(path, [RECORD])


def test_damaged_record_is_an_error(path: Path) -> None:
    """Whatever another program wrote into a row."""
    store(path, [RECORD])
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE records SET headers = '5'")
        database.commit()

    with pytest.raises(VoveError, match="cannot be used"):
        History(path).get(1)


_KILLED = """
import sys
from pathlib import Path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.outcomes.records import Record

record = Record(
    "sent", 1e9, None, None, None, None, "POST", "/", "valid", False, 200, None, [], b"x" * 200
)
writer = HistoryWriter(Path(sys.argv[1]), keep=0, max_age_s=1e10)
for n in range(10**9):
    writer.append(record._replace(message_id=str(n)))
    if n % 1000 == 0:
        print(n, flush=True)
"""


def test_a_killed_process_loses_only_what_was_not_committed(path: Path) -> None:
    """After kill -9 the file is sound and holds an unbroken beginning of what was handed over."""
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(path)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout
        for line in process.stdout:
            if int(line) >= 10_000:
                process.kill()
                break

    records = list(History(path).find(RecordFilter()))
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [int(record.message_id or "") for record in records] == list(
        range(len(records) - 1, -1, -1)
    )
    assert len(records) >= 10_000 - history_writer.MAX_WAITING - history_writer.MAX_BATCH
    store(path, [RECORD])
    assert numbers(path, limit=1) == [len(records) + 1]


def test_a_history_in_a_read_only_folder_is_read() -> None:
    """As on a medium that cannot be written; nothing of it can be removed."""
    with tempfile.TemporaryDirectory() as folder:  # that of the test, others may not enter
        path = Path(folder) / "history.sqlite3"
        store(path, [RECORD])
        path.chmod(0o444)
        Path(folder).chmod(0o555)
        try:
            with _unprivileged():
                assert numbers(path) == [1]
                with pytest.raises(VoveError, match="cannot be used"):
                    History(path).delete(1)
        finally:
            Path(folder).chmod(0o700)


@contextmanager
def _unprivileged() -> Iterator[None]:
    """Be somebody else for a while where root, who may write everywhere, runs the test."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
