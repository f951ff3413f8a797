"""The body of a printed request: the candidate that its signature confirms.

A 256-bit MAC that matches leaves nothing to guess. Where none does, the most plausible candidates
are explained, and a text without any is said to hold no body.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import BODY_PARSED
from vovecli.core.captures.printed.candidates import is_program
from vovecli.core.captures.printed.evidence import has_name
from vovecli.core.captures.printed.languages import how_to_print
from vovecli.core.captures.printed.views import is_retyped
from vovecli.core.errors import VoveError
from vovecli.core.identification import identify
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.verification import matching_signature
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.core.captures.printed import Printed
    from vovecli.core.captures.printed.candidates import Candidate
    from vovecli.core.outcomes.verdicts import Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret

MAX_CANDIDATES, MAX_BYTES = 2_000, 64 << 20
_EXPLAINED = 3
_ENDS = (b"\n", b"\r\n", b"\n\n", b" ")  # what printing loses at the end of a body


def judge(
    request: CapturedRequest,
    secrets: Sequence[SigningSecret],
    verdict_on: Callable[[CapturedRequest], Verification],
) -> tuple[CapturedRequest, Verification]:
    """Find the body of a printed request and judge it.

    Args:
        request: With `printed`; its own body is what a first reading took for it.
        secrets: Any may have signed it.
        verdict_on: The verdict on a request, explained where it fails.

    Raises:
        VoveError: `body-not-found`.
    """
    headers, printed = read_webhook_headers(request), request.printed

    def is_signed(body: bytes) -> bool:
        return matching_signature(headers, body, secrets) is not None

    if printed is None or headers.fault or is_signed(request.body):
        return request, verdict_on(request)
    tried: list[Candidate] = []
    for candidate in _within_bounds(printed, lambda: any(map(_is_plausible, tried))):
        if is_signed(candidate.body):
            found = _found(request, candidate, tried, printed)
            return found, verdict_on(found)
        tried.append(candidate)
    for candidate in tried:
        for end in _ENDS if candidate.body[:1] == b"{" else ():
            if is_signed(candidate.body + end):
                whole = candidate._replace(body=candidate.body + end)
                found = _found(request, whole, tried, printed)
                return found, verdict_on(found)
    return _explained(request, printed, tried, verdict_on)


def _within_bounds(printed: Printed, is_enough: Callable[[], bool]) -> Iterator[Candidate]:
    hashed = 0
    for count, candidate in enumerate(printed.candidates(is_enough), start=1):
        hashed += len(candidate.body)
        if count > MAX_CANDIDATES or hashed > MAX_BYTES:
            printed.is_cut = True
            return
        yield candidate


def _found(
    request: CapturedRequest, candidate: Candidate, tried: list[Candidate], printed: Printed
) -> CapturedRequest:
    """The request with the body that its signature confirms, and where that stood."""
    lines = printed.lines_to(candidate)
    side = "after" if lines > 0 else "before"
    where = f"{abs(lines)} lines {side}" if lines else "on the line of"
    text = f"the signature shows that the body is {candidate.origin} {where} the headers"
    others = [other.body for other in tried if identify(other.body)]
    if count := sum(body not in candidate.body and candidate.body not in body for body in others):
        text += f"; {count} other bodies are nearby, which the signature does not sign"
    facts = (Finding("body-found", text), *((BODY_PARSED,) if candidate.is_parsed else ()))
    return request._replace(body=candidate.body, facts=facts)


def _plausible(request: CapturedRequest, tried: list[Candidate]) -> list[CapturedRequest]:
    """What may be explained: JSON that the text calls the body, or that follows the headers."""
    texts = [candidate for candidate in tried if _is_plausible(candidate)]
    ranked = sorted(texts, key=lambda candidate: (candidate.is_parsed, not candidate.is_named))
    outer: list[Candidate] = []
    for candidate in ranked:
        if not any(candidate.body in other.body for other in outer):
            outer.append(candidate)
    is_parsed = BODY_PARSED in request.facts
    guess = [request] if request.body or is_parsed else []
    found = [
        request._replace(body=candidate.body, facts=(BODY_PARSED,) if candidate.is_parsed else ())
        for candidate in outer
    ]
    return [*found, *guess] if is_parsed else [*guess, *found]


def _is_plausible(candidate: Candidate) -> bool:
    return (
        candidate.body[:1] == b"{"
        and not has_name(candidate.body.decode("utf-8", "replace"))
        and _is_json(candidate.body)
        and (candidate.is_named or identify(candidate.body) is not None)
    )


def _is_json(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False


def _explained(
    request: CapturedRequest,
    printed: Printed,
    tried: list[Candidate],
    verdict_on: Callable[[CapturedRequest], Verification],
) -> tuple[CapturedRequest, Verification]:
    """The first plausible body of which a cause is proved, else the first that stands as text."""
    text = printed.around()
    is_altered = is_retyped(text)
    from vovecli.core.codes import CAUSES

    doubtful: tuple[CapturedRequest, Verification] | None = None
    for found in [] if is_program(text) else _plausible(request, tried)[:_EXPLAINED]:
        verdict = verdict_on(found)
        if verdict.cause and verdict.cause.certainty == "proved":
            # Bytes that were put together here may lack what such a proof puts back.
            own = BODY_PARSED in found.facts and CAUSES[verdict.cause.code].group == "body"
            if not own or verdict.cause.code == "body-reserialized":
                return found, verdict
            continue
        if (
            doubtful is None
            and not is_altered
            and (BODY_PARSED not in found.facts or found.format != "text")
        ):
            doubtful = found, verdict
    if doubtful:
        return doubtful
    cut = "; it is too large to search further" if printed.is_cut else ""
    raise VoveError(
        "body-not-found",
        f"the webhook headers are in this text, and its body is not: none of "
        f"{len(tried):,} texts beside them is what the signature signs{cut}",
        hint=how_to_print(text),
    )
