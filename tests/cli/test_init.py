from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import RunVove


def test_writes_three_files_that_work_at_once(run_vove: RunVove) -> None:
    """The secret is private, out of git, and in force."""
    result = run_vove("init", "--json")

    assert {line["path"]: line["written"] for line in result.lines} == {
        ".gitignore": True,
        "vove.toml": True,
        ".env": True,
    }
    assert Path(".env").stat().st_mode & 0o777 == 0o600
    assert ".env" in Path(".gitignore").read_text().splitlines()
    assert ".env" in run_vove("secret").stdout
    assert run_vove("config").exit_code == 0


@pytest.mark.parametrize("ignore", ["node_modules", "node_modules\n", "a\n.env\nb\n"])
def test_never_overwrites(ignore: str, run_vove: RunVove) -> None:
    """What exists stays, byte for byte; .gitignore gains its line once."""
    Path(".gitignore").write_text(ignore)
    run_vove("init")
    before = {name: Path(name).read_bytes() for name in (".env", "vove.toml", ".gitignore")}

    result = run_vove("init")

    assert before == {name: Path(name).read_bytes() for name in before}
    assert before[".gitignore"].split().count(b".env") == 1
    assert before[".gitignore"].startswith(ignore.encode())
    assert "wrote" not in result.stdout


def test_appends_to_what_gitignore_is(run_vove: RunVove) -> None:
    """The file keeps its permissions."""
    shared = Path(".gitignore")
    shared.write_text("node_modules")
    shared.chmod(0o660)

    assert run_vove("init").exit_code == 0

    assert shared.read_text() == "node_modules\n.env\n"
    assert shared.stat().st_mode & 0o777 == 0o660


def test_a_gitignore_that_cannot_be_written(run_vove: RunVove) -> None:
    """A clear error, and no secret without the line that keeps it out of git."""
    Path(".gitignore").mkdir()

    result = run_vove("init")

    assert result.exit_code == 3
    assert "cannot write .gitignore: Is a directory" in result.stderr
    assert not Path(".env").exists()
