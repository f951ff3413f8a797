"""What handlers get wrong about signatures: key, content, form, time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.text import HandlerText

if TYPE_CHECKING:
    from collections.abc import Mapping

HOW_TO_VERIFY = (
    "compute base64(HMAC-SHA256(key, id + '.' + timestamp + '.' + raw body)), where key is the "
    "base64-decoded text after whsec_, and compare it with every v1 entry of svix-signature, in "
    "constant time"
)
RAW_FIRST = "read the raw bytes first, verify them, and only then parse the JSON"
_SEES_NO_HEADERS = (
    "the handler does not see webhook headers that were sent: the spelling `Svix-Id` does not "
    "exist in Node, `svix-id` not in Go's header map"
)

SIGNING_MISTAKES: Mapping[str, HandlerText] = {
    "docs-kyb-node": HandlerText(
        "this is the Express sample of VOVE ID's KYB page: it compares the whole header with "
        "base64 of an HMAC over the body alone, keyed with the secret's text. Genuine signatures "
        "begin with `v1,`, cover more than the body and use the decoded key, so each delivery "
        "ends in a crash of timingSafeEqual (500) or a refusal",
        HOW_TO_VERIFY,
    ),
    "docs-kyb-python": HandlerText(
        "this is the Flask sample of VOVE ID's KYB page: it compares the header with hex of an "
        "HMAC over the body alone, keyed with the secret's text; genuine deliveries are never "
        "signed that way",
        HOW_TO_VERIFY,
    ),
    "docs-kyc-node": HandlerText(
        "this is the Node sample of VOVE ID's KYC page: it compares what comes after the first "
        "comma, so every header with two signatures is refused while a secret is rotated, and it "
        "never looks at the timestamp, so a captured delivery can be sent again forever",
        "split the header at spaces, accept any v1 entry that matches, and refuse timestamps more "
        "than 5 minutes away",
        explains=(
            "retry.rotation",
            "retry.foreign-version",
            "forgery.stale-*",
            "forgery.future-6min",
            "forgery.unknown-version",
            "forgery.malformed",
        ),
    ),
    "reads-canonical-header-names": HandlerText(
        _SEES_NO_HEADERS,
        "read the headers through the framework's case-insensitive accessor (in Node: "
        "req.headers['svix-id'])",
    ),
    "header-case": HandlerText(
        "the handler finds the webhook headers in only one spelling of their names",
        "compare header names without regard to case",
        snippet=False,
        explains=("delivery.header-case",),
    ),
    "body-only-hmac": HandlerText(
        "the handler expects a signature over the body alone; id and timestamp are part of the "
        "signed content",
        HOW_TO_VERIFY,
    ),
    "undecoded-secret": HandlerText(
        "the text of the secret is used as the key; what comes after whsec_ is base64 and must be "
        "decoded first",
        "remove whsec_, base64-decode the rest and use the bytes as the key",
    ),
    "secret-prefix-in-key": HandlerText(
        "the prefix whsec_ is decoded with the key, as if it were base64 too",
        "remove whsec_, base64-decode the rest and use the bytes as the key; if the code already "
        "does, look for quotes around the secret, which hide the prefix (docker --env-file keeps "
        "them)",
    ),
    "secret-prefix-stripped": HandlerText(
        "the letters of whsec_ are stripped from the secret instead of the prefix: this secret "
        "continues with some of those letters, and they were lost too",
        "remove the prefix itself: removeprefix('whsec_') in Python, substr($secret, 6) in PHP",
    ),
    "hex-instead-of-base64": HandlerText(
        "the signature is compared as hex; it is base64 on the wire",
        "encode the HMAC in base64 before comparing",
    ),
    "wrong-hash": HandlerText(
        "the handler computes a hash other than HMAC-SHA256",
        "use HMAC with SHA-256; the key is the base64-decoded text after whsec_",
    ),
    "signature-version-not-removed": HandlerText(
        "the whole header is compared with the bare base64; on the wire it begins with `v1,`",
        "split the header at spaces and take what follows `v1,`",
    ),
    "body-reserialized": HandlerText(
        "the handler verifies a body that it parsed and wrote again: other spacing, escapes, "
        "number or key order make genuine deliveries fail",
        RAW_FIRST,
        explains=(
            "body.reserialized-*",
            "body.whitespace",
            "body.escapes",
            "body.numbers",
            "body.utf8",
        ),
    ),
    "invented-header-name": HandlerText(
        "the handler looks for the signature under a header name that VOVE ID does not send",
        "read svix-id, svix-timestamp and svix-signature. "
        + HOW_TO_VERIFY[0].upper()
        + HOW_TO_VERIFY[1:],
    ),
    "webhook-headers-only": HandlerText(
        "only the unbranded names webhook-id, webhook-timestamp and webhook-signature are read; "
        "VOVE ID sends svix-*. Or something before the handler drops svix-*",
        "read the svix-* names, or use the svix package, which reads both",
    ),
    "published-secret": HandlerText(
        "the handler verifies with a secret that is printed in documentation",
        "set the signing secret of your own endpoint (dashboard, Settings, Webhooks) and load it "
        "from the environment",
        snippet=False,
        explains=("forgery.published-secret",),
    ),
    "secret-unset": HandlerText(
        "the handler verifies with an empty or unset secret: anybody can sign",
        "set the environment variable, and stop at start-up when it is missing",
        snippet=False,
        explains=("forgery.empty-key",),
    ),
    "clock-skew": HandlerText(
        "the handler's clock, or its arithmetic with time zones, is off",
        "compare svix-timestamp, Unix seconds in UTC, with the current Unix time; keep the "
        "machine's clock on NTP",
        explains=("forgery.stale-*", "forgery.future-6min"),
    ),
    "tolerance-too-narrow": HandlerText(
        "deliveries are too old for the handler when they arrive, or a moment later",
        "allow 300 seconds: a difference in milliseconds (Date.now()) is compared with 300,000",
        explains=("retry.same-id",),
    ),
    "timestamp-milliseconds": HandlerText(
        "the timestamp is compared in milliseconds; the header holds seconds",
        "divide Date.now() by 1000 before comparing",
    ),
    "id-not-signed": HandlerText(
        "the id is left out of the signed content",
        HOW_TO_VERIFY,
    ),
    "timestamp-not-signed": HandlerText(
        "the timestamp is left out of the signed content",
        HOW_TO_VERIFY,
    ),
    "timestamp-reformatted": HandlerText(
        "the timestamp is signed in another form than the header has it: in milliseconds, as a "
        "float or as a date",
        "sign the text of svix-timestamp as it is; parse it only to compare it with the clock",
    ),
    "signature-characters": HandlerText(
        "a signature with + or / in it is refused, others are accepted: it is used as a regular "
        "expression, or decoded as a part of a URL",
        "compare the text after `v1,` as it is, in constant time",
    ),
    "prefix-compare": HandlerText(
        "the beginning of a signature is enough: an empty or guessed prefix passes, which is a "
        "full forgery",
        "compare the whole signature, lengths included, in constant time",
        explains=("forgery.truncated-signature", "forgery.altered-signature"),
    ),
    "loose-comparison": HandlerText(
        "a wrong signature passes: only a part of it is compared, or upper and lower case count "
        "as equal, or any of several entries is believed, or an error while comparing counts as a "
        "match",
        "compare each v1 entry as a whole and exactly, in constant time, and refuse on any error",
        explains=(
            "forgery.altered-signature",
            "forgery.truncated-signature",
            "forgery.empty-key",
            "forgery.published-secret",
            "forgery.malformed",
        ),
    ),
    "unpadded-base64": HandlerText(
        "the signature is compared without the = at its end",
        "keep the padding: it is part of standard base64",
    ),
    "urlsafe-base64": HandlerText(
        "the url-safe alphabet (- and _) is used where the signature has + and /",
        "use standard base64",
    ),
    "python-bytes-repr": HandlerText(
        "an f-string turned the body's bytes into b'...' before signing",
        "join bytes: f'{id}.{timestamp}.'.encode() + body",
    ),
    "content-separator": HandlerText(
        "id, timestamp and body are joined by something other than single dots",
        HOW_TO_VERIFY,
    ),
    "content-order": HandlerText(
        "id, timestamp and body are joined in the wrong order",
        HOW_TO_VERIFY,
    ),
    "secret-decoded-as-text": HandlerText(
        "the decoded secret is turned into text (atob, toString(), a hex string) before it is "
        "used as the key",
        "use the bytes as they are: Buffer.from(text, 'base64'), no second conversion",
    ),
    "signature-version-missing": HandlerText(
        "the handler expects a label other than `v1,` in the header",
        "split the header at spaces and take what follows `v1,`",
    ),
    "body-base64-encoded": HandlerText(
        "the base64 of the body is verified, not the body (API Gateway passes bodies on like this)",
        "decode event.body first if event.isBase64Encoded is true, and verify the bytes",
    ),
    "body-percent-encoded": HandlerText(
        "the percent-encoded body is verified, not the body", RAW_FIRST
    ),
    "body-html-escaped": HandlerText(
        "the body is escaped for HTML before it is verified", RAW_FIRST
    ),
    "body-compressed": HandlerText("the compressed body is verified, not the body", RAW_FIRST),
    "charset-converted": HandlerText(
        "the body is converted to another charset before it is verified",
        RAW_FIRST,
        explains=("body.utf8",),
    ),
}
