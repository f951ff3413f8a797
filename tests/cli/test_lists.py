"""`vove flows` and `vove faults`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vovecli.core.fault_kinds import FAULTS
from vovecli.core.flows import FLOWS

if TYPE_CHECKING:
    from tests.conftest import RunVove


def test_every_flow_with_its_events_and_a_right_handler(run_vove: RunVove) -> None:
    """One's own included."""
    Path("vove.toml").write_text('[flows]\nmine = ["kyc.pending", "kyc.successful"]\n')

    lines = run_vove("flows", "--json").lines

    assert [line["name"] for line in lines] == [*FLOWS, "mine"]
    assert all(line["handler"] for line in lines)
    assert lines[-1]["events"] == ["kyc.pending", "kyc.successful"]


def test_every_fault_with_what_a_right_handler_does(run_vove: RunVove) -> None:
    """Forgeries are refused, copies are not."""
    lines = {line["name"]: line for line in run_vove("faults", "--json").lines}

    assert list(lines) == list(FAULTS)
    assert "401" in lines["stale"]["handler"]
    assert "2xx" in lines["duplicate"]["handler"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("flows", "kyc-review"), "kyc.in_progress → kyc.pending → kyc.successful"),
        (("faults", "stale=1h"), "1 h ago"),
        (("faults",), "duplicate[=3]"),
    ],
)
def test_as_text(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Name, what it is, what to do."""
    assert words in run_vove(*arguments).stdout


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("send", "--flow", "zzz"), "vove flows"),
        (("send", "kyc.pending", "--fault", "list"), "vove faults"),
        (("flows", "kyb-aproved"), "kyb-approved"),
        (("faults", "stail"), "stale"),
    ],
)
def test_unknown_names_lead_to_the_list(
    arguments: tuple[str, ...], hint: str, run_vove: RunVove
) -> None:
    """Or to the name that was meant."""
    result = run_vove(*arguments)

    assert result.exit_code == 2
    assert hint in result.stderr
