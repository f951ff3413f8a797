"""Notes that never decide a verdict: about events, and about captures, secrets and deliveries."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EVENT_FINDINGS: Mapping[str, str] = {
    "body-not-json": "The body cannot be parsed as JSON; VOVE ID sends JSON only",
    "body-not-an-object": "The JSON is not an object; every documented payload is one",
    "batch": "Several messages in one body, as Svix's FIFO endpoints deliver them",
    "ambiguous-event": "The payload has the shape of several events; nothing in it says which",
    "duplicate-key": "A key occurs twice; parsers keep the last one or the first",
    "missing-field": "A documented field is missing",
    "unknown-field": "A field that is not documented; handlers should ignore it",
    "mistyped-field": "A known field has a value of the wrong type",
    "empty-ref-id": "refId is empty, so the event cannot be matched to a user or business",
    "user-id-differs": "The deprecated userId differs from refId, which it should copy",
    "unknown-status": "A status that is not documented; handlers should keep it and answer 2xx",
    "wrong-case-status": "A documented status misspelt; KYB is upper case, KYC lower case",
    "sdk-status": "A status of the client SDK; webhooks use other words",
    "legacy-event": "An event name from older documentation, or one that is never sent",
    "impossible-transition": "previousStatus and status do not follow each other as documented",
    "repeated-status": "This refId already had this status in the event before",
    "late-event": "A status that comes before the one already seen: deliveries are not ordered",
    "skipped-status": "A status between the last one seen and this one was not received",
    "final-status-changed": "A status after a final one",
    "unknown-reason": "A reason that is not documented; the list is open",
    "unexpected-reason": "A reason on an event that is not a rejection",
    "undocumented-reason-field": "A KYC reason: its values are documented, but no field for it",
    "drift-field-gone": "A field is missing that every learned delivery had",
    "drift-type": "A field holds another kind of value than in the learned deliveries",
    "drift-new-status": "A status that no known event of this family has",
    "drift-new-value": "A field holds a value that is not among the few that were learned",
    "drift-headers": "The header names are not of the family that the learned deliveries had",
}
OTHER_FINDINGS: Mapping[str, str] = {
    "trailing-bytes-ignored": "Bytes beyond what Content-Length says, often added by an editor",
    "body-found": "The signature shows where in the printed text the body is",
    "capture-lossy": "The capture's format cannot carry every byte",
    "secret-trimmed": "Quotes or white space around the secret were removed",
    "secret-without-prefix": "The secret lacks whsec_ before its base64 text",
    "secret-from-env-file": "The secret is the one whsec_ value of an .env file",
    "secret-length": "The key is shorter or longer than the 24 to 64 bytes of Standard Webhooks",
    "no-secret-given": "No secret was given, so the development secret was tried",
    "receipt-unknown": "The capture does not say when it was received, so its age is not judged",
    "likely-retry": "Probably not the first attempt of its message, inferred from the id",
    "from-outside": "The request came from outside to a listener meant for this machine only",
    "duplicate": "A delivery with this message id came before",
    "explanation-skipped": "Too many requests failed at once to explain each of them",
}
