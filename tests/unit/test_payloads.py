"""Payloads: what the documentation shows, changes to it, and the bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.catalogue import find_event
from vovecli.core.errors import Category, VoveError
from vovecli.core.payloads import Payload, apply_overrides, encode, sample_payload

NESTED: Payload = {"refId": "r", "ubo": {"name": "Ada", "shares": [25, 75]}}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


@pytest.mark.parametrize(
    ("event", "body"),
    [
        (
            "kyb.case.in_progress",
            b'{"refId":"r","status":"IN_PROGRESS","previousStatus":"NOT_STARTED"}',
        ),
        (
            "kyb.case.in_review",
            b'{"refId":"r","status":"IN_REVIEW","previousStatus":"IN_PROGRESS"}',
        ),
        ("kyb.case.completed", b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'),
        (
            "kyb.case.rejected",
            (
                b'{"refId":"r","status":"REJECTED","previousStatus":"IN_REVIEW",'
                b'"reason":"DOCUMENT_MISMATCH"}'
            ),
        ),
        ("kyc.suspected", b'{"status":"suspected","refId":"r","userId":"r"}'),
    ],
)
def test_samples_are_the_documented_ones(event: str, body: bytes) -> None:
    """Fields, their order and their values are those of the provider's pages."""
    assert encode(sample_payload(find_event(event), ref_id="r")) == body


def test_options_of_a_rejection() -> None:
    """Reason and previous status replace the documented examples."""
    payload = sample_payload(
        find_event("kyb.case.rejected"), ref_id="r", previous_status="IN_PROGRESS", reason="OTHER"
    )

    assert list(payload.values()) == ["r", "REJECTED", "IN_PROGRESS", "OTHER"]


@pytest.mark.parametrize(
    ("event", "option", "why"),
    [
        ("kyb.case.completed", {"reason": "X"}, "on kyb.case.rejected only"),
        ("kyc.suspected", {"reason": "X"}, "DOCUMENT_INFO_MISMATCHED and AML_CHECK"),
        ("kyc.pending", {"previous_status": "X"}, "KYC payloads have none"),
    ],
)
def test_undocumented_fields_are_explained(event: str, option: dict[str, str], why: str) -> None:
    """A field the documentation does not give the event is refused, with the way to send it."""
    with pytest.raises(VoveError, match=why) as caught:
        sample_payload(find_event(event), ref_id="r", **option)

    assert caught.value.code == "field-not-documented"
    assert caught.value.category is Category.USAGE
    assert "--set-new" in caught.value.hint


@pytest.mark.parametrize("event", [find_event("kyb.case.rejected"), find_event("kyc.pending")])
@given(ref_id=st.text(min_size=1))
def test_any_ref_id_survives(event: object, ref_id: str) -> None:
    """Whatever the refId, the body is JSON that holds it."""
    payload = sample_payload(event, ref_id=ref_id)  # type: ignore[arg-type]  # parametrised

    assert json.loads(encode(payload))["refId"] == ref_id


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("refId=x", "x"),
        ("refId=12", 12),
        ('refId="12"', "12"),
        ("refId=null", None),
        ("refId={}", {}),
        ("refId=a=b", "a=b"),
        ("refId=", ""),
        ("refId=NaN", "NaN"),
        ("refId=1e999", "1e999"),
        ("refId={broken", "{broken"),
        ("refId=" + "[" * 100_000, "[" * 100_000),
    ],
    ids=range(11),
)
def test_values_are_json_or_text(override: str, value: object) -> None:
    """A value that is JSON is taken as such, everything else as text."""
    assert apply_overrides(NESTED, set_=[override])["refId"] == value


def test_without_overrides_nothing_changes() -> None:
    """The payload itself comes back."""
    assert apply_overrides(NESTED) is NESTED


def test_overrides_reach_into_objects_and_lists() -> None:
    """Paths name fields and positions; the payload that was given stays as it is."""
    before = json.dumps(NESTED)

    changed = apply_overrides(
        NESTED,
        set_=["ubo.shares.1=70", "ubo.name=Grace"],
        unset=["refId", "ubo.shares.0"],
        set_new=["refId=moved", "new.deep.field=true"],
    )

    assert changed == {
        "ubo": {"name": "Grace", "shares": [70]},
        "refId": "moved",
        "new": {"deep": {"field": True}},
    }
    assert list(changed) == ["ubo", "refId", "new"]
    assert json.dumps(NESTED) == before


@pytest.mark.parametrize(
    "path",
    ["refid", "ubo.nam", "ubo.shares.2", "ubo.shares.-1", "refId.x", "a.b.c", "ubo.shares.²", ""],
)
@pytest.mark.parametrize("option", ["set_", "unset"])
def test_unknown_fields_are_named_with_the_known_ones(path: str, option: str) -> None:
    """A path that leads nowhere is an error that lists every path there is."""
    override = f"{path}=1" if option == "set_" and path else path or "nothing"
    with pytest.raises(VoveError) as caught:
        apply_overrides(NESTED, **{option: [override]})

    assert caught.value.code == ("unknown-field" if path or option == "unset" else "bad-override")
    if path:
        assert "refId, ubo, ubo.name, ubo.shares, ubo.shares.0" in caught.value.message


def test_a_near_miss_is_suggested() -> None:
    """The nearest known path stands in the hint."""
    with pytest.raises(VoveError) as caught:
        apply_overrides(NESTED, set_=["refid=1"])

    assert caught.value.hint == "did you mean refId?"


@pytest.mark.parametrize("path", ["refId", "refId.x", "ubo.name", "ubo.shares.2", "ubo.shares.0.x"])
def test_what_exists_is_not_added(path: str) -> None:
    """`--set-new` never overwrites, and never reaches through text or a list."""
    with pytest.raises(VoveError) as caught:
        apply_overrides(NESTED, set_new=[f"{path}=1"])

    assert caught.value.code == "field-exists"


@pytest.mark.parametrize("override", ["refId", "=1", ""])
def test_malformed_overrides(override: str) -> None:
    """An override without a path or without `=` is a usage error."""
    with pytest.raises(VoveError) as caught:
        apply_overrides(NESTED, set_=[override])

    assert caught.value.code == "bad-override"


def test_text_travels_unescaped() -> None:
    """Bodies are UTF-8, compact or indented by two."""
    assert encode({"a": "é ع 🙂", "b": 1.0}) == '{"a":"é ع 🙂","b":1.0}'.encode()
    assert encode({"a": 1}, pretty=True) == b'{\n  "a": 1\n}'


@given(st.dictionaries(st.text(), json_values, max_size=4), st.booleans())
def test_every_payload_has_bytes(payload: Payload, pretty: bool) -> None:  # noqa: FBT001 - drawn
    """Encoding loses nothing and never fails."""
    assert json.loads(encode(payload, pretty=pretty)) == payload


def test_a_lone_surrogate_is_escaped() -> None:
    """Text that has no UTF-8 form is still sent, as the JSON escape it came from."""
    assert encode({"a": "\ud800"}) == b'{"a":"\\ud800"}'
