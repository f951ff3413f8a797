"""Change the code of core and the receiver in small ways, and list the changes that no test notices.

One run of the tests under coverage says which of them pass through which line. Then each change is
compiled in a fork of its own and only those tests run there, the quick ones first. It ends when the
sample or the time is used up, and always prints its figures; docs/mutation.md says what survives.

    python tests/mutation.py [--count 200] [--minutes 30] [--seed N] [MODULE ...]
"""

from __future__ import annotations

import argparse
import ast
import functools
import importlib.machinery
import json
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import coverage
import hypothesis  # noqa: F401 - loaded once, before the forks
import jsonschema  # noqa: F401 - as above
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
MUTATED = ("src/vovecli/core", "src/vovecli/adapters/receiver")
TESTS = ("tests/unit", "tests/adapters/test_exchange.py", "tests/adapters/test_receiver.py")
PYTEST = (
    *("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore"),
    *("--hypothesis-profile=mutation", "--timeout=60", "-m", "not slow"),
)
COVERING_S, MOST_BYTES = 1200, 4 << 30
PAIRS: tuple[tuple[type[ast.AST], type[ast.AST]], ...] = (
    *((ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.In, ast.NotIn)),
    *((ast.Is, ast.IsNot), (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.FloorDiv)),
    *((ast.BitOr, ast.BitAnd), (ast.Div, ast.Mod)),
)
OTHER = {**dict(PAIRS), **{other: one for one, other in PAIRS}}


class Change(NamedTuple):
    """Another value for one field of one node."""

    node: Any
    field: str
    place: int | None
    new: Any
    line: int
    lines: range  # of its statement; empty outside of functions: they run once, at the import

    def __str__(self) -> str:
        """What it is, and what it becomes."""
        value = getattr(self.node, self.field)
        old = value if self.place is None else value[self.place]
        return f"{self.line}  {_text(old)}  ->  {_text(self.new)}"

    def apply(self) -> None:
        """Make it."""
        if self.place is None:
            setattr(self.node, self.field, self.new)
        else:
            getattr(self.node, self.field)[self.place] = self.new


def _text(value: object) -> str:
    if isinstance(value, ast.cmpop | ast.operator | ast.boolop):
        return type(value).__name__
    text = ast.unparse(value) if isinstance(value, ast.AST) else repr(value)
    return text.replace("\n", " ")[:150]


def changes(node: ast.AST, lines: range = range(0)) -> Iterator[Change]:
    """All that are tried below a node; annotations, decorators and asserts are left alone."""
    line = getattr(node, "lineno", 0)
    for field, value in ast.iter_fields(node):
        if field in {"annotation", "returns", "decorator_list", "bases"}:
            continue
        is_body = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and field == "body"
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            within = lines
            if isinstance(child, ast.stmt) and (is_body or lines):
                within = range(child.lineno, _last_line(child) + 1)
            at = index if isinstance(value, list) else None
            for new in _instead(child, field):
                yield Change(node, field, at, new, getattr(child, "lineno", line), within)
            yield from changes(child, within)


def _last_line(statement: ast.stmt) -> int:
    """Of the statement, without those that are within it."""
    body: list[ast.stmt] = getattr(statement, "body", [])
    return body[0].lineno - 1 if body else statement.end_lineno or statement.lineno


def _is_left_alone(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))  # a docstring
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    )


def _instead(node: Any, field: str) -> Iterator[ast.AST]:
    """What may be there instead of a node."""
    if other := OTHER.get(type(node)):
        yield other()
    match node:
        case ast.Constant(value=value) if (other_value := _other_value(value)) is not None:
            yield ast.Constant(other_value)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Expr() | ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Continue():
            yield ast.Pass()
        case ast.Break():
            yield ast.Continue()
    if field == "test" and not isinstance(node, ast.Compare | ast.UnaryOp):
        yield ast.UnaryOp(ast.Not(), node)


def _other_value(value: object) -> Any:
    """Another constant; None where only the wording of a sentence would change."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, bytes):
        return value + value[:1] if value else None
    return value + value[0] if isinstance(value, str) and len(value.split()) == 1 else None


class Selection:
    """A pytest plugin: runs some of the tests, the quickest first."""

    def __init__(self, tests: dict[str, float]) -> None:
        self.tests = tests

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep those that are asked for."""
        items[:] = [item for item in items if item.nodeid in self.tests]
        items.sort(key=lambda item: self.tests[item.nodeid])


