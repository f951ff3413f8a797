"""Which events an app has seen."""

from __future__ import annotations

import pytest

from vovecli.core.catalogue import BUILT_IN, EVENTS
from vovecli.core.coverage import Covered, Tally, coverage

SENT = Tally("kyc.successful", "sent", "delivered", True, True, 200, (), 2, 7)
RECEIVED = Tally("kyc.successful", "received", "valid", False, False, 200, (), 3, 9)


def of(*tallies: Tally) -> Covered:
    """What is known of the one event."""
    found = {each.event.type: each for each in coverage(tallies, BUILT_IN)}
    return found["kyc.successful"]


def test_every_event_of_the_catalogue_is_listed() -> None:
    """Also those that were never seen."""
    found = coverage([], BUILT_IN)

    assert [each.event.type for each in found] == list(EVENTS)
    assert {each.state for each in found} == {None}


@pytest.mark.parametrize(
    ("tally", "state"),
    [
        (SENT, "acknowledged"),
        (SENT._replace(outcome="refused", status=401), "refused"),
        (SENT._replace(outcome="timeout", status=None, has_answer=False), "unanswered"),
        (SENT._replace(outcome="unreachable", status=None, has_answer=False), "unanswered"),
        (SENT._replace(faults=("duplicate",)), "acknowledged"),
        (SENT._replace(faults=("bad-signature",), outcome="refused"), None),
        (RECEIVED, "received"),
        (RECEIVED._replace(is_sent_on=True, has_answer=True), "acknowledged"),
        (RECEIVED._replace(is_sent_on=True, has_answer=True, status=500), "refused"),
        (RECEIVED._replace(is_sent_on=True, status=502), "unanswered"),
        (RECEIVED._replace(outcome="invalid"), None),
    ],
)
def test_what_became_of_a_delivery(tally: Tally, state: str | None) -> None:
    """An app's own answer counts, `listen` alone is no app, a forgery shows nothing."""
    assert of(tally).state == state


def test_the_newest_answer_of_an_app_decides() -> None:
    """What once worked and is refused now is refused; `listen` alone hides no answer of an app."""
    refused = SENT._replace(outcome="refused", status=500, newest=8, records=1)

    found = of(SENT, refused, RECEIVED)

    assert found.state == "refused"
    assert found.counts == {"acknowledged": 2, "refused": 1, "received": 3}
