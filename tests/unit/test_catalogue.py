from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.catalogue import EVENTS, LEGACY_EVENTS, Catalogue, EventType, find_event
from vovecli.core.errors import Category, VoveError
from vovecli.core.identification import OPERATIONAL_EVENTS, identify
from vovecli.core.payloads import encode, sample_payload


def test_only_kyb_names_are_documented() -> None:
    """Of every other name it is said whose it is."""
    assert {event.family: event.provenance for event in EVENTS.values()} == {
        "kyb": "documented",
        "kyc": "alias",
        "aml": "reported",
        "svix": "svix",
    }


def test_every_transition_leads_to_a_known_event() -> None:
    """The table refers to itself correctly."""
    assert {name for event in EVENTS.values() for name in event.next or ()} <= set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_is_recognised_as_its_event(name: str) -> None:
    """Its own fields and status decide; only two reported statuses are KYB's as well."""
    event = EVENTS[name]

    identity = identify(encode(sample_payload(event, ref_id="r")))

    assert identity is not None
    if name in ("user.aml.in_review", "user.aml.rejected"):
        assert identity.type is None
        assert [each.family for each in identity.candidates] == ["kyb", "aml"]
        return
    assert (name, event.family, event.provenance) == (
        identity.type,
        identity.family,
        identity.provenance,
    )
    assert identity.ref_id == (None if event.family == "svix" else "r")


@pytest.mark.parametrize(
    ("payload", "candidates"),
    [
        ({"refId": "c", "status": "REJECTED"}, ["kyb.case.rejected", "user.aml.rejected"]),
        ({"refId": "c", "status": "COMPLETED"}, ["kyb.case.completed"]),
        (
            {"refId": "c", "status": "CLEARED", "previousStatus": "IN_REVIEW"},
            ["user.aml.cleared"],
        ),
        (
            {"refId": "c", "status": "pending", "previousStatus": "IN_PROGRESS"},
            ["kyc.pending"],
        ),
    ],
)
def test_where_the_shape_does_not_decide_candidates_are_named(
    payload: dict[str, object], candidates: list[str]
) -> None:
    """Never one of them as a fact, and so without provenance."""
    identity = identify(json.dumps(payload).encode())

    assert identity is not None
    assert (identity.type, identity.provenance) == (None, None)
    assert [each.type for each in identity.candidates] == candidates
    assert identity.names == tuple(candidates)


def test_a_previous_status_decides_for_kyb() -> None:
    """It is what the KYB page documents and no other source has."""
    body = b'{"refId":"c","status":"REJECTED","previousStatus":"IN_REVIEW"}'

    identity = identify(body)

    assert identity is not None
    assert (identity.type, identity.documented) == ("kyb.case.rejected", True)
    assert identity.names == ("kyb.case.rejected",)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"status":"X","previousStatus":"IN_REVIEW"}', ("kyb.unknown",)),
        (b'{"status":"x"}', ("kyc.unknown",)),
        (b'{"status":"X"}', ("kyb.unknown", "user.aml.unknown")),
    ],
)
def test_unknown_statuses_match_patterns_of_their_families(
    body: bytes, names: tuple[str, ...]
) -> None:
    """So that `kyb.*` forwards what nobody knows yet."""
    identity = identify(body)

    assert identity is not None
    assert identity.names == names


@pytest.mark.parametrize("name", OPERATIONAL_EVENTS)
def test_operational_webhooks_of_svix_are_named(name: str) -> None:
    """They are the only ones that say their name."""
    identity = identify(json.dumps({"type": name, "data": {"endpointId": "ep_1"}}).encode())

    assert identity is not None
    assert (identity.type, identity.family, identity.provenance) == (name, "svix", "svix")


@pytest.mark.parametrize(
    ("payload", "family"),
    [
        ({"status": "APPROVED"}, None),
        ({"status": "Completed", "previousStatus": "IN_REVIEW"}, "kyb"),
        ({"status": "approved", "refId": 7}, "kyc"),
    ],
)
def test_unknown_statuses_may_still_have_a_family(
    payload: dict[str, object], family: str | None
) -> None:
    """A previous status is KYB's, lower case KYC's; upper case alone says neither."""
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


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"status":1}',
        b'{"success":false}',
        b'{"success":true,"x":1}',
        b"\xff",
        b"[" * 100_000,
    ],
)
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


def own(name: str, payload: dict[str, object]) -> EventType:
    """An event type as the settings declare one."""
    return EventType(name, "aml", "own", payload, "", None, "", "vove.toml")


def test_ones_own_event_outranks_a_report() -> None:
    """Whoever declares it has seen it."""
    catalogue = Catalogue([own("user.aml.refused", {"refId": "", "status": "REJECTED"})])

    identity = identify(b'{"refId":"c","status":"REJECTED"}', catalogue)

    assert identity is not None
    assert (identity.type, identity.provenance) == ("user.aml.refused", "own")


def test_an_own_event_without_a_status_is_told_by_its_fields() -> None:
    """Whatever their values."""
    catalogue = Catalogue([own("user.note", {"refId": "", "note": "x"})])

    identity = identify(b'{"refId":"c","note":"y"}', catalogue)

    assert identity is not None
    assert (identity.type, identity.ref_id, identity.status) == ("user.note", "c", None)


@pytest.mark.parametrize(
    ("family", "ref_id"),
    [("kyb", "unique-business-ref-12345"), ("aml", "2e96ebd0-c1b8-11ee-b56a-a345411e245d")],
)
def test_every_family_has_a_sample_ref_id(family: str, ref_id: str) -> None:
    """The documented one; for a family without, that of a user."""
    (event, *_) = (event for event in EVENTS.values() if event.family == family)

    assert event.sample_ref_id == ref_id
