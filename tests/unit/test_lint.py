from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vovecli.core.catalogue import EVENTS
from vovecli.core.codes.findings import EVENT_FINDINGS
from vovecli.core.identification import identify
from vovecli.core.lint import lint
from vovecli.core.payloads import sample_payload

if TYPE_CHECKING:
    from vovecli.core.catalogue import EventType
    from vovecli.core.outcomes.verdicts import Finding

KYB = {"refId": "r", "status": "IN_REVIEW", "previousStatus": "IN_PROGRESS"}
AML = {"refId": "r", "status": "CLEARED"}
REJECTED = {"refId": "r", "status": "REJECTED", "previousStatus": "IN_REVIEW"}
KYC = {"status": "pending", "refId": "r", "userId": "r"}
SUSPECTED = {"status": "suspected", "refId": "r"}


def findings(body: bytes, last_status: str | None = None) -> list[Finding]:
    """What is odd about a body, its event told by its shape as everywhere."""
    return lint(body, identify(body), last_status)


def codes(payload: object, last_status: str | None = None) -> list[str]:
    """The codes for a payload."""
    return [finding.code for finding in findings(json.dumps(payload).encode(), last_status)]


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.type)
def test_samples_are_clean(event: EventType) -> None:
    """Every payload as its source shows it; two of the reported ones may be KYB's as well."""
    ambiguous = event.type in ("user.aml.in_review", "user.aml.rejected")

    assert codes(sample_payload(event, ref_id="r")) == ["ambiguous-event"] * ambiguous


@pytest.mark.parametrize(
    "payload", [KYB, KYC, SUSPECTED, REJECTED, REJECTED | {"reason": "DOCUMENT_MISMATCH"}]
)
def test_what_may_be_left_out_is_no_matter(payload: object) -> None:
    """The deprecated userId and the reason of a rejection."""
    assert codes(payload) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ["body-not-json"]),
        (b"not json", ["body-not-json"]),
        (b"\xff\xfe\xfd", ["body-not-json"]),
        (b"[" * 100_000, ["body-not-json"]),
        (b"[]", ["body-not-an-object"]),
        (b'"text"', ["body-not-an-object"]),
        (b"{}", ["missing-field", "missing-field"]),
        (b'{"status":"pending","refId":"a","refId":"b"}', ["duplicate-key"]),
        (
            b'{"refId":"a","status":"X","previousStatus":"IN_REVIEW","status":"COMPLETED"}',
            ["duplicate-key"],
        ),
        (
            b'{"status":"pending","refId":"a","x":{"y":1,"y":1,"y":1}}',
            ["duplicate-key", "unknown-field"],
        ),
    ],
)
def test_bodies_that_are_no_payload(body: bytes, expected: list[str]) -> None:
    """Not JSON, no object, keys twice at any depth."""
    assert [finding.code for finding in findings(body)] == expected


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"status": "pending"}, ["missing-field"]),
        ({"refId": "r", "status": "COMPLETED"}, ["missing-field"]),
        ({"refId": "r", "previousStatus": "IN_REVIEW"}, ["missing-field"]),
        (KYB | {"score": 1}, ["unknown-field"]),
        (KYB | {"refId": 7}, ["mistyped-field"]),
        (KYB | {"previousStatus": None}, ["mistyped-field"]),
        ({"status": 5, "refId": "r"}, ["mistyped-field"]),
        (KYC | {"refId": "", "userId": ""}, ["empty-ref-id"]),
        (KYC | {"userId": "other"}, ["user-id-differs"]),
        (KYC | {"refId": None}, ["mistyped-field"]),
        (KYC | {"status": "on_hold"}, ["unknown-status"]),
        (KYB | {"status": "ARCHIVED"}, ["unknown-status"]),
        (KYB | {"status": "NOT_STARTED"}, ["unknown-status"]),
        (KYB | {"previousStatus": "LIMBO"}, ["unknown-status"]),
        (KYC | {"status": "Pending"}, ["wrong-case-status"]),
        (KYC | {"status": "in-progress"}, ["wrong-case-status"]),
        (KYB | {"status": "completed"}, ["wrong-case-status"]),
        (KYB | {"status": "InReview"}, ["wrong-case-status"]),
        (KYB | {"previousStatus": "in_progress"}, ["wrong-case-status"]),
        (KYB | {"status": "in_progress"}, ["unknown-field", "wrong-case-status"]),
        (AML | {"status": "no_match"}, ["unknown-status"]),
        (AML | {"status": "Cleared"}, ["unknown-status"]),
        (AML | {"status": "NOMATCH"}, ["wrong-case-status"]),
        (AML | {"status": "APPROVED"}, ["unknown-status"]),
        (AML | {"status": "FAILED"}, ["sdk-status"]),
        (AML | {"score": 1}, ["unknown-field"]),
        (AML | {"reason": "X"}, ["unknown-field"]),
        (AML | {"previousStatus": "IN_REVIEW"}, ["unknown-field"]),
        ({"status": "CLEARED"}, ["missing-field"]),
        (AML | {"status": "REJECTED"}, ["ambiguous-event"]),
        (AML | {"status": "REJECTED", "x": 1}, ["unknown-field", "ambiguous-event"]),
        ({"status": "IN_REVIEW"}, ["missing-field", "ambiguous-event"]),
        ({"success": True}, []),
        ({"type": "endpoint.disabled", "data": {"appId": "app_1"}}, []),
        ([KYB, KYC], ["batch"]),
        (KYC | {"status": "success"}, ["sdk-status"]),
        (
            KYC | {"status": "FAILED", "previousStatus": "IN_REVIEW"},
            ["unknown-field", "sdk-status"],
        ),
        (KYC | {"type": "kyb.ubo.invited"}, ["legacy-event", "unknown-field"]),
        (KYB | {"event": "kyb.case.created"}, ["legacy-event", "unknown-field"]),
        (KYB | {"event": ["kyb.case.created"]}, ["unknown-field"]),
        (KYB | {"eventType": "kyb.case.created"}, ["legacy-event", "unknown-field"]),
        (KYB | {"event_type": "kyb.case.created"}, ["legacy-event", "unknown-field"]),
        (REJECTED | {"reason": "EXPIRED"}, ["unknown-reason"]),
        (REJECTED | {"reason": None}, ["mistyped-field"]),
        (KYB | {"reason": "DOCUMENT_MISMATCH"}, ["unexpected-reason"]),
        (SUSPECTED | {"reason": "AML_CHECK"}, ["undocumented-reason-field"]),
        (SUSPECTED | {"failures": ["AML_CHECK"]}, ["undocumented-reason-field"]),
        (SUSPECTED | {"failures": {"AML_CHECK": 1}}, ["unknown-field"]),
        (KYB | {"previousStatus": "NOT_STARTED"}, ["impossible-transition"]),
        (KYB | {"status": "COMPLETED", "previousStatus": "IN_PROGRESS"}, ["impossible-transition"]),
        (KYB | {"previousStatus": "COMPLETED"}, ["impossible-transition"]),
    ],
)
def test_one_oddity_one_finding(payload: object, expected: list[str]) -> None:
    """Each under its own code."""
    assert codes(payload) == expected


