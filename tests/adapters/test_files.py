from __future__ import annotations

import errno
import io
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.adapters import files
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_reads_a_file_and_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` is standard input."""
    Path("a").write_bytes(b"file")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"stdin")))

    assert files.read_bytes("a") == b"file"
    assert files.read_bytes("-") == b"stdin"


def test_reads_a_pipe(tmp_path: Path) -> None:
    """As `vove verify <(command)` gives one."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    if os.fork() == 0:  # pragma: no cover - the child
        with path.open("wb", buffering=0) as pipe:
            pipe.write(b"through ")
            time.sleep(0.05)
            pipe.write(b"the pipe")
        os._exit(0)

    with files.open_source(str(path)) as file:
        assert file.read(files.CHUNK_BYTES) == b"through the pipe"
    os.wait()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("nowhere", "unreadable"),
        (".", "is-a-folder"),
        ("/dev/null", "not-a-file"),
        ("socket", "not-a-file"),
        ("a\0b", "unreadable"),
    ],
)
def test_what_cannot_be_read_is_a_clear_error(name: str, code: str) -> None:
    """Each with its own code and the name in it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")

    with pytest.raises(VoveError) as caught:
        files.read_bytes(name)

    assert code == caught.value.code
    assert name == caught.value.source
    assert caught.value.hint


def test_a_hint_is_a_command_whatever_the_name() -> None:
    """Typed as it is, it lists that folder."""
    with pytest.raises(VoveError) as caught:
        files.read_bytes("a folder/nowhere")

    assert caught.value.hint == "see what is there: ls -l 'a folder'"


def test_a_read_is_bounded() -> None:
    """One byte over the limit is too much."""
    Path("a").write_bytes(b"x" * 11)

    assert len(files.read_bytes("a", limit=11)) == 11
    with pytest.raises(VoveError) as caught:
        files.read_bytes("a", limit=10)
    assert caught.value.code == "too-large"


@given(
    st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"").replace(b"\r", b""))),
    st.integers(0, 30),
)
def test_lines_do_not_depend_on_where_the_head_ends(content: list[bytes], cut: int) -> None:
    """The head was read to detect the format; the lines are those of the whole."""
    data = b"\n".join(content)

    found = list(files.lines(data[:cut], io.BytesIO(data[cut:]), limit=100))

    assert data.splitlines(keepends=True) == found


def test_a_line_is_bounded() -> None:
    """An endless line ends in an error, not in all memory."""
    with pytest.raises(VoveError) as caught:
        list(files.lines(b"", io.BytesIO(b"x" * 100), limit=50))

    assert caught.value.code == "too-large"


def test_writes_are_private_and_whole(tmp_path: Path) -> None:
    """Mode 0600 whatever the umask, nothing left beside it."""
    path = tmp_path / "new" / "file"

    files.write_private(path, b"1")
    files.write_private(path, b"2")

    assert path.read_bytes() == b"2"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [path] == list(path.parent.iterdir())


def test_a_file_is_rewritten_in_one_step(tmp_path: Path) -> None:
    """Who reads meanwhile reads on in the old one; links and permissions stay."""
    folder = tmp_path / "project"
    folder.mkdir()
    path, link = folder / "vove.toml", folder / "link"
    path.write_bytes(b"old")
    path.chmod(0o664)
    link.symlink_to(path)

    with path.open("rb") as meanwhile:
        files.rewrite(link, b"new")
        assert meanwhile.read() == b"old"

    assert link.is_symlink()
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o664
    assert {path, link} == set(folder.iterdir())


def test_a_file_that_is_new_has_the_usual_permissions(tmp_path: Path) -> None:
    """It is part of a project, not a secret."""
    (tmp_path / "usual").touch()

    files.rewrite(tmp_path / "vove.toml", b"new")

    usual = (tmp_path / "usual").stat().st_mode
    assert (tmp_path / "vove.toml").stat().st_mode == usual


@pytest.mark.parametrize("write", [files.write_private, files.create_private])
@pytest.mark.parametrize("is_link", [True, False])
def test_what_others_put_in_the_way_does_not_matter(
    write: Callable[[Path, bytes], object], tmp_path: Path, *, is_link: bool
) -> None:
    """In a folder of many users nobody else owns, or reads along in, what we write."""
    folder = tmp_path / "shared"
    folder.mkdir()
    path, foreseen = folder / "file", folder / f".file.{os.getpid()}"
    if is_link:
        foreseen.symlink_to(folder / "elsewhere")
    else:
        foreseen.write_bytes(b"theirs")
        foreseen.chmod(0o666)

    write(path, b"ours")

    assert path.read_bytes() == b"ours"
    assert path.stat().st_mode & 0o777 == 0o600
    assert {path, foreseen} == set(folder.iterdir())


def test_a_file_in_the_way_is_neither_written_nor_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a name that was guessed is not ours to use."""
    monkeypatch.setattr(os, "urandom", bytes)
    taken = tmp_path / f".file.{'00' * 8}"
    taken.write_bytes(b"theirs")

    with pytest.raises(VoveError) as caught:
        files.write_private(tmp_path / "file", b"ours")

    assert caught.value.code == "unwritable"
    assert taken.read_bytes() == b"theirs"
    assert not (tmp_path / "file").exists()


def test_creating_does_not_replace(tmp_path: Path) -> None:
    """The first one wins."""
    assert files.create_private(tmp_path / "f", b"1")
    assert not files.create_private(tmp_path / "f", b"2")
    assert (tmp_path / "f").read_bytes() == b"1"


def test_what_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    """A file where a folder should be."""
    (tmp_path / "f").write_bytes(b"")

    with pytest.raises(VoveError) as caught:
        files.write_private(tmp_path / "f" / "g", b"")

    assert caught.value.code == "unwritable"


def test_walks_in_order_and_leaves_out_what_is_hidden_or_linked(tmp_path: Path) -> None:
    """A link could lead anywhere, even round in a circle."""
    for name in ("b", "a/z", "a/.hidden", ".git/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "loop").symlink_to(tmp_path)

    assert list(files.walk(str(tmp_path))) == [str(tmp_path / "a/z"), str(tmp_path / "b")]


def test_a_folder_that_cannot_be_listed_does_not_hide_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It vanished meanwhile, or is not ours: it is named, and the walk goes on."""
    for name in ("a/1", "b/2", "c/3"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"")
    scandir = os.scandir

    def refuse(path: str | os.PathLike[str]) -> object:
        if os.fspath(path).endswith("b"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    first, error, last = files.walk(str(tmp_path))
    assert (first, last) == (str(tmp_path / "a/1"), str(tmp_path / "c/3"))
    assert isinstance(error, VoveError)
    assert (error.code, error.source) == ("unreadable", str(tmp_path / "b"))


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The only thing that is found."""
    (error,) = files.walk(str(tmp_path / "nowhere"))
    assert isinstance(error, VoveError)
