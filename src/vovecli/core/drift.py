"""What has changed since real deliveries were learned from: notes, never a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.catalogue import BUILT_IN
from vovecli.core.json_fields import fields, holder, kind
from vovecli.core.lint import lint, shown
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vovecli.core.catalogue import Catalogue, Learned
    from vovecli.core.identification import EventIdentity
    from vovecli.core.requests import CapturedRequest

_PREFIX = "drift-"  # of the codes of every such finding


def drifts(findings: Iterable[Finding]) -> list[Finding]:
    """Those of the findings that say that something has changed."""
    return [finding for finding in findings if finding.code.startswith(_PREFIX)]


def remarks(
    request: CapturedRequest,
    event: EventIdentity | None,
    last_status: str | None = None,
    catalogue: Catalogue = BUILT_IN,
) -> list[Finding]:
    """Everything odd about a received payload: against its sources, and against what was learned.

    Args:
        request: As received.
        event: What `identify` made of its body with the same catalogue.
        last_status: The status that the same refId was last seen with, where there is one.
        catalogue: The event types that are known.
    """
    found = lint(request.body, event, last_status, catalogue)
    if event is None or event.family not in catalogue.learned_families:
        return found
    changes = list(_drift(request, event, catalogue))
    if any(change.code == "drift-new-status" for change in changes):
        found = [finding for finding in found if finding.code != "unknown-status"]
    return [*found, *changes]


def _drift(
    request: CapturedRequest, event: EventIdentity, catalogue: Catalogue
) -> Iterator[Finding]:
    known = catalogue.events.get(event.type or "")
    if known and known.learned:
        yield from _headers(request, known.learned)
        yield from _shape(event.payload, known.learned)
    elif event.status and not event.type and not event.candidates:
        count = catalogue.learned_families[event.family or ""]
        yield Finding(
            "drift-new-status",
            f"status {shown(event.status)} is new for {event.family}: no source has it, "
            f"and none of the {count} learned deliveries had it",
        )


def _headers(request: CapturedRequest, learned: Learned) -> Iterator[Finding]:
    family = read_webhook_headers(request).family
    if learned.headers and family not in learned.headers:
        yield Finding(
            "drift-headers",
            f"the headers are {family}-*; those of the {learned.deliveries} learned deliveries "
            f"were {' or '.join(f'{name}-*' for name in learned.headers)}",
        )


def _shape(payload: Mapping[str, object], learned: Learned) -> Iterator[Finding]:
    """What is wrong with a field is said once, not of everything that it should hold besides."""
    present: dict[str, list[object]] = {"": [payload]}
    for path, value in fields(payload):
        present.setdefault(path, []).append(value)
    for path, kinds in learned.fields.items():
        if holder(path) not in present:
            continue
        if path not in present:
            if path not in learned.sometimes:
                yield Finding("drift-field-gone", _gone(path, learned))
        elif odd := [kind(value) for value in present[path] if kind(value) not in kinds]:
            del present[path]
            message = f"{path} is {odd[0]} here; it was {' or '.join(kinds)} before"
            yield Finding("drift-type", message)
        else:
            yield from _values(path, present[path], learned.values.get(path, ()))


def _values(path: str, values: list[object], known: tuple[str, ...]) -> Iterator[Finding]:
    new = [value for value in values if isinstance(value, str) and value not in known]
    if known and new:
        message = f"{path} {shown(new[0])} is new; so far it was {', '.join(known)}"
        yield Finding("drift-new-value", message)


def _gone(path: str, learned: Learned) -> str:
    text = f"{path} is gone: all {learned.deliveries} learned deliveries had it"
    if path == "userId":
        text += "; VOVE ID has announced its removal: use refId"
    return text
