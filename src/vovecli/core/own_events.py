"""Events of one's own, and what was learned of any event, out of `[events]` of the settings."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vovecli.core.catalogue import EVENTS, Catalogue, EventType, Learned
from vovecli.core.errors import VoveError
from vovecli.core.json_fields import KINDS
from vovecli.core.webhook_headers import HEADER_FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_OWN_EVENTS = 500
_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_FAMILY = re.compile(r"[a-z0-9_.-]+")
_KEYS = ("family", "payload", "endpoint", "meaning", "advice", "transitions", "learned")
_LEARNED_KEYS = ("deliveries", "headers", "fields", "sometimes", "values")
_NOT_OURS = ("svix", "both")


def own_catalogue(tables: Mapping[str, object], origin: str) -> Catalogue:
    """The built-in event types and those that the settings declare.

    Args:
        tables: Name of an event type to its table.
        origin: The file, for messages.

    Raises:
        VoveError: `bad-event`, with how to write one.
    """
    if len(tables) > MAX_OWN_EVENTS:
        raise _bad(origin, "events", f"has more than {MAX_OWN_EVENTS} entries")
    events = [_event(name, table, origin) for name, table in tables.items()]
    known = {*EVENTS, *tables}
    for event in events:
        if unknown := [name for name in event.next or () if name not in known]:
            raise _bad(
                origin, event.type, f"has a transition to {unknown[0]!r}, which is not an event"
            )
    return Catalogue(events)


def _event(name: str, table: object, origin: str) -> EventType:
    if not _NAME.fullmatch(name) or not isinstance(table, dict):
        raise _bad(origin, name, "is not the name of an event; put the whole name in quotes")
    if odd := [key for key in table if key not in _KEYS]:
        raise _bad(origin, name, f"may not hold {odd[0]!r}; known: {', '.join(_KEYS)}")
    learned = _learned(name, table["learned"], origin) if "learned" in table else None
    if built_in := EVENTS.get(name):
        if table.keys() - {"learned"}:
            raise _bad(origin, name, "is built in: only what was learned of it can be there")
        return built_in._replace(learned=learned)
    return EventType(
        type=name,
        family=_family(name, table, origin),
        provenance="own",
        payload=_payload(name, table, origin),
        meaning=_text(name, table, "meaning", origin) or "An event of your own",
        next=tuple(_texts(name, table["transitions"], "transitions", origin))
        if "transitions" in table
        else None,
        advice=_text(name, table, "advice", origin) or "Answer 2xx",
        source=origin,
        endpoint=_text(name, table, "endpoint", origin),
        learned=learned,
    )


def _family(name: str, table: Mapping[str, object], origin: str) -> str:
    family = _text(name, table, "family", origin) or name.rpartition(".")[0].lower()
    if not _FAMILY.fullmatch(family) or family in _NOT_OURS:
        raise _bad(origin, name, f"has the family {family!r}; write a word in lower case")
    return family


def _payload(name: str, table: Mapping[str, object], origin: str) -> Mapping[str, object]:
    payload = table.get("payload")
    if not isinstance(payload, dict) or not payload:
        raise _bad(origin, name, "needs a payload, a table with its fields")
    try:
        json.dumps(payload, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        raise _bad(origin, name, "has a payload that is not JSON: no dates, no nan") from None
    return payload


def _learned(name: str, table: object, origin: str) -> Learned:
    if not isinstance(table, dict) or any(key not in _LEARNED_KEYS for key in table):
        raise _bad(origin, name, f"learned may hold {', '.join(_LEARNED_KEYS)}")
    deliveries, headers = table.get("deliveries", 0), table.get("headers", [])
    shown, values = table.get("fields", {}), table.get("values", {})
    if (
        not isinstance(deliveries, int)
        or not isinstance(shown, dict)
        or not isinstance(values, dict)
    ):
        raise _bad(origin, name, "learned: deliveries is a number, fields and values are tables")
    kinds = {path: tuple(str(kind).split(" or ")) for path, kind in shown.items()}
    if any(kind not in KINDS for each in kinds.values() for kind in each):
        raise _bad(origin, name, f"learned: the kinds of fields are {', '.join(KINDS)}")
    families = _texts(name, headers, "headers", origin)
    if any(family not in HEADER_FAMILIES for family in families):
        raise _bad(origin, name, f"learned: headers are {' and '.join(HEADER_FAMILIES)}")
    return Learned(
        deliveries=deliveries,
        headers=tuple(families),
        fields=kinds,
        sometimes=tuple(_texts(name, table.get("sometimes", []), "sometimes", origin)),
        values={path: tuple(_texts(name, each, path, origin)) for path, each in values.items()},
    )


def _text(name: str, table: Mapping[str, object], key: str, origin: str) -> str | None:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise _bad(origin, name, f"{key} is not text")
    return value


def _texts(name: str, value: object, key: str, origin: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _bad(origin, name, f"{key} is not a list of texts")
    return value


def _bad(origin: str, name: str, why: str) -> VoveError:
    return VoveError(
        "bad-event",
        f'{origin}: [events."{name}"] {why}',
        hint='write [events."user.aml.escalated"] with '
        'payload = { refId = "", status = "ESCALATED" }; see docs/guides/own-events.md',
        source=origin,
    )
