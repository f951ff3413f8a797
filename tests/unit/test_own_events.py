"""`[events]` of the settings: what may stand there, and what it means everywhere."""

from __future__ import annotations

import tomllib

import pytest

from vovecli.core.errors import VoveError
from vovecli.core.flows import find_flow, oddities
from vovecli.core.forwarding import known_pattern
from vovecli.core.identification import identify
from vovecli.core.lint import lint
from vovecli.core.own_events import own_catalogue
from vovecli.core.payloads import encode, sample_payload

ESCALATED = """
["user.aml.escalated"]
family = "aml"
payload = { refId = "", status = "ESCALATED", score = 12 }
endpoint = ":3999/aml"
meaning = "An AML match was passed on"
advice = "Wait"
transitions = ["user.aml.cleared", "user.aml.escalated"]
"""
CATALOGUE = own_catalogue(tomllib.loads(ESCALATED), "vove.toml")
EVENT = CATALOGUE.find("user.aml.escalated")


def test_an_own_event_is_an_event() -> None:
    """With everything that was declared."""
    assert (EVENT.provenance, EVENT.family, EVENT.status, EVENT.endpoint) == (
        *("own", "aml", "ESCALATED", ":3999/aml"),
    )
    assert (EVENT.meaning, EVENT.advice, EVENT.source) == (
        *("An AML match was passed on", "Wait", "vove.toml"),
    )
    assert list(EVENT.fields) == ["refId", "status", "score"]
    assert sample_payload(EVENT, ref_id="r") == {"refId": "r", "status": "ESCALATED", "score": 12}


def test_what_may_be_left_out() -> None:
    """The family is the name without its last word."""
    plain = own_catalogue({"card.Issued": {"payload": {"id": 1}}}, "f").find("card.Issued")

    assert (plain.family, plain.next, plain.endpoint, plain.status) == ("card", None, None, None)
    assert plain.meaning
    assert plain.advice


def test_it_is_recognised_and_clean() -> None:
    """Where the built-in catalogue sees an unknown status."""
    body = encode(sample_payload(EVENT, ref_id="r"))
    identity = identify(body, CATALOGUE)

    assert identity is not None
    assert (identity.type, identity.provenance) == ("user.aml.escalated", "own")
    assert lint(body, identity, None, CATALOGUE) == []
    assert [finding.code for finding in lint(body, identify(body))] == [
        "unknown-field", "unknown-status",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        (b'{"refId":"r","status":"ESCALATED"}', ["missing-field"]),
        (b'{"refId":"r","status":"ESCALATED","score":"x"}', ["mistyped-field"]),
        (b'{"refId":"r","status":"ESCALATED","score":1,"x":1}', ["unknown-field"]),
        (b'{"refId":"r","status":"Escalated","score":1}', ["unknown-field", "unknown-status"]),
    ],
)
def test_deviations_from_what_was_declared(body: bytes, codes: list[str]) -> None:
    """As for the built-in ones."""
    assert [
        finding.code for finding in lint(body, identify(body, CATALOGUE), None, CATALOGUE)
    ] == codes


@pytest.mark.parametrize(
    ("last", "codes"),
    [
        ("ESCALATED", ["repeated-status"]),
        ("IN_REVIEW", []),
    ],
)
def test_its_transitions_count(last: str, codes: list[str]) -> None:
    """Only where both ends are declared; a circle does no harm."""
    body = encode(sample_payload(EVENT, ref_id="r"))

    found = lint(body, identify(body, CATALOGUE), last, CATALOGUE)
    assert [finding.code for finding in found] == codes


def test_transitions_in_a_circle() -> None:
    """What follows itself sooner or later is late rather than skipped."""
    tables = {
        name: {"payload": {"refId": "", "status": status}, "transitions": [after]}
        for name, status, after in (
            ("x.a", "A1", "x.b"), ("x.b", "B1", "x.c"), ("x.c", "C1", "x.a"),
        )
    }  # fmt: skip
    catalogue = own_catalogue(tables, "f")
    body = b'{"refId":"r","status":"A1"}'

    found = lint(body, identify(body, catalogue), "B1", catalogue)

    assert [finding.code for finding in found] == ["late-event"]


def test_flows_and_patterns_take_it() -> None:
    """By its name."""
    flow = find_flow("own", {"own": ["user.aml.in_review", "user.aml.escalated"]}, CATALOGUE)

    assert flow.events[1] == "user.aml.escalated"
    assert oddities([CATALOGUE.find(name) for name in flow.events]) == ["", ""]
    assert known_pattern("user.aml.esc*", CATALOGUE) == "user.aml.esc*"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[user.aml.x]\npayload = {a = 1}", "whole name in quotes"),
        ('["user aml"]\npayload = {a = 1}', "not the name of an event"),
        ('"a.b" = 1', "not the name of an event"),
        ('["a.b"]\n', "needs a payload"),
        ('["a.b"]\npayload = {}', "needs a payload"),
        ('["a.b"]\npayload = "x"', "needs a payload"),
        ('["a.b"]\npayload = {a = 2026-01-01}', "not JSON"),
        ('["a.b"]\npayload = {a = nan}', "not JSON"),
        ('["a.b"]\npayload = {a = 1}\nfamily = 1', "family is not text"),
        ('["a.b"]\npayload = {a = 1}\nfamily = "svix"', "family 'svix'"),
        ('["a.b"]\npayload = {a = 1}\nfamily = "A b"', "family 'A b'"),
        ('["a.b"]\npayload = {a = 1}\nstatus = "X"', "may not hold 'status'"),
        ('["a.b"]\npayload = {a = 1}\ntransitions = "x"', "not a list of texts"),
        ('["a.b"]\npayload = {a = 1}\ntransitions = ["c.d"]', "transition to 'c.d'"),
        ('["kyc.pending"]\npayload = {a = 1}', "is built in"),
        ('["kyc.pending"]\nlearned = 1', "learned may hold"),
        ('["kyc.pending"]\nlearned = {x = 1}', "learned may hold"),
        ('["kyc.pending"]\nlearned = {deliveries = "x"}', "deliveries is a number"),
        ('["kyc.pending"]\nlearned = {fields = {a = "date"}}', "kinds of fields"),
        ('["kyc.pending"]\nlearned = {headers = ["x"]}', "headers are svix and webhook"),
        ('["kyc.pending"]\nlearned = {values = {a = 1}}', "not a list of texts"),
        ("\n".join(f'["a.b{n}"]\npayload = {{a = 1}}' for n in range(501)), "more than 500"),
    ],
)
def test_what_cannot_stand_there(text: str, words: str) -> None:
    """Said with the file, the name and an example."""
    with pytest.raises(VoveError, match=words) as caught:
        own_catalogue(tomllib.loads(text), "vove.toml")

    assert caught.value.code == "bad-event"
    assert caught.value.message.startswith("vove.toml: ")
    assert "ESCALATED" in caught.value.hint
