"""The GitHub Action's steps as a runner runs them, and the documented GitLab job."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.conftest import ROOT
from tests.loopback import unused_port

yaml = pytest.importorskip("yaml")
pytestmark = [pytest.mark.stacks, pytest.mark.timeout(300)]

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GUIDE = ROOT / "docs" / "guides" / "ci.md"
APP = ROOT / "examples" / "receivers" / "python" / "app.py"
CRASHING = ROOT / "tests" / "e2e" / "broken_receivers" / "crashing" / "app.py"
EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


@dataclass
class Runner:
    """As much of a runner as the action needs: expressions, conditions, files, a temporary folder.

    Attributes:
        inputs: With their defaults.
        outputs: Of each step that has an id.
        failed: Whether a step has failed.
        used: What other actions were given.
    """

    workspace: Path
    temp: Path
    inputs: dict[str, str]
    log: str = ""
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    failed: bool = False
    used: dict[str, dict[str, str]] = field(default_factory=dict)

    def value(self, expression: str) -> str:
        """Of one expression."""
        kind, _, name = expression.partition(".")
        if kind == "inputs":
            return self.inputs[name]
        if kind == "runner":
            assert name == "temp"
            return str(self.temp)
        assert kind == "steps"
        step, _, output = name.partition(".outputs.")
        return self.outputs.get(step, {}).get(output, "")

    def filled(self, text: str) -> str:
        """Text with its expressions evaluated."""
        return EXPRESSION.sub(lambda match: self.value(match[1]), str(text))

    def is_due(self, condition: str) -> bool:
        """Whether a step is run: `always()` and comparisons with the empty text."""
        parts = [part.strip() for part in condition.split("&&") if part.strip()]
        if self.failed and "always()" not in parts:
            return False
        comparisons = [part.removesuffix(" != ''") for part in parts if part != "always()"]
        return all(self.value(each) for each in comparisons)

    def run(self) -> None:
        """All steps."""
        for number, step in enumerate(ACTION["runs"]["steps"]):
            if not self.is_due(step.get("if", "")):
                continue
            if "uses" in step:
                self.used[step["uses"]] = {k: self.filled(v) for k, v in step["with"].items()}
            else:
                self._run_step(number, step)

    def _run_step(self, number: int, step: dict[str, Any]) -> None:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script is an injection"
        script, output = self.temp / f"{number}.sh", self.temp / f"{number}.output"
        script.write_text(step["run"])
        output.touch()
        environ = {
            **{name: os.environ[name] for name in ("HOME", "PATH")},
            **{name: self.filled(value) for name, value in step.get("env", {}).items()},
            "RUNNER_TEMP": str(self.temp),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
        }
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            cwd=self.workspace / self.filled(step.get("working-directory", ".")),
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        self.log += done.stdout
        self.failed = self.failed or done.returncode != 0
        lines = output.read_text().splitlines()
        self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This project, as pip installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(command, check=True)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout with an app, and nothing else."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / "app.py").write_text(APP.read_text(encoding="utf-8"))
    return folder


def run_action(workspace: Path, wheel: Path, **inputs: str) -> tuple[Runner, int]:
    """The action in a clean folder; the port of the app, too."""
    port = unused_port()
    temp = workspace.parent / "temp"
    temp.mkdir()
    given = {
        "url": f"http://localhost:{port}/webhooks/vove-kyb",
        "run": f"PORT={port} {sys.executable} app.py",
        "requirement": str(wheel),
        **{name.replace("_", "-"): value for name, value in inputs.items()},
    }
    defaults = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}
    runner = Runner(workspace, temp, defaults | given)
    runner.run()
    return runner, port


def is_free(port: int) -> bool:
    """Whether nothing listens on a port."""
    knock = ["bash", "-c", f"echo > /dev/tcp/127.0.0.1/{port}"]
    return bool(subprocess.run(knock, check=False, capture_output=True).returncode)


def test_a_right_app_passes(workspace: Path, wheel: Path) -> None:
    """Reports and summary are written, the artifact is kept, the app is gone, no secret is left."""
    runner, port = run_action(workspace, wheel)

    assert not runner.failed, runner.log
    junit, html = runner.outputs["check"]["junit"], runner.outputs["check"]["html"]
    assert "unsigned" in {case.get("name") for case in ET.parse(junit).iter("testcase")}
    assert "<html" in Path(html).read_text().lower()
    assert "conformant" in (runner.temp / "summary.md").read_text().lower()
    (artifact,) = runner.used.values()
    assert artifact["path"] == str(Path(junit).parent)
    assert is_free(port)
    kept = "".join(path.read_text() for path in runner.temp.iterdir() if path.is_file())
    assert "whsec_" not in runner.log + kept + Path(html).read_text()


def test_a_wrong_app_fails(workspace: Path, wheel: Path) -> None:
    """With an annotation per failure, and the reports all the same."""
    app = workspace / "app.py"
    app.write_text(app.read_text().replace("TOLERANCE_S = 5 * 60", "TOLERANCE_S = 5 * 600_000"))
    runner, port = run_action(workspace, wheel, arguments="--family\nboth\n")

    assert runner.failed
    assert re.search(r"^::error .*forgery\.stale-24h", runner.log, re.MULTILINE), runner.log
    assert Path(runner.outputs["check"]["junit"]).exists()
    assert len(runner.used) == 1
    assert is_free(port)


def test_an_app_that_crashes(workspace: Path, wheel: Path) -> None:
    """Its own error and line are in the annotation, and no shell has run the command."""
    (workspace / "app.py").write_text(CRASHING.read_text(encoding="utf-8"))
    runner, port = run_action(workspace, wheel)
    place = 1 + CRASHING.read_text().splitlines().index('    return delivery["user"]["id"]  # BUG')

    assert runner.failed
    assert re.search(rf"^::error .*valid-kyb.*app\.py\", line {place}, ", runner.log, re.MULTILINE)
    assert is_free(port)


def test_an_app_that_runs_already(workspace: Path, wheel: Path) -> None:
    """Nothing is started; one's own secret, no artifact."""
    from vovecli.testing import Vove

    vove = Vove()
    with vove.listener() as listener:
        runner, _ = run_action(
            workspace, wheel, run="", url=listener.url, secret=vove.secret, artifact=""
        )

    assert not runner.failed, runner.log
    assert runner.used == {}
    assert vove.secret not in runner.log


def test_inputs_are_documented() -> None:
    """Each in the guide's table, with its default."""
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.*?) \|", GUIDE.read_text(), re.MULTILINE))

    assert list(rows)
    assert set(rows) == set(ACTION["inputs"])
    for name, each in ACTION["inputs"].items():
        if each.get("default"):
            assert rows[name] == f"`{each['default']}`"


def test_the_gitlab_job(workspace: Path, tmp_path: Path) -> None:
    """Its script, line by line in one shell; a test's app instead of `npm start`."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    job = yaml.safe_load(blocks[1])["webhooks"]
    port = unused_port()
    install, *rest = job["script"]
    assert install.endswith("install --quiet vovecli")
    vove = tmp_path / "vove"
    vove.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vovecli "$@"\n')
    vove.chmod(0o755)
    script = "\n".join(rest).replace("npm start", f"PORT={port} {sys.executable} app.py")
    script = script.replace("/tmp/vove/bin/vove", str(vove)).replace(":3000/", f":{port}/")
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=workspace,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    kept = [*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]]
    assert all((workspace / name).exists() for name in kept)
