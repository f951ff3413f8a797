"""What answers say: whether two are alike, a failure with a 2xx, blockers, words, traces."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vovecli.core.probes.exchanges import ProbeAnswer, ProbeExchange

# What differs from answer to answer without meaning anything: ids, times, counters.
CHANCE = re.compile(
    r"msg_\w+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|[A-Za-z0-9+/_-]{32,}={0,2}|\d+", re.IGNORECASE
)
# What is read of an answer: patterns over untrusted text need an end.
_READ_CHARACTERS = 16_000

_FAILURE = re.compile(
    r"\b(?:invalid|unauthori[sz]ed|forbidden|denied|mismatch|not (?:valid|verified|authenticated)"
    r"|bad signature|no signature|missing|fail(?:ed|ure)?|error|wrong|rejected|unverified)\b",
    re.IGNORECASE,
)
_FAILURE_STATUSES = {"error", "err", "fail", "failed", "failure", "unauthorized", "invalid", "ko"}
_SUCCESS_KEYS = ("success", "ok", "valid", "verified", "authenticated", "accepted", "received")

_CSRF = re.compile(
    r"csrf|xsrf|cross.?site (?:request|post)|authenticity.?token|forgery protection|page expired"
    r"|change you wanted was rejected",
    re.IGNORECASE,
)
_CREDENTIALS = re.compile(
    r"bearer|api.?key|access.?(?:token|key)|\bjwt\b|(?:not |un)authenticated|\bsessions?\b"
    r"|\bcookies?\b|\blog(?:ged)?[- ]?in\b|\bsign(?:ed)?[- ]?in\b"
    r"|\b(?:no|missing|expired|auth\w*|id) token"
    r"|token (?:is )?(?:required|missing|expired|not (?:found|provided))"
    r"|authentication (?:is )?(?:required|credentials|token)|requires .{0,20}authentication"
    r"|credentials"
    r"|authori[sz]ation (?:header|required|is required)",
    re.IGNORECASE,
)
_ACCESS = re.compile(
    r"unauthori[sz]ed|forbidden|denied|not (?:allowed|permitted|authori[sz]ed)|blocked|maintenance"
    r"|unavailable|captcha|just a moment|cloudflare|firewall|ip address|allow.?list|gateway|tunnel",
    re.IGNORECASE,
)
_PLAIN_TO_TLS = re.compile(
    r"http request to an https|plain http request was sent to https|http to an https|requires tls",
    re.IGNORECASE,
)
_PAGE = re.compile(r"<(?:!doctype )?html\b", re.IGNORECASE)
_LOGIN = re.compile(r"log_?-?in|sign_?-?in|\bauth|/auth|sso|oauth|session|account", re.IGNORECASE)
# "Missing" alone is said of bodies, fields and tokens, too.
_OF_HEADERS = r"(?:headers?|svix|webhook[- ]\w+|signatures?)"
_LACKING = r"(?:missing|required|absent|not (?:found|present|provided|set)|undefined|null)"
_MISSING = re.compile(
    rf"\b(?:no (?:\S+ )?{_OF_HEADERS}|{_OF_HEADERS}\b.{{0,40}}\b{_LACKING}"
    rf"|{_LACKING}\b.{{0,40}}\b{_OF_HEADERS})\b",
    re.IGNORECASE,
)
_NOT_OF_HEADERS = re.compile(
    r"\b(?:body|field|token|authorization|authentication|alpn)\b", re.IGNORECASE
)
_SIGNATURE = re.compile(
    r"signature|svix|hmac|webhook (?:verif|secret|auth)|not (?:verified|genuine)|verification fail"
    r"|digest|tolerance|timestamp(?!\":)",  # Spring's error bodies have one of their own
    re.IGNORECASE,
)
_USER = re.compile(
    r"\b(?:user|customer|client|case|tenant|account|organi[sz]ation|compan(?:y|ies)|merchant|record"
    r"|application|applicant|profile|ref.?id|reference)s?\b",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"not (?:be )?found|unknown|no (?:such|matching)|does ?n[o'\u2019]t exist"
    r"|cannot find|could not find|nonexistent|not exist|not registered|invalid ref",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"content.?type|media.?type|unsupported (?:media|type)|mime", re.IGNORECASE)
# FastAPI and pydantic: {"loc": ["body", "payload"]}; others write body.payload or "body/payload".
_BODY_FIELD = re.compile(r'\[\s*"body"\s*,\s*"([\w.-]{1,60})"|\bbody[./]([A-Za-z_]\w{0,60})')
_LACKS = r"(?:required|missing|unexpected|unknown|unrecogni[sz]ed)"
_FIELD = r"(?:fields?|property|properties|keys?|parameters?|attributes?)"
_SCHEMA = re.compile(
    r"\b(?:schema|issues|validation ?errors?|must (?:have|provide|contain))\b"
    rf"|\b{_FIELD}\b.{{0,40}}\b{_LACKS}\b|\b{_LACKS}\b.{{0,40}}\b{_FIELD}\b",
    re.IGNORECASE,
)
_STATUS_WORD = re.compile(
    r"status|enum|literal|in_progress|unknown (?:event|state)|unsupported event", re.IGNORECASE
)
_PARSED_BODY = re.compile(
    r"expected payload to be of type string or buffer"
    r"|must be of type string or an instance of (?:buffer|arraybuffer)"
    r"|payload (?:must|should) be (?:a )?(?:string|raw|bytes)"
    r"|cannot access body after reading"
    r"|body (?:is unusable|has already been|already (?:read|used|consumed)"
    r"|used already|stream already)"
    r"|stream is not readable|stream has already been|stream closed"
    r"|getReader\(\) has already been called|Required request body is missing"
    r"|Cannot read properties of undefined \(reading 'constructor'\)",
    re.IGNORECASE,
)
_NOT_BASE64 = re.compile(
    r"Base64Coder: incorrect|Incorrect padding|Only base64 data is allowed"
    r"|Invalid base64-encoded string|illegal base64 (?:data|character)",
    re.IGNORECASE,
)
_TRACE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"\n]+\", line \d+"
    r"|\bat [^\n]{0,200}(?:\.[cm]?[jt]sx?|node:[\w/]+):\d+:\d+"
    r"|\bat [\w$.<>/]+\([\w$]+\.(?:java|kt|scala|groovy):\d+\)"
    r"|\bat [\w.<>`\[\], ]+\(.{0,200}\) in \S{1,200}:line \d+"  # .NET
    r"|#\d+ \S{1,200}\.php\(\d+\)"
    # The space is in place of PHP's markup: `<b>Warning</b>:`.
    r"|(?:(?:Fatal|Parse) error|Warning|Notice|Deprecated) ?:.{0,300}"
    r" in \S{1,200}\.php(?: on line |:)\d+"
    r"|\.rb:\d+:in [`']"
    r"|goroutine \d+ \[\w+\]"
    r"|\.exs?:\d+: \S{1,200}/\d"
    r"|You're seeing this error because you have <code>DEBUG = True",
    re.IGNORECASE,
)  # fmt: skip


def gist(exchange: ProbeExchange) -> tuple[int | str, str]:
    """An answer without what chance put into it: equal for answers that mean the same."""
    answer = exchange.answer
    if answer.status is None:
        return answer.error, ""
    text = _start(answer)
    for own in (exchange.probe.ref_id, exchange.probe.target):
        text = text.replace(own, "#") if len(own) > 1 else text
    where = _location_path(answer) if answer.is_redirect else ""
    return answer.status, CHANCE.sub("#", text) + where


def alike(exchanges: Iterable[ProbeExchange]) -> bool:
    """Whether all these answers mean the same."""
    return len({gist(exchange) for exchange in exchanges}) <= 1


def says_failure(answer: ProbeAnswer) -> bool:
    """Whether the body reports a failure, whatever the status says."""
    try:
        found = json.loads(answer.text)
    except (ValueError, RecursionError):
        return bool(_FAILURE.search(answer.words))
    if not isinstance(found, dict):
        return isinstance(found, str) and bool(_FAILURE.search(found))
    return (
        any(found.get(key) is False for key in _SUCCESS_KEYS)
        or any(found.get(key) for key in ("error", "errors"))
        or str(found.get("status")).lower() in _FAILURE_STATUSES
        or any(_FAILURE.search(str(found.get(key, ""))) for key in ("message", "msg", "detail"))
    )


def is_login(answer: ProbeAnswer) -> bool:
    """Whether it sends the caller to a login page."""
    return answer.is_redirect and bool(_LOGIN.search(_location_path(answer)))


def asks_for_credentials(answer: ProbeAnswer) -> bool:
    """Whether it wants the caller to authenticate by means that a webhook sender lacks."""
    if is_login(answer) or is_guarded(answer):
        return True
    if answer.status not in (401, 403, 407):
        return False
    return bool(answer.header("www-authenticate") or _CREDENTIALS.search(answer.words))


def is_guarded(answer: ProbeAnswer) -> bool:
    """Whether a guard says in a header that it refused a caller who is not signed in."""
    return answer.header("x-clerk-auth-status") == "signed-out" or any(
        answer.header(name) == "challenge" for name in ("cf-mitigated", "x-vercel-mitigated")
    )


def is_csrf(answer: ProbeAnswer) -> bool:
    """Whether a protection against cross-site forms answered (419 is Laravel's own status)."""
    return answer.status == 419 or (  # noqa: PLR2004
        answer.status in (400, 403, 422) and bool(_CSRF.search(answer.words))
    )


def is_page(answer: ProbeAnswer) -> bool:
    """Whether it is a page for a browser."""
    return bool(_PAGE.search(_start(answer)))


def _start(answer: ProbeAnswer) -> str:
    return answer.text[:_READ_CHARACTERS]


def _location_path(answer: ProbeAnswer) -> str:
    location = answer.header("location")
    try:
        return urlsplit(location).path
    except ValueError:
        return location


def speaks_of_missing_headers(answer: ProbeAnswer) -> bool:
    """Whether it says that the webhook headers were not sent."""
    words = answer.words
    return bool(_MISSING.search(words)) and not _NOT_OF_HEADERS.search(words)


def speaks_of_signature(answer: ProbeAnswer) -> bool:
    """Whether it is in words that only a verifier of signatures uses."""
    return bool(_SIGNATURE.search(answer.words))


def speaks_of_unknown_user(exchange: ProbeExchange) -> bool:
    """Whether it says that the refId, or a user, a case or a tenant, is not known."""
    words = exchange.answer.words
    names_ours = len(exchange.probe.ref_id) > 1 and exchange.probe.ref_id in exchange.answer.text
    return bool(_UNKNOWN.search(words)) and (names_ours or bool(_USER.search(words)))


def names_body_field(answer: ProbeAnswer) -> str:
    """The field of the body that a schema refuses (`body.payload`); empty where none is named."""
    if answer.status not in (400, 422):
        return ""
    match = _BODY_FIELD.search(_start(answer))
    return f"body.{match[1] or match[2]}" if match else ""


def speaks_of_schema(answer: ProbeAnswer) -> bool:
    """Whether it misses something in the body, or finds it unexpected."""
    is_refusal = answer.status in (400, 422)
    return is_refusal and bool(_SCHEMA.search(answer.words)) and not speaks_of_signature(answer)


def speaks_of_access(answer: ProbeAnswer) -> bool:
    """Whether it is in the words of what guards a whole app."""
    return bool(_ACCESS.search(answer.words)) or asks_for_credentials(answer)


def speaks_of_tls(answer: ProbeAnswer) -> bool:
    """Whether a TLS port says that it was spoken to in plain HTTP."""
    return answer.status == 400 and bool(_PLAIN_TO_TLS.search(answer.words))  # noqa: PLR2004


def speaks_of_media_type(answer: ProbeAnswer) -> bool:
    """Whether the content type is what it refuses."""
    return answer.status == 415 or bool(_MEDIA.search(answer.words))  # noqa: PLR2004 - HTTP's own


def speaks_of_status(answer: ProbeAnswer) -> bool:
    """Whether the event's status is what it refuses."""
    return bool(_STATUS_WORD.search(answer.words))


def speaks_of_parsed_body(answer: ProbeAnswer) -> bool:
    """Whether a library says that it was handed a parsed or an eaten body."""
    return bool(_PARSED_BODY.search(answer.words))


def speaks_of_base64(answer: ProbeAnswer) -> bool:
    """Whether a library says that it was given something that is not base64."""
    return bool(_NOT_BASE64.search(answer.words))


def shows_trace(answer: ProbeAnswer) -> bool:
    """Whether it shows a stack trace."""
    return bool(_TRACE.search(answer.words) or _TRACE.search(_start(answer)))
