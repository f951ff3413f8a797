"""Causes that lie with the signer: the signature's form, the key, the signed content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.text import CauseText

if TYPE_CHECKING:
    from collections.abc import Mapping

_NODE_SIGN = """\
// Node
const key = Buffer.from(secret.slice("whsec_".length), "base64");
const signature = "v1," + crypto
  .createHmac("sha256", key)
  .update(`${id}.${timestamp}.${rawBody}`)
  .digest("base64");"""
_PYTHON_SIGN = """\
# Python
key = base64.b64decode(secret.removeprefix("whsec_"))
content = f"{message_id}.{timestamp}.".encode() + raw_body
signature = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()"""
_SIGN = f"{_NODE_SIGN}\n{_PYTHON_SIGN}"
_NODE_HEADERS = """\
// Node: header names are lower-case
const id = req.headers["svix-id"];
const timestamp = req.headers["svix-timestamp"];"""

FORM_CAUSES: Mapping[str, CauseText] = {
    "hex-instead-of-base64": CauseText(
        "form",
        "Hex instead of base64",
        "the signature is in hex instead of base64",
        "Node's digest('hex') and Python's hexdigest() return hex",
        "encode it in base64",
        _SIGN,
    ),
    "urlsafe-base64-signature": CauseText(
        "form",
        "Url-safe base64",
        "the signature uses the url-safe alphabet, with - and _ instead of + and /",
        "Node's digest('base64url'), Python's urlsafe_b64encode and Go's URLEncoding use it",
        "use the standard alphabet: digest('base64'), b64encode, StdEncoding",
    ),
    "signature-padding-missing": CauseText(
        "form",
        "The base64 padding is missing",
        "the = at the end of the signature is missing",
        "Go's RawStdEncoding and code that cuts at = leave it out",
        "keep the padding: the base64 of a MAC has 44 characters",
    ),
    "signature-truncated": CauseText(
        "form",
        "The signature is cut off",
        "the signature is right as far as it goes, but part of it is missing",
        "a log, a table column or a copy by hand shortened it",
        "capture the whole header; never compare a part of a signature",
    ),
    "signature-quoted": CauseText(
        "form",
        "The signature is in quotes",
        "the signature has quotes or brackets around it",
        "a shell, a JSON dump or an .env file put them there",
        "send the bare value",
    ),
    "signatures-comma-joined": CauseText(
        "form",
        "Signatures joined by commas",
        "several signatures are joined by commas instead of spaces",
        "proxies and Node join header lines of the same name with a comma",
        "send one header line with entries separated by a space",
    ),
    "signature-percent-encoded": CauseText(
        "form",
        "The signature is percent-encoded",
        "the signature is percent-encoded, with %2C and %2B in it",
        "encodeURIComponent, urlencode or a query string encoded it",
        "send the header value as it is",
    ),
    "signature-plus-became-space": CauseText(
        "form",
        "Plus signs became spaces",
        "the plus signs of the signature became spaces",
        "form decoding (parse_qs, URLSearchParams, PHP's $_GET) reads + as a space",
        "take the value from the header, not through a form or query-string decoder",
    ),
    "signature-lowercased": CauseText(
        "form",
        "The signature is in lower case",
        "the signature was turned to lower case",
        "code that normalises header names changed the values too",
        "normalise names only: base64 is case-sensitive",
    ),
}

KEY_CAUSES: Mapping[str, CauseText] = {
    "undecoded-secret": CauseText(
        "key",
        "The secret was not decoded",
        "the signer used the text of the secret as the key",
        "createHmac('sha256', secret) and secret.encode() use the text, as do the provider's KYB "
        "samples",
        "base64-decode the text after whsec_; the decoded bytes are the key",
        _SIGN,
    ),
    "secret-prefix-in-key": CauseText(
        "key",
        "The prefix was decoded with the secret",
        "the signer decoded the whole text, whsec_ included, as if it were all base64",
        "Ruby's decode64, PHP's base64_decode and Node's Buffer.from skip or translate the _",
        "remove whsec_ before decoding",
        _SIGN,
    ),
    "urlsafe-base64-secret": CauseText(
        "key",
        "The secret was decoded with the url-safe alphabet",
        "the signer mis-decoded the + and / of the secret",
        "decoders of the url-safe alphabet skip or misread them",
        "decode it with the standard base64 alphabet",
    ),
    "secret-decoded-as-text": CauseText(
        "key",
        "The key went through text",
        "the signer decoded the secret but turned its bytes into text",
        "atob(), Buffer.toString() and key.hex() give text, and the HMAC used that text as the key",
        "pass the decoded bytes to the HMAC unchanged",
        _SIGN,
    ),
    "secret-unset": CauseText(
        "key",
        "The signer had no secret",
        "the signer's secret was not set",
        "an unset environment variable becomes an empty key or the word undefined",
        "set VOVE_WEBHOOK_SECRET where the signer runs, and make it refuse to start without one",
    ),
    "secret-prefix-stripped": CauseText(
        "key",
        "The letters of the prefix were stripped",
        "the signer stripped the letters of whsec_ from the secret instead of the prefix",
        "Python's lstrip('whsec_') and PHP's ltrim remove any of those letters, not the prefix",
        "remove the prefix itself: removeprefix('whsec_') in Python, substr($secret, 6) in PHP",
        _SIGN,
    ),
    "secret-padding-missing": CauseText(
        "key",
        "The end of the secret was lost in decoding",
        "the signer's decoder dropped the last group of the secret, which lacks its = padding",
        "decoders that read whole groups of four leave out the rest without an error",
        "add the = padding before decoding, or use a decoder that does not need it",
    ),
    "secret-in-hex": CauseText(
        "key",
        "The secret is the key in hex",
        "the text after whsec_ is the key in hex, and the signer decoded it as hex",
        "the secret was made by hand from openssl rand -hex or a hex digest",
        "write the secret as whsec_ and the base64 of the key's bytes, on both sides",
    ),
    "another-secret": CauseText(
        "key",
        "Signed with another secret",
        "the signature matches another secret",
        "each endpoint, environment and profile has a secret of its own",
        "use the secret of the endpoint that the delivery was sent to",
    ),
}

CONTENT_CAUSES: Mapping[str, CauseText] = {
    "docs-kyb-node": CauseText(
        "content",
        "Signed like the documentation's KYB sample for Node",
        "the signature is base64 of an HMAC over the body alone, under the whole whsec_... text",
        "the Node sample of the provider's KYB page computes this; no genuine delivery has it",
        "decode the secret and sign id.timestamp.body, or verify with the svix package",
        _NODE_SIGN,
    ),
    "docs-kyb-python": CauseText(
        "content",
        "Signed like the documentation's KYB sample for Python",
        "the signature is hex of an HMAC over the body alone, under the whole whsec_... text",
        "the Flask sample of the provider's KYB page computes this; no genuine delivery has it",
        "decode the secret, sign id.timestamp.body, write base64, or verify with the svix package",
        _PYTHON_SIGN,
    ),
    "docs-kyc-node": CauseText(
        "content",
        "Signed like the documentation's KYC sample",
        "the signature covers the literal body of the provider's KYC sample, not this request's",
        "the sample signs JSON.stringify of an object that is in its source",
        "sign the raw body of the request",
        _NODE_SIGN,
    ),
    "body-only-hmac": CauseText(
        "content",
        "Only the body was signed",
        "the signature covers the body alone",
        "GitHub's scheme and the provider's KYB samples do this",
        "sign id.timestamp.body",
        _SIGN,
    ),
    "content-without-id": CauseText(
        "content",
        "The id was not signed",
        "the signature covers timestamp and body but not the id",
        "Stripe's and Slack's schemes do this",
        "sign id.timestamp.body",
        _SIGN,
    ),
    "content-without-timestamp": CauseText(
        "content",
        "The timestamp was not signed",
        "the signature covers id and body but not the timestamp",
        "the signer leaves it out, so an old delivery could be replayed forever",
        "sign id.timestamp.body",
        _SIGN,
    ),
    "content-order": CauseText(
        "content",
        "Signed in the wrong order",
        "id, timestamp and body were signed in another order",
        "other providers' schemes begin with the timestamp",
        "sign id.timestamp.body, in this order",
        _SIGN,
    ),
    "content-separator": CauseText(
        "content",
        "Signed with the wrong separators",
        "the parts of the signed content are not joined by single dots",
        "plain concatenation, or another provider's scheme (Slack's has colons)",
        "join id, timestamp and body with single dots, and add nothing before or after",
        _SIGN,
    ),
    "content-timestamp-ms": CauseText(
        "content",
        "A timestamp in milliseconds was signed",
        "the signed timestamp is in milliseconds, the header's in seconds",
        "Date.now() and Java's currentTimeMillis() count milliseconds",
        "sign exactly the text of the timestamp header",
    ),
    "content-timestamp-offset": CauseText(
        "content",
        "A timestamp of another time zone was signed",
        "the signed timestamp is off by whole quarter hours",
        "a local time was used as UTC (utcnow().timestamp(), mktime, Date.parse without Z), "
        "or the timestamp was renewed without signing again",
        "read the Unix time once, and use it for both the header and the signature",
    ),
    "timestamp-renewed": CauseText(
        "content",
        "The signature is for another second",
        "the signature was made for another second than the timestamp header says",
        "a test request was sent again with a new timestamp and the old signature, "
        "or the signer reads the clock twice",
        "sign again whenever the timestamp changes, as vove replay and vove sign do",
    ),
    "content-timestamp-format": CauseText(
        "content",
        "A timestamp in another format was signed",
        "the signed timestamp has another format than the header",
        "str(time.time()), str(datetime) and toISOString() produce such formats",
        "sign exactly the text of the timestamp header",
    ),
    "content-undefined": CauseText(
        "content",
        "Undefined values were signed",
        "a word such as undefined, or nothing, was signed in place of the id, the timestamp or "
        "the body",
        "Node's header names are lower-case, so headers['Svix-Id'] is undefined; "
        "a body that no raw parser kept is undefined, empty or {}",
        "read the headers in lower case and keep the raw body",
        _NODE_HEADERS,
    ),
    "wrong-hash": CauseText(
        "content",
        "A hash other than HMAC-SHA256",
        "the signature is not an HMAC-SHA256",
        "the signer uses another algorithm, or a plain hash without a key",
        "use HMAC with SHA-256 under the decoded secret",
        _SIGN,
    ),
}

OTHER_CAUSES: Mapping[str, CauseText] = {
    "no-matching-signature": CauseText(
        "rest",
        "No signature matches",
        "wrong secret or altered body (they cannot be told apart)",
        "nothing that was tried explains this signature",
        "compare the secret's fingerprint with the signer's, and capture the raw bytes again",
    ),
    "docs-sample": CauseText(
        "sample",
        "The documentation's sample request",
        "this is the sample request printed in the provider's documentation",
        "it is an illustration, and its signature matches no known body",
        "use a real delivery, or make one: vove sign kyc.successful",
    ),
}
