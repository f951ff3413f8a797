"""Plain words in everything that a user reads: the list is in CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

from vovecli.cli.completion_files import read_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES = sorted(
    page
    for pattern in ("README.md", "CHANGELOG.md", "SECURITY.md", "docs/**/*.md", "examples/**/*.md")
    for page in ROOT.glob(pattern)
)
SCHEMAS = sorted(ROOT.glob("docs/reference/schemas/*.json"))

_ROW = re.compile(r"^\| (?P<word>[^|]+?) \| [^|]+ \| `(?P<pattern>.+?)` \|$", re.MULTILINE)


def rows() -> list[tuple[list[str], re.Pattern[str]]]:
    """The table of words: what to avoid, and the pattern that finds it."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return [
        (match["word"].split(", "), re.compile(match["pattern"].replace(r"\|", "|")))
        for match in _ROW.finditer(text)
    ]


def avoided() -> list[re.Pattern[str]]:
    """The patterns of the table."""
    return [pattern for _, pattern in rows()]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The string constants of a module that have several words, docstrings left out."""
    tree = ast.parse(path.read_text("utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in docstrings:
            continue
        if isinstance(node.value, str) and " " in node.value:
            yield node.lineno, node.value


def test_the_list_has_words() -> None:
    """Each is found by the pattern beside it, or the other tests would hold nothing."""
    assert len(rows()) >= 20
    assert [word for words, pattern in rows() for word in words if not pattern.search(word)] == []


def test_messages_use_plain_words() -> None:
    """Every message, cause, check and hint of the program."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text!r}"
        for path in sorted((ROOT / "src" / "vovecli").rglob("*.py"))
        for line, text in texts(path)
        if any(pattern.search(text) for pattern in avoided())
    ]

    assert found == [], "\n".join(found)


def test_help_uses_plain_words() -> None:
    """Every line of help, the summaries and the options."""
    lines = [
        text
        for command in read_commands().walk()
        for text in (command.help, *(option.help for option in command.options))
    ]

    assert [text for text in lines if any(each.search(text) for each in avoided())] == []


def avoided_in(text: str) -> list[str]:
    """Each avoided word of a text, with what is around it."""
    flat = re.sub(r"\s+", " ", text)
    return [
        flat[max(0, match.start() - 40) : match.end() + 40]
        for pattern in avoided()
        for match in pattern.finditer(flat)
    ]


def test_pages_are_found() -> None:
    """Or the next test would hold nothing."""
    assert len(PAGES) > 30
    assert len(SCHEMAS) > 20


@pytest.mark.parametrize("page", [*PAGES, *SCHEMAS], ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_use_plain_words(page: Path) -> None:
    """The documentation, the changelog and the descriptions of JSON fields."""
    assert avoided_in(page.read_text(encoding="utf-8")) == []
