"""Flows: what exists, one's own, and what is odd about their transitions."""

from __future__ import annotations

import pytest

from vovecli.core.catalogue import find_event
from vovecli.core.errors import VoveError
from vovecli.core.flows import FLOWS, find_flow, oddities


def odd(*events: str) -> list[str]:
    """What is odd about each event of a sequence."""
    return oddities([find_event(event) for event in events])


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
def test_only_adversarial_flows_leave_the_chain(flow: object) -> None:
    """A documented lifecycle has no odd transition; an adversarial one has."""
    assert any(odd(*flow.events)) == flow.adversarial  # type: ignore[attr-defined]  # parametrised


def test_oddities_say_what_is_odd() -> None:
    """A final status left, a step skipped, a family changed; a first event is never odd."""
    assert odd("kyb.case.completed", "kyb.case.in_review") == [
        "",
        "COMPLETED is final in the documented chain",
    ]
    assert odd("kyb.case.in_progress", "kyb.case.completed") == [
        "",
        "COMPLETED does not follow IN_PROGRESS in the documented chain",
    ]
    assert odd("kyc.in_progress", "kyb.case.in_review") == ["", "KYB follows KYC"]


def test_ones_own_flows_come_first() -> None:
    """A flow of the settings wins over ours of the same name."""
    own = {"kyb-approved": ["kyb.case.completed"], "mine": ["kyc.pending", "kyc.pending"]}

    assert find_flow("kyb-approved", own).events == ("kyb.case.completed",)
    assert find_flow("mine", own).events == ("kyc.pending", "kyc.pending")
    assert find_flow("kyc-review", own) is FLOWS["kyc-review"]


@pytest.mark.parametrize(
    ("events", "code"),
    [([], "bad-flow"), (["kyc.pending"] * 1001, "bad-flow"), (["kyc.pendin"], "unknown-event")],
    ids=["empty", "endless", "misspelt"],
)
def test_impossible_flows(events: list[str], code: str) -> None:
    """A flow needs events, known ones, and an end."""
    with pytest.raises(VoveError) as caught:
        find_flow("mine", {"mine": events})

    assert caught.value.code == code


def test_unknown_flows_are_compared_with_all_names() -> None:
    """One's own flows are among the suggestions."""
    with pytest.raises(VoveError) as caught:
        find_flow("onbord", {"onboard": ["kyc.pending"]})

    assert (caught.value.code, caught.value.hint) == ("unknown-flow", "did you mean onboard?")
