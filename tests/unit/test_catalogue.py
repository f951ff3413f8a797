from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.catalogue import EVENTS, LEGACY_EVENTS, SAMPLE_REF_IDS, find_event, identify
from vovecli.core.errors import Category, VoveError
from vovecli.core.payloads import encode, sample_payload


def test_only_kyb_names_are_documented() -> None:
    """KYC names are ours and say so."""
    assert {event.family: event.documented for event in EVENTS.values()} == {
        "kyb": True,
        "kyc": False,
    }


def test_every_transition_leads_to_a_known_event() -> None:
    """The table refers to itself correctly."""
    assert {name for event in EVENTS.values() for name in event.next} <= set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_is_recognised_as_its_event(name: str) -> None:
    """Shape and status are enough."""
    event = EVENTS[name]

    identity = identify(encode(sample_payload(event, ref_id=SAMPLE_REF_IDS[event.family])))

    assert identity is not None
    assert (name, event.family, event.documented) == (
        identity.type,
        identity.family,
        identity.documented,
    )
    assert identity.ref_id == SAMPLE_REF_IDS[event.family]


@pytest.mark.parametrize(
    ("payload", "family"),
    [
        ({"status": "APPROVED"}, "kyb"),
        ({"status": "Completed", "previousStatus": "IN_REVIEW"}, "kyb"),
        ({"status": "approved", "refId": 7}, "kyc"),
    ],
)
def test_unknown_statuses_still_have_a_family(payload: dict[str, object], family: str) -> None:
    """Upper case or a previous status is KYB."""
    identity = identify(json.dumps(payload).encode())

    assert identity is not None
    assert (None, family, None) == (identity.type, identity.family, identity.ref_id)


@pytest.mark.parametrize(
    "text", ['{"status":"pending"}', ' {"status":"pending"}', '{"\ud800":1,"status":"pending"}']
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-32"])
def test_the_encoding_does_not_hide_the_event(text: str, encoding: str) -> None:
    """As the standard library finds it, halves of characters included."""
    identity = identify(text.encode(encoding, "surrogatepass"))

    assert identity is not None
    assert identity.type == "kyc.pending"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"status":1}', b"\xff", b"[" * 100_000])
def test_other_bodies_are_no_event(body: bytes) -> None:
    """However they are broken."""
    assert identify(body) is None


@given(st.binary(max_size=100))
def test_identify_never_fails(body: bytes) -> None:
    """It runs on unverified input."""
    identify(body)


def test_says_why_created_is_never_sent() -> None:
    """The documentation has a sentence about it."""
    with pytest.raises(VoveError) as caught:
        find_event("kyb.case.created")

    assert (caught.value.code, caught.value.category) == ("event-not-sent", Category.USAGE)
    assert "NOT_STARTED" in caught.value.message


@pytest.mark.parametrize("name", LEGACY_EVENTS)
def test_legacy_names_are_explained(name: str) -> None:
    """They are not simply unknown."""
    with pytest.raises(VoveError) as caught:
        find_event(name)

    assert caught.value.code == "event-legacy"


def test_unknown_names_come_with_the_nearest() -> None:
    """A typo is one keystroke from its mending."""
    with pytest.raises(VoveError) as caught:
        find_event("kyb.case.complete")

    assert "kyb.case.completed" in caught.value.hint


def test_names_that_resemble_nothing_point_at_the_list() -> None:
    """No far-fetched suggestion."""
    with pytest.raises(VoveError) as caught:
        find_event("zzz")

    assert caught.value.hint == "see the list: vove events"
