from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.json_fields import KINDS, fields, kind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=20,
)


def test_paths_lead_into_objects_and_lists() -> None:
    """A star stands for every element."""
    payload = {"a": {"b": 1}, "c": [{"d": True}, None], "e": "x"}

    assert [(path, kind(value)) for path, value in fields(payload)] == [
        ("a", "object"),
        ("a.b", "number"),
        ("c", "list"),
        ("c.*", "object"),
        ("c.*.d", "boolean"),
        ("c.*", "null"),
        ("e", "text"),
    ]


def test_hostile_bodies_are_cut() -> None:
    """Neither depth nor width costs much."""
    deep: object = {}
    for _ in range(500):
        deep = {"a": deep}

    assert len(fields(deep)) == 8
    assert len(fields({str(n): n for n in range(5000)})) == 1000


@given(JSON)
def test_every_value_has_a_kind(value: object) -> None:
    """Whatever JSON holds."""
    assert kind(json.loads(json.dumps(value))) in KINDS
    assert all(kind(each) in KINDS for _, each in fields(value))
