"""The project's checks, each a session; `nox` runs all that CI runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "venv"
nox.options.sessions = [
    "lint",
    "page",
    "types",
    "contracts",
    "tests",
    "programs",
    "stacks",
    "journeys",
    "wheel",
    "interpreters",
    "lowest",
    "plugin",
]
nox.options.stop_on_first_error = True

# What the forge reads, by the schema that it publishes.
FORGE_FILES = {
    "github-workflows": "workflows/*.yml",
    "github-issue-config": "ISSUE_TEMPLATE/config.yml",
    "github-issue-forms": "ISSUE_TEMPLATE/[!c]*.yml",
}

PYPROJECT = nox.project.load_toml("pyproject.toml")


# Where tests run whole programs, a third of the time and more is spent waiting for them.
WORKERS = (os.cpu_count() or 1) + 1

# Sessions whose packages are locked with hashes, and whether ours are among them.
LOCKED = {"lint": False, "contracts": True, "types": True, "tests": True}


def group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PYPROJECT, name))


def install_locked(session: nox.Session, name: str) -> None:
    """Install the packages of a group as `requirements/NAME.lock` has them, then this project."""
    session.install("--require-hashes", "-r", f"requirements/{name}.lock")
    if LOCKED[name]:
        session.install("--no-deps", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Format, lint, spelling."""
    install_locked(session, "lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("codespell")
    for schema, pattern in FORGE_FILES.items():
        files = [str(path) for path in sorted(Path(".github").glob(pattern))]
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files)
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml")


@nox.session(python=False)
def page(session: nox.Session) -> None:
    """The page of `vove inspect`: strict types by its JSDoc, lint and format."""
    folder = Path("tests/web")
    programs = (folder / "node_modules" / ".bin").resolve()
    session.run("npm", "ci", "--no-audit", "--no-fund", "--prefix", str(folder))
    session.run(str(programs / "tsc"), "-p", str(folder))
    session.run(str(programs / "biome"), "check", f"--config-path={folder}", "src/vovecli/ui/web")


@nox.session
def types(session: nox.Session) -> None:
    """Strict types, tests included."""
    install_locked(session, "types")
    session.run("mypy")


