"""The three webhook headers of a request, of either family, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.outcomes.verdicts import Cause, Finding
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

Family = Literal["svix", "webhook"]
PARTS = ("id", "timestamp", "signature")
FAMILIES: tuple[Family, ...] = ("svix", "webhook")
_NAMES: dict[Family, tuple[str, str, str]] = {
    family: (f"{family}-id", f"{family}-timestamp", f"{family}-signature") for family in FAMILIES
}
HEADER_NAMES = frozenset(name for names in _NAMES.values() for name in names)
_FAMILY_OF = {frozenset(names): family for family, names in _NAMES.items()}


class WebhookHeaders(NamedTuple):
    """The values of one family; empty text where a header is missing.

    Attributes:
        fault: The first thing that makes the headers unusable, or None.
        findings: Everything else worth saying about them.
    """

    family: Family
    id: str
    timestamp: str
    signature: str
    fault: Cause | None
    findings: tuple[Finding, ...]


def is_webhook(request: CapturedRequest) -> bool:
    """Whether a request has at least one of the six header names."""
    return not HEADER_NAMES.isdisjoint([name.lower() for name, _ in request.headers])


def read_webhook_headers(request: CapturedRequest) -> WebhookHeaders:
    """Pick the family (svix-* wins where both are whole); say what is missing, empty or double."""
    present = [
        (lower, value) for name, value in request.headers if (lower := name.lower()) in HEADER_NAMES
    ]
    return _usual(present) or _judged(present)


def _usual(present: Headers) -> WebhookHeaders | None:
    """The headers of nearly every delivery, three of one family, each once; None for any other."""
    values = dict(present)
    family = _FAMILY_OF.get(frozenset(values)) if len(present) == len(PARTS) else None
    if family is None:
        return None
    message_id, timestamp, signature = [values[name].strip(" \t") for name in _NAMES[family]]
    if not (message_id and timestamp and signature):
        return None
    parts = encodable(message_id), encodable(timestamp), encodable(signature)
    return WebhookHeaders(family, *parts, None, ())


def _judged(present: Headers) -> WebhookHeaders:
    found: dict[str, list[str]] = {name: [] for name in sorted(HEADER_NAMES)}
    for name, value in present:
        found[name].append(value)
    family = _family(found)
    names = _NAMES[family]
    faults = [fault for name in names if (fault := _fault(name, found[name]))]
    if any(not found[name] for name in names) and _is_whole_when_mixed(found):
        faults.insert(0, _mixed(found))
    notes = [
        Finding(
            f"header-duplicated:{name}", f"{name} stands {len(found[name])} times, always the same"
        )
        for name in names
        if len(found[name]) > 1 and len(set(found[name])) == 1
    ]
    message_id, timestamp, signature = (
        encodable(found[name][0].strip(" \t")) if found[name] else "" for name in names
    )
    return WebhookHeaders(
        family,
        message_id,
        timestamp,
        signature,
        fault=faults[0] if faults else None,
        findings=(*(Finding(fault.code, fault.message) for fault in faults[1:]), *notes),
    )


def encodable(value: str) -> str:
    """Without lone surrogates, which JSON captures may hold and no wire can carry."""
    if value.isascii():
        return value
    try:
        header_bytes(value)
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def _family(found: dict[str, list[str]]) -> Family:
    counts = {family: sum(bool(found[f"{family}-{part}"]) for part in PARTS) for family in FAMILIES}
    return "webhook" if counts["webhook"] > counts["svix"] else "svix"


def _is_whole_when_mixed(found: dict[str, list[str]]) -> bool:
    return all(found[f"svix-{part}"] or found[f"webhook-{part}"] for part in PARTS)


def _mixed(found: dict[str, list[str]]) -> Cause:
    present = ", ".join(name for name in found if found[name])
    return Cause(
        "headers-mixed-families",
        f"the three headers come from two families ({present}); a verifier reads one family only",
        "send all three as svix-* or all three as webhook-*",
    )


def _fault(name: str, values: list[str]) -> Cause | None:
    if not values:
        return Cause(
            f"missing-header:{name}",
            f"the request has no {name} header",
            "check that no proxy strips it and that the capture kept all headers",
        )
    if len(set(values)) > 1:
        return Cause(
            f"header-duplicated:{name}",
            f"{name} stands {len(values)} times with different values; "
            "receivers disagree about which one counts",
            "look for a proxy or middleware that adds headers",
        )
    if not values[0].strip():
        return Cause(
            f"empty-header:{name}",
            f"the {name} header is empty",
            "check what fills it: an unset variable is the usual reason",
        )
    return None
