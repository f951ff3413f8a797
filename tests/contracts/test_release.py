"""A release is made from facts that agree."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from typing import Any

import pytest
from tests.conftest import ROOT

NEW = "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-12-01\n\n### Added\n\n- It.\n\n## [1.1.0] - 2026-11-01\n"
URLS = {"urls": {"Homepage": "https://vove.example"}}


def objections(*facts: object) -> list[str]:
    """Of .ci/release_facts.py, which is no package."""
    spec = importlib.util.spec_from_file_location("facts", ROOT / ".ci/release_facts.py")
    assert spec
    assert spec.loader
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: list[str] = module.objections(*facts)
    return found


def test_a_release_whose_facts_agree() -> None:
    """Nothing to object to."""
    assert objections("1.2.0", NEW, URLS, "") == []


@pytest.mark.parametrize(
    ("version", "changelog", "project", "status", "word"),
    [
        ("1.3.0", NEW, URLS, "", "1.3.0"),
        ("1.1.0", NEW, URLS, "", "1.1.0"),
        ("1.2.0", NEW.replace(" - 2026-12-01", ""), URLS, "", "YYYY-MM-DD"),
        (
            "1.2.0",
            NEW.replace("[Unreleased]\n", "[Unreleased]\n\n- Soon.\n"),
            URLS,
            "",
            "Unreleased",
        ),
        ("1.2.0", NEW, {}, "", "project.urls"),
        ("1.2.0", NEW, URLS, " M README.md", "README.md"),
        ("1.2.0", "# Changelog\n", URLS, "", "newest section"),
    ],
)
def test_what_stops_a_release(
    version: str, changelog: str, project: dict[str, object], status: str, word: str
) -> None:
    """One sentence that names it."""
    (objection,) = objections(version, changelog, project, status)

    assert word in objection


def test_every_dependency_has_its_licence_written_down() -> None:
    """docs/licences.md names what `pip install` brings."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (ROOT / "docs/licences.md").read_text(encoding="utf-8")

    names = [re.split(r"[^\w-]", dependency)[0] for dependency in project["dependencies"]]

    assert names
    assert [name for name in names if not re.search(rf"^\|.*\b{name}\b", page, re.MULTILINE)] == []
