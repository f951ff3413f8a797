"""The checkers of others: mypy and pyright on the documented examples, tsc on the payload types."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT, SECRET
from tests.e2e.setup_receivers import missing_runtime, prepare

from vovecli.core.catalogue import EVENTS
from vovecli.core.payload_types import write_types
from vovecli.core.payloads import sample_payload

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stacks

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
API_PAGE = ROOT / "docs" / "guides" / "python-api.md"
HANDLER = """
import {{ isKnown, type VoveEvent, type KybEvent }} from "./vove-events";

export function advice(event: VoveEvent): string {{
  switch (event.status) {{
    case "IN_PROGRESS": case "in_progress": case "pending": return "wait";
    case "IN_REVIEW": return "previousStatus" in event ? event.previousStatus : event.refId;
    case "COMPLETED": case "successful": case "NO_MATCH": case "CLEARED": return "welcome";
    case "REJECTED": return "sorry";
    {suspected}
  }}
}}

export function receive(body: string): number {{
  const payload: unknown = JSON.parse(body);
  if (isKnown(payload)) console.log(advice(payload));
  return 200;
}}

export const rejected: KybEvent = {{
  refId: "1", status: "REJECTED", previousStatus: "IN_REVIEW", reason: "NEW",
}};
for (const body of process.argv.slice(2)) receive(body);
"""
MATCH = """
from typing import assert_never

from vove_events import UnknownEvent, parse, KybCaseInProgress, KybCaseInReview, KybCaseCompleted
from vove_events import KybCaseRejected, KycInProgress, KycPending, KycSuccessful, KycSuspected
from vove_events import UserAmlNoMatch, UserAmlInReview, UserAmlCleared, UserAmlRejected


def advice(body: bytes) -> str:
    match parse(body):
        case UnknownEvent():
            return "new"
        case KybCaseInProgress() | KybCaseInReview() | KycInProgress() | KycPending():
            return "wait"
        case UserAmlInReview():
            return "wait"
        case KybCaseCompleted(ref_id=ref_id) | KycSuccessful(ref_id=ref_id):
            return ref_id
        case UserAmlNoMatch() | UserAmlCleared():
            return "welcome"
        case KybCaseRejected() as event:
            return event.reason or "sorry"
        case {suspected}UserAmlRejected():
            return "sorry"
        case event:
            assert_never(event)
"""


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of tsc and pyright."""
    if failing := missing_runtime("typecheck"):
        if os.environ.get("CI") == "true":
            pytest.fail(f"in CI none may be skipped; this fails: {failing}")
        pytest.skip(f"this fails: {failing}")
    return prepare("typecheck") / "node_modules" / ".bin"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A checker in a folder."""
    return subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


def mypy(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    """Strict, without this project's own settings."""
    pytest.importorskip("mypy")
    cache = f"--cache-dir={ROOT / '.mypy_cache' / 'examples'}"
    return run(folder, sys.executable, "-m", "mypy", "--strict", "--config-file=", cache, name)


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """All blocks of the API page as one module."""
    page = tmp_path / "examples.py"
    page.write_text("\n".join(BLOCK.findall(API_PAGE.read_text(encoding="utf-8"))))
    return page


def test_the_examples_of_the_api_page_run(examples: Path) -> None:
    """In order, as one program; then the handler in it, with a genuine delivery and a forgery."""
    program = (
        "import examples, vovecli\n"
        "client = examples.app.test_client()\n"
        "headers, body = vovecli.sign('kyc.successful', examples.secret)\n"
        "post = lambda body: client.post('/webhooks/vove-kyb', data=body, headers=headers)\n"
        "assert post(body).status_code == 200\n"
        "assert post(body + b' ').status_code == 401\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=examples.parent,
        env={**os.environ, "VOVE_WEBHOOK_SECRET": SECRET},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_examples_of_the_api_page_are_typed(examples: Path, programs: Path) -> None:
    """Mypy --strict and pyright find nothing."""
    found = mypy(examples.parent, examples.name)
    assert found.returncode == 0, found.stdout

    pyright = str(programs / "pyright")
    found = run(examples.parent, pyright, "--pythonpath", sys.executable, examples.name)
    assert found.returncode == 0, found.stdout


def compiled(folder: Path, programs: Path, suspected: str) -> subprocess.CompletedProcess[str]:
    """The types and a handler through tsc, as strict as it can be."""
    (folder / "vove-events.ts").write_text(write_types(list(EVENTS.values()), "typescript"))
    (folder / "handler.ts").write_text(
        "declare const process: { argv: string[] };\n" + HANDLER.format(suspected=suspected)
    )
    strict = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"]
    strict += ["--noPropertyAccessFromIndexSignature", "--noImplicitReturns", "--noUnusedLocals"]
    output = ["--target", "es2022", "--module", "commonjs", "--outDir", "out"]
    return run(folder, str(programs / "tsc"), *strict, *output, "handler.ts")


def test_typescript_compiles_and_runs(programs: Path, tmp_path: Path) -> None:
    """Every documented payload is known at run time, a new status is not."""
    done = compiled(tmp_path, programs, 'case "suspected": return "hold";')
    assert done.returncode == 0, done.stdout

    import json

    with_status = [event for event in EVENTS.values() if event.status]
    bodies = [json.dumps(sample_payload(event, ref_id="1")) for event in with_status]
    ran = run(tmp_path, "node", "out/handler.js", *bodies, '{"status":"on_hold"}', "null", "[]")
    assert ran.returncode == 0, ran.stderr
    assert len(ran.stdout.splitlines()) == len(with_status)


def test_a_switch_that_forgets_suspected_does_not_compile(programs: Path, tmp_path: Path) -> None:
    """The one status that hurts when it is forgotten."""
    done = compiled(tmp_path, programs, "")

    assert done.returncode != 0
    assert "handler.ts" in done.stdout
    assert "TS2366" in done.stdout  # "Function lacks ending return statement"


@pytest.mark.parametrize(
    ("suspected", "code"), [("KycSuspected() | ", 0), ("", 1)], ids=["whole", "forgotten"]
)
def test_a_match_that_forgets_suspected_is_an_error(
    suspected: str, code: int, tmp_path: Path
) -> None:
    """Mypy --strict with assert_never on the pydantic models."""
    (tmp_path / "vove_events.py").write_text(write_types(list(EVENTS.values()), "pydantic"))
    (tmp_path / "handler.py").write_text(MATCH.format(suspected=suspected))
    found = mypy(tmp_path, "handler.py")

    assert found.returncode == code, found.stdout
    assert ("KycSuspected" in found.stdout) == bool(code)
