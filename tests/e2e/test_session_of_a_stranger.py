"""Sixty steps as a stranger types them: each succeeds, or its hint works when it is typed next."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.loopback import unused_port
from tests.sinks import Sink

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600)]

# The app answers on APP, nothing listens on DEAD. Lines beginning with `vove` are typed; what a
# hint names is typed next. `# ...` is what the step is about.
SESSION = """
vove                                            # what is this
vove -h
vove --help
vove help
vove help send
vove helpp                                      # a slip
vove version
vove --version
vove -V
vove --json
vove events
vove events kyb
vove events kyb.case.completed
vove events KYC.SUCCESSFUL
vove events kyc.approved                        # what people call it
vove flows
vove flows kyb-approved
vove faults
vove faults stale
vove send                                       # nothing said
vove send kyb.case.completed --to DEAD          # nothing listens
vove send kyb.case.completed --to APP
vove send KYB.CASE.COMPLETED --to APP
vove send COMPLETED --to APP
vove send kyb.case.created --to APP             # never sent
vove send --flow kyb-approved --to APP
vove send --flow zzz --to APP
vove send --flow kyb-aproved --to APP
vove send kyc.pending --fault list --to APP
vove send kyc.pending --fault stale --to REFUSING
vove send kyc.pending --to REFUSING             # 401
vove send kyc.pending --to MISSING              # 404
vove send kyc.pending --retry foo --to APP
vove send kyc.pending --timeout                 # value missing
vove send kyc.pending --timeout soon --to APP
vove send kyc.pending --repeat 0 --to APP
vove send kyc.pending --repeat 5 --to APP
vove send kyc.pending --dry-run
vove send kyc.pending --color blue --to APP
vove send --body {"status":"pending"} --to APP
vove sign
vove sign kyb.case.completed
vove sign kyb.case.completed --format curl --to APP
vove sign kyb.case.completed --format xml
vove verify missing.http
vove verify request.http
vove history
vove history last
vove history 1
vove history show last --format curl
vove history 9999
vove history --status nope
vove replay last --to APP
vove replay 1 --to APP --set status=PENDING
vove replay
vove secret
vove secret --secret-file .secret               # fingerprint has that option
vove config --profile nope
vove doctor
vove completion tcsh
vove check --list
vove check --explain retry.rotation
vove check --explain retry.rotatio
vove check REFUSING --only delivery.fast
vove check REFUSING --only delivery.fast --family kycc
vove check REFUSING --only delivery.fast --header-case lowr
vove check REFUSING --only delivery.fats
vove check REFUSING --rehearse                  # of what
vove listen --timeout 100ms -p 0
vove init
vove config
"""
STEPS = [
    line.partition("  #")[0].strip() for line in SESSION.splitlines() if line.startswith("vove")
]
_DONE = (0, 1)  # done, or a negative verdict, which is an answer
HINT = re.compile(r"^hint: (.*(?:\n(?!hint:|error:)\S.*)?)", re.MULTILINE)


@pytest.fixture
def places() -> Iterator[dict[str, str]]:
    """An app, one that refuses, one that knows no path, and a port where nothing is."""
    with Sink().running() as app, Sink(401).running() as refusing, Sink(404).running() as missing:
        yield {
            "APP": f"localhost:{app.port}/hook",
            "REFUSING": f"localhost:{refusing.port}/hook",
            "MISSING": f"localhost:{missing.port}/hook",
            "DEAD": f"localhost:{unused_port()}/hook",
        }


@contextmanager
def typed(command: list[str]) -> Iterator[subprocess.CompletedProcess[str]]:
    """What happens when a line is typed."""
    program = command if command[:1] == ["ls"] else [sys.executable, "-m", "vovecli", *command]
    yield subprocess.run(
        program,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
        input='{"status":"pending","refId":"user-3"}' if command[-1:] == ["-"] else None,
    )


def named_by(hint: str, error: str, step: list[str]) -> list[str]:
    """What a hint says to type: a command, or the step with another word in it."""
    hint = hint.replace("\n", " ")
    if meant := re.search(r"did you mean ([\w.-]+)", hint):
        return _with_word(step, meant[1])
    refused = re.search(r"'([^']*)' is n", error)
    if refused and (word := re.match(r"write ([\w.-]+)", hint)):
        return [word[1] if each == refused[1] else each for each in step]
    if command := re.search(r"\b(vove|ls) ([\w.:/ =*-]+)", hint):
        typed = shlex.split(command[2])
        if command[1] == "ls":
            return ["ls", *typed]
        # A listener would wait for what nobody sends here.
        return [*typed, "-p", "0", "--timeout", "1s"] if typed == ["listen"] else typed
    return []


def _with_word(step: list[str], word: str) -> list[str]:
    """The step with its likeliest word replaced: the one that shares most letters."""
    from difflib import SequenceMatcher

    likeness = [SequenceMatcher(None, each.lower(), word.lower()).ratio() for each in step]
    place = likeness.index(max(likeness))
    return [*step[:place], word, *step[place + 1 :]]


def test_every_step_succeeds_or_its_hint_does(
    places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit codes 0 and 1 are answers; of others the hint must lead to one of these."""
    monkeypatch.setenv("VOVE_ENDPOINT", places["APP"])
    assert len(STEPS) >= 60
    Path(".secret").write_text("whsec_" + "b3du" * 10)
    with typed(["sign", "kyb.case.completed"]) as signed:
        Path("request.http").write_text(signed.stdout, newline="")
    wrong = []
    for line in STEPS:
        for name, place in places.items():
            line = re.sub(rf"\b{name}\b", place, line)  # noqa: PLW2901 - as it is typed
        step = shlex.split(line)[1:] if "{" not in line else line.split()[1:]
        with typed(step) as done:
            assert "Traceback" not in done.stderr, line
            assert done.returncode != 70, line
            if done.returncode in _DONE or "--timeout 100ms" in line:
                continue
        hints = HINT.findall(done.stderr)
        if not hints:
            wrong.append(f"{line}: no hint\n{done.stderr}")
            continue
        command = named_by(hints[0], done.stderr, step)
        if not command:
            wrong.append(f"{line}: {hints[0]!r} names nothing to type")
            continue
        with typed(command) as next_:
            if next_.returncode not in _DONE and "--timeout" not in command:
                wrong.append(f"{line}: {hints[0]!r} -> {command}: {next_.stderr}")
    assert wrong == [], "\n".join(wrong)
