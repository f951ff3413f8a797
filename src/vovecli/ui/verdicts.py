"""Verdicts as people read them, and as JSON lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.drift import drifts
from vovecli.core.envelope import error_json, verify_json
from vovecli.core.errors import VoveError
from vovecli.core.outcomes.verdicts import Skipped, Verified
from vovecli.core.times import format_duration, iso
from vovecli.core.verification import TOLERANCE_S
from vovecli.ui.events import event_name
from vovecli.ui.fields import draw_fields
from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from rich.text import Text

    from vovecli.core.identification import EventIdentity
    from vovecli.core.outcomes.verdicts import Cause, SecondOpinion, SourceResult, Verification
    from vovecli.core.secrets import SigningSecret
    from vovecli.ui.terminal import Terminal

_LISTED, _IN_FULL = 5, 3  # failures that are written one by one; groups with an example in full
_KINDS = ("valid", "invalid", "unreadable", "skipped")


class JsonVerdicts:
    """One JSON line per request; totals of many sources go to standard error."""

    def __init__(
        self,
        terminal: Terminal,
        describe: Callable[[Verified], Verified],
        emit: Callable[[Mapping[str, object]], None],
    ) -> None:
        self._terminal, self._describe, self._emit = terminal, describe, emit
        self._counts = Counter[str]()

    def show(self, result: SourceResult) -> None:
        """Write one result."""
        self._counts[_kind(result)] += 1
        if isinstance(result, VoveError):
            self._emit(error_json(result))
        elif isinstance(result, Verified):
            self._emit(verify_json(self._describe(result)))

    def close(self) -> None:
        """Write the totals."""
        if self._counts.total() > 1:
            self._terminal.notice(totals(self._counts))


class _Group(NamedTuple):
    """Failures with one cause and, where one matched, one secret.

    Attributes:
        first: The earliest timestamp among them, Unix seconds; `last` the latest.
        answers: Statuses with which they were answered, where the captures hold them.
    """

    example: Verified
    number: int = 0
    first: int | None = None
    last: int | None = None
    answers: frozenset[int] = frozenset()

    def with_one(self, verified: Verified) -> _Group:
        """The group with one failure more."""
        times = [
            time for time in (self.first, self.last, verified.verdict.timestamp) if time is not None
        ]
        answered = verified.request.answered
        return _Group(
            self.example, self.number + 1, min(times, default=None), max(times, default=None),
            self.answers if answered is None else self.answers | {answered},
        )  # fmt: skip

    def answered(self) -> str:
        """The statuses, in words."""
        return f"  answered {', '.join(map(str, sorted(self.answers)))}" if self.answers else ""

    def period(self) -> str:
        """When they were signed."""
        if self.first is None or self.last is None:
            return "without a time"
        ends = iso(self.first), iso(self.last)
        return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


class TextVerdicts:
    """A report where there is one result; for many, a line per failure as found, then totals.

    After the first failures the rest are grouped: a log of a bad week holds the same one a thousand
    times.
    """

    def __init__(
        self, terminal: Terminal, describe: Callable[[Verified], Verified], *, verbose: bool
    ) -> None:
        self._terminal, self._describe, self._verbose = terminal, describe, verbose
        self._counts = Counter[str]()
        self._first: Verified | None = None
        self._groups: dict[tuple[str, str], _Group] = {}

    def show(self, result: SourceResult) -> None:
        """Write one result; the first waits until it is known whether it stays the only one."""
        is_first = not self._counts
        self._counts[_kind(result)] += 1
        if isinstance(result, VoveError):
            from vovecli.ui.errors import draw_error

            draw_error(self._terminal, result)
        elif isinstance(result, Skipped):
            if self._verbose:
                self._terminal.notice(
                    f"skipped {printable(result.source)}: {printable(result.reason)}"
                )
        elif self._verbose:
            self._draw_report(result)
        elif is_first:
            self._first = result
        else:
            self._draw_first_failure()
            self._draw_failure(result)

    def close(self) -> None:
        """Write the totals, or the report of the only result."""
        if self._counts.total() > 1:
            self._draw_first_failure()
            if self._counts["invalid"] > _LISTED and not self._verbose:
                self._draw_groups()
            self._terminal.out.print(totals(self._counts))
        elif self._first:
            self._draw_report(self._first)

    def _draw_first_failure(self) -> None:
        if self._first:
            self._draw_failure(self._first)
            self._first = None

    def _draw_failure(self, verified: Verified) -> None:
        if cause := verified.verdict.cause:
            secret = verified.verdict.secret
            key = cause.code, secret.fingerprint if secret else ""
            self._groups[key] = self._groups.get(key, _Group(verified)).with_one(verified)
            if sum(group.number for group in self._groups.values()) <= _LISTED:
                self._draw_line(verified, cause)
        for drift in drifts(verified.verdict.findings):
            place, mark = printable(_place(verified)), self._terminal.glyph("warn")
            line = f"{mark} {place}  {drift.code}  {printable(drift.message)}"
            self._terminal.out.print(line, style="yellow", soft_wrap=True)

    def _draw_groups(self) -> None:
        """What failed alike, the most frequent first; an example of the largest groups in full."""
        groups = sorted(self._groups.items(), key=lambda item: -item[1].number)
        self._terminal.out.print("\nfailures by cause:", style="bold")
        for (code, fingerprint), group in groups:
            key = f"  signed with {fingerprint}" if fingerprint else ""
            example = printable(_place(group.example))
            times = f"{group.period()}{group.answered()}"
            line = f"{group.number:>7,} x {code}{key}  {times}  such as {example}"
            self._terminal.out.print(line, soft_wrap=True)
        for _, group in groups[:_IN_FULL]:
            self._terminal.out.print()
            self._draw_report(group.example)
        self._terminal.out.print()

    def _draw_line(self, verified: Verified, cause: Cause) -> None:
        from rich.text import Text

        self._terminal.out.print(
            Text.assemble(
                (f"{self._terminal.glyph('bad')} ", "red"),
                printable(_place(verified)),
                "  ",
                (cause.code, "bold"),
                f"  {printable(cause.message)}",
            ),
            soft_wrap=True,
        )

    def _draw_report(self, result: Verified) -> None:
        verified = self._describe(result)
        self._terminal.out.print(self._headline(verified), soft_wrap=True)
        draw_fields(self._terminal.out, self._rows(verified))
        cause = verified.verdict.cause
        if cause and cause.snippet:
            self._terminal.out.print(f"\n{cause.snippet.rstrip()}\n", style="cyan")

    def _headline(self, verified: Verified) -> Text:
        from rich.text import Text

        valid = verified.verdict.valid
        mark = self._terminal.glyph("ok" if valid else "bad")
        word, style = ("valid", "bold green") if valid else ("invalid", "bold red")
        return Text.assemble((f"{mark} {word}", style), f"  {printable(_place(verified))}")

    def _rows(self, verified: Verified) -> Iterator[tuple[str, Text | str]]:
        from rich.text import Text

        verdict = verified.verdict
        if cause := verdict.cause:
            yield "cause", Text.assemble((cause.code, "bold"), f" ({cause.certainty})")
            yield "", printable_lines(cause.message)
            if cause.fix:
                yield "fix", printable_lines(cause.fix)
        if verdict.message_id:
            yield "message", printable(verdict.message_id)
        if age := _age(verdict):
            yield "signed", age
        if verdict.secret and verdict.signature:
            yield "secret", _secret(verdict.secret, *verdict.signature)
        if verdict.event:
            yield "event", self._event(verdict.event)
        yield "body", f"{len(verified.request.body)} bytes"
        if verified.against:
            yield "against", _against(verified.against, verdict)
        for finding in verdict.findings:
            yield "note", printable_lines(f"{finding.message} ({finding.code})")

    def _event(self, event: EventIdentity) -> str:
        return printable(event_line(event, arrow=self._terminal.glyph("to")))


def event_line(event: EventIdentity, *, arrow: str) -> str:
    """`kyb.case.completed  IN_REVIEW → COMPLETED  ref …`."""
    status = (
        f"{event.previous_status} {arrow} {event.status}" if event.previous_status else event.status
    )
    parts = [event_name(event), status, f"ref {event.ref_id}" if event.ref_id else ""]
    return "  ".join(part for part in parts if part)


def totals(counts: Mapping[str, int]) -> str:
    """`12 valid, 3 invalid`, and what else there was."""
    shown = [
        f"{counts[kind]:,} {kind}" for kind in _KINDS if counts.get(kind) or kind in _KINDS[:2]
    ]
    return ", ".join(shown)


def _kind(result: SourceResult) -> str:
    if isinstance(result, Verified):
        return "valid" if result.verdict.valid else "invalid"
    return "skipped" if isinstance(result, Skipped) else "unreadable"


def _place(verified: Verified) -> str:
    source = "standard input" if verified.source == "-" else verified.source
    return f"{source} #{verified.place + 1}" if verified.place else source


def _age(verdict: Verification) -> str:
    if verdict.timestamp is None or verdict.age_s is None:
        return ""
    direction = "ago" if verdict.age_s >= 0 else "ahead"
    text = f"{iso(verdict.timestamp)}, {format_duration(verdict.age_s)} {direction}"
    if verdict.age_verdict != "not-judged":
        return f"{text}: {verdict.age_verdict}"
    if abs(verdict.age_s) > TOLERANCE_S:
        return f"{text} (not judged; a live handler would refuse it now)"
    return text


def _secret(secret: SigningSecret, place: int, count: int) -> str:
    text = f"{secret.fingerprint} ({secret.origin})"
    return text if count == 1 else f"{text}, signature {place} of {count}"


def _against(opinion: SecondOpinion, verdict: Verification) -> str:
    says = "accepts" if opinion.accepts else f"refuses: {printable(opinion.message)}"
    agrees = "" if opinion.accepts == verdict.valid else " - it DISAGREES with this verdict"
    return f"{opinion.library} {opinion.version} {says}{agrees}"
