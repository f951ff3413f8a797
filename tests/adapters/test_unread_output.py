"""Output without a reader: real pipes."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vovecli.ui.unread import UnreadOutput, unread_output

if TYPE_CHECKING:
    from collections.abc import Iterator

LINE = "x" * 999 + "\n"


@contextmanager
def pipe(*, spill: bool = False) -> Iterator[tuple[UnreadOutput, int]]:
    """An output into a pipe, and the end to read from."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        try:
            yield UnreadOutput(stream, "{} lost\n".format, spill=spill), reading
        finally:
            os.close(reading)


def read(descriptor: int, size: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < size:
        data += os.read(descriptor, size - len(data))
    return data


def test_reader_gets_each_line_at_once() -> None:
    """Where the stream takes it, nothing is kept and no thread runs."""
    with pipe() as (output, reading):
        output.write("caf")
        output.write("\u00e9\n")
        output.flush()
        assert os.read(reading, 100) == "caf\u00e9\n".encode()
        output.finish(within_s=0)


@pytest.mark.parametrize("spill", [False, True])
def test_writer_never_waits(*, spill: bool) -> None:
    """What is beyond the room is counted and said; the rest comes in order."""
    lines = 2000
    with pipe(spill=spill) as (output, reading):
        started = time.monotonic()
        for n in range(lines):
            output.write(f"{n:09}{LINE[9:]}")
            output.flush()
        assert time.monotonic() - started < 5

        kept = lines if spill else 0
        received = b""
        while b" lost" not in received and received.count(b"\n") < lines:
            received += os.read(reading, 1 << 16)
        output.finish(within_s=5)
        output.write("last\n")
        output.flush()
        received += os.read(reading, 100)

    *texts, _ = received.split(b"\n")
    numbers = [int(text[:9]) for text in texts if len(text) == len(LINE) - 1]
    assert numbers == list(range(len(numbers)))
    if kept:
        assert len(numbers) == lines
    else:
        assert f"{lines - len(numbers)} lost".encode() in received
    assert texts[-1] == b"last"


def test_end_does_not_wait_for_ever() -> None:
    """Whoever does not read the last words does not keep the program from ending."""
    with pipe() as (output, _):
        for _ in range(500):
            output.write(LINE)
            output.flush()
        started = time.monotonic()
        output.finish(within_s=0.1)
        assert time.monotonic() - started < 5


def test_reader_that_goes_away_is_an_error() -> None:
    """When it is flushed next, or at the end."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        output = UnreadOutput(stream, str)
        for _ in range(200):
            output.write(LINE)
            output.flush()
        os.close(reading)
        with pytest.raises(BrokenPipeError):
            output.finish(within_s=5)
        output.write(LINE)
        with pytest.raises(BrokenPipeError):
            output.flush()


def test_full_disk_is_an_error(tmp_path: Path) -> None:
    """Nothing is kept that could never be written."""
    with Path("/dev/full").open("w", encoding="utf-8") as stream:
        output = unread_output(stream, str)
        output.write(LINE)
        with pytest.raises(OSError, match="No space left"):
            output.flush()
    with (tmp_path / "file").open("w", encoding="utf-8") as stream:
        output = unread_output(stream, str)
        output.write(LINE)
        output.flush()
    assert (tmp_path / "file").read_text() == LINE
