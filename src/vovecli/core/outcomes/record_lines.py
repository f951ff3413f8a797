"""A record of the history as one line of a list."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vovecli.core.outcomes.records import Record

# A longer body is not read for a line: its statuses are then unknown.
STATUS_BODY_BYTES = 4096


class RecordLine(NamedTuple):
    """What a list says of a record.

    Attributes:
        record: Without its headers, bodies and attempts; `body_len` is always known.
        new_status: The status that the payload announces, whatever its event.
        previous_status: The status before, as the payload says.
    """

    record: Record
    new_status: str | None
    previous_status: str | None


def payload_statuses(body: bytes) -> tuple[str | None, str | None]:
    """`status` and `previousStatus` of a payload, where they are texts."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    found = payload if isinstance(payload, dict) else {}
    status, previous = found.get("status"), found.get("previousStatus")
    return (
        status if isinstance(status, str) else None,
        previous if isinstance(previous, str) else None,
    )
