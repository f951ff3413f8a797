"""The plugin in a project of its own, for an interpreter and a pytest of any age.

Run by `nox -s plugin` in an environment that has vove, pytest and pytest-xdist, and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = """
import os
import pytest
import vovecli
import vovecli.testing

@pytest.fixture
def app(vove_secret_env):
    secret = os.environ["VOVE_WEBHOOK_SECRET"]
    def app(environ, start_response):
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items() if name.startswith("HTTP_")
        }
        body = environ["wsgi.input"].read()
        good = vovecli.verify(headers=headers, body=body, secret=secret, explain=False)
        start_response("200 OK" if good else "401 Unauthorized", [])
        return [b""]
    return app

@pytest.mark.parametrize("forgery", vovecli.testing.FORGERIES)
def test_forgery(app, vove, forgery):
    answers = []
    app(vove.delivery("kyc.pending", faults=[forgery]).as_wsgi("/"), lambda *a: answers.append(a[0]))
    assert answers == ["401 Unauthorized"]

def test_conformance(app, vove):
    vove.check(app).raise_for_failures()
"""


def write_project(folder: Path) -> None:
    """Its one module of tests; its settings, lest pytest takes those of a folder above."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_handler.py").write_text(TESTS)


def main() -> None:
    """Alone, under xdist, and left out."""
    from vovecli.testing import FORGERIES

    with tempfile.TemporaryDirectory() as folder:
        write_project(Path(folder))
        passed = f"{len(FORGERIES) + 1} passed"
        for args, expected, code in (
            ((), passed, 0),
            (("-n", "2"), passed, 0),
            (("-W", "error::pytest.PytestWarning", "--strict-markers"), passed, 0),
            (("-p", "no:vove"), "fixture 'vove_secret_env' not found", 1),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "pytest", "-q", *args],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.returncode, expected in done.stdout) == (code, True), (
                done.stdout + done.stderr
            )


if __name__ == "__main__":
    main()
