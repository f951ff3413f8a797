"""Causes that a request, a secret or a capture shows by itself, before any MAC is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.text import CauseText

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADER_CAUSES: Mapping[str, CauseText] = {
    "missing-header": CauseText(
        "headers",
        "A webhook header is missing",
        "the request has no {header} header",
        "a proxy stripped it, the capture left it out, or the request is not a webhook",
        "check that no proxy strips the headers and that the capture kept all of them",
    ),
    "empty-header": CauseText(
        "headers",
        "A webhook header is empty",
        "the {header} header is empty",
        "an unset variable in a test request is the usual reason",
        "check what sets the header",
    ),
    "header-duplicated": CauseText(
        "headers",
        "A webhook header occurs twice with different values",
        "the {header} header occurs more than once, with different values",
        "a proxy or middleware adds its own, and receivers disagree about which one counts",
        "look for the proxy or middleware that adds headers",
    ),
    "headers-mixed-families": CauseText(
        "headers",
        "The headers come from two families",
        "svix-* and webhook-* headers are mixed",
        "a verifier reads one family only, and a proxy or test request filled in the other",
        "send all three headers as svix-* or all three as webhook-*",
    ),
    "method-not-allowed": CauseText(
        "headers",
        "The request is not a POST",
        "deliveries are POST requests",
        "a browser, a health check or a person visited the URL",
        "send deliveries with POST: vove send, or curl -X POST --data-binary @file",
    ),
    "malformed-timestamp": CauseText(
        "headers",
        "The timestamp is not a Unix time in seconds",
        "the timestamp header is not a Unix time in whole seconds",
        "Date.now() counts milliseconds, time.time() has a fraction, toISOString() is a date",
        "send whole Unix seconds in plain digits",
        "// Node\nconst timestamp = Math.floor(Date.now() / 1000).toString();\n"
        "# Python\ntimestamp = str(int(time.time()))",
    ),
    "stale-timestamp": CauseText(
        "age",
        "The request is too old",
        "the request is older than the tolerance allows",
        "it was delivered late or replayed, or a clock is wrong",
        "ask for a fresh delivery (`vove replay` re-signs one), or correct the receiver's clock",
    ),
    "future-timestamp": CauseText(
        "age",
        "The request comes from the future",
        "the request is dated further ahead than the tolerance allows",
        "the clocks of sender and receiver differ, or a local time was used as UTC",
        "correct the clocks; use Unix seconds, which have no time zone",
    ),
    "signature-version-missing": CauseText(
        "version",
        "The signature lacks its version",
        "the signature does not begin with `v1,`",
        "the header holds the bare digest, or another scheme's label",
        "write the version before it: v1,<base64>",
        'headers["svix-signature"] = `v1,${signature}`;  // Node\n'
        'headers["svix-signature"] = f"v1,{signature}"  # Python',
    ),
    "signature-version-unknown": CauseText(
        "version",
        "The signature has an unknown version",
        "the header holds no v1 signature",
        "VOVE ID signs with v1 (HMAC-SHA256); every verifier ignores other versions",
        "sign with a whsec_ secret and write v1,<base64>",
    ),
    "malformed-signature": CauseText(
        "version",
        "The signature cannot be read",
        "the signature header is not a list of v1,<base64> entries",
        "it was cut, padded, edited or encoded once more on the way",
        "send v1, and the 44 base64 characters of the MAC, entries separated by one space",
    ),
}

SECRET_CAUSES: Mapping[str, CauseText] = {
    "bad-base64-secret": CauseText(
        "secret",
        "The signing secret is not base64",
        "the text after whsec_ cannot be decoded",
        "it is a placeholder, a variable, a reference to a vault, a whole file, an API key, "
        "url-safe base64, or was copied in part",
        "copy it again from Settings -> Webhooks in the dashboard",
    ),
    "secret-encoded-twice": CauseText(
        "secret",
        "The signing secret was base64-encoded once more",
        "the secret decodes to another text that begins with whsec_",
        "Kubernetes manifests and some dashboards show the base64 of the whole text",
        "decode it once and use the result: base64 -d",
    ),
    "empty-secret": CauseText(
        "secret",
        "The signing secret is empty",
        "a signing secret was set but has no text",
        "the variable is declared without a value, or the file is empty",
        "copy it from Settings -> Webhooks in the dashboard; it starts with whsec_",
    ),
    "published-secret": CauseText(
        "secret",
        "The secret is a published example",
        "the secret given is an example printed in documentation",
        "it was copied from a sample, and nothing genuine is signed with it",
        "copy your endpoint's own secret from Settings -> Webhooks in the dashboard",
    ),
    "asymmetric-secret": CauseText(
        "secret",
        "The signing secret is an asymmetric key",
        "the secret starts with whpk_ or whsk_, an ed25519 key",
        "Standard Webhooks defines both kinds; VOVE ID signs with a shared secret",
        "copy the secret that starts with whsec_",
    ),
}

CAPTURE_CAUSES: Mapping[str, CauseText] = {
    "not-a-request": CauseText(
        "capture",
        "The source holds no request",
        "nothing in it looks like an HTTP request in a known format",
        "the file is empty, holds a response, or is of another kind",
        "capture the request itself: `vove listen --save DIR` keeps byte-exact ones",
    ),
    "body-not-found": CauseText(
        "capture",
        "The headers are in the text, the body is not",
        "the signature covers none of the texts near the three headers",
        "a console cut the body short or printed an object instead of its text, the body is "
        "somewhere else, or another secret signed it",
        "print the raw bytes beside the headers; the hint has the line for your language",
    ),
    "masked-header": CauseText(
        "capture",
        "A header is masked",
        "a webhook header holds a mask or a shortened text in place of its value",
        "loggers and trackers hide headers whose names look like secrets, and people who report a "
        "failure shorten them",
        "log the headers whole: they are not secret, and they expire within minutes",
    ),
    "no-webhook-request": CauseText(
        "capture",
        "None of the requests is a webhook",
        "the source holds requests, but none with a webhook header",
        "the recording was made elsewhere, or its headers were filtered",
        "record the deliveries themselves and keep all headers",
    ),
    "malformed-chunked": CauseText(
        "capture",
        "The chunked body is broken",
        "a chunk has no valid size, or does not end where its size says",
        "the capture was edited, or its line ends were converted",
        "capture again without an editor in between",
    ),
    "malformed-header": CauseText(
        "capture",
        "A header line is broken",
        "one of the header lines is not a header",
        "the capture was wrapped, indented or pasted in parts",
        "capture again, or repair that line",
    ),
    "malformed-json": CauseText(
        "capture",
        "The JSON of the capture is broken",
        "the source looks like JSON but cannot be parsed",
        "it was cut off, or edited by hand",
        "export it again",
    ),
    "malformed-base64": CauseText(
        "capture",
        "The base64 of the capture is broken",
        "a field that should hold base64 holds something else",
        "the export was edited, or its text was pasted where base64 belongs",
        "export it again",
    ),
    "malformed-shell": CauseText(
        "capture",
        "The shell command is broken",
        "the command line cannot be split into words as a shell would",
        "a quote was lost when it was copied",
        "copy the whole command again",
    ),
    "unresolved-variable": CauseText(
        "capture",
        "A variable has no value",
        "the capture uses a variable that it does not define",
        "REST clients keep values in environment files that the capture does not hold",
        "fill in the values, or export the request as it was sent",
    ),
}
