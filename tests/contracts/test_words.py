"""Plain words in everything that is printed: the list is in CONTRIBUTING.md."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.conftest import ROOT

from vovecli.cli.completion_files import read_commands

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ROW = re.compile(r"^\| (?P<word>[^|]+?) \| [^|]+ \| `(?P<pattern>.+?)` \|$", re.MULTILINE)


def avoided() -> list[re.Pattern[str]]:
    """The patterns of the table of words."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    return [re.compile(match["pattern"].replace(r"\|", "|")) for match in _ROW.finditer(text)]


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
    """Or the other tests would hold nothing."""
    assert len(avoided()) >= 6
    assert any(pattern.search("this is no word") for pattern in avoided())


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
