from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.catalogue import EVENTS

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from tests.conftest import RunVove


def test_lists_all(run_vove: RunVove, snapshot: SnapshotAssertion) -> None:
    """With what is the provider's word and what is ours."""
    result = run_vove("events")

    assert result.exit_code == 0
    assert snapshot == result.stdout


def test_explains_one(run_vove: RunVove, snapshot: SnapshotAssertion) -> None:
    """Fields, sample, transitions, what to do, source."""
    assert snapshot == run_vove("events", "kyb.case.rejected").stdout


def test_json_is_one_object_per_event(run_vove: RunVove) -> None:
    """Held against the schema."""
    assert list(EVENTS) == [line["type"] for line in run_vove("events", "--json").lines]


def test_created_is_explained(run_vove: RunVove) -> None:
    """It is in nobody's list, so people ask."""
    result = run_vove("events", "kyb.case.created")

    assert result.exit_code == 2
    assert "begin once a case leaves NOT_STARTED" in result.stderr
