"""`vove verify`: read captures, judge each request, say why one fails."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.adapters import files
from vovecli.core.captures import is_stream, no_webhook_request, read_captures
from vovecli.core.catalogue import BUILT_IN, Catalogue
from vovecli.core.drift import remarks
from vovecli.core.errors import VoveError
from vovecli.core.messages import message_id_moment
from vovecli.core.outcomes.verdicts import Finding, Skipped, Verified
from vovecli.core.secrets import DEVELOPMENT
from vovecli.core.verification import TOLERANCE_S, verify
from vovecli.core.webhook_headers import is_webhook, masked_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.verdicts import SecondOpinion, SourceResult, Verification
    from vovecli.core.requests import CapturedRequest
    from vovecli.core.secrets import SigningSecret

HEAD_BYTES = files.CHUNK_BYTES
# In a folder other files lie about; these errors are about captures, or about files of any kind.
_ERRORS_OF_CAPTURES = frozenset(
    {"unreadable", "body-not-found", "masked-header", "too-large", "capture-fault"}
)
MAX_LINE_BYTES = 8 * 1024 * 1024


class Patience:
    """How many searches for a cause may find none; in a folder of a wrong secret all would.

    A search that finds nothing takes some 20 ms, a thousand times as long as the judgement.

    Args:
        searches: So many.
        thorough: So many searches in which several bodies of a printed delivery are explained.
    """

    def __init__(self, searches: int = 500, thorough: int = 30) -> None:
        self.searches, self._thorough = searches, thorough

    @property
    def bodies(self) -> int:
        """How many bodies of a printed delivery are explained."""
        return 3 if self._thorough > 0 else 1

    def wear(self) -> None:
        """Count a search that found nothing."""
        self.searches -= 1
        self._thorough -= 1


class Judge(NamedTuple):
    """How requests are judged.

    Attributes:
        now: Unix seconds.
        at: Moment of judgement: Unix seconds, `received`, or None: received where known, else none.
        others: Secrets that were not asked for; one of them may explain a failure.
        catalogue: The event types that are known.
        second_opinion: Asked about every request, if given.
    """

    secrets: Sequence[SigningSecret]
    now: int
    patience: Patience
    at: int | Literal["received"] | None = None
    tolerance_s: int = TOLERANCE_S
    others: Sequence[SigningSecret] = ()
    second_opinion: Callable[..., SecondOpinion] | None = None
    catalogue: Catalogue = BUILT_IN

    def verified(self, source: str, index: int, request: CapturedRequest) -> Verified:
        """Judge one request; `described` adds what else there is to say."""
        moment = self.at if isinstance(self.at, int) else request.received_at

        def verdict_on(request: CapturedRequest) -> Verification:
            verdict = verify(
                request,
                self.secrets,
                moment=self.now if moment is None else moment,
                judge_age=moment is not None,
                tolerance_s=self.tolerance_s,
                others=self.others,
                explain=self.patience.searches > 0,
                catalogue=self.catalogue,
            )
            if verdict.cause and verdict.cause.code == "no-matching-signature":
                self.patience.wear()
            return verdict

        if request.printed is None:
            verdict = verdict_on(request)
        else:
            from vovecli.core.captures import proof

            request, verdict = proof.judge(
                request, self.secrets, verdict_on, explained=self.patience.bodies
            )
        against = None
        if self.second_opinion:
            seen_at = verdict.timestamp if moment is None else moment
            against = self.second_opinion(request, self.secrets, moment=seen_at or self.now)
        found = Verified(source, index, request, verdict, against)
        return self._described(found) if self.catalogue.learned_families else found

    def described(self, verified: Verified) -> Verified:
        """Add notes and remarks; of a hundred thousand valid requests nobody reads them.

        Where something was learned, `verified` has added them: drift is told of every request.
        """
        return verified if self.catalogue.learned_families else self._described(verified)

    def _described(self, verified: Verified) -> Verified:
        request, verdict = verified.request, verified.verdict
        notes = [
            *self._notes(request, verdict),
            *remarks(request, verdict.event, catalogue=self.catalogue),
        ]
        if not notes:
            return verified
        return verified._replace(verdict=verdict._replace(findings=(*verdict.findings, *notes)))

    def _notes(self, request: CapturedRequest, verdict: Verification) -> list[Finding]:
        """What the way of asking adds to the verdict."""
        notes = []
        if self.at == "received" and request.received_at is None:
            notes.append(
                Finding("receipt-unknown", "the capture does not say when it was received")
            )
        if _is_late(verdict):
            from vovecli.core.retries import likely_retry

            note = likely_retry(verdict.message_id or "", verdict.timestamp or 0)
            notes += [note] if note else []
        judged = verdict.message_id is not None and verdict.timestamp is not None
        if judged and verdict.secret is None and self.secrets[0].origin == DEVELOPMENT:
            notes.append(
                Finding(
                    "no-secret-given",
                    "no secret was given, so the development secret was tried; "
                    "give the endpoint's own with --secret-file or VOVE_WEBHOOK_SECRET",
                )
            )
        return notes


def verify_sources(
    sources: Sequence[str], judge: Judge, *, capture_format: str | None = None
) -> Iterator[SourceResult]:
    """Judge every webhook request of every source, as they are read.

    Args:
        sources: Paths; `-` is standard input; folders are walked, each file a source of its own.
        judge: What to judge with.
        capture_format: One of `captures.FORMATS`; None detects it by content.

    Yields:
        `Verified` per request, `Skipped` for no webhook, `VoveError` for what is unreadable.
    """
    for source in sources:
        if source != files.STDIN and os.path.isdir(source):  # noqa: PTH112 - any text may be given
            yield from _verify_folder(source, sources, judge, capture_format)
        else:
            yield from _verify_source(source, sources, judge, capture_format)


def verify_by_hand(headers: Headers, body: bytes, judge: Judge) -> Verified:
    """Judge a request that was put together from options."""
    from vovecli.core.requests import CapturedRequest

    return judge.verified("--body", 0, CapturedRequest("POST", "", headers, body))


def _verify_folder(
    folder: str, named: Sequence[str], judge: Judge, capture_format: str | None
) -> Iterator[SourceResult]:
    """Files that are no captures are skipped; a folder without any capture is an error."""
    empty = True
    for path in files.walk(folder):
        if isinstance(path, VoveError):
            empty = False
            yield path
            continue
        for result in _verify_source(path, named, judge, capture_format):
            if isinstance(result, VoveError) and result.code not in _ERRORS_OF_CAPTURES:
                yield Skipped(path, 0, result.message)
            else:
                empty = False
                yield result
    if empty:
        yield no_webhook_request(folder)


def _verify_source(
    source: str, named: Sequence[str], judge: Judge, capture_format: str | None
) -> Iterator[SourceResult]:
    try:
        with files.open_source(source) as file:
            head = file.read(HEAD_BYTES)
            if capture_format == "ndjson" or (not capture_format and is_stream(head)):
                yield from _verify_requests(source, _lines(source, head, file), judge)
                return
            data = files.read_rest(source, head, file)
        requests = read_captures(
            data,
            format=capture_format,
            read_file=files.confined_reader(source, named),
        )
        yield from _verify_requests(source, requests, judge, is_alone=len(requests) == 1)
    except VoveError as error:
        yield _about(error, source)
    except MemoryError:
        yield _too_large(source)
    except Exception as fault:  # noqa: BLE001 - one source never ends the others
        yield _fault(source, fault)


def _verify_requests(
    source: str,
    requests: Iterable[CapturedRequest | VoveError],
    judge: Judge,
    *,
    is_alone: bool = False,
) -> Iterator[SourceResult]:
    """A lone request is always judged; of several, those that are webhooks."""
    empty = True
    for index, request in enumerate(requests):
        if isinstance(request, VoveError) and request.code == "not-a-request":
            yield Skipped(source, index, request.message)  # another line of a program's log
        elif isinstance(request, VoveError):
            empty = False
            yield request
        elif is_alone or is_webhook(request):
            empty = False
            yield _judged(source, index, request, judge)
        else:
            yield Skipped(source, index, "it has no webhook headers")
    if empty:
        yield no_webhook_request(source)


def _judged(source: str, index: int, request: CapturedRequest, judge: Judge) -> SourceResult:
    """The verdict on one request, or why there is none: the others are judged all the same."""
    try:
        found = judge.verified(source, index, request)
        _refuse_masked(found)
    except VoveError as error:
        error.index = index
        return _about(error, source)
    return found


def _lines(source: str, head: bytes, file: BinaryIO) -> Iterator[CapturedRequest | VoveError]:
    """One capture a line, in constant memory."""
    from vovecli.core.captures.ndjson import read_line

    for number, line in enumerate(files.lines(head, file, limit=MAX_LINE_BYTES), start=1):
        if line.isspace():
            continue
        try:
            yield read_line(line)
        except VoveError as error:
            yield _about(error, f"{source}:{number}")


def _refuse_masked(found: Verified) -> None:
    """A logger hid a header of a capture: where no MAC says more, nothing can be said of it.

    Raises:
        VoveError: `masked-header`.
    """
    cause = found.verdict.cause
    if cause is None or cause.certainty == "proved" or found.verdict.secret:
        return
    if name := masked_header(found.request):
        raise VoveError(
            "masked-header",
            f"the value of {name} is masked or shortened here, so the signature cannot be checked",
            hint="log that header whole: it is not a secret, and it expires within minutes",
        )


def _is_late(verdict: Verification) -> bool:
    """Whether a request was signed well after its id was made: by a retry or a resend."""
    if verdict.timestamp is None or verdict.message_id is None:
        return False
    made_at = message_id_moment(verdict.message_id)
    return made_at is not None and verdict.timestamp - made_at > 1


def _too_large(source: str) -> VoveError:
    return VoveError(
        "too-large",
        f"{files.display(source)} needs more memory than there is",
        hint="cut the capture down to the webhook requests",
        source=source,
    )


def _fault(source: str, fault: Exception) -> VoveError:
    """A bug of ours that one source brings to light."""
    return VoveError(
        "capture-fault",
        f"{files.display(source)} cannot be judged: vove failed on it with {type(fault).__name__}",
        hint="please report it with the capture, but remove secrets and personal data",
        source=source,
    )


def _about(error: VoveError, source: str) -> VoveError:
    error.source = error.source or source
    return error
