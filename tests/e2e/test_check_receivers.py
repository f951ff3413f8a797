"""`vove check` has nothing to say against the receivers of examples/."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.e2e.broken import run_check
from tests.e2e.receivers import BOTH_SECRETS, KYB_PATH, KYC_PATH, OLD_SECRET, RECEIVER_NAMES

if TYPE_CHECKING:
    from tests.e2e.receivers import StartReceiver

OBSERVER = Path(__file__).with_name("observe_sqlite.py")


@pytest.mark.parametrize("name", RECEIVER_NAMES)
def test_an_example_receiver_is_clean(name: str, running_receiver: StartReceiver) -> None:
    """No failure, no warning, no diagnosis on either of its paths; its effects are right, too."""
    receiver = running_receiver(name, secret=BOTH_SECRETS)
    observe = shlex.join([sys.executable, str(OBSERVER), str(receiver.database)])
    observed = run_check(
        receiver.base_url + KYB_PATH, "--family", "both", "--observe", observe, secret=OLD_SECRET
    )
    plain = run_check(receiver.base_url + KYC_PATH, "--fail-on", "warn", secret=BOTH_SECRETS)

    assert set() == observed.flagged | plain.flagged
    assert [] == observed.codes + plain.codes
    assert (observed.exit_code, plain.exit_code) == (0, 0)
    effects = ("retry.duplicate-effect", "retry.out-of-order", "forgery.effect")
    assert [observed.outcome(effect) for effect in effects] == ["pass", "pass", "pass"]
