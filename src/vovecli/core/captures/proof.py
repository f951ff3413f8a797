"""The body of a printed request: the candidate that its signature confirms.

A 256-bit MAC that matches leaves nothing to guess. Where none does, the most plausible candidates
are explained, and a text without any is said to hold no body.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from functools import cached_property
from itertools import islice, product
from typing import TYPE_CHECKING, NoReturn

from vovecli.core.captures.facts import BODY_PARSED
from vovecli.core.captures.json_text import is_json
from vovecli.core.captures.printed.candidates import is_program
from vovecli.core.captures.printed.evidence import has_name
from vovecli.core.captures.printed.languages import how_to_print
from vovecli.core.captures.printed.spots import Candidate
from vovecli.core.captures.printed.views import is_retyped
from vovecli.core.errors import VoveError
from vovecli.core.identification import identify
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.verification import matching_signature
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.core.captures.printed import Printed
    from vovecli.core.outcomes.verdicts import Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret
    from vovecli.core.webhook_headers import WebhookHeaders

MAX_CANDIDATES, MAX_BYTES = 2_000, 64 << 20
EXPLAINED, _READINGS = 3, 8
# What printing loses at the ends of a body, or what is not looked for in front of one.
_LOST = [*product((b"", BOM_UTF8), (b"\n", b"\r\n", b"\n\n", b" ")), (BOM_UTF8, b"")]
_LOST_ENDS = 2
_BEGUN = re.compile(rb'\{\s*+(?:"|\Z)')


def judge(
    request: CapturedRequest,
    secrets: Sequence[SigningSecret],
    verdict_on: Callable[[CapturedRequest], Verification],
    *,
    explained: int = EXPLAINED,
) -> tuple[CapturedRequest, Verification]:
    """Find the body of a printed request and judge it.

    Args:
        request: With `printed`; its own body is what a first reading took for it, or none, where
            the body of an exact source is missing.
        secrets: Any may have signed it.
        verdict_on: The verdict on a request, explained where it fails.
        explained: How many candidates are explained, the most plausible first.

    Raises:
        VoveError: `body-not-found`.
    """
    headers, printed = read_webhook_headers(request), request.printed
    if printed is None or headers.fault:
        return request, verdict_on(request)
    search = _Search(request, headers, printed, secrets)
    if found := search.found():
        return found, verdict_on(found)
    return search.explained(verdict_on, explained)


class _Search:
    """The search for the body of one printed request.

    Attributes:
        tried: The candidates that the signature does not sign.
    """

    def __init__(
        self,
        request: CapturedRequest,
        headers: WebhookHeaders,
        printed: Printed,
        secrets: Sequence[SigningSecret],
    ) -> None:
        self._captured, self._request = request, request._replace(reading="printed")
        self._headers, self._printed = headers, printed
        self._secrets = secrets
        self.tried: list[Candidate] = []

    def found(self) -> CapturedRequest | None:
        """The request with the body that its signature confirms."""
        if self._is_signed(self._captured.body):
            return self._captured
        for candidate in self._candidates():
            if self._is_signed(candidate.body):
                return self._with_body(candidate)
            self.tried.append(candidate)
        for candidate in self.tried:
            may_have_lost = candidate.body[:1] == b"{" and not candidate.is_exact
            for start, end in _LOST if may_have_lost else ():
                if self._is_signed(body := start + candidate.body + end):
                    return self._with_body(candidate._replace(body=body))
        return None

    def explained(
        self, verdict_on: Callable[[CapturedRequest], Verification], at_most: int
    ) -> tuple[CapturedRequest, Verification]:
        """The first plausible body of which something is proved, else the first that is text.

        Raises:
            VoveError: `body-not-found`.
        """
        text = self._printed.around()
        if not self._printed.block.is_named:  # whatever it is, no handler refused it for this
            self._refuse(text)
        doubtful = None
        plausible = [] if is_program(text) else [*self._signed_otherwise(), *self._plausible()]
        for candidate in islice(filter(self._is_own, plausible), at_most):
            captured = self._request._replace(body=candidate.body, facts=_facts(candidate))
            verdict = verdict_on(captured)
            certainty = verdict.cause.certainty if verdict.cause else ""
            if certainty == "proved":
                if as_signed := self._as_signed(candidate, captured):
                    return as_signed, verdict_on(as_signed)
                if candidate.form != "object" or not _is_of_body(verdict):
                    return captured, verdict
            # The looks of a print say how it was printed, and nothing of what was sent.
            elif not (doubtful or certainty == "likely" or is_retyped(text)):
                doubtful = (captured, verdict) if self._may_be_sent(candidate) else None
        starts = [each for each in self.tried if each.form == "text" and _BEGUN.match(each.body)]
        if not (plausible or starts) and self._captured.reading == "exact":
            return self._captured, verdict_on(self._captured)  # it has no body, nor a part of one
        return doubtful or self._refuse(text)

    def _is_own(self, candidate: Candidate) -> bool:
        """Whether it is not the body of a neighbour, as that one's signature shows."""
        return not any(
            matching_signature(each, candidate.body, self._secrets) for each in self._neighbours
        )

    @cached_property
    def _neighbours(self) -> list[WebhookHeaders]:
        return [
            read_webhook_headers(self._request._replace(headers=list(block.headers)))
            for block in self._printed.neighbours
        ]

    def _may_be_sent(self, candidate: Candidate) -> bool:
        """Whether nothing speaks against its being the body as it was sent."""
        return (
            candidate.form == "text"
            and is_json(candidate.body.removeprefix(BOM_UTF8))
            and self._printed.may_be_whole(candidate.body)
        )

    def _is_signed(self, body: bytes) -> bool:
        return matching_signature(self._headers, body, self._secrets) is not None

    def _candidates(self) -> Iterator[Candidate]:
        """What the text holds, as far as the work allowed goes."""
        hashed = 0
        candidates = self._printed.candidates(lambda: any(map(_is_plausible, self.tried)))
        for count, candidate in enumerate(candidates, start=1):
            hashed += len(candidate.body)
            if count > MAX_CANDIDATES or hashed > MAX_BYTES:
                self._printed.is_cut = True
                return
            yield candidate

    def _with_body(self, candidate: Candidate) -> CapturedRequest:
        """The request with the body that its signature confirms, and where that stood."""
        lines = self._printed.lines_to(candidate)
        side = "after" if lines > 0 else "before"
        distance = "1 line" if abs(lines) == 1 else f"{abs(lines)} lines"
        where = f"{distance} {side}" if lines else "on the line of"
        text = f"the signature shows that the body is {candidate.origin} {where} the headers"
        others = [other.body for other in self.tried if identify(other.body)]
        body = candidate.body
        if count := sum(body not in other and other not in body for other in others):
            text += f"; {count} other bodies are nearby that the signature does not cover"
        if not self._printed.block.is_named:
            text += "; no name is beside the headers' values, which were known by their looks"
        return self._request._replace(
            body=body, facts=(Finding("body-found", text), *_facts(candidate))
        )

    def _signed_otherwise(self) -> Iterator[Candidate]:
        """What was signed with another key, of other content, or into a signature that was cut.

        As it is: of two readings of a print, the one that needs no change is what was sent.
        """
        from vovecli.core.diagnosis import signed_otherwise

        readings = list(islice(filter(_may_be_signed, self.tried), _READINGS))
        readings += [
            candidate._replace(body=start + candidate.body + end)
            for candidate in readings[:EXPLAINED]
            if not candidate.is_exact
            for start, end in _LOST[:_LOST_ENDS]
        ]
        bodies = [candidate.body for candidate in readings]
        body = signed_otherwise(self._request, self._headers, self._secrets, bodies)
        return (candidate for candidate in readings if candidate.body == body)

    def _as_signed(self, candidate: Candidate, captured: CapturedRequest) -> CapturedRequest | None:
        """The request with the body that was signed, where the text only shows it otherwise.

        A relay is another thing than a print: what its event stream holds is what it sends on.
        """
        from vovecli.core.diagnosis import signed_body

        if (
            candidate.is_exact
            or self._printed.is_relayed()
            or (found := signed_body(captured, self._headers, self._secrets)) is None
        ):
            return None
        body, changes = found
        text = f"the signature shows that the body is {candidate.origin} here, in another form"
        # Bytes that were put together here say nothing about what was done to others.
        changes = () if candidate.form == "object" else changes
        return captured._replace(
            body=body, facts=(Finding("body-found", text), *captured.facts, *changes)
        )

    def _plausible(self) -> list[Candidate]:
        """What may be explained: JSON that the text calls the body, or that follows the headers."""
        texts = [candidate for candidate in self.tried if _is_plausible(candidate)]
        ranked = sorted(
            texts, key=lambda candidate: (candidate.form == "object", not candidate.is_named)
        )
        outer: dict[bytes, Candidate] = {}
        for candidate in ranked:
            bare = b"".join(candidate.body.split())  # a span in other lines says nothing new
            if not any(bare in other for other in outer):
                outer[bare] = candidate
        if BODY_PARSED in self._request.facts:
            return [*outer.values(), Candidate(0, self._request.body, "an object", "object")]
        if self._request.body:
            return [Candidate(0, self._request.body, "the rest of the text"), *outer.values()]
        return list(outer.values())

    def _refuse(self, text: str) -> NoReturn:
        cut = "; it is too large to search further" if self._printed.is_cut else ""
        raise VoveError(
            "body-not-found",
            f"the webhook headers are in this text, and the signature covers none of the "
            f"{len(self.tried):,} texts near them{cut}: the body is not there as it was sent, or "
            "another secret signed it",
            hint=how_to_print(text),
        )


def _facts(candidate: Candidate) -> tuple[Finding, ...]:
    return (BODY_PARSED,) if candidate.form == "object" else ()


def _is_of_body(verdict: Verification) -> bool:
    """Whether the body is to blame: one that was put together here may lack what is put back."""
    from vovecli.core.codes import CAUSES

    return verdict.cause is not None and CAUSES[verdict.cause.code].group == "body"


def _is_document(candidate: Candidate) -> bool:
    return candidate.body[:1] == b"{" and is_json(candidate.body)


def _may_be_signed(candidate: Candidate) -> bool:
    return _is_document(candidate) and not has_name(candidate.body.decode("utf-8", "replace"))


def _is_plausible(candidate: Candidate) -> bool:
    return _may_be_signed(candidate) and (
        candidate.is_named or identify(candidate.body) is not None
    )
