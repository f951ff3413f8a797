"""The locks of the development sessions: hashes for all, and nothing that pyproject.toml forbids."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def wanted(group: str) -> list[Requirement]:
    """What a group asks for, with the groups in it."""
    found = []
    for each in PROJECT["dependency-groups"][group]:
        if isinstance(each, dict):
            found += wanted(each["include-group"])
        else:
            found.append(Requirement(each))
    return found


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_lock_is_complete(lock: Path) -> None:
    """`nox -s lock` writes them anew."""
    text = lock.read_text(encoding="utf-8")
    pins = re.findall(r"(?m)^([\w.-]+)==([^\s;]+)(.*(?:\n    --hash=sha256:[0-9a-f]{64}.*)+)", text)
    versions = {canonicalize_name(name): version for name, version, _ in pins}

    assert len(pins) == len(re.findall(r"(?m)^\S", text)) > 0
    assert "//" not in text  # no registry
    ours = map(Requirement, PROJECT["project"]["dependencies"]) if lock.stem != "lint" else ()
    for requirement in (*wanted(lock.stem), *ours):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)])


def test_there_are_locks() -> None:
    """One for each session that CI gates with."""
    assert [lock.stem for lock in LOCKS] == ["contracts", "lint", "tests", "types"]
