"""Types of the payloads: written from the catalogue, true of every payload it knows."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from vovecli.core.catalogue import EVENTS, EventType
from vovecli.core.payload_types import TYPE_FORMATS, write_types
from vovecli.core.payload_types.shapes import shapes, type_name
from vovecli.core.payloads import sample_payload

if TYPE_CHECKING:
    from types import ModuleType

ALL = list(EVENTS.values())
SAMPLES = {event.type: sample_payload(event, ref_id="ref-1") for event in ALL}
NAMES = {shape.event: shape.name for shape in shapes(ALL)}
# What a provider may do to any of them without notice.
LIFELIKE: dict[str, Any] = {
    "more fields": {"newField": {"a": [1]}, "createdAt": "2026-01-01T00:00:00Z"},
    "characters beyond ASCII": {"refId": "Société Générale — 株式会社"},
    "a number as refId text": {"refId": "12345"},
}
OWN = [
    EventType(
        "acme.user-created", "acme", "own",
        {"kind": "created", "count": 1, "share": 0.5, "on": True, "tags": [], "by": {}, "at": None, "2nd-name": "", "modelConfig": "", "json": ""},
        "A user */ was made", None, "Look\nat it", "settings",
    ),
    EventType("acme.user.created", "acme", "own", {"status": "MADE", "class": ""}, "Another", None, "Do", "settings"),
    EventType("1.empty", "acme", "own", {}, "Nothing", None, "Do", "settings"),
]  # fmt: skip


def without(payload: dict[str, object], *names: str) -> dict[str, object]:
    """A copy that lacks some fields."""
    return {name: value for name, value in payload.items() if name not in names}


def payloads() -> list[Any]:
    """Every documented payload and its lifelike variants, with its event type."""
    cases = []
    for event, sample in SAMPLES.items():
        cases.append(pytest.param(event, sample, id=event))
        cases += [
            pytest.param(event, {**sample, **changes}, id=f"{event} {name}")
            for name, changes in LIFELIKE.items()
        ]
        cases += [
            pytest.param(event, without(sample, name), id=f"{event} without {name}")
            for name in ("userId", "reason")
            if name in sample
        ]
        if "reason" in sample:
            cases.append(pytest.param(event, {**sample, "reason": "NEW"}, id=f"{event} new reason"))
    return cases


def validator(name: str = "") -> Draft202012Validator:
    """Of any payload, or of one type of the schema."""
    schema = json.loads(write_types(ALL, "json-schema"))
    if name:
        schema = {"$defs": schema["$defs"], "$ref": f"#/$defs/{name}"}
    return Draft202012Validator(schema)


def module(events: list[EventType], name: str = "vove_events") -> ModuleType:
    """The models as an imported module."""
    import sys
    from types import ModuleType

    made = ModuleType(name)
    sys.modules[name] = made
    exec(write_types(events, "pydantic"), made.__dict__)
    return made


@pytest.fixture(scope="module")
def models() -> ModuleType:
    """The models of the catalogue."""
    return module(ALL)


@pytest.mark.parametrize(("event", "payload"), payloads())
def test_schema_and_models_know_the_payload(
    event: str, payload: dict[str, object], models: ModuleType
) -> None:
    """By the type of its event; what has no status is merely unknown to the models."""
    validator().validate(payload)
    validator(NAMES[event]).validate(payload)

    parsed = models.parse(json.dumps(payload).encode())
    assert type(parsed).__name__ == (NAMES[event] if "status" in payload else "UnknownEvent")
    assert parsed.model_dump(by_alias=True, exclude_unset=True) == payload


@pytest.mark.parametrize(
    "payload", [
        {"status": "ON_HOLD", "refId": "1"}, {"status": "on_hold"}, {"status": None}, {"a": 1},
        {"status": "successful", "userId": "1"}, {"status": "COMPLETED", "refId": "1"},
    ],
)  # fmt: skip
def test_unknown_events_are_allowed(payload: dict[str, object], models: ModuleType) -> None:
    """A new status, or one without its fields, is no error and is told from the known ones."""
    validator().validate(payload)
    validator("UnknownEvent").validate(payload)
    assert isinstance(models.parse(json.dumps(payload).encode()), models.UnknownEvent)


@pytest.mark.parametrize(
    "payload",
    [
        {"status": "pending", "refId": 7},
        {"status": "COMPLETED", "refId": [], "previousStatus": "IN_REVIEW"},
    ],
)
def test_fields_of_another_type_are_refused(payload: dict[str, object], models: ModuleType) -> None:
    """It is neither known nor unknown."""
    assert not validator().is_valid(payload)
    with pytest.raises(ValueError, match="validation error"):
        models.parse(json.dumps(payload).encode())


def test_what_is_no_object_is_refused(models: ModuleType) -> None:
    """Whatever else JSON may hold."""
    with pytest.raises(ValueError, match="validation error"):
        models.parse(b"[]")


def test_a_status_of_two_families_is_told_by_its_fields(models: ModuleType) -> None:
    """KYB payloads have previousStatus; a made model keeps its type, too."""
    kyb = models.parse(json.dumps(SAMPLES["kyb.case.rejected"]).encode())
    aml = models.parse(json.dumps(SAMPLES["user.aml.rejected"]).encode())

    assert [type(each).__name__ for each in (kyb, aml)] == ["KybCaseRejected", "UserAmlRejected"]
    assert models._ADAPTER.validate_python(aml) == aml
    assert (kyb.ref_id, kyb.previous_status) == ("ref-1", "IN_REVIEW")


def test_openapi_is_valid() -> None:
    """By a validator of others; every event is a webhook with its headers."""
    validate = pytest.importorskip("openapi_spec_validator").validate
    document = json.loads(write_types(ALL, "openapi"))

    validate(document)
    assert list(document["webhooks"]) == list(EVENTS)
    operation = document["webhooks"]["kyb.case.completed"]["post"]
    assert {"$ref": "#/components/parameters/svix-id"} in operation["parameters"]


def test_the_schema_is_valid() -> None:
    """By its own meta-schema."""
    Draft202012Validator.check_schema(json.loads(write_types(ALL, "json-schema")))


def test_typescript_has_every_status_once_in_the_union() -> None:
    """Compiled elsewhere; here: nothing is missing."""
    text = write_types(ALL, "typescript")
    union = re.search(r"export type VoveEvent =(.*?);", text, re.DOTALL)

    assert union
    with_status = [NAMES[event.type] for event in ALL if event.status]
    assert re.findall(r"\| (\w+)", union[1]) == with_status
    required = '{"refId": "string", "status": "string", "previousStatus": "string"}'
    assert f'["REJECTED", {required}]' in text
    assert "export interface UnknownEvent {" in text


def test_own_events_of_any_shape() -> None:
    """Names, comments and fields that no language would take as they are."""
    texts = {name: write_types([*ALL, *OWN], name) for name in TYPE_FORMATS}
    models = module([*ALL, *OWN], "own_events")

    assert "A user * / was made. Look at it." in texts["typescript"]
    assert '  readonly "2nd-name": string;' in texts["typescript"]
    assert "  readonly share: number;" in texts["typescript"]
    assert "  readonly at: unknown;" in texts["typescript"]
    made = models.AcmeUserCreated(
        kind="created",
        count=1,
        share=0.5,
        on=True,
        tags=[],
        by={},
        at=None,
        **{"2nd-name": "x", "modelConfig": "y", "json": "z"},
    )
    assert made.model_dump(by_alias=True)["2nd-name"] == "x"
    assert (made.field_model_config, made.field_json) == ("y", "z")
    assert models.parse(b'{"status": "MADE", "class": "A"}').class_ == "A"
    assert json.loads(texts["json-schema"])["$defs"]["Event1Empty"]["properties"] == {}


def test_one_event_alone() -> None:
    """A union of nothing is still valid in every language."""
    ping = [EVENTS["svix.ping"]]

    assert "export type VoveEvent = never;" in write_types(ping, "typescript")
    assert isinstance(module(ping, "ping").parse(b'{"success": true}').model_extra, dict)


def test_names_of_types() -> None:
    """Of a type in any language."""
    assert type_name("kyb.case.in_progress") == "KybCaseInProgress"
    assert type_name("3d.x") == "Event3dX"
