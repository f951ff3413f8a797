"""Learning from genuine deliveries what events look like: shapes, never a refId or a name."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.catalogue import KYB_STATUSES, REF_FIELDS, SAMPLE_REASON, Learned
from vovecli.core.json_fields import fields, holder, kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.catalogue import Catalogue
    from vovecli.core.identification import EventIdentity

# What fewer than three people's deliveries have in common may be about a person.
MIN_SEEN, MAX_VALUES = 3, 12
_WORD = re.compile(r"[A-Z][A-Z0-9_]{1,39}|[a-z][a-z0-9_]{1,39}")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z_-]{0,39}[0-9]{0,2}")
_PERSONAL = re.compile(
    r"name|mail|phone|mobile|address|street|city|birth|gender|national|passport|document"
    r"|user|customer|person|owner|company|business|id$",
    re.IGNORECASE,
)


# Fields whose values the provider documents; a status names its event, so it needs no list.
_DOCUMENTED: Mapping[str, Sequence[str]] = {
    "previousStatus": KYB_STATUSES,
    "reason": (SAMPLE_REASON,),
}


class Genuine(NamedTuple):
    """A verified delivery as far as it is learned from.

    Attributes:
        headers: Family of its header names.
        message_id: Copies and retries count once.
    """

    event: EventIdentity
    headers: str
    message_id: str


class Lesson(NamedTuple):
    """What was learned of one event.

    Attributes:
        type: Its name; one of our making where the status is not known.
        family: None for events that are known.
        payload: A sample with empty values; None for events that are known.
    """

    type: str
    family: str | None
    payload: Mapping[str, object] | None
    learned: Learned


def learn(
    deliveries: Iterable[Genuine], catalogue: Catalogue
) -> tuple[list[Lesson], dict[str, int]]:
    """What the deliveries of each event have in common, the events in the order they were seen.

    Events of fewer than three refIds are left out, and so is whatever could be about a person:
    field names that are ids, values of any but documented words or words that many share.

    Returns:
        The lessons, and how many deliveries of which events were left out; those that have no
        name under the empty one.
    """
    lessons, left_out = [], Counter[str]()
    groups: dict[str, dict[str, Genuine]] = defaultdict(dict)
    for delivery in deliveries:
        groups[_name(delivery.event)][delivery.message_id] = delivery
    for name, group in groups.items():
        seen = list(group.values())
        if not name or len({_whose(one) for one in seen}) < MIN_SEEN:
            left_out[name] += len(seen)
            continue
        learned, known = _learned(seen), catalogue.events.get(name)
        if known and known.provenance != "own":
            lessons.append(Lesson(name, None, None, learned))
        else:
            family = known.family if known else name.rpartition(".")[0]
            sample = known.payload if known else _sample(seen[0].event, learned)
            lessons.append(Lesson(name, family, sample, learned))
    return lessons, dict(left_out)


def _name(event: EventIdentity) -> str:
    """The event's name; for a status that is not known yet, one that says its family and status."""
    if event.type:
        return "" if event.family == "svix" else event.type
    if event.candidates or not event.status or not _WORD.fullmatch(event.status):
        return ""
    return f"{event.family or 'own'}.{event.status.lower()}"


def _whose(delivery: Genuine) -> str:
    return delivery.event.ref_id or delivery.message_id


def _learned(seen: Sequence[Genuine]) -> Learned:
    present = Counter({"": len(seen)})
    kinds: dict[str, set[str]] = defaultdict(set)
    people: dict[str, set[str]] = defaultdict(set)
    values: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for delivery in seen:
        found = fields(delivery.event.payload)
        present.update({path for path, _ in found})
        for path, value in found:
            kinds[path].add(kind(value))
            people[path].add(_whose(delivery))
            if isinstance(value, str):
                values[path].append((value, _whose(delivery)))
    safe = [path for path in kinds if len(people[path]) >= MIN_SEEN and _is_plain(path)]
    return Learned(
        deliveries=len(seen),
        headers=tuple(sorted({delivery.headers for delivery in seen})),
        fields={path: tuple(sorted(kinds[path])) for path in safe},
        sometimes=tuple(path for path in safe if present[path] < present[holder(path)]),
        values={path: words for path in safe if (words := _words(path, values[path]))},
    )


def _is_plain(path: str) -> bool:
    """Whether every name on the way is one that a programmer chose, not an id used as a key."""
    return all(part == "*" or _FIELD.fullmatch(part) for part in path.split("."))


def _words(path: str, values: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The vocabulary of a field; empty where its values may be anything."""
    documented = _DOCUMENTED.get(path, ())
    if path in (*REF_FIELDS, "status") or (_PERSONAL.search(path) and not documented):
        return ()
    by: dict[str, set[str]] = defaultdict(set)
    for value, whose in values:
        by[value].add(whose)
    is_closed = len(by) <= MAX_VALUES and all(
        value in documented or (_WORD.fullmatch(value) and len(whose) >= MIN_SEEN)
        for value, whose in by.items()
    )
    return tuple(sorted({*by, *documented})) if is_closed else ()


def _sample(event: EventIdentity, learned: Learned) -> Mapping[str, object]:
    """The payload of a delivery emptied of its values, but for the status that names it."""
    return {
        name: event.status if name == "status" else _EMPTY[kind(value)]
        for name, value in event.payload.items()
        if name == "status" or (name in learned.fields and value is not None)
    }


# A list or object without what it holds: that is in the learned fields.
_EMPTY: Mapping[str, object] = {"text": "", "number": 0, "boolean": False, "object": {}, "list": []}


def as_toml(lessons: Iterable[Lesson]) -> str:
    """`[events]` sections for `vove.toml`, one per event."""
    return "\n".join(_section(lesson) for lesson in lessons)


def _section(lesson: Lesson) -> str:
    learned, name = lesson.learned, json.dumps(lesson.type)
    lines = []
    if lesson.payload is not None:
        lines += [
            f"[events.{name}]",
            f"family = {json.dumps(lesson.family)}",
            f"payload = {_inline(lesson.payload)}",
            "",
        ]
    shown = {path: " or ".join(kinds) for path, kinds in learned.fields.items()}
    lines += [
        f"[events.{name}.learned]",
        f"deliveries = {learned.deliveries}",
        f"headers = {_inline(list(learned.headers))}",
        f"fields = {_inline(shown)}",
    ]
    if learned.sometimes:
        lines.append(f"sometimes = {_inline(list(learned.sometimes))}")
    if learned.values:
        values = {path: list(words) for path, words in learned.values.items()}
        lines.append(f"values = {_inline(values)}")
    return "\n".join(lines) + "\n"


def _inline(value: object) -> str:
    """A value as TOML writes it in one line; its texts are JSON's, with DEL escaped as well."""
    if isinstance(value, dict):
        pairs = (f"{_inline(name)} = {_inline(each)}" for name, each in value.items())
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value).replace("\x7f", "\\u007f")
