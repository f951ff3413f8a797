"""Sample payloads as VOVE ID documents them, changes to them, and their bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.catalogue import KYC_SUSPICION_REASONS, REF_FIELDS
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.core.catalogue import EventType

Payload = dict[str, object]

_COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_PRETTY = json.JSONEncoder(ensure_ascii=False, indent=2)


def sample_payload(
    event: EventType, *, ref_id: str, previous_status: str | None = None, reason: str | None = None
) -> Payload:
    """The payload of an event, its fields in the order of its sample.

    Args:
        event: From the catalogue.
        ref_id: Stands in every field that holds one, the deprecated `userId` of KYC included.
        previous_status: By default the one before it in the documented chain.
        reason: On `kyb.case.rejected`; by default the documented example.

    Raises:
        VoveError: `field-not-documented` where the event has no such field.
    """
    payload = {
        name: ref_id if name in REF_FIELDS else value for name, value in event.payload.items()
    }
    for field, value in (("previousStatus", previous_status), ("reason", reason)):
        if value is None:
            continue
        if field not in payload:
            raise _not_documented(field, event, value)
        payload[field] = value
    return payload


def apply_overrides(
    payload: Payload,
    *,
    set_: Sequence[str] = (),
    set_new: Sequence[str] = (),
    unset: Sequence[str] = (),
) -> Payload:
    """The payload, or a changed copy: first fields are set, then removed, then added.

    Args:
        payload: Left as it is.
        set_: `path=value` for fields that exist; the value is JSON, or else text. A path is names
            and list positions with dots between them.
        set_new: `path=value` for fields that do not exist; objects on the way are made.
        unset: Paths of fields to remove.

    Raises:
        VoveError: `bad-override`, `unknown-field` (naming the known ones) or `field-exists`.
    """
    if not (set_ or set_new or unset):  # the common case, and the hot one under load
        return payload
    changed: Payload = json.loads(json.dumps(payload))
    for override in set_:
        path, value = _split(override)
        holder, key = _locate(changed, path)
        holder[key] = value  # type: ignore[index]  # a dict with its key or a list with its index
    for path in unset:
        holder, key = _locate(changed, path)
        del holder[key]  # type: ignore[arg-type]  # the same
    for override in set_new:
        path, value = _split(override)
        _add(changed, path, value)
    return changed


def encode(payload: Payload, *, pretty: bool = False) -> bytes:
    """The payload's bytes: compact as the provider sends them, or indented; UTF-8, not escaped."""
    text = (_PRETTY if pretty else _COMPACT).encode(payload)
    # A lone surrogate has no UTF-8 form; as \udxxx it is valid JSON.
    return text.encode("utf-8", "backslashreplace")


def _not_documented(field: str, event: EventType, value: str) -> VoveError:
    why = f"{event.family.upper()} payloads have none"
    if field == "reason" and event.family == "kyb":
        why = "the KYB page shows it on kyb.case.rejected only"
    elif field == "reason" and event.family == "kyc":
        reasons = " and ".join(KYC_SUSPICION_REASONS)
        why = f"the documentation names {reasons} as grounds for suspicion but no field for them"
    return VoveError(
        "field-not-documented",
        f"no {field} is documented for {event.type}: {why}",
        hint=f"to send one anyway: --set-new {field}={value}",
        category=Category.USAGE,
    )


def _split(override: str) -> tuple[str, object]:
    path, equals, text = override.partition("=")
    if not path or not equals:
        raise VoveError(
            "bad-override",
            f"{override!r} is not path=value",
            hint="write --set status=COMPLETED",
            category=Category.USAGE,
        )
    return path, _value(text)


def _value(text: str) -> object:
    """The JSON value that the text is, or the text itself."""
    try:
        value: object = json.loads(text)
        json.dumps(value, allow_nan=False)  # NaN and 1e999 are no JSON
    except (ValueError, RecursionError):
        return text
    return value


def _locate(payload: Payload, path: str) -> tuple[Payload | list[object], str | int]:
    """The object or list that holds an existing field, and the field's key in it."""
    holder: object = payload
    *way, last = path.split(".")
    for name in way:
        holder = _child(holder, name)
    if _child(holder, last) is _ABSENT:
        raise _unknown_field(payload, path)
    if isinstance(holder, list):
        return holder, int(last)
    assert isinstance(holder, dict)
    return holder, last


_ABSENT = object()


def _child(holder: object, name: str) -> object:
    if isinstance(holder, dict):
        return holder.get(name, _ABSENT)
    if isinstance(holder, list) and name.isascii() and name.isdigit() and int(name) < len(holder):
        return holder[int(name)]
    return _ABSENT


def _add(payload: Payload, path: str, value: object) -> None:
    *way, last = path.split(".")
    holder: object = payload
    for name in way:
        if isinstance(holder, dict):
            holder = holder.setdefault(name, {})
    if not isinstance(holder, dict) or last in holder:
        raise VoveError(
            "field-exists",
            f"{path} cannot be added: it, or something on the way to it, exists already",
            hint=f"to change it: --set {path}=...",
            category=Category.USAGE,
        )
    holder[last] = value


def _unknown_field(payload: Payload, path: str) -> VoveError:
    from difflib import get_close_matches  # only to explain a mistake

    known = list(_paths(payload))
    near = get_close_matches(path, known, n=1, cutoff=0.5)
    return VoveError(
        "unknown-field",
        f"the payload has no field {path!r}; it has {', '.join(known)}",
        hint=f"did you mean {near[0]}?" if near else f"to add a field: --set-new {path}=...",
        category=Category.USAGE,
    )


def _paths(value: object, prefix: str = "") -> Iterator[str]:
    """Every path of a payload, objects before what they hold."""
    if isinstance(value, dict):
        items = list(value.items())
    else:
        items = list(enumerate(value)) if isinstance(value, list) else []
    for key, child in items:
        yield f"{prefix}{key}"
        yield from _paths(child, f"{prefix}{key}.")
