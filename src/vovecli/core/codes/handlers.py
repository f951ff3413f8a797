"""The handler's mistakes by code: what each means and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vovecli.core.outcomes.checks import Diagnosis, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class HandlerText:
    """What is said about one mistake of a handler.

    Attributes:
        message: What the handler does and what follows from it; ends without a period.
        snippet: Whether a corrected handler helps more than words.
    """

    message: str
    fix: str
    snippet: bool = False


_VERIFY = (
    "compute base64(HMAC-SHA256(key, id + '.' + timestamp + '.' + raw body)), where key is the "
    "base64-decoded text after whsec_, and compare it with every v1 entry of svix-signature, in "
    "constant time"
)
_RAW = "read the raw bytes first, verify them, and only then parse the JSON"
_SEES_NO_HEADERS = (
    "a genuine delivery is answered exactly like one without the webhook headers: the handler does "
    "not see them (the spelling `Svix-Id` does not exist in Node, `svix-id` not in Go's header "
    "map), or the body was read before"
)

HANDLER_MISTAKES: Mapping[str, HandlerText] = {
    "docs-kyb-node": HandlerText(
        "this is the Express sample of VOVE ID's KYB page: it compares the whole header with "
        "base64 of an HMAC over the body alone, keyed with the secret's text. Genuine signatures "
        "have a `v1,` before them and another content and key, so each delivery ends in a crash of "
        "timingSafeEqual (500) or a refusal",
        _VERIFY,
        snippet=True,
    ),
    "docs-kyb-python": HandlerText(
        "this is the Flask sample of VOVE ID's KYB page: it compares the header with hex of an "
        "HMAC over the body alone, keyed with the secret's text; genuine deliveries are never "
        "signed that way",
        _VERIFY,
        snippet=True,
    ),
    "docs-kyc-node": HandlerText(
        "this is the Node sample of VOVE ID's KYC page: it compares what stands after the first "
        "comma, so every header with two signatures is refused while a secret is rotated, and it "
        "never looks at the timestamp, so a captured delivery can be sent again for ever",
        "split the header at spaces, accept any v1 entry that matches, and refuse timestamps more "
        "than 5 minutes away",
        snippet=True,
    ),
    "reads-canonical-header-names": HandlerText(
        _SEES_NO_HEADERS,
        "read the headers through the framework's case-blind accessor (in Node: "
        "req.headers['svix-id'])",
        snippet=True,
    ),
    "header-case": HandlerText(
        "the webhook headers are found in one spelling of their names only",
        "compare header names without regard to case",
    ),
    "body-only-hmac": HandlerText(
        "the handler expects a signature over the body alone; id and timestamp belong to what is "
        "signed",
        _VERIFY,
        snippet=True,
    ),
    "undecoded-secret": HandlerText(
        "the text after whsec_ is used as key; it is base64 and must be decoded first",
        "base64-decode what stands after whsec_ and use the bytes as key",
        snippet=True,
    ),
    "secret-prefix-in-key": HandlerText(
        "the prefix whsec_ is taken for a part of the key",
        "remove whsec_, base64-decode the rest and use the bytes as key",
        snippet=True,
    ),
    "secret-prefix-stripped": HandlerText(
        "the letters of whsec_ are stripped from the secret instead of the prefix: this secret "
        "goes on with some of them, and they were lost, too",
        "remove the prefix itself: removeprefix('whsec_') in Python, substr($secret, 6) in PHP",
        snippet=True,
    ),
    "hex-instead-of-base64": HandlerText(
        "the signature is compared as hex; it is base64 on the wire",
        "encode the HMAC in base64 before comparing",
        snippet=True,
    ),
    "signature-version-not-removed": HandlerText(
        "the whole header is compared with the bare base64; on the wire `v1,` stands before it",
        "split the header at spaces and take what follows `v1,`",
        snippet=True,
    ),
    "body-reserialized": HandlerText(
        "the handler verifies a body that it parsed and wrote again: other spacing, escapes, "
        "number or key order make genuine deliveries fail",
        _RAW,
        snippet=True,
    ),
    "invented-header-name": HandlerText(
        "the signature is looked for under a header name that VOVE ID does not send",
        "read svix-id, svix-timestamp and svix-signature. " + _VERIFY[0].upper() + _VERIFY[1:],
        snippet=True,
    ),
    "webhook-headers-only": HandlerText(
        "only the unbranded names webhook-id, webhook-timestamp and webhook-signature are read; "
        "VOVE ID sends svix-*. Or something before the handler drops svix-*",
        "read the svix-* names, or use the svix package, which knows both",
        snippet=True,
    ),
    "no-verification": HandlerText(
        "forged deliveries are acknowledged like genuine ones: where nothing is verified, anybody "
        "can report any status for any user",
        _VERIFY,
        snippet=True,
    ),
    "verifies-only-if-present": HandlerText(
        "a wrong signature is refused, but a request without one passes: forgers leave it out",
        "refuse when any of the three headers is missing, in every environment",
        snippet=True,
    ),
    "ok-on-failure": HandlerText(
        "failures are answered with a 2xx: the sender takes that for success, and a genuine "
        "delivery that failed is never sent again",
        "answer 400 or 401 when verification fails",
        snippet=True,
    ),
    "crash-after-verification": HandlerText(
        "genuine deliveries pass the verification and then crash, forged ones are refused cleanly. "
        "The classic: verify() of the Python svix package returns None since 2.0, and reading the "
        "event from it raises",
        "look at the handler's error log; with Python's svix, parse the body yourself after "
        "verify()",
        snippet=True,
    ),
    "crash-before-verification": HandlerText(
        "every request ends in a server error or a closed connection, even one without headers: "
        "the handler crashes before it verifies anything",
        "look at the handler's error log; a header that is read under a name the framework does "
        "not use, or a secret that is not set, are the usual reasons",
        snippet=True,
    ),
    "process-died": HandlerText(
        "one request ended the whole process: an error that nobody catches",
        "catch errors in the handler (an async Express 4 handler needs its own try/catch) and "
        "answer 400",
        snippet=True,
    ),
    "published-secret": HandlerText(
        "the handler verifies with a secret that is printed in documentation",
        "set the signing secret of your own endpoint (dashboard, Settings, Webhooks) and load it "
        "from the environment",
    ),
    "secret-unset": HandlerText(
        "the handler verifies with an empty or unset secret: anybody can sign",
        "set the environment variable, and stop at start-up when it is missing",
    ),
    "clock-skew": HandlerText(
        "the handler's clock, or its arithmetic with time zones, is off",
        "compare svix-timestamp, Unix seconds in UTC, with the current Unix time; keep the "
        "machine's clock on NTP",
        snippet=True,
    ),
    "timestamp-milliseconds": HandlerText(
        "the timestamp is compared in milliseconds; the header holds seconds",
        "divide Date.now() by 1000 before comparing",
        snippet=True,
    ),
    "id-not-signed": HandlerText(
        "the id is left out of what is signed",
        _VERIFY,
        snippet=True,
    ),
    "timestamp-not-signed": HandlerText(
        "the timestamp is left out of what is signed",
        _VERIFY,
        snippet=True,
    ),
    "prefix-compare": HandlerText(
        "the beginning of a signature is enough: an empty or guessed prefix passes, which is a "
        "full forgery",
        "compare the whole signature, lengths included, in constant time",
        snippet=True,
    ),
    "unpadded-base64": HandlerText(
        "the signature is compared without the = at its end",
        "keep the padding: standard base64",
        snippet=True,
    ),
    "urlsafe-base64": HandlerText(
        "the url-safe alphabet (- and _) is used where the signature has + and /",
        "use standard base64",
        snippet=True,
    ),
    "python-bytes-repr": HandlerText(
        "an f-string turned the body's bytes into b'...' before signing",
        "join bytes: f'{id}.{timestamp}.'.encode() + body",
        snippet=True,
    ),
    "content-separator": HandlerText(
        "id, timestamp and body are joined otherwise than by full stops",
        _VERIFY,
        snippet=True,
    ),
    "content-order": HandlerText(
        "id, timestamp and body are joined in another order",
        _VERIFY,
        snippet=True,
    ),
    "secret-decoded-as-text": HandlerText(
        "the decoded secret is turned into text (atob, toString(), a hex string) before it is the "
        "key",
        "use the bytes as they are: Buffer.from(text, 'base64'), no second conversion",
        snippet=True,
    ),
    "signature-version-missing": HandlerText(
        "the header is expected with another label than `v1,`",
        "split the header at spaces and take what follows `v1,`",
        snippet=True,
    ),
    "body-base64-encoded": HandlerText(
        "the base64 of the body is verified, not the body (API Gateway hands bodies on so)",
        "decode event.body first where event.isBase64Encoded says so, and verify the bytes",
        snippet=True,
    ),
    "body-percent-encoded": HandlerText(
        "the percent-encoded body is verified, not the body", _RAW, snippet=True
    ),
    "body-html-escaped": HandlerText(
        "the body is escaped for HTML before it is verified", _RAW, snippet=True
    ),
    "body-compressed": HandlerText(
        "the compressed body is verified, not the body", _RAW, snippet=True
    ),
    "charset-converted": HandlerText(
        "the body is converted to another charset before it is verified", _RAW, snippet=True
    ),
    "status-vocabulary": HandlerText(
        "genuine deliveries are verified, then refused for their status; the handler knows other "
        "words (those of the client SDK, or invented ones)",
        "accept the documented statuses (KYC: in_progress, pending, successful, suspected; KYB: "
        "IN_PROGRESS, IN_REVIEW, COMPLETED, REJECTED) and acknowledge unknown ones",
    ),
    "refused-after-verification": HandlerText(
        "genuine deliveries are refused in another way than forged ones: the signature passes, "
        "something after it does not",
        "look at the answer and the handler's log; acknowledge what was verified, then process it",
    ),
    "never-answers": HandlerText(
        "deliveries never get an answer: something in the handler hangs",
        "answer before the work begins; look for a missing return of the response, a lock, or a "
        "body that was read before (Next.js needs bodyParser: false, a middleware must not read "
        "the stream twice)",
    ),
    "wrong-path": HandlerText(
        "no handler answers at this path: another path is answered the same",
        "compare the path with the route in the app; a missing prefix or a trailing slash are the "
        "usual reasons",
    ),
    "method": HandlerText(
        "the route exists but does not take POST",
        "register the handler for POST",
        snippet=True,
    ),
    "redirect": HandlerText(
        "a redirect stands before the handler, and the sender does not follow it",
        "register the URL that the redirect points to, or make the route answer at this one",
    ),
    "csrf": HandlerText(
        "a protection against cross-site forms refuses every POST before the handler sees it",
        "exempt this route from CSRF protection; the signature protects it",
    ),
    "auth-wall": HandlerText(
        "the app asks for a login or a token before the handler runs; the sender has none",
        "exempt this route from the login middleware; the signature is its authentication",
    ),
    "wrong-scheme": HandlerText(
        "the port speaks another protocol than the URL says",
        "write https:// for a TLS port and http:// for a plain one; the sender speaks HTTP/1.1",
    ),
    "wall": HandlerText(
        "every request gets the same answer, a GET and a path that does not exist included: "
        "something before the handler refuses them all (a login, a token check, an allow list, a "
        "gateway). Only a handler that answers every path itself looks the same from outside, and "
        "then it holds another secret",
        "find what answers (its log, the Server header), and let the webhook's route through: the "
        "signature is its authentication",
    ),
    "upstream-down": HandlerText(
        "a gateway answers every request with the same 502, 503 or 504: it does not reach the app",
        "start the app, then look at the gateway's upstream address and at both logs; "
        "`--wait 30s` waits until the app answers",
    ),
    "redirects-back": HandlerText(
        "the app redirects deliveries away, as apps send a browser back whose form they refuse: a "
        "protection against cross-site forms, or a validation of the body",
        "exempt this route from CSRF protection, and answer a refused body with a 4xx instead of a "
        "redirect (Laravel does so for `Accept: application/json`)",
    ),
    "body-schema": HandlerText(
        "the body is refused by its schema before the signature is looked at: the schema is not "
        "the one of VOVE ID's payload",
        "take the raw body, verify it, and parse it afterwards; the payload is the whole body, not "
        "a field of it",
        snippet=True,
    ),
    "content-type-guard": HandlerText(
        "the content type decides whether the body is read or the request taken",
        "take application/json with or without parameters, and read the raw body whatever the type",
        snippet=True,
    ),
    "body-parsed-before-verify": HandlerText(
        "a body parser runs before the verification: what is verified is no longer the raw body",
        _RAW + (". In Express, mount express.raw() for this route before any express.json()"),
        snippet=True,
    ),
    "wrong-secret": HandlerText(
        "every genuine delivery is refused exactly like a forged one, and no known mistake "
        "explains it: most likely the handler holds another secret",
        "compare the fingerprints of both ends: `vove secret fingerprint` where the handler runs, "
        "and here",
    ),
}


def diagnosis(code: str, certainty: Proof, detail: str = "") -> Diagnosis:
    """A mistake as it is reported.

    Args:
        code: A key of `HANDLER_MISTAKES`.
        certainty: How it was found.
        detail: What was seen in this run; ends without a period.
    """
    mistake = HANDLER_MISTAKES[code]
    message = f"{mistake.message}. Seen here: {detail}" if detail else mistake.message
    return Diagnosis(code=code, message=message, fix=mistake.fix, certainty=certainty)
