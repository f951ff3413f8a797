"""The examples of tests in other people's suites, each by its language's own runner."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

from vovecli.testing import FORGERIES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stacks

EXAMPLES = ROOT / "examples" / "testing"
GUIDE = ROOT / "docs" / "guides" / "testing.md"
BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
RUNNERS = {
    "javascript": ("node", "--test"),
    "go": ("go", "test", "./..."),
    "php": ("phpunit", "--do-not-cache-result", "HandlerTest.php"),
    "ruby": ("ruby", "handler_test.rb"),
}
# What each prints of 14 tests; Go says only that there were some.
PASSED = {
    "javascript": "# pass 14\n",
    "go": "ok ",
    "php": "OK (14 tests, ",
    "ruby": "14 runs, ",
}  # fmt: skip
PLUGIN = (
    []
    if any(e.name == "vove" for e in entry_points(group="pytest11"))
    else ["-p", "vovecli.testing.plugin"]
)


def run(folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A test runner in a project's folder."""
    return subprocess.run(
        command,
        cwd=folder,
        env={**{k: v for k, v in os.environ.items() if "PYTEST" not in k}, **environ},
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )


@pytest.mark.parametrize("language", RUNNERS)
def test_another_language(language: str, tmp_path: Path) -> None:
    """Signs as the specification, and the handler refuses every forgery of its table."""
    command = RUNNERS[language]
    if not shutil.which(command[0]):
        if os.environ.get("CI") == "true":
            pytest.fail(f"{command[0]} is not installed here, and in CI none may be skipped")
        pytest.skip(f"{command[0]} is not installed here")
    folder = shutil.copytree(EXAMPLES / language, tmp_path / language)
    done = run(folder, *command, GOCACHE=str(tmp_path / "go-build"), GOFLAGS="-mod=mod")

    assert done.returncode == 0, done.stdout + done.stderr
    assert PASSED[language] in done.stdout


@pytest.mark.parametrize("language", ["javascript", "go", "php", "ruby"])
def test_its_tests_can_fail(language: str, tmp_path: Path) -> None:
    """A handler that does not look at the age lets two forgeries in, and both are found."""
    command = RUNNERS[language]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed here")
    folder = shutil.copytree(EXAMPLES / language, tmp_path / language)
    (handler,) = [path for path in folder.iterdir() if path.stem.lower() == "handler"]
    text, count = re.subn(r"\b5 \* (60|time\.Minute)", r"5000 * \1", handler.read_text())
    assert count == 1
    handler.write_text(text)
    done = run(folder, *command, GOCACHE=str(tmp_path / "go-build"), GOFLAGS="-mod=mod")

    assert done.returncode != 0
    assert all(name in done.stdout for name in ("stale", "future"))


@pytest.mark.parametrize("framework", ["flask", "fastapi", "django"])
def test_python(framework: str, tmp_path: Path) -> None:
    """Pytest with the plugin against the receivers of examples/, in this process."""
    pytest.importorskip(framework)
    folder = tmp_path / "testing" / "python"
    shutil.copytree(EXAMPLES / "python", folder)
    (tmp_path / "receivers").symlink_to(ROOT / "examples" / "receivers")
    name = f"test_{framework}.py"
    done = run(folder, sys.executable, "-m", "pytest", "-q", *PLUGIN, name)

    assert done.returncode == 0, done.stdout
    assert f"{len(FORGERIES) + 2} passed" in done.stdout


def test_the_examples_of_the_guide(tmp_path: Path) -> None:
    """All blocks in order are one test module, and every test in it passes."""
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    (tmp_path / "test_guide.py").write_text("\n".join(blocks))
    done = run(tmp_path, sys.executable, "-m", "pytest", "-q", *PLUGIN)

    assert done.returncode == 0, done.stdout
    written = sum(block.count("def test_") for block in blocks)
    passed = written - 1 + len(FORGERIES)  # one of them once per forgery
    assert f"{passed} passed" in done.stdout
