"""Every code that the program says is in the register, with its texts."""

from __future__ import annotations

import ast
from pathlib import Path

from vovecli.core.codes import CAUSES, FINDINGS

SOURCE = Path(__file__).parents[2] / "src" / "vovecli"
NAMES = {"Finding", "Cause", "Mistake", "cause_of", "finding_of"}


def said() -> set[str]:
    """The codes of findings, causes and mistakes that stand in the source as text."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        if {"conformance", "suite"} & set(path.relative_to(SOURCE).parts):
            continue  # what `check` names has a register of its own
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                first = node.args[0] if node.args and node.func.id in NAMES else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_every_code_is_registered() -> None:
    """So that docs and reports know it."""
    codes = said()

    assert len(codes) > 50
    unknown = codes - {*CAUSES, *FINDINGS}
    assert not unknown, "write them into core/codes: a cause, or a line in findings.py"


def test_no_code_is_both_a_cause_and_a_mere_note() -> None:
    """A cause may be said as a note; a note is never a cause."""
    assert not set(CAUSES) & set(FINDINGS)
