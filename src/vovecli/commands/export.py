"""Captures without personal data, signed anew: for a repository or a bug report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from vovecli.adapters import files
from vovecli.core.envelope import body_json
from vovecli.core.errors import VoveError
from vovecli.core.pseudonyms import KEY_BYTES, Exported, Pseudonyms
from vovecli.core.secrets import new_secret
from vovecli.core.verification import parse_timestamp
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vovecli.core.catalogue import Catalogue
    from vovecli.core.outcomes.records import Record
    from vovecli.core.requests import CapturedRequest


def export(
    requests: Iterable[CapturedRequest | None],
    place: str,
    catalogue: Catalogue,
    random_bytes: Callable[[int], bytes],
) -> Exported:
    """Write genuine requests with pseudonyms and a fresh secret; nothing is overwritten.

    Args:
        requests: None for one that is left out.
        place: The file; the secret goes into one of the same name and `.secret`.
        catalogue: Its words stay as they are.
        random_bytes: Makes the key of the pseudonyms and the secret.

    Raises:
        VoveError: `file-exists`, `unwritable`, `nothing-to-export`.
    """
    secret = new_secret(random_bytes)
    pseudonyms = Pseudonyms(random_bytes(KEY_BYTES), catalogue)
    lines, left_out = [], 0
    for request in requests:
        if request is None:
            left_out += 1
            continue
        redacted = pseudonyms.redact(request, secret)
        line = {
            "method": redacted.method,
            "path": redacted.target,
            "headers": [list(pair) for pair in redacted.headers],
            **body_json(redacted.body),
        }
        lines.append(json.dumps(line, ensure_ascii=False) + "\n")
    if not lines:
        raise VoveError(
            "nothing-to-export",
            f"none of {left_out} requests is known to be genuine"
            if left_out
            else "there is nothing to export",
            hint="see what there is: vove history, or vove verify with the endpoint's secret",
        )
    secret_place = f"{place}.secret"
    contents = {place: "".join(lines), secret_place: f"{secret.text}\n"}
    for each in contents:
        if Path(each).exists():
            raise _exists(each)
    for each, text in contents.items():
        if not files.create_private(Path(each), text.encode("utf-8", "surrogateescape")):
            raise _exists(each)
    return Exported(place, secret_place, secret.fingerprint, len(lines), left_out)


def recorded(records: Iterable[Record]) -> Iterator[CapturedRequest | None]:
    """The requests of records that are genuine and whole; None for each of the others."""
    for record in records:
        request = record.request
        is_genuine = (
            record.outcome == "valid" if record.direction == "received" else not record.faults
        )
        has_moment = parse_timestamp(read_webhook_headers(request).timestamp) is not None
        yield request if is_genuine and has_moment and record.body_sha256 is None else None


def write_page(place: str, text: str, *, count: int) -> None:
    """Write an HTML page that only the user can read; nothing is overwritten.

    Args:
        place: The file.
        text: The page.
        count: How many records are on it.

    Raises:
        VoveError: `file-exists`, `unwritable`, `nothing-to-export`.
    """
    if not count:
        raise VoveError(
            "nothing-to-export",
            "no record matches",
            hint="list the records: vove history",
        )
    if not files.create_private(Path(place), text.encode()):
        raise _exists(place)


def _exists(place: str) -> VoveError:
    return VoveError(
        "file-exists",
        f"{place} already exists, and an export overwrites nothing",
        hint="name another file",
        source=place,
    )
