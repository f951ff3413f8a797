"""The three webhook headers of a request, of either family, and what is wrong with them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.outcomes.verdicts import Cause, Finding
from vovecli.core.signing import HeaderPrefix, header_bytes

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

HeaderPart = Literal["id", "timestamp", "signature"]
HEADER_PARTS: tuple[HeaderPart, ...] = ("id", "timestamp", "signature")
HEADER_FAMILIES: tuple[HeaderPrefix, ...] = ("svix", "webhook")
_NAMES: dict[HeaderPrefix, tuple[str, str, str]] = {
    family: (f"{family}-id", f"{family}-timestamp", f"{family}-signature")
    for family in HEADER_FAMILIES
}
# What a header under another name has, where it is the one that is missing; `name: value`.
_LOOKS = {
    "id": r"(?!webhook-|svix-)\S{1,80}: msg_\w{10,64}",
    "timestamp": r"(?!webhook-|svix-)\S{0,60}time\S{0,20}: 1[0-9]{9}",
    "signature": r"(?!webhook-|svix-)\S{1,80}: v1a?,[\w+/]{40,90}=*(?: .*)?",
}
_MASKED = re.compile(
    r".*(?:\*{3}|\.{3}|\u2026|\u2022{2}).*|(?:v1,)?[\[<(]?(?:redacted|filtered|masked|hidden|x{6,})[\])>]?",
    re.IGNORECASE | re.DOTALL,
)
HEADER_NAMES = frozenset(name for names in _NAMES.values() for name in names)


class WebhookHeaders(NamedTuple):
    """The values of one family; empty text where a header is missing.

    Attributes:
        fault: The first thing that makes the headers unusable, or None.
        findings: Everything else worth saying about them.
    """

    family: HeaderPrefix
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
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        if (lower := name.lower()) in HEADER_NAMES:
            found.setdefault(lower, []).append(value)
    svix, webhook = [len(found.keys() & _NAMES[family]) for family in HEADER_FAMILIES]
    family: HeaderPrefix = "webhook" if webhook > svix else "svix"
    parts = [(name, found.get(name, [])) for name in _NAMES[family]]
    faults: list[Cause] = []
    notes: list[Finding] = []
    for name, values in parts:
        if len(values) == 1 and values[0].strip():
            continue
        if fault := _fault(name, values, request.headers):
            faults.append(fault)
        else:
            message = (
                f"{name} occurs {len(values)} times, always the same; Node joins them to "
                '"a, a", which the svix libraries refuse'
            )
            notes.append(Finding(f"header-duplicated:{name}", message))
    if not all(values for _, values in parts) and all(
        {f"svix-{part}", f"webhook-{part}"} & found.keys() for part in HEADER_PARTS
    ):  # whole only when mixed
        from vovecli.core.codes import cause_of

        faults.insert(0, cause_of("headers-mixed-families", ", ".join(sorted(found))))
    message_id, timestamp, signature = [
        encodable(values[0].strip(" \t")) if values else "" for _, values in parts
    ]
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


def _renamed(name: str, headers: Headers) -> str:
    """That another header has such a value, where one does: somebody gave it that name."""
    looks = _LOOKS[name.partition("-")[2]]
    found = (other for other, value in headers if re.fullmatch(looks, f"{other.lower()}: {value}"))
    other = next(found, None)
    return f"{other} has such a value: it may have been renamed" if other else ""


def _fault(name: str, values: list[str], headers: Headers) -> Cause | None:
    words = ""
    if not values:
        code, words = "missing-header", _renamed(name, headers)
    elif len(set(values)) > 1:
        code, words = "header-duplicated", f"{len(values)} times"
    elif not values[0].strip():
        code = "empty-header"
    else:
        return None
    from vovecli.core.codes import cause_of  # here: most requests have no fault

    return cause_of(f"{code}:{name}", words)


def masked_header(request: CapturedRequest) -> str:
    """The name of the first webhook header that a mask or a shortened text stands for, or empty."""
    return next(
        (
            name
            for name, value in request.headers
            if name.lower() in HEADER_NAMES and _MASKED.fullmatch(value)
        ),
        "",
    )