@pytest.mark.parametrize(
    ("last", "status", "expected"),
    [
        (None, "COMPLETED", []),
        ("NEVER_SEEN", "COMPLETED", []),
        ("IN_PROGRESS", "IN_REVIEW", []),
        ("IN_REVIEW", "REJECTED", []),
        ("IN_REVIEW", "IN_REVIEW", ["repeated-status"]),
        ("IN_REVIEW", "IN_PROGRESS", ["late-event"]),
        ("COMPLETED", "IN_PROGRESS", ["late-event"]),
        ("COMPLETED", "IN_REVIEW", ["late-event"]),
        ("IN_PROGRESS", "COMPLETED", ["skipped-status"]),
        ("COMPLETED", "REJECTED", ["final-status-changed"]),
        ("in_progress", "successful", []),
        ("pending", "suspected", []),
        ("pending", "in_progress", ["late-event"]),
        ("successful", "suspected", ["final-status-changed"]),
        ("successful", "pending", ["late-event"]),
        ("pending", "COMPLETED", []),
        ("NO_MATCH", "CLEARED", []),
        ("NO_MATCH", "NO_MATCH", ["repeated-status"]),
    ],
)
def test_against_the_status_seen_last(last: str | None, status: str, expected: list[str]) -> None:
    """Deliveries may be late, lost or repeated; families are not compared."""
    event = next(event for event in EVENTS.values() if event.status == status)

    assert codes(sample_payload(event, ref_id="r"), last) == expected


def test_hostile_text_is_shown_short_and_escaped() -> None:
    """Nothing received reaches a terminal as it is."""
    (finding,) = findings(json.dumps(KYC | {"status": "\x1b[2J" + "x" * 500}).encode())

    assert "\x1b" not in finding.message
    assert len(finding.message) < 120


def test_many_unknown_fields_make_one_finding() -> None:
    """The first few are named."""
    (finding,) = findings(json.dumps(KYC | {f"f{n}": n for n in range(50)}).encode())

    assert finding.message.endswith("'f4' and more")


NAMES = ["refId", "status", "previousStatus", "userId", "reason", "type", "x"]
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
JSON: st.SearchStrategy[Any] = st.deferred(
    lambda: SCALARS | st.lists(JSON, max_size=3) | st.dictionaries(st.sampled_from(NAMES), JSON)
)


@pytest.mark.thorough
@given(st.binary(max_size=40) | JSON.map(json.dumps).map(str.encode), st.text(max_size=9))
@settings(max_examples=200, deadline=None)
def test_anything_gets_known_codes(body: bytes, last_status: str) -> None:
    """Never a crash, never a code without a text."""
    assert {finding.code for finding in findings(body, last_status)} <= set(EVENT_FINDINGS)


@pytest.mark.parametrize("last_status", dict.fromkeys(event.status for event in EVENTS.values()))
@pytest.mark.parametrize("event", EVENTS.values(), ids=list(EVENTS))
def test_the_short_way_finds_what_the_careful_one_does(
    event: EventType, last_status: str | None
) -> None:
    """A field that is not documented takes the careful way, and is only noted."""
    payload = sample_payload(event, ref_id="a")
    careful = lint(
        json.dumps({**payload, "x": "y"}).encode(),
        identify(json.dumps(payload).encode()),
        last_status,
    )

    assert [finding.code for finding in careful if finding.code != "unknown-field"] == codes(
        payload, last_status
    )