@nox.session
def contracts(session: nox.Session) -> None:
    """Import rules."""
    install_locked(session, "contracts")
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests within this process, in parallel, and what they cover."""
    install_locked(session, "tests")
    if session.posargs:
        session.run("pytest", f"-n{WORKERS}", *session.posargs)
        return
    thorough = ("-m", "not slow and not stacks and not journey", "--ignore=tests/e2e")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", f"-n{WORKERS}", *thorough)
    session.run("coverage", "combine", "--quiet")
    session.run("coverage", "report", "--include=*/core/*", "--fail-under=100")
    session.run("coverage", "report", "--fail-under=95")


@nox.session
def programs(session: nox.Session) -> None:
    """Whole programs: ours in processes of their own, and the receivers and clients of others."""
    install_locked(session, "tests")
    session.run("python", "tests/e2e/setup_receivers.py", "main")
    session.run("pytest", f"-n{WORKERS}", "--dist=loadgroup", "tests/e2e", *session.posargs)


# What a version of a dependency may change: how options are parsed, drawn and loaded.
BY_DEPENDENCIES = ("tests/cli", "tests/contracts", "tests/adapters/test_sender.py")


def pythons() -> list[str]:
    """Every supported Python of this machine, by its path."""
    found = {}
    for version in ("3.11", "3.12", "3.13", "3.14"):
        places = [
            shutil.which(f"python{version}"),
            *Path.home().glob(f".pyenv/versions/{version}.*/bin/python"),
        ]
        for place in map(str, filter(None, places)):
            asked = subprocess.run(
                [place, "--version"], capture_output=True, text=True, check=False
            )
            if asked.stdout.startswith(f"Python {version}."):
                found[version] = place
    return list(found.values())


OTHERS = [each for each in pythons() if Path(each).resolve() != Path(sys.executable).resolve()]


@nox.session(python=OTHERS or None)
def interpreters(session: nox.Session) -> None:
    """The tests but whole programs, on every other Python of this machine, or on this one.

    With the newest versions of all dependencies that we allow.
    """
    session.install("--upgrade", "--upgrade-strategy", "eager", ".", *group("tests"))
    paths = ("tests/unit", "tests/contracts", "tests/adapters", "tests/cli")
    session.run("pytest", f"-n{WORKERS}", *(session.posargs or paths))


@nox.session
def lowest(session: nox.Session) -> None:
    """The command line with the oldest versions of all dependencies that we allow."""
    session.install(".", *group("tests"))
    allowed = PYPROJECT["project"]["dependencies"]
    session.install(*(re.sub(r">=([^,]+).*", r"==\1", each) for each in allowed))
    session.run("pytest", f"-n{WORKERS}", *(session.posargs or BY_DEPENDENCIES))


# Of `vovecli.testing`; the guide on it says so, too.
OLDEST_PYTEST = "7.0"


@nox.session
def plugin(session: nox.Session) -> None:
    """The pytest plugin with the oldest and the newest pytest, on every Python of this machine."""
    for number, python in enumerate(pythons()):
        folder = Path(session.create_tmp()).resolve() / f"plugin-{number}"
        session.run(python, "-m", "venv", "--clear", str(folder), external=True)
        program = str(folder / "bin" / "python")
        # pytest 7 uses what Python 3.14 no longer has.
        oldest = "8.4" if "3.14" in python else OLDEST_PYTEST
        for packages in ((".", "pytest-xdist", f"pytest=={oldest}"), ("-U", "pytest")):
            session.run(program, "-m", "pip", "install", "-q", *packages, external=True)
            session.run(program, "tests/plugin_check.py", external=True)


@nox.session
def stacks(session: nox.Session) -> None:
    """Every handler of `vove handler`, installed and started by its own lines, and checked."""
    session.install(".", *group("types"))
    session.run("python", "tests/e2e/setup_receivers.py", "stacks")
    pytest = ("pytest", f"-n{WORKERS}", "--dist=loadgroup")
    session.run(*pytest, "-m", "stacks", "--timeout=300", "tests/e2e", *session.posargs)


@nox.session
def journeys(session: nox.Session) -> None:
    """Whole sessions of a user, typed line by line, and the page of `vove inspect` in a browser."""
    session.install(".", *group("journeys"))
    session.run("pytest", "-n0", "-m", "journey", "--timeout=600", *session.posargs)


@nox.session
def slow(session: nox.Session) -> None:
    """Soak runs, long fuzzing, 200,000 deliveries."""
    session.install(".", *group("tests"))
    session.run("pytest", "-n", "0", "-m", "slow", "--timeout=1800", *session.posargs)


@nox.session
def mutation(session: nox.Session) -> None:
    """Small changes of core and the receiver that no test notices: a sample, in half an hour."""
    session.install("-e", ".", *group("tests"))
    session.run("python", "tests/mutation.py", *session.posargs)


def distributions(session: nox.Session, folder: Path) -> Path:
    """Build the sdist and from it the wheel into an empty folder, check both, return the wheel."""
    session.install("build", *group("package"))
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(folder), ".", silent=True)
    (wheel,) = folder.glob("*.whl")
    session.run("twine", "check", "--strict", *(str(path) for path in folder.iterdir()))
    session.run("check-wheel-contents", str(wheel))
    return wheel


@nox.session
def wheel(session: nox.Session) -> None:
    """The built wheel in an environment of its own does the main job and starts fast enough."""
    temporary = Path(session.create_tmp()).resolve()
    built = distributions(session, temporary / "dist")
    clean = temporary / "clean"
    session.run("python", "-m", "venv", "--clear", str(clean))
    programs = clean / ("Scripts" if os.name == "nt" else "bin")
    session.run(str(programs / "python"), "-m", "pip", "install", "-q", str(built), external=True)
    session.run("python", "tests/wheel_check.py", str(programs), *session.posargs, external=True)


@nox.session
def release(session: nox.Session) -> None:
    """Check that a release may be made and build it into dist/ (`-- --tag TAG`: of that tag)."""
    session.run("python", ".ci/release_facts.py", *session.posargs)
    distributions(session, Path("dist"))


@nox.session
def generate(session: nox.Session) -> None:
    """Write the completion scripts, and docs/reference/ anew."""
    session.install(".")
    session.run("python", "-m", "vovecli.cli.completion_files")
    session.run("python", "docs/generate.py")


@nox.session
def lock(session: nox.Session) -> None:
    """Write `requirements/*.lock` anew, with the newest versions that pyproject.toml allows."""
    session.install("uv")
    for name, with_ours in LOCKED.items():
        session.run(
            *("uv", "pip", "compile", "--group", name, *(["pyproject.toml"] if with_ours else [])),
            *("--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade"),
            *("--no-header", "--quiet", "--output-file", f"requirements/{name}.lock"),
        )


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the pictures of the documentation from real runs; look at them afterwards."""
    session.install(".", "flask", "pillow", "playwright")
    session.run("python", "docs/pictures.py")


@nox.session
def bench(session: nox.Session) -> None:
    """Print every ratio beside its goal: a report, never a test."""
    session.install(".")
    session.run("python", "bench/run.py", *session.posargs)
