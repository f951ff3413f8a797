"""A record without personal data, for screens that are shared and pages that are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vovecli.core.webhook_headers import HEADER_NAMES

if TYPE_CHECKING:
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.records import Record
    from vovecli.core.pseudonyms import Pseudonyms

# What says nothing of anybody; the values of all other headers may.
_KEPT_HEADERS = HEADER_NAMES | {
    "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type",
    "date", "host", "transfer-encoding", "user-agent",
}  # fmt: skip


def redacted(record: Record, pseudonyms: Pseudonyms) -> Record:
    """The record with pseudonyms in bodies, ids and paths; other headers keep their names.

    The message id stays, for it is Svix's: it holds a moment and random bytes.
    """
    answer = record.answer
    return record._replace(
        ref_id=record.ref_id and pseudonyms.text(record.ref_id, "refId"),
        target=_target(record.target, pseudonyms),
        endpoint=record.endpoint and _url(record.endpoint, pseudonyms),
        headers=_headers(record.headers, pseudonyms),
        body=pseudonyms.body(record.body),
        answer=answer
        and answer._replace(
            headers=_headers(answer.headers, pseudonyms), body=pseudonyms.body(answer.body)
        ),
    )


def _headers(headers: Headers, pseudonyms: Pseudonyms) -> Headers:
    return [
        (name, value if name.lower() in _KEPT_HEADERS else pseudonyms.text(value))
        for name, value in headers
    ]


def _target(target: str, pseudonyms: Pseudonyms) -> str:
    """Paths are the app's own; what is in a query may be anybody's."""
    path, mark, query = target.partition("?")
    return path + mark + pseudonyms.text(query)


def _url(url: str, pseudonyms: Pseudonyms) -> str:
    query = urlsplit(url).query
    return url.removesuffix(query) + pseudonyms.text(query) if query else url
