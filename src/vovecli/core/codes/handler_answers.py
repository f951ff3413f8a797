"""What handlers, and what comes before them, get wrong otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.handler_signing import HOW_TO_VERIFY, RAW_FIRST
from vovecli.core.codes.text import HandlerText

if TYPE_CHECKING:
    from collections.abc import Mapping

ANSWER_MISTAKES: Mapping[str, HandlerText] = {
    "no-verification": HandlerText(
        "forged deliveries are acknowledged like genuine ones: if nothing is verified, anybody "
        "can report any status for any user",
        HOW_TO_VERIFY,
        explains=("forgery.*",),
    ),
    "verifies-only-if-present": HandlerText(
        "a wrong signature is refused, but a request without one passes: forgers leave it out",
        "refuse when any of the three headers is missing, in every environment",
        explains=(
            "forgery.unsigned*",
            "forgery.missing-*",
            "forgery.other-sender",
            "forgery.content-type",
            "forgery.malformed",
        ),
    ),
    "verification-skipped": HandlerText(
        "unsigned requests pass if their User-Agent, the address that they claim or another header "
        "looks right: anybody can send such headers",
        "verify every request, whoever seems to send it",
        explains=("forgery.other-sender",),
    ),
    "ok-on-failure": HandlerText(
        "failures are answered with a 2xx: the sender counts that as success, and a genuine "
        "delivery that failed is never sent again",
        "answer 400 or 401 when verification fails",
        explains=("forgery.*",),
    ),
    "crash-after-verification": HandlerText(
        "genuine deliveries pass the verification and then crash, forged ones are refused cleanly. "
        "A usual reason in Python: since 2.0, verify() of the svix package returns None, and "
        "reading the event from it raises",
        "look at the handler's error log; in Python, parse the body yourself after svix's verify()",
    ),
    "crash-before-verification": HandlerText(
        "every request ends in a server error or a closed connection, even one without headers: "
        "the handler crashes before it verifies anything",
        "look at the handler's error log; a header that is read under a name the framework does "
        "not use, or a secret that is not set, is the usual reason",
    ),
    "process-died": HandlerText(
        "one request ended the whole process: an error that nothing catches",
        "catch errors in the handler (an async Express 4 handler needs its own try/catch) and "
        "answer 400",
    ),
    "status-vocabulary": HandlerText(
        "genuine deliveries are verified, then refused for their status; the handler expects "
        "other words (those of the client SDK, or invented ones)",
        "accept the documented statuses (KYC: in_progress, pending, successful, suspected; KYB: "
        "IN_PROGRESS, IN_REVIEW, COMPLETED, REJECTED) and acknowledge unknown ones",
        snippet=False,
    ),
    "refused-after-verification": HandlerText(
        "genuine deliveries are refused in a different way from forged ones: the signature "
        "passes, but a later step fails",
        "look at the answer and the handler's log; acknowledge what was verified, then process it",
        snippet=False,
    ),
    "accepted-at-times": HandlerText(
        "the same kind of genuine delivery is refused at one time and accepted at another",
        "see whether every process behind this address holds the same secret, and whether the "
        "handler's log shows an error that comes and goes. A tolerance that is compared with "
        "milliseconds (300 instead of 300,000) accepts only what arrives early in a second",
        snippet=False,
        explains=(
            "delivery.*",
            "retry.rotation",
            "retry.foreign-version",
            "retry.same-id",
            "retry.duplicate",
            "retry.unknown-ref",
            "retry.terminal-flip",
            "retry.out-of-order",
            "body.[!lr]*",
            "body.large",
        ),
    ),
    "never-answers": HandlerText(
        "deliveries never get an answer: something in the handler hangs",
        "answer before the work begins; look for a missing return of the response, a lock, or a "
        "body that was already read (Next.js needs bodyParser: false; a middleware must not read "
        "the stream twice)",
        snippet=False,
    ),
    "wrong-path": HandlerText(
        "no handler answers at this path: another path gets the same answer",
        "compare the path with the route in the app; a missing prefix or a trailing slash is the "
        "usual reason",
        snippet=False,
    ),
    "method": HandlerText(
        "the route exists but does not accept POST",
        "register the handler for POST",
    ),
    "redirect": HandlerText(
        "a redirect comes before the handler, and the sender does not follow it",
        "register the URL that the redirect points to, or make the route answer at this one",
        snippet=False,
        explains=("delivery.redirect",),
    ),
    "csrf": HandlerText(
        "a protection against cross-site forms refuses every POST before the handler sees it",
        "exempt this route from CSRF protection; the signature protects it",
        snippet=False,
        explains=("delivery.csrf",),
    ),
    "auth-wall": HandlerText(
        "the app asks for a login or a token before the handler runs; the sender has none",
        "exempt this route from the login middleware; the signature is its authentication",
        snippet=False,
        explains=("delivery.auth-wall",),
    ),
    "wrong-scheme": HandlerText(
        "the port speaks another protocol than the URL says",
        "write https:// for a TLS port and http:// for a plain one; the sender speaks HTTP/1.1",
        snippet=False,
    ),
    "wall": HandlerText(
        "every request gets the same answer, a GET and a path that does not exist included: "
        "something before the handler answers everything (a login, a token check, an allow list, "
        "a gateway, a tunnel's page, the page of a browser app). A handler that answers every "
        "path itself looks the same from outside; it then verifies nothing, or has another secret",
        "find what answers (its log, the Server header), and let the webhook's route through: the "
        "signature is its authentication",
        snippet=False,
        explains=("forgery.*",),
    ),
    "upstream-down": HandlerText(
        "a gateway answers every request with the same 502, 503 or 504: it does not reach the app",
        "start the app, then look at the gateway's upstream address and at both logs; "
        "`--wait 30s` waits until the app answers",
        snippet=False,
    ),
    "redirects-back": HandlerText(
        "the app redirects deliveries, as apps do with a browser whose form they refuse: a "
        "protection against cross-site forms, or a validation of the body",
        "exempt this route from CSRF protection, and answer a refused body with a 4xx instead of a "
        "redirect (Laravel does so for `Accept: application/json`)",
        snippet=False,
        explains=("delivery.redirect",),
    ),
    "body-schema": HandlerText(
        "a schema refuses the body before the handler looks at the signature, and the schema does "
        "not fit VOVE ID's payload",
        "take the raw body, verify it, and parse it afterwards; the payload is the whole body, not "
        "a field of it",
    ),
    "content-type-guard": HandlerText(
        "the content type decides whether the handler reads the body or accepts the request",
        "accept application/json with or without parameters, and read the raw body whatever the "
        "type",
        explains=("delivery.charset",),
    ),
    "body-parsed-before-verify": HandlerText(
        "a body parser runs before the verification: what is verified is no longer the raw body",
        RAW_FIRST,
    ),
    "effect-of-refused": HandlerText(
        "a forged delivery is refused but still has its effect: the handler stores before "
        "it verifies, or answers and goes on (a `catch`, or an `if`, without `return`)",
        "leave the handler where it refuses: return the answer or raise, and store nothing before "
        "that point",
        explains=("forgery.effect", "forgery.used-up-id"),
    ),
    "secret-malformed": HandlerText(
        "the handler cannot decode the secret that it holds: it is not base64 after whsec_",
        "look at the variable's exact text: quotes around it are kept by docker --env-file and by "
        "some .env readers, and so is a newline at the end",
        snippet=False,
    ),
    "no-secret-given": HandlerText(
        "no secret was given, so deliveries were signed with the development secret, and the "
        "handler refuses them all like forged ones",
        "give the handler's own secret: --secret-file PATH, or VOVE_WEBHOOK_SECRET",
        snippet=False,
    ),
    "wrong-secret": HandlerText(
        "every genuine delivery is refused exactly like a forged one, and no known mistake "
        "explains it: most likely the handler holds another secret",
        "compare the fingerprints of both ends: `vove secret fingerprint` where the handler runs, "
        "and here; quotes around the value, which docker --env-file keeps, make it another secret",
        snippet=False,
    ),
}
