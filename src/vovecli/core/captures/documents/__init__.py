"""JSON documents: which tool wrote one, and the requests in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.documents import aws, generic, har, ngrok, webhook_site

if TYPE_CHECKING:
    from vovecli.core.captures.json_text import JsonValue
    from vovecli.core.requests import CapturedRequest

_READERS = {
    "har": har.read,
    "ngrok": ngrok.read,
    "webhook-site": webhook_site.read,
    "lambda": aws.read,
    "json": generic.read,
}


def shape(document: JsonValue) -> str:
    """The format of a document by the fields that only one tool writes; else `json`."""
    if har.is_har(document):
        return "har"
    if ngrok.is_ngrok(document):
        return "ngrok"
    if webhook_site.is_webhook_site(document):
        return "webhook-site"
    return "lambda" if aws.is_aws(document) else "json"


def read(document: JsonValue, name: str) -> list[CapturedRequest]:
    """Every request of a document of the named format, in order.

    Raises:
        VoveError: `malformed-base64`, and those of a raw message.
    """
    return _READERS[name](document)