class Coverage:
    """A pytest plugin: which tests pass through a line, and how long each takes."""

    def __init__(self) -> None:
        self.measured = coverage.Coverage(None, config_file=False, source_pkgs=["vovecli"])
        self.durations: defaultdict[str, float] = defaultdict(float)
        self.measured.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Whatever runs now belongs to this test."""
        self.measured.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Set-up, call and tear-down."""
        self.durations[report.nodeid] += report.duration

    def found(self) -> dict[str, Any]:
        """Tests by file and line, and the seconds of each test."""
        self.measured.stop()
        data = self.measured.get_data()
        return {"durations": self.durations} | {
            str(path): data.contexts_by_lineno(str(path)) for path in sources([])
        }


def sources(names: list[str]) -> list[Path]:
    """The modules that are changed; texts alone teach nothing."""
    found = [path for folder in MUTATED for path in sorted((ROOT / folder).rglob("*.py"))]
    return [
        path
        for path in found
        if path.parent.name != "codes" and (not names or str(path).endswith(tuple(names)))
    ]


def fork(work: Callable[[], int], within_s: float) -> int | None:
    """The exit code of work in a process of its own; None where it took too long."""
    child = os.fork()
    if not child:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
        silence = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(silence, descriptor)
        code = 1
        try:
            code = work()
        finally:
            os._exit(code)
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def run_tests(path: Path, tree: ast.Module, change: Change, tests: dict[str, float]) -> int:
    """Import the changed module in place of the real one, and run the tests."""
    change.apply()
    code = compile(ast.fix_missing_locations(tree), path, "exec")
    loader: Any = importlib.machinery.SourceFileLoader
    real = loader.get_code
    loader.get_code = lambda self, name: code if self.path == str(path) else real(self, name)
    files = sorted({name.partition("::")[0] for name in tests})
    return int(pytest.main([*PYTEST, *files], plugins=[Selection(tests)]))


def covering(folder: Path) -> Any:
    """Which tests pass through which lines; None where tests fail as it is."""
    noted = folder / "coverage.json"

    def note() -> int:
        plugin = Coverage()
        code = pytest.main([*PYTEST, *TESTS], plugins=[plugin])
        noted.write_text(json.dumps(plugin.found()), encoding="utf-8")
        return int(code)

    return json.loads(noted.read_text("utf-8")) if fork(note, COVERING_S) == 0 else None


def tests_of(change: Change, by_line: dict[str, list[str]]) -> set[str]:
    """The tests that pass through a change; where it happens at the import, through the module."""
    lines = list(map(str, change.lines)) or list(by_line)
    return {test for line in lines for test in by_line.get(line, []) if test}


def main() -> int:
    """Run it; survivors are to be looked at and no failure of a gate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="MODULE", help="such as core/times.py")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int(time.time() // 86_400))
    given = parser.parse_args()
    end = time.monotonic() + given.minutes * 60
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        covered = covering(Path(folder))
    if covered is None:
        print("tests fail without any change")  # noqa: T201  # noqa: T201
        return 2
    trees = {path: ast.parse(path.read_bytes()) for path in sources(given.names)}
    found = [(path, change) for path, tree in trees.items() for change in changes(tree)]
    sample = random.Random(given.seed).sample(found, min(given.count, len(found)))
    print(f"seed {given.seed}: {len(sample)} of {len(found)} changes", flush=True)  # noqa: T201
    results: Counter[str] = Counter()
    for path, change in sample:
        if time.monotonic() > end:
            break
        # Nothing runs in a module of tables: then it is anybody's.
        of_it = tests_of(change, covered[str(path)]) or covered["durations"]
        tests = {test: covered["durations"][test] for test in of_it}
        work = functools.partial(run_tests, path, trees[path], change, tests)
        code = fork(work, 60 + 10 * sum(tests.values()))
        results[{0: "survived", None: "took too long"}.get(code, "noticed")] += 1
        if code == 0:
            where = path.relative_to(ROOT)
            print(f"{where}:{change}  ({len(tests)} tests)", flush=True)  # noqa: T201
    print(f"{results.total()} of {len(sample)} tried: {dict(results)}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
