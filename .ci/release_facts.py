"""Whether a release may be made from this checkout: prints its tag, or says why not and exits 1.

    python .ci/release_facts.py [--tag TAG]

The version in `src/vovecli/__init__.py` is the only one; the changelog has a dated section for it
and nothing under "Unreleased"; the package's metadata names its repository; nothing is uncommitted;
TAG, where it is given, is that version's.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def objections(version: str, changelog: str, project: dict[str, object], status: str) -> list[str]:
    """Why `version` may not be released, a sentence each; `status` as `git status --short` says."""
    found = []
    unreleased, *released = re.split(r"^## (?=\[\d)", changelog, flags=re.MULTILINE)
    if re.search(r"^- ", unreleased, re.MULTILINE):
        found.append('CHANGELOG.md still lists changes under "Unreleased"')
    if not (released and re.match(rf"\[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n", released[0])):
        found.append(f"the newest section of CHANGELOG.md is not '## [{version}] - YYYY-MM-DD'")
    if not project.get("urls"):
        found.append("pyproject.toml has no [project.urls]: name the repository there")
    if status:
        found.append(f"the checkout has uncommitted changes:\n{status}")
    return found


def main() -> int:
    """The tag on standard output, or the objections on standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tag", help="the tag that is being built")
    wanted = parser.parse_args().tag
    source = (ROOT / "src/vovecli/__init__.py").read_text(encoding="utf-8")
    version = re.findall(r'^__version__ = "(.+)"$', source, re.MULTILINE)[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    git = ["git", "-C", str(ROOT), "status", "--short"]
    status = subprocess.run(git, capture_output=True, text=True, check=True).stdout
    found = objections(version, changelog, project, status)
    if wanted not in (None, f"v{version}"):
        found.append(f"the tag is {wanted}, the version in the code is {version}")
    for objection in found:
        sys.stderr.write(f"no release: {objection}\n")
    if not found:
        sys.stdout.write(f"v{version}\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
