"""Handlers with one planted mistake each: the right check fails, or the right cause is named."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest
from tests.unit.conformance.handlers import (
    KYB,
    KYC,
    NOW,
    OTHER_KEY,
    SECRET,
    App,
    Request,
    Verifier,
    closes,
    examine,
    reply,
    verified,
)

from vovecli.core.payloads import encode
from vovecli.core.published_secrets import PUBLISHED_SECRETS, PublishedSecret
from vovecli.core.secrets import parse_secret
from vovecli.core.suite import state

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conformance.handlers import Handler

    from vovecli.core.probes.exchanges import ProbeAnswer

FOREVER = float("inf")
GATE = {"delivery.valid-kyc", "delivery.valid-kyb"}
STALE = {"forgery.stale-24h", "forgery.stale-6min", "forgery.future-6min"}
UNSIGNED = {
    "forgery.unsigned", "forgery.missing-signature", "forgery.unsigned-unknown-ref", "forgery.other-sender",
    "forgery.content-type",
}  # fmt: skip
MISSING = {"forgery.missing-id", "forgery.missing-timestamp"}
FORGED = {
    "forgery.tampered-body", "forgery.swapped-id", "forgery.swapped-timestamp", "forgery.wrong-secret",
    "forgery.empty-key", "forgery.published-secret", "forgery.truncated-signature", "forgery.unknown-version",
    "forgery.altered-signature", "forgery.malformed",
}  # fmt: skip
REWRITTEN = {"body.reserialized-js", "body.whitespace", "body.escapes", "body.numbers"}
SIGNS = {ord("+"): None, ord("/"): None}
TEXT_KEY, UNDECODED_KEY = SECRET.text.encode(), SECRET.encoded.encode()


def _crash(_: Request) -> ProbeAnswer:
    return reply(500, "Internal Server Error")


def _whole(header: str, mac: str) -> bool:
    return header == mac


def _bare(key: bytes, encode: Callable[[bytes], str], content: str = "{body}") -> App:
    return App(
        Verifier(key=key, content=content, encode=encode, matches=_whole, tolerance_s=FOREVER)
    )


def _base64(mac: bytes) -> str:
    return base64.b64encode(mac).decode()


def _docs_kyb_node(request: Request) -> ProbeAnswer:
    """The Express sample: timingSafeEqual raises on another length, undefined on a missing header."""
    header = request.headers.get("svix-signature")
    if header is None or len(header) != 44:
        return reply(
            500,
            "RangeError: Input buffers must have the same byte length\n    at verifyWebhookSignature (/app/index.js:12:17)",
        )
    mac = hmac.digest(TEXT_KEY, request.body, hashlib.sha256)
    return reply(200, "OK") if header == _base64(mac) else reply(401, "Invalid signature")


def _docs_kyb_node_other_secret(request: Request) -> ProbeAnswer:
    header = request.headers.get("svix-signature")
    if header is None or len(header) != 44:
        return reply(500)
    return reply(401, "Invalid signature")


def _kyc_sample(rewrite: Callable[[Request], str | bytes]) -> App:
    """Everything after the first comma is the signature; the time is never looked at."""

    def matches(header: str, mac: str) -> bool:
        return len(header.split(",")) > 1 and header.split(",")[1] == mac

    return App(
        Verifier(matches=matches, tolerance_s=FOREVER, read_body=rewrite),
        refuse=lambda _: reply(400, "Invalid webhook signature."),
    )


def _json_stringify(request: Request) -> str:
    """JSON.stringify(JSON.parse(body)): integer-like keys first, 1.0 is 1, nothing escaped."""

    def javascript(value: Any) -> Any:
        if isinstance(value, dict):
            integers = sorted((key for key in value if key.isdigit()), key=int)
            keys = integers + [key for key in value if not key.isdigit()]
            return {key: javascript(value[key]) for key in keys}
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return json.dumps(javascript(_parsed(request)), separators=(",", ":"), ensure_ascii=False)


def _parsed(request: Request) -> Any:
    try:
        return request.json()
    except ValueError:
        return {}


def _rewriting(write: Callable[[Any], str]) -> App:
    return App(Verifier(read_body=lambda request: write(_parsed(request))))


def _content(content: str, **changes: Any) -> App:
    return App(Verifier(content=content, **changes))


def _instead_of_body(text: str) -> App:
    return App(Verifier(read_body=lambda _: text))


def _titled(request: Request, name: str) -> str | None:
    return dict(request.raw_headers).get(name.title())


def _lowered(request: Request, name: str) -> str | None:
    return dict(request.raw_headers).get(name)


def _lenient(text: str) -> bytes:
    return base64.b64decode(text[: len(text) // 4 * 4])


def _canonical(*, words: str) -> App:
    """Looks up names that the framework never has."""
    return App(lambda _: False, refuse=lambda _: reply(400, words))


def _invented(name: str, value: Callable[[Request], str]) -> App:
    return App(lambda request: request.headers.get(name) == value(request))


def _hex_of_body(request: Request) -> str:
    return hmac.new(TEXT_KEY, request.body, hashlib.sha256).hexdigest()


def _legacy_fallback(request: Request) -> bool:
    """Verifies rightly, or by the scheme of the first version."""
    old = Verifier(
        key=TEXT_KEY, content="{body}", encode=bytes.hex, matches=_whole, tolerance_s=FOREVER
    )
    return verified(request) or old(request)


def _ok_on_failure(verify: Callable[[Request], bool] = verified) -> App:
    return App(
        verify,
        refuse=lambda _: reply(200, {"success": False, "message": "No matching signature found"}),
        accept=lambda _: reply(200, {"success": True}),
    )


def _quietly_ok_on_failure() -> App:
    return App(
        refuse=lambda _: reply(200, {"result": "B"}), accept=lambda _: reply(200, {"result": "A"})
    )


def _csrf(status: int, words: str) -> App:
    return App(before=lambda request: None if request.method == "GET" else reply(status, words))


def _login(request: Request) -> ProbeAnswer | None:
    return None if request.path == "/login" else reply(302, Location="/login?next=/x")


def _token_wall(**headers: str) -> App:
    return App(before=lambda _: reply(401, {"detail": "Not authenticated"}, **headers))


def _media_guard(accepted: str) -> App:
    def before(request: Request) -> ProbeAnswer | None:
        is_right = request.headers.get("content-type") == accepted
        return None if is_right or request.method == "GET" else reply(415, "Unsupported Media Type")

    return App(before=before)


def _json_parser_first() -> App:
    """A global JSON parser takes the body of every JSON request; other types reach the raw one."""

    def read(request: Request) -> bytes:
        return b"[gone]" if "json" in request.headers.get("content-type", "") else request.body

    return App(Verifier(read_body=read))


def _default_raw_parser(media_type: str = "application/octet-stream") -> App:
    """express.raw() without a type reads application/octet-stream only, express.text() text."""

    def read(request: Request) -> bytes:
        is_raw = request.headers.get("content-type") == media_type
        return request.body if is_raw else b"[unread]"

    return App(Verifier(read_body=read))


def _statuses(known: set[str], *, refuse: int = 422) -> App:
    def accept(request: Request) -> ProbeAnswer:
        is_odd = isinstance(request.status, str) and request.status not in known
        return reply(refuse, "validation failed") if is_odd else reply(200)

    return App(accept=accept)


def _deduplicates_with(status: int) -> App:
    seen: set[str] = set()

    def accept(request: Request) -> ProbeAnswer:
        if request.headers["svix-id"] in seen:
            return reply(status, "already processed")
        seen.add(request.headers["svix-id"])
        return reply(200)

    return App(accept=accept)


def _requires(field: str) -> App:
    def accept(request: Request) -> ProbeAnswer:
        payload = _parsed(request)
        return reply(200) if "previousStatus" in payload or field in payload else reply(400)

    return App(accept=accept)


def _dies_on(is_deadly: Callable[[Request], bool], *, error: str = "closed") -> Handler:
    alive = True

    def handle(request: Request) -> ProbeAnswer:
        nonlocal alive
        if not alive:
            return _gone("refused")
        if is_deadly(request):
            alive = False
            return _gone(error) if error == "closed" else reply(200)
        return App()(request)

    return handle


def _gone(error: str) -> ProbeAnswer:
    from vovecli.core.probes.exchanges import ProbeAnswer

    return ProbeAnswer(error=error, message="connection lost", gone=True)


def _method(method: str) -> Handler:
    def handle(request: Request) -> ProbeAnswer:
        if request.path != "/webhooks/vove":
            return reply(404, f"Cannot {request.method} {request.path}")
        if request.method != method:
            return reply(405, "Method Not Allowed", Allow=method)
        return reply(200 if method == "GET" or verified(request) else 401)

    return handle


def _leaky(request: Request) -> str:
    mac = hmac.digest(
        SECRET.key,
        f"{request.headers.get('svix-id', '')}.{request.headers.get('svix-timestamp', '')}.".encode()
        + request.body,
        hashlib.sha256,
    )
    return f"expected {_base64(mac)}"


def _matching(is_match: Callable[[str, str], bool]) -> App:
    """Compares each entry of version v1."""

    def matches(header: str, mac: str) -> bool:
        return any(is_match(entry[3:], mac) for entry in header.split(" ") if entry[:3] == "v1,")

    return App(Verifier(matches=matches))


@dataclass
class _Remembering:
    """Trusts a signature that it has verified once.

    Attributes:
        keys: What is remembered of a request.
        rows: What was worked in.
    """

    keys: Callable[[Request], object] = lambda request: request.headers.get("svix-signature")
    is_dropped: bool = False
    seen: set[object] = field(default_factory=set)
    rows: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> ProbeAnswer:
        """Verify what is not known, work it in."""
        is_known = self.keys(request) in self.seen
        answer = App(lambda request: is_known or verified(request))(request)
        if answer.is_2xx and not (is_known and self.is_dropped):
            self.seen.add(self.keys(request))
            self.rows.append(f"{request.ref_id} {request.status}")
        return answer

    def log(self) -> str:
        """Every effect is a row."""
        return "\n".join(self.rows)


@dataclass(frozen=True)
class Wrong:
    """What a run must say of a wrong handler.

    Attributes:
        codes: The whole diagnosis, in order.
        flags: Exactly what fails or warns; behind a closed gate besides the gate itself.
    """

    handler: Callable[[], Handler]
    codes: tuple[str, ...]
    flags: frozenset[str] | set[str] = frozenset()
    is_open: bool = False
    verdict: str = "failing"


def closed(handler: Callable[[], Handler], *codes: str, flags: set[str] | None = None) -> Wrong:
    """A handler that refuses genuine deliveries."""
    return Wrong(handler, codes, GATE | (flags or set()))


def opened(handler: Callable[[], Handler], *codes: str, flags: set[str]) -> Wrong:
    """A handler that accepts genuine deliveries."""
    return Wrong(handler, codes, flags, is_open=True)


WRONG: dict[str, Wrong] = {
    # the provider's samples
    "KYB sample for Express": closed(lambda: _docs_kyb_node, "docs-kyb-node", flags={"body.leak"}),
    "KYB sample, another secret": closed(lambda: _docs_kyb_node_other_secret, "docs-kyb-node"),
    "KYB sample, cleanly refusing": closed(lambda: _bare(TEXT_KEY, _base64), "docs-kyb-node"),
    "KYB sample for Flask": closed(lambda: _bare(TEXT_KEY, bytes.hex), "docs-kyb-python"),
    "KYC sample, raw body": opened(
        lambda: _kyc_sample(lambda request: request.body), "docs-kyc-node",
        flags=STALE | {"retry.rotation", "retry.foreign-version", "forgery.unknown-version"},
    ),
    "KYC sample, JSON.stringify": opened(
        lambda: _kyc_sample(_json_stringify), "docs-kyc-node", "body-reserialized",
        flags=STALE | REWRITTEN | {"retry.rotation", "retry.foreign-version", "forgery.unknown-version"},
    ),
    "KYC sample, its literal body": closed(
        lambda: _kyc_sample(
            lambda _: '{"status":"successful","userId":"2e96ebd0-c1b8-11ee-b56a-a345411e245d"}'
        ),
        "docs-kyc-node",
    ),
    # the key
    "secret not decoded": closed(lambda: App(Verifier(key=UNDECODED_KEY)), "undecoded-secret"),
    "secret not decoded, hex": closed(
        lambda: App(Verifier(key=UNDECODED_KEY, encode=bytes.hex)), "undecoded-secret"
    ),
    "prefix in the key": closed(lambda: App(Verifier(key=TEXT_KEY)), "undecoded-secret"),
    "prefix decoded by Node": closed(
        lambda: App(Verifier(key=base64.b64decode(SECRET.text.replace("_", "/").rstrip("=") + "=="))),
        "secret-prefix-in-key",
    ),
    "unset secret": closed(lambda: App(Verifier(key=b"")), "secret-unset", flags={"forgery.empty-key"}),
    "the word undefined as key": closed(
        lambda: App(Verifier(key=b"undefined")), "secret-unset", flags={"forgery.empty-key"}
    ),
    "an old secret that is not set, besides": opened(
        lambda: App(lambda request: verified(request) or Verifier(key=b"undefined")(request)),
        "secret-unset", flags={"forgery.empty-key"},
    ),
    "unset secret in the KYB sample": closed(
        lambda: _bare(b"", bytes.hex), "secret-unset", flags={"forgery.empty-key"}
    ),
    "published secret": closed(
        lambda: App(Verifier(key=parse_secret(PUBLISHED_SECRETS[0].text).key)),
        "published-secret", flags={"forgery.published-secret"},
    ),
    "published secret, one signature only": closed(
        lambda: App(
            Verifier(
                key=parse_secret(PUBLISHED_SECRETS[0].text).key,
                matches=lambda header, mac: header == f"v1,{mac}",
            )
        ),
        "published-secret",
    ),
    "another secret, answers told apart": closed(
        lambda: App(
            Verifier(key=OTHER_KEY),
            before=lambda request: None if request.headers.get("svix-id") or request.method != "POST"
            else reply(400, "missing headers"),
        ),
        "wrong-secret",
    ),
    "another secret": closed(
        lambda: App(Verifier(key=OTHER_KEY)), "wrong-secret"
    ),
    "prefix decoded by Go": closed(
        lambda: App(Verifier(key=base64.b64decode("whse"))), "secret-prefix-in-key"
    ),
    "underscore kept": closed(
        lambda: App(Verifier(key=_lenient("/" + SECRET.encoded))), "secret-prefix-in-key"
    ),
    # what is signed
    "the whole header in any case": opened(
        lambda: App(Verifier(matches=lambda header, mac: header.lower() == f"v1,{mac}".lower())),
        "loose-comparison",
        flags={"retry.rotation", "retry.foreign-version"},
    ),
    "JSON with slashes before its quotes": closed(
        lambda: App(Verifier(read_body=lambda request: request.body.replace(b'"', b'\\"'))),
        "body-reserialized",
    ),
    "the signature as a regular expression": closed(
        lambda: App(Verifier(matches=lambda header, mac: bool(re.search(f"v1,{mac}", header)))),
        "signature-characters",
    ),
    "the header decoded as a form": closed(
        lambda: App(Verifier(matches=lambda header, mac: unquote_plus(header) == f"v1,{mac}")),
        "signature-characters",
    ),
    "a timestamp in milliseconds is signed": closed(
        lambda: _content("{id}.{timestamp}000.{body}"), "timestamp-reformatted"
    ),
    "a timestamp as a float is signed": closed(
        lambda: _content("{id}.{timestamp}.0.{body}"), "timestamp-reformatted"
    ),
    "two fields are written again": closed(
        lambda: App(Verifier(read_body=lambda request: encode({"refId": request.ref_id, "status": request.status}))),
        "body-reserialized",
    ),
    "body only, v1": closed(lambda: _content("{body}"), "body-only-hmac"),
    "body only, hex": closed(lambda: _bare(SECRET.key, bytes.hex), "body-only-hmac"),
    "body only, GitHub style": closed(
        lambda: App(Verifier(key=TEXT_KEY, content="{body}", encode=lambda mac: f"sha256={mac.hex()}", matches=_whole)),
        "body-only-hmac",
    ),
    "an empty id": closed(lambda: _content(".{timestamp}.{body}"), "id-not-signed"),
    "an undefined timestamp": closed(
        lambda: _content("{id}.undefined.{body}"), "timestamp-not-signed"
    ),
    "id not signed": closed(lambda: _content("{timestamp}.{body}"), "id-not-signed"),
    "timestamp not signed": closed(
        lambda: _content("{id}.{body}"), "timestamp-not-signed"
    ),
    "colons between": closed(lambda: _content("{id}:{timestamp}:{body}"), "content-separator"),
    "nothing between": closed(lambda: _content("{id}{timestamp}{body}"), "content-separator"),
    "bytes in an f-string": closed(
        lambda: App(Verifier(read_body=lambda request: repr(request.body))), "python-bytes-repr"
    ),
    # the encoding
    "hex": closed(lambda: App(Verifier(encode=bytes.hex)), "hex-instead-of-base64"),
    "base64 of hex": closed(
        lambda: App(Verifier(encode=lambda mac: _base64(mac.hex().encode()))), "hex-instead-of-base64"
    ),
    "url-safe alphabet": closed(
        lambda: App(Verifier(encode=lambda mac: base64.urlsafe_b64encode(mac).decode())), "urlsafe-base64"
    ),
    "no padding": closed(lambda: App(Verifier(encode=lambda mac: _base64(mac).rstrip("="))), "unpadded-base64"),
    "v1 not removed": closed(
        lambda: App(Verifier(matches=_whole)), "signature-version-not-removed",
        flags=set(),
    ),
    # the body
    "JSON.stringify": opened(lambda: App(Verifier(read_body=_json_stringify)), "body-reserialized", flags=REWRITTEN),
    "json.dumps": closed(lambda: _rewriting(json.dumps), "body-reserialized", flags={"body.reserialized-python"}),
    "sorted keys": closed(
        lambda: _rewriting(lambda value: json.dumps(value, sort_keys=True, separators=(",", ":"))),
        "body-reserialized",
    ),
    "parsed body": closed(lambda: _instead_of_body("[object Object]"), "body-parsed-before-verify"),
    "eaten body": closed(lambda: _instead_of_body(""), "body-parsed-before-verify"),
    "str() of the parsed body": closed(lambda: _rewriting(str), "body-parsed-before-verify"),
    "parser before the verification, wordless": closed(
        lambda: App(
            lambda _: False,
            refuse=lambda request: reply(400, "Bad Request" if _parsed(request) else "SyntaxError"),
        ),
        "body-parsed-before-verify",
    ),
    "the library says it": closed(
        lambda: App(lambda _: False, refuse=lambda _: reply(400, "Expected payload to be of type string or Buffer")),
        "body-parsed-before-verify",
    ),
    "quotes in the secret, and the library says it": closed(
        lambda: App(lambda _: False, refuse=lambda _: reply(500, "binascii.Error: Incorrect padding")),
        "secret-malformed",
    ),
    "the header is decoded as a whole": closed(
        lambda: App(
            lambda _: False,
            refuse=lambda request: reply(500, "binascii.Error: Incorrect padding")
            if "v1," in request.headers.get("svix-signature", "")
            else reply(401),
        ),
        "signature-version-not-removed",
    ),
    "base64 of what was verified": closed(
        lambda: App(accept=lambda _: reply(500, "binascii.Error: Incorrect padding")),
        "crash-after-verification",
    ),
    "JSON parser first": closed(_json_parser_first, "body-parsed-before-verify"),
    "text parser without a type": closed(
        lambda: _default_raw_parser("text/plain"), "body-parsed-before-verify"
    ),
    "raw parser without a type": closed(_default_raw_parser, "content-type-guard"),
    "Latin-1": opened(
        lambda: App(Verifier(read_body=lambda request: request.body.decode("latin-1"))),
        "charset-converted",
        flags={"body.utf8"},
    ),
    "small limit": opened(
        lambda: App(before=lambda request: reply(413) if len(request.body) > 10_000 else None),
        flags={"body.large"},
    ),
    # header names
    "canonical names, says so": closed(
        lambda: _canonical(words="Missing svix headers"), "reads-canonical-header-names"
    ),
    "undefined.undefined.": closed(lambda: _content("undefined.undefined.{body}"), "reads-canonical-header-names"),
    "Title-Case only": closed(
        lambda: App(Verifier(find=_titled)), "header-case", flags={"delivery.header-case"}
    ),
    "lower case only": opened(
        lambda: App(Verifier(find=_lowered)), "header-case", flags={"delivery.header-case"}
    ),
    "webhook-* only": closed(lambda: App(Verifier(prefix="webhook")), "webhook-headers-only"),
    "X-VoveID-Signature": closed(lambda: _invented("x-voveid-signature", _hex_of_body), "invented-header-name"),
    "X-Hub-Signature-256": closed(
        lambda: _invented("x-hub-signature-256", lambda request: f"sha256={_hex_of_body(request)}"), "invented-header-name"
    ),
    "X-Webhook-Signature: sha256=": closed(
        lambda: _invented("x-webhook-signature", lambda request: f"sha256={_hex_of_body(request)}"), "invented-header-name"
    ),
    "X-Hub-Signature: sha1=": closed(
        lambda: _invented(
            "x-hub-signature",
            lambda request: f"sha1={hmac.new(TEXT_KEY, request.body, hashlib.sha1).hexdigest()}",
        ),
        "invented-header-name",
    ),
    "sha1=": closed(
        lambda: App(
            lambda request: request.headers.get("svix-signature")
            == f"sha1={hmac.new(SECRET.key, request.body, hashlib.sha1).hexdigest()}"
        ),
        "body-only-hmac",
    ),
    # the list of signatures
    "first signature only": opened(
        lambda: App(Verifier(matches=lambda header, mac: header.split(" ")[0] == f"v1,{mac}")),
        flags={"retry.rotation", "retry.foreign-version"},
    ),
    "whole header": opened(
        lambda: App(Verifier(matches=lambda header, mac: header == f"v1,{mac}")),
        flags={"retry.rotation", "retry.foreign-version"},
    ),
    "as many characters as are given": opened(
        lambda: App(Verifier(matches=lambda header, mac: mac.startswith(
            header.split(",")[1] if "," in header else ""
        ))),
        "prefix-compare",
        flags={
            "forgery.wrong-secret", "forgery.empty-key", "forgery.truncated-signature",
            "forgery.malformed", "forgery.unknown-version", "retry.rotation",
            "retry.foreign-version",
        },
    ),
    "prefix compare": opened(
        lambda: App(Verifier(matches=lambda header, mac: header[:3] == "v1," and mac.startswith(header[3:]))),
        "prefix-compare", flags={"forgery.truncated-signature", "retry.rotation", "retry.foreign-version"},
    ),
    "version ignored": opened(
        lambda: App(Verifier(matches=lambda header, mac: any(one.partition(",")[2] == mac for one in header.split(" ")))),
        flags={"forgery.unknown-version"},
    ),
    "without case": opened(
        lambda: _matching(lambda entry, mac: entry.lower() == mac.lower()),
        "loose-comparison", flags={"forgery.altered-signature"},
    ),
    "the last characters": opened(
        lambda: _matching(lambda entry, mac: entry[-8:] == mac[-8:]),
        "loose-comparison", flags={"forgery.altered-signature"},
    ),
    "the first characters, all 44 there": opened(
        lambda: _matching(lambda entry, mac: len(entry) == len(mac) and entry[:16] == mac[:16]),
        "loose-comparison", flags={"forgery.altered-signature"},
    ),
    "letters and digits": opened(
        lambda: _matching(
            lambda entry, mac: entry.translate(SIGNS) == mac.translate(SIGNS) and len(entry) == 44
        ),
        "loose-comparison", flags={"forgery.altered-signature"},
    ),
    "another length is an error, an error is a match": opened(
        lambda: _matching(lambda entry, mac: len(entry) != len(mac) or entry == mac),
        "loose-comparison",
        flags={"forgery.truncated-signature", "forgery.altered-signature", "forgery.malformed"},
    ),
    "any of several": opened(
        lambda: App(Verifier(matches=lambda header, mac: " " in header or header == f"v1,{mac}")),
        "loose-comparison",
        flags={
            "forgery.altered-signature", "forgery.malformed", "forgery.empty-key",
            "forgery.published-secret",
        },
    ),
    "any of an older version": opened(
        lambda: App(
            Verifier(matches=lambda header, mac: "v0," in header or f"v1,{mac}" in header.split(" "))
        ),
        "loose-comparison", flags={"forgery.altered-signature", "forgery.unknown-version"},
    ),
    "not ASCII is an error, an error is a match": opened(
        lambda: _matching(lambda entry, mac: not entry.isascii() or entry == mac),
        "loose-comparison", flags={"forgery.altered-signature", "forgery.malformed"},
    ),
    # the time
    "no timestamp check": opened(lambda: App(Verifier(tolerance_s=FOREVER)), flags=STALE),
    "ten minutes of tolerance": opened(
        lambda: App(Verifier(tolerance_s=600)), flags=STALE - {"forgery.stale-24h"}
    ),
    "clock two hours ahead": closed(lambda: App(Verifier(clock_off_s=7200)), "clock-skew"),
    "clock nine minutes ahead": closed(
        lambda: App(Verifier(clock_off_s=540)), "clock-skew", flags={"forgery.future-6min"}
    ),
    "milliseconds": closed(
        lambda: App(
            lambda request: Verifier(tolerance_s=FOREVER)(request)
            and request.headers["svix-timestamp"].isdigit()
            and abs(NOW * 1000 - int(request.headers["svix-timestamp"])) < 300_000
        ),
        "timestamp-milliseconds",
    ),
    # verification left out
    "no verification": opened(
        lambda: App(lambda _: True), "no-verification",
        flags=FORGED | STALE | UNSIGNED | MISSING,
    ),
    "one family not verified": opened(
        lambda: App(lambda request: request.status in KYC or verified(request)),
        "no-verification", flags={"forgery.wrong-secret", "forgery.unsigned"},
    ),
    "presence only": opened(
        lambda: App(lambda request: "svix-signature" in request.headers), "no-verification",
        flags=FORGED | STALE | MISSING | {"forgery.missing-signature"},
    ),
    "only if present": opened(
        lambda: App(lambda request: "svix-signature" not in request.headers or verified(request)),
        "verifies-only-if-present", flags=UNSIGNED,
    ),
    "only if not empty": opened(
        lambda: App(
            lambda request: request.headers.get("svix-signature") == "" or verified(request)
        ),
        "verifies-only-if-present", flags={"forgery.missing-signature"},
    ),
    "only if Svix sends it": opened(
        lambda: App(
            lambda request: "Svix" not in request.headers["user-agent"] or verified(request)
        ),
        "verification-skipped", flags={"forgery.other-sender"},
    ),
    "webhook-* is never verified": opened(
        lambda: App(
            lambda request: verified(request) or bool(request.headers.get("webhook-signature"))
        ),
        "verification-skipped", flags={"forgery.other-sender"},
    ),
    "not from this machine": opened(
        lambda: App(
            lambda request: verified(request) or request.headers.get("x-real-ip") == "127.0.0.1"
        ),
        "verification-skipped", flags={"forgery.other-sender"},
    ),
    "a signature that was seen before": opened(
        _Remembering, flags={"forgery.reused-signature"},
    ),
    "unknown users before verification": opened(
        lambda: App(lambda request: verified(request) or str(request.ref_id).startswith("no-such")),
        flags={"forgery.unsigned-unknown-ref"},
    ),
    "an older scheme besides": Wrong(
        lambda: App(_legacy_fallback), ("docs-kyb-python",), set(), is_open=True, verdict="conformant"
    ),
    "200 on failure": opened(
        _ok_on_failure, "ok-on-failure", flags=FORGED | STALE | UNSIGNED | MISSING,
    ),
    "200 on failure, wordless": opened(
        _quietly_ok_on_failure, "ok-on-failure", flags=FORGED | STALE | UNSIGNED | MISSING,
    ),
    "200 on failure, JSON.stringify": opened(
        lambda: _ok_on_failure(Verifier(read_body=_json_stringify)), "ok-on-failure", "body-reserialized",
        flags=FORGED | STALE | UNSIGNED | MISSING | REWRITTEN,
    ),
    "200 on failure, all fail": closed(
        lambda: _ok_on_failure(Verifier(key=UNDECODED_KEY)), "ok-on-failure", "undecoded-secret",
        flags=FORGED | STALE | UNSIGNED | MISSING,
    ),
    # crashes
    "crash after verification": closed(lambda: App(accept=_crash), "crash-after-verification"),
    "closes after verification": closed(lambda: App(accept=lambda _: closes()), "crash-after-verification"),
    "crash before verification": closed(
        lambda: App(lambda _: False, refuse=_crash), "crash-before-verification", "reads-canonical-header-names"
    ),
    "crash while verifying": closed(
        lambda: App(
            lambda _: False,
            refuse=_crash,
            before=lambda request: None if request.headers.get("svix-id") else reply(400),
        ),
        "crash-before-verification",
    ),
    "only v1 is looked at": opened(
        lambda: App(
            lambda request: "v1," not in request.headers.get("svix-signature", "v1,")
            or verified(request)
        ),
        "no-verification",
        flags={"forgery.wrong-secret", "forgery.empty-key", "forgery.unknown-version", "forgery.malformed", "forgery.missing-signature"},
    ),
    # walls
    "Laravel": closed(lambda: _csrf(419, "Page Expired"), "csrf", flags={"delivery.csrf"}),
    "Django": closed(
        lambda: _csrf(403, "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>"),
        "csrf", flags={"delivery.csrf"},
    ),
    "Rails": closed(
        lambda: _csrf(422, "ActionController::InvalidAuthenticityToken"), "csrf", flags={"delivery.csrf"}
    ),
    "login page": closed(lambda: App(before=_login), "auth-wall", flags={"delivery.auth-wall"}),
    "token": closed(_token_wall, "auth-wall", flags={"delivery.auth-wall"}),
    "basic authentication": closed(
        lambda: App(lambda _: False, refuse=lambda _: reply(401, "", WWW_Authenticate='Basic realm="x"')),
        "auth-wall", flags={"delivery.auth-wall"},
    ),
    "trailing slash": closed(
        lambda: App(before=lambda request: reply(307, Location=f"{request.path}/")),
        "redirect", flags={"delivery.redirect"},
    ),
    "another path": closed(lambda: App(path="/webhooks/vove-kyb"), "wrong-path"),
    "no such path at all": closed(lambda: App(path="/elsewhere"), "wrong-path"),
    "GET only": closed(lambda: _method("GET"), "method"),
    "PUT only": closed(lambda: _method("PUT"), "method"),
    "content type with charset only": closed(
        lambda: _media_guard("application/json; charset=utf-8"), "content-type-guard"
    ),
    "media type, text only": closed(
        lambda: _media_guard("text/plain"), "content-type-guard"
    ),
    "content type as a whole": Wrong(
        lambda: _media_guard("application/json"), ("content-type-guard",), {"delivery.charset"},
        is_open=True, verdict="conformant",
    ),
    "a challenge of the handler's own": closed(
        lambda: App(
            Verifier(key=OTHER_KEY), refuse=lambda _: reply(401, "", WWW_Authenticate="Bearer")
        ),
        "auth-wall",
        flags={"delivery.auth-wall"},
    ),
    "hides itself, another secret": closed(
        lambda: App(
            Verifier(key=OTHER_KEY),
            refuse=lambda request: reply(404, f"Cannot {request.method} {request.path}"),
        ),
        "wrong-secret",
    ),
    "a static file server": closed(lambda: lambda _: reply(405, "Method Not Allowed"), "wrong-path"),
    "a login wall on GET as well": closed(
        lambda: App(before=lambda _: reply(403, "log in first")), "auth-wall",
        flags={"delivery.auth-wall"},
    ),
    "GET only, Express": closed(
        lambda: lambda request: reply(
            200 if (request.method, request.path) == ("GET", "/webhooks/vove") else 404,
            f"Cannot {request.method} {request.path}",
        ),
        "method",
    ),
    # what comes after the verification
    "a plan that does not fit": closed(
        lambda: App(accept=lambda _: reply(400, "no such plan")), "refused-after-verification"
    ),
    "SDK vocabulary": closed(lambda: _statuses({"success", "failed", "canceled"}), "status-vocabulary"),
    "SDK vocabulary, 500": closed(
        lambda: _statuses({"success", "failed"}, refuse=500), "status-vocabulary"
    ),
    "suspected unknown": opened(
        lambda: _statuses({*KYB, *KYC} - {"suspected"}),
        flags={"delivery.every-kyc-status", "body.unknown-status"},
    ),
    "userId needed": opened(lambda: _requires("userId"), flags={"delivery.without-user-id", "body.unknown-shape"}),
    "409 for duplicates": opened(lambda: _deduplicates_with(409), flags={"retry.duplicate", "retry.same-id"}),
    "500 for duplicates": opened(
        lambda: _deduplicates_with(500),
        flags={"retry.duplicate", "retry.same-id", "retry.concurrent-duplicate"},
    ),
    "a quote in the refId": opened(
        lambda: App(accept=lambda request: reply(500) if "'" in str(request.ref_id) else reply(200)),
        flags={"body.hostile-ref"},
    ),
    "shows its trace": opened(
        lambda: App(refuse=lambda _: reply(401, 'Traceback (most recent call last):\n  File "/app/x.py", line 3')),
        flags={"body.leak"},
    ),
    "shows the signature": opened(
        lambda: App(refuse=lambda request: reply(401, _leaky(request))), flags={"body.leak"}
    ),
    "repeats the secret": opened(
        lambda: App(refuse=lambda _: reply(401, f"not signed with {SECRET.text}")), flags={"body.leak"}
    ),
}  # fmt: skip


@pytest.mark.thorough
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_handler_is_caught(name: str) -> None:
    """The diagnosis and what is flagged are exactly those of the mistake."""
    wrong = WRONG[name]
    examined = examine(wrong.handler())

    assert list(wrong.codes) == examined.codes
    assert {one.certainty for one in examined.report.diagnosis} <= {"proved", "likely"}
    assert set(wrong.flags) == examined.flagged
    warns_only = wrong.is_open and not examined.outcomes("fail")
    assert ("conformant" if warns_only else "failing") == examined.report.verdict
    assert SECRET.encoded not in repr(examined.report)
    assert len(examined.probes) <= 340
    if not wrong.is_open:  # behind a closed gate a pass proves nothing
        passed = examined.outcomes("pass")
        assert not any(id_.startswith(("forgery.", "retry.", "body.")) for id_ in passed)
        assert examined["retry.rotation"].outcome == "inconclusive"


def test_there_are_enough_of_them() -> None:
    """At least forty wrong handlers are modelled."""
    assert len(WRONG) >= 40


@pytest.mark.parametrize("name", ["svix-signature", "svix-id"])
def test_a_known_message_with_another_body(name: str) -> None:
    """An error only where the state shows that it was worked in; dropped, it does no harm."""

    def keys(request: Request) -> object:
        return request.headers.get(name)

    def reused(app: _Remembering, *, observed: bool) -> str:
        examined = examine(app, observe=app.log if observed else None)
        return examined["forgery.reused-signature"].outcome

    unseen = "info" if name == "svix-id" else "warn"
    assert reused(_Remembering(keys), observed=True) == "fail"
    assert reused(_Remembering(keys, is_dropped=True), observed=True) == "pass"
    assert reused(_Remembering(keys), observed=False) == unseen
    assert reused(_Remembering(keys, is_dropped=True), observed=False) == unseen


def test_a_signature_that_was_seen_vouches_for_a_new_id() -> None:
    """Remembered by time and signature, deduplicated by id: only a new id shows it."""
    known, ids, rows = set[object](), set[object](), list[str]()

    def handle(request: Request) -> ProbeAnswer:
        key = tuple(request.headers.get(f"svix-{part}") for part in ("timestamp", "signature"))
        answer = App(lambda request: key in known or verified(request))(request)
        if answer.is_2xx:
            known.add(key)
            if (id_ := request.headers.get("svix-id")) not in ids:
                rows.append(f"{request.ref_id} {request.status}")
            ids.add(id_)
        return answer

    assert examine(handle)["forgery.reused-signature"].outcome == "warn"
    observed = examine(handle, observe=lambda: "\n".join(rows))
    assert observed["forgery.reused-signature"].outcome == "fail"


def test_a_time_that_is_no_number_lets_any_signature_pass() -> None:
    """An exception while the time is parsed counts as verified."""

    def is_sure(request: Request) -> bool:
        try:
            int(request.headers.get("svix-timestamp", "0"))
        except ValueError:
            return True
        return verified(request)

    examined = examine(App(is_sure))
    assert examined["forgery.malformed"].outcome == "fail"
    assert examined.report.verdict == "failing"


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_verified(media_type: str) -> None:
    """As by the verify hook of express.json(), with another parser for other types."""
    examined = examine(
        App(lambda one: one.headers.get("content-type") == media_type or verified(one))
    )
    check = examined["forgery.content-type"]
    assert (check.outcome, check.severity) == ("fail", "error")
    assert examined.flagged == {"forgery.content-type"}


@pytest.mark.parametrize("name", ["X-Debug", "X-Internal", "CF-Connecting-IP"])
def test_a_header_that_turns_the_verification_off(name: str) -> None:
    """Whoever knows it can forge."""
    examined = examine(App(lambda request: name.lower() in request.headers or verified(request)))
    assert examined.codes == ["verification-skipped"]


def test_a_duplicate_that_is_called_so_is_not_worked_in() -> None:
    """A known id is answered before the verification, in other words than a new one."""
    seen: set[str] = set()

    def handler(request: Request) -> ProbeAnswer:
        id_ = request.headers.get("svix-id", "")
        if id_ in seen:
            return reply(200, "known")
        answer = App()(request)
        if answer.is_2xx:
            seen.add(id_)
        return answer

    examined = examine(handler)
    assert examined["forgery.reused-signature"].outcome == "pass"
    assert "duplicate" in examined["forgery.reused-signature"].why
    assert examined.flagged == set()


def test_a_leak_of_the_signature_is_an_error() -> None:
    """The expected signature or the secret in an answer is an error, a trace a warning."""
    for name, severity in (
        ("shows its trace", "warning"), ("shows the signature", "error"), ("repeats the secret", "error"),
    ):  # fmt: skip
        assert examine(WRONG[name].handler())["body.leak"].severity == severity


def test_the_probe_that_ended_the_process_is_named() -> None:
    """The check that killed fails, the rest is inconclusive, the verdict is failing."""
    examined = examine(_dies_on(lambda request: "svix-signature" not in request.headers))

    assert examined["forgery.unsigned"].outcome == "fail"
    assert "without the webhook headers" in examined["forgery.unsigned"].why
    assert examined["forgery.missing-id"].outcome == "inconclusive"
    assert examined["retry.rotation"].outcome == "inconclusive"
    assert examined.report.verdict == "failing"


def test_a_process_that_dies_after_its_answer_is_blamed_on_the_probe_before() -> None:
    """Refused at once means: dead since the probe before."""
    examined = examine(_dies_on(lambda request: request.status == "ON_HOLD", error="later"))

    assert examined["body.unknown-shape"].outcome == "fail"
    assert "unknown status" in examined["body.unknown-shape"].why
    assert examined.report.verdict == "failing"


def test_a_process_that_dies_of_the_first_delivery() -> None:
    """Without one HTTP answer nothing is said about its code."""
    examined = examine(_dies_on(lambda _: True))

    assert examined["delivery.reachable"].outcome == "fail"
    assert examined.report.verdict == "unreachable"
    assert examined.codes == []


def test_a_published_secret_does_not_hide_why_genuine_deliveries_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is proved to be the handler's own only where the handler accepts it."""
    printed = (PublishedSecret("printed", SECRET.text, "a page"),)
    monkeypatch.setattr(state, "PUBLISHED_SECRETS", printed)
    examined = examine(_bare(TEXT_KEY, bytes.hex))
    assert examined.codes == ["docs-kyb-python"]
    assert examined["forgery.published-secret"].outcome == "fail"
