"""A public name means one thing in the whole package."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(__file__).parents[2] / "src" / "vovecli"
# What each command's module is asked for (`cli/group.py`), and typing's without its import.
EVERYWHERE = {"app", "ENDING", "TYPE_CHECKING"}


def public_names(body: list[ast.stmt]) -> Iterator[str]:
    """Classes, constants and type aliases of a module, those for the type checker included."""
    for statement in body:
        match statement:
            case ast.ClassDef(name=name):
                yield name
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), body=inner):
                yield from public_names(inner)
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from _assigned(target)
            case ast.AnnAssign(target=target):
                yield from _assigned(target)


def _assigned(target: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Tuple):
        for each in target.elts:
            yield from _assigned(each)
    elif isinstance(target, ast.Name):
        yield target.id


def test_public_names_are_unique() -> None:
    """Of two things with one name, a reader takes one for the other."""
    places = defaultdict(list)
    for module in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        for name in public_names(tree.body):
            if not name.startswith("_") and name not in EVERYWHERE:
                places[name].append(str(module.relative_to(PACKAGE)))

    twice = {name: modules for name, modules in places.items() if len(modules) > 1}
    assert not twice
