"""`vove check` finds nothing to say against the handlers that `vove handler` prints."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.broken import Checked, run_check
from tests.e2e.receivers import (
    BOTH_SECRETS,
    OLD_SECRET,
    RECEIVERS,
    RunningReceiver,
    run_receiver,
)

from vovecli.adapters.handlers import read_handler
from vovecli.core.frameworks.marks import STACKS
from vovecli.core.secrets import encode_secret

if TYPE_CHECKING:
    from tests.e2e.receivers import StartReceiver

STRANGE_SECRET = encode_secret(bytes(range(200, 224)))
OBSERVER = Path(__file__).with_name("observe_sqlite.py")
EFFECTS = ("retry.duplicate-effect", "retry.out-of-order", "forgery.effect")
# Node shares a port among processes where a cluster starts them, as pm2 and others do.
CLUSTER = (
    "node -e \"const cluster = require('node:cluster'); cluster.setupPrimary({ exec: '%s', "
    "execArgv: [] }); "
    'cluster.fork(); cluster.fork();"'
)


def check_effects(receiver: RunningReceiver) -> Checked:
    """A check that reads the receiver's tables."""
    observe = shlex.join([sys.executable, str(OBSERVER), str(receiver.database)])
    families = "both" if len(receiver.paths) > 1 else "kyb"
    url = receiver.base_url + receiver.paths[0]
    return run_check(
        url, "--family", families, "--observe", observe, "--fail-on", "warn", secret=OLD_SECRET
    )


def assert_clean(checked: Checked) -> None:
    """No failure, no warning, no diagnosis; its effects are right, too."""
    assert "checks" in checked.report, checked.output
    assert (set(), [], 0) == (checked.flagged, checked.codes, checked.exit_code)
    assert checked.report["verdict"] == "conformant"
    effects = [one for one in checked.report["checks"] if one["id"] in EFFECTS]
    assert [one for one in effects if one["outcome"] != "pass"] == []


def two_processes(name: str) -> str:
    """The line that starts several of it, Node's by a cluster; empty where one is all."""
    handler = read_handler(name)
    if handler.start == f"node {handler.file}":
        return CLUSTER % handler.file
    return handler.workers


@pytest.mark.parametrize("name", RECEIVERS)
@pytest.mark.timeout(180)  # two runs with an observer each
def test_a_handler_is_clean(name: str, tmp_path: Path) -> None:
    """On all its paths, whichever secret signs; started again, with the database of the first run.

    The second time in two processes where its framework has them.
    """
    with run_receiver(name, secret=BOTH_SECRETS, state=tmp_path) as receiver:
        plain = run_check(
            receiver.base_url + receiver.paths[-1], "--fail-on", "warn", secret=BOTH_SECRETS
        )
        assert (set(), [], 0) == (plain.flagged, plain.codes, plain.exit_code)
        assert_clean(check_effects(receiver))
    with run_receiver(name, state=tmp_path, line=two_processes(name)) as receiver:
        assert_clean(check_effects(receiver))


# Their answers bear no name, or only the shape of a body: a guess is made, or none.
GUESSED = {"hono", "koa", "nitro", "node"}
# Here Node plays what a gateway is in front of a Lambda.
UNKNOWN = {"cloudflare-worker", "rack", "aws-lambda"}


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_handler_s_framework_is_recognised(name: str, running_receiver: StartReceiver) -> None:
    """When it refuses what is sent: known and alone, or said to be a guess; never another's."""
    receiver = running_receiver(name)
    report = run_check(receiver.base_url + receiver.paths[0], secret=STRANGE_SECRET).report

    framework = report["framework"]
    if name in UNKNOWN:
        assert framework is None or framework["is_guess"]
        return
    assert framework["is_guess"] == (name in GUESSED), framework
    assert name in [STACKS[one] for one in framework["names"]], framework
    assert framework["is_guess"] or framework["stacks"] == [name], framework
