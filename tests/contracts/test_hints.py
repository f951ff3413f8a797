"""Every hint in the sources leads somewhere: the commands and options that it names exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.conftest import ROOT

from vovecli.cli.group import COMMANDS, load_command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.core import TyperCommand, TyperGroup

SOURCES = ROOT / "src" / "vovecli"
ANY = "…"  # what an f-string fills in
# Of other programs.
FOREIGN = {"--upgrade"}
# What `vove` does in a sentence.
VERBS = {"runs"}


class Hint(NamedTuple):
    """A hint and where it is written."""

    place: str
    text: str


def _texts(node: ast.expr) -> Iterator[str]:
    """Every text that an expression may give, as far as it is written there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = (part.value if isinstance(part, ast.Constant) else ANY for part in node.values)
        yield "".join(map(str, parts))
    elif isinstance(node, ast.BinOp):
        for left in list(_texts(node.left)) or [ANY]:
            for right in list(_texts(node.right)) or [ANY]:
                yield left + right
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def _hints() -> Iterator[Hint]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            given = [each.value for each in node.keywords if each.arg == "hint"]
            if isinstance(node.func, ast.Attribute) and node.func.attr == "hint":
                given += node.args
            for text in (text for value in given for text in _texts(value)):
                if text:
                    yield Hint(f"{path.relative_to(ROOT)}:{node.lineno}", text)


HINTS = list(_hints())


@cache
def _command(name: str) -> TyperCommand | TyperGroup:
    return load_command(name)


def _options(command: TyperCommand | TyperGroup) -> set[str]:
    """Of a command and its parts."""
    found = {"--help", "-h"}
    for param in command.params:
        found |= {*param.opts, *param.secondary_opts}
    for part in getattr(command, "commands", {}).values():
        found |= _options(part)
    return found


def test_hints_are_found() -> None:
    """By a walk over the sources: most of them name a command or an option."""
    assert len(HINTS) > 90
    assert sum("vove " in hint.text or "--" in hint.text for hint in HINTS) > 35


@pytest.mark.parametrize(
    "hint", HINTS, ids=[f"{number}-{hint.place}" for number, hint in enumerate(HINTS)]
)
def test_a_hint_leads_somewhere(hint: Hint) -> None:
    """`vove NAME` is a command, its options are the command's; an option alone is somebody's."""
    for command, rest in re.findall(r"\bvove ([a-z]+)\b([^,;]*)", hint.text):
        if command in VERBS:
            continue
        assert command in COMMANDS, hint
        named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", rest)) - FOREIGN
        assert named <= _options(_command(command)), hint
    everywhere = {flag for name in COMMANDS for flag in _options(_command(name))}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", hint.text)) <= everywhere | FOREIGN, hint
