from __future__ import annotations

import json
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


def test_types_of_the_payloads(run_vove: RunVove) -> None:
    """A file for the program that receives them, of all events or one."""
    everything = run_vove("events", "--format", "typescript").stdout
    one = run_vove("events", "kyc.pending", "--format", "json-schema").stdout

    assert '  readonly status: "suspected";' in everything
    assert list(json.loads(one)["$defs"]) == ["KycPending", "UnknownEvent"]


def test_types_are_no_json_lines(run_vove: RunVove) -> None:
    """--json promises lines of our own schemas."""
    result = run_vove("events", "--format", "openapi", "--json")

    assert result.exit_code == 2
    assert "choose one" in result.json["message"]
