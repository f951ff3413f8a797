"""The sentences that the checks stem from, word for word, with their page."""

from __future__ import annotations

_KYB = "VOVE ID, KYB Webhooks"
_KYC = "VOVE ID, Webhooks"
_SVIX = "Svix documentation"
_STANDARD = "Standard Webhooks 1.0.0"

POST = f"{_KYB}: “Accept HTTP POST requests”"
HTTPS = f"{_KYB}: “Use HTTPS (HTTP is not supported for production)”"
IN_TIME = f"{_KYB}: “Return a 2xx status code within 15 seconds”"
FAILURE = f"{_KYB}: “Failure criteria: Non-2xx response or timeout”"
REJECT = f"{_KYB}: “Reject requests with invalid signatures”"
TIMING_SAFE = f"{_KYB}: “Compare the signatures using a timing-safe comparison”"
TWICE = f"{_KYB}: “Webhooks may be delivered more than once. Implement idempotency handling”"
KYB_EVENTS = f"{_KYB}: “KYB Case Events”, the four that are sent"
REASON = f"{_KYB}: “kyb.case.rejected”, with one example of a reason"
USER_ID = (
    f"{_KYC}: “userId is retained for backward compatibility but will be removed in a future "
    "version. Use refId instead to identify users.”"
)
KYC_STATUSES = f"{_KYC}: “Status enum”"
REDIRECTS = (
    f"{_SVIX}, Retry Schedule: “Any other status code, including 3xx redirects are treated as "
    "failures.”"
)
DISABLED = (
    f"{_SVIX}, Retry Schedule: “If all attempts to a specific endpoint fail for a period of 5 "
    "days, the endpoint will be disabled”"
)
CSRF = (
    f"{_SVIX}, Receiving Webhooks: “It's also important to disable CSRF protection for this "
    "endpoint if the framework you use enables them by default.”"
)
THREE_HEADERS = (
    f"{_SVIX}, Verifying Webhooks Manually: “Each webhook call includes three headers with "
    "additional information that are used for verification”"
)
SAME_ID = (
    f"{_SVIX}, Verifying Webhooks Manually: “This identifier is unique across all messages, but "
    "will be the same when the same webhook is being resent”"
)
EXACT_BYTES = (
    f"{_SVIX}, Verifying Webhooks Manually: “The signature is sensitive to any changes, so even a "
    "small change in the body will cause the signature to be completely different.”"
)
TOLERANCE = (
    f"{_SVIX}, Why Verify Webhooks: “Our libraries automatically reject webhooks with a timestamp "
    "that are more than five minutes away (past or future) from the current time.”"
)
IMPERSONATE = (
    f"{_SVIX}, Why Verify Webhooks: “attackers can impersonate services by simply sending a fake "
    "webhook to an endpoint”"
)
BRANDLESS = (
    f"{_SVIX}, Verifying Webhooks Manually: customers “can have the headers white-labeled to use "
    "the webhook- prefix”"
)
SIGNED_CONTENT = f"{_STANDARD}: “The content to be signed is therefore: msg_id.timestamp.payload.”"
ROTATION = (
    f"{_STANDARD}: “The signature header is a space delimited list of signatures [...] to support "
    "zero downtime secret rotation.”"
)
VERSIONS = f"{_STANDARD}: “Symmetric signatures are prefixed with v1 and asymmetric with v1a.”"
SECRET = (
    f"{_STANDARD}: signing secret “Random. Between 24 bytes (192 bits) and 64 bytes (512 bits)”"
)
IDEMPOTENCY = (
    f"{_STANDARD}: “Use the webhook-id header as an idempotency key to prevent accidentally "
    "processing the same webhook more than once”"
)
RESERIALIZED = (
    f"{_STANDARD}: “many webhook consumers often accidentally parse the body as json, and then "
    "serialize it again, which can cause for failed verification”"
)
SIZE = (
    f"{_STANDARD}: “it's recommended to keep the size of payloads small, usually smaller than 20kb”"
)
CASELESS = "RFC 9110, 5.1: “Field names are case-insensitive”"
MEDIA_TYPE = "RFC 9110, 8.3.1: a media type may carry parameters"
JSON_UNKNOWN = (
    "RFC 8259, 8.1 and 9: JSON is UTF-8, and a parser accepts every text that conforms to its "
    "grammar"
)
LATE = "Svix documentation: retries make an older message arrive after a newer one"
AML = f"{_KYC}: `suspected` may follow from an AML check, which goes on after the first result"
ROBUST = "our own rule: new statuses, fields and events appear before handlers know them"
OWN = "your own settings: [events] of vove.toml"
LEAK = "CWE-209: an error message that contains sensitive information"
