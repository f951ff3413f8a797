"""The documentation says what the code does."""

from __future__ import annotations

import importlib.util
import json
import re
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT, _validator, validate

from vovecli import __version__
from vovecli.cli.group import COMMANDS

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])


def generator() -> ModuleType:
    """docs/generate.py, which is no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """`nox -s generate` writes them anew."""
    monkeypatch.setenv("COLUMNS", "100")
    for path, text in generator().pages().items():
        assert text == path.read_text(encoding="utf-8"), path.name


def test_every_command_is_in_the_readme_or_the_reference() -> None:
    """Nothing is hidden."""
    text = (ROOT / "docs/reference/commands.md").read_text()

    assert all(f"## vove {name}" in text for name in COMMANDS)


def anchors(page: Path) -> set[str]:
    """The fragments that a forge gives to the headings of a page."""
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To a file that is there and a heading that it has; the published workflow looks at the others."""
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, fragment = target.partition("#")
        leads_to = (page.parent / path) if path else page
        assert leads_to.exists(), target
        assert not fragment or fragment in anchors(leads_to), target


def linked(page: Path) -> set[Path]:
    """The pages of documentation that a page links to."""
    targets = re.findall(r"\]\(([^)#:]+\.md)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    return {(page.parent / target).resolve() for target in targets}


def test_no_page_is_an_orphan() -> None:
    """docs/index.md leads to each: add a line to its map for a new page."""
    found: set[Path] = set()
    new = {ROOT / "docs/index.md"}
    while new:
        found |= new
        new = {target for page in new for target in linked(page)} - found

    assert {*ROOT.glob("docs/**/*.md")} - found == set()


def test_the_version_is_the_same_everywhere() -> None:
    """And the changelog has a section for it, or one for what is not released yet."""
    changelog = (ROOT / "CHANGELOG.md").read_text()

    newest = re.search(r"^## \[(.+?)\]", changelog, re.MULTILINE)

    assert newest
    assert newest[1] in ("Unreleased", __version__)


def test_every_schema_is_itself_valid() -> None:
    """And its file is named after it."""
    for path in (ROOT / "docs/reference/schemas").glob("*.json"):
        kind, version = path.name.removesuffix(".json").rsplit(".", 1)
        validator = _validator(f"{kind}/{version}")
        validator.check_schema(validator.schema)
        assert json.loads(path.read_text())["title"] == f"{kind}/{version}"


def test_every_schema_has_an_example_that_it_allows() -> None:
    """They are what docs/reference/json.md shows."""
    for path in (ROOT / "docs/reference/schemas").glob("*.json"):
        (example,) = json.loads(path.read_text(encoding="utf-8"))["examples"]
        assert f"{example['schema'].replace('/', '.')}.json" == path.name
        validate(example)


def test_every_page_has_one_title() -> None:
    """Its outline is a tree: code left out, one heading of the first level."""
    for page in PAGES:
        text = re.sub(
            r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
        )
        assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1, page.relative_to(ROOT)


def test_schemas_let_objects_grow() -> None:
    """What a later version adds is valid by today's schemas: docs/reference/schemas/README.md."""
    for path in (ROOT / "docs/reference/schemas").glob("*.json"):
        assert '"additionalProperties": false' not in path.read_text(), path.name


def test_every_test_that_the_security_page_names_exists() -> None:
    """A claim is worth what shows it."""
    page = (ROOT / "docs/security.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ") and "`tests/" in line]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)

    assert len(named) == len(rows) > 20
    for path, name in named:
        assert f"def {name}(" in (ROOT / path).read_text(), name
